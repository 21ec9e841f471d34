/* SPDX-License-Identifier: Apache-2.0 */
/*
 * How far a long copy is: a line for people on a terminal, a line of JSON for programs, both at
 * most ten times a second, and at any time a line for whoever sends SIGUSR1.
 */
#ifndef CLI_OUTPUT_PROGRESS_H
#define CLI_OUTPUT_PROGRESS_H

#include <pthread.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>

enum progress_style {
	PROGRESS_SILENT,
	PROGRESS_LINE, /* one on stderr, which is drawn over and over */
	PROGRESS_JSON, /* an object a line on stdout */
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
	pthread_t thread;       /* that shows it all */
	bool running;
	atomic_bool ending;
};

/* Whether stderr is a terminal that can show the line. */
bool progress_possible(void);

/*
 * Starts the thread that shows it, and from now on answers SIGUSR1. To be called before any other
 * thread is started, since they inherit that the signal is not for them.
 */
void progress_start(struct progress *progress, enum progress_style style, unsigned passes);

/* The totals have been summed up, and the copy begins. */
void progress_counted(struct progress *progress);

/* Safe to call from any thread. */
void progress_add_bytes(struct progress *progress, uint64_t bytes);
void progress_add_file(struct progress *progress);

/* A file will not be copied, after `done` of its bytes were counted. */
void progress_remove(struct progress *progress, uint64_t size, uint64_t done);

/* Takes the line away. */
void progress_end(struct progress *progress);

#endif
