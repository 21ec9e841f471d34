/* SPDX-License-Identifier: Apache-2.0 */
/* The progress line of a long copy, for people: only on a terminal, at most ten times a second. */
#ifndef CLI_PROGRESS_H
#define CLI_PROGRESS_H

#include <pthread.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>
#include <time.h>

struct progress {
	bool shown;
	unsigned passes; /* over every byte: 2 when it is read back */
	_Atomic uint64_t files;
	_Atomic uint64_t total_files;
	_Atomic uint64_t bytes; /* of all passes */
	_Atomic uint64_t total_bytes;
	struct timespec start;
	pthread_mutex_t lock; /* guards last */
	struct timespec last;
};

/* Whether stderr is a terminal that can show the line. */
bool progress_possible(void);

/* With shown unset, all that follows only counts. */
void progress_start(struct progress *progress, bool shown, unsigned passes);

/* Safe to call from any thread. */
void progress_add_bytes(struct progress *progress, uint64_t bytes);
void progress_add_file(struct progress *progress);

/* A file will not be copied, after `done` of its bytes were counted. */
void progress_drop(struct progress *progress, uint64_t size, uint64_t done);

void progress_end(struct progress *progress);

#endif
