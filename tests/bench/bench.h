/* SPDX-License-Identifier: Apache-2.0 */
/* What the benchmark programs share: clocks, medians, child processes. All of them end the process
 * when something fails, since there is nothing to measure then. */
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

/* Seconds: of the wall, and of this process on the CPU. */
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

/* Runs a command without input and output; the seconds from its start until it has ended, and,
 * where on_cpu is not NULL, those that it was on the CPU. Anything but exit code 0 is a failure. */
double run_command(char *const argv[], double *on_cpu);

#endif
