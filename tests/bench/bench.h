/* SPDX-License-Identifier: Apache-2.0 */
/* Shared by the benchmark programs: clocks, medians, child processes. They end the process on any
 * failure, since there is nothing to measure then. */
#ifndef BENCH_BENCH_H
#define BENCH_BENCH_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* "PROGRAM: TEXT" on stderr, exit code 1. */
_Noreturn void die(const char *format, ...) __attribute__((format(printf, 1, 2)));

void *xcalloc(size_t count, size_t size);

/* A decimal number in [1, max]. */
uint64_t number(const char *text, uint64_t max);

/* Seconds on the wall clock, and of this process on the CPU. */
double now(void);
double cpu(void);

struct series {
	double *value;
	size_t count;
};

void series_add(struct series *series, double value);
double series_median(struct series *series);

/* The line "KEY MEDIAN MINIMUM MAXIMUM" that run.sh reads. Frees the series. */
void series_report(struct series *series, const char *key);

/* Runs a command without input and output. Returns the seconds from its start to its end and, if
 * on_cpu is not NULL, its seconds on the CPU. Any exit code but 0 is a failure. */
double run_command(char *const argv[], double *on_cpu);

#endif
