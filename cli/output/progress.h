/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The progress of a long copy: a line on a terminal, or a line of JSON for programs, at
 * most ten times a second, and a line whenever SIGUSR1 arrives.
 */
#ifndef CLI_OUTPUT_PROGRESS_H
#define CLI_OUTPUT_PROGRESS_H

#include <pthread.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>

enum progress_style {
	PROGRESS_SILENT,
	PROGRESS_LINE, /* a line on stderr, which is overwritten */
	PROGRESS_JSON, /* one object a line, on stdout */
};

#define PROGRESS_SCHEMA "famfsctl.cp-progress/1"

struct progress {
	enum progress_style style;
	unsigned passes;     /* over every byte: 2 when it is read back */
	atomic_bool counted; /* the totals are known */
	_Atomic uint64_t files;
	_Atomic uint64_t total_files;
	_Atomic uint64_t bytes; /* of all passes */
	_Atomic uint64_t total_bytes;
	_Atomic uint64_t start; /* of the copy, in nanoseconds */
	pthread_t thread;       /* that prints it */
	bool running;
	atomic_bool ending;
};

/* Whether stderr is a terminal that can show the line. */
bool progress_possible(void);

/*
 * Starts the thread that prints progress and answers SIGUSR1. Call it before other threads are
 * started: they inherit the blocked signal.
 */
void progress_start(struct progress *progress, enum progress_style style, unsigned passes);

/* Marks the totals as known, and the copy as begun. */
void progress_counted(struct progress *progress);

/* Safe to call from any thread. */
void progress_add_bytes(struct progress *progress, uint64_t bytes);
void progress_add_file(struct progress *progress);

/* Removes a file that will not be copied, after `done` of its bytes were counted. */
void progress_remove(struct progress *progress, uint64_t size, uint64_t done);

/* Removes the line. */
void progress_end(struct progress *progress);

#endif
