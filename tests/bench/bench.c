/* SPDX-License-Identifier: Apache-2.0 */
#include "bench.h"

#include <errno.h>
#include <fcntl.h>
#include <spawn.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

void die(const char *format, ...)
{
	va_list ap;

	fprintf(stderr, "%s: ", program_invocation_short_name);
	va_start(ap, format);
	vfprintf(stderr, format, ap);
	va_end(ap);
	fputc('\n', stderr);
	exit(1);
}

void *xcalloc(size_t count, size_t size)
{
	void *memory = calloc(count, size);

	if (!memory)
		die("out of memory");
	return memory;
}

uint64_t number(const char *text, uint64_t max)
{
	unsigned long long value;
	char *end;

	errno = 0;
	value = strtoull(text, &end, 10);
	if (errno || *text < '0' || *text > '9' || *end || value == 0 || value > max)
		die("'%s' is not a number from 1 to %llu", text, (unsigned long long)max);
	return value;
}

static double seconds(clockid_t clock)
{
	struct timespec ts;

	clock_gettime(clock, &ts);
	return (double)ts.tv_sec + (double)ts.tv_nsec * 1e-9;
}

double now(void)
{
	return seconds(CLOCK_MONOTONIC);
}

double cpu(void)
{
	return seconds(CLOCK_PROCESS_CPUTIME_ID);
}

void series_add(struct series *series, double value)
{
	double *grown = reallocarray(series->value, series->count + 1, sizeof(*grown));

	if (!grown)
		die("out of memory");
	series->value = grown;
	series->value[series->count++] = value;
}

static int compare(const void *a, const void *b)
{
	double x = *(const double *)a, y = *(const double *)b;

	return (x > y) - (x < y);
}

double series_median(struct series *series)
{
	size_t half = series->count / 2;

	if (!series->count)
		die("nothing was measured");
	qsort(series->value, series->count, sizeof(*series->value), compare);
	if (series->count % 2)
		return series->value[half];
	return (series->value[half - 1] + series->value[half]) / 2;
}

void series_report(struct series *series, const char *key)
{
	double median = series_median(series);

	printf("%s %.9g %.9g %.9g\n", key, median, series->value[0],
	       series->value[series->count - 1]);
	free(series->value);
	*series = (struct series){ 0 };
}

static pid_t start(char *const argv[])
{
	posix_spawn_file_actions_t actions;
	pid_t pid;
	int ret;

	posix_spawn_file_actions_init(&actions);
	posix_spawn_file_actions_addopen(&actions, STDIN_FILENO, "/dev/null", O_RDONLY, 0);
	posix_spawn_file_actions_addopen(&actions, STDOUT_FILENO, "/dev/null", O_WRONLY, 0);
	ret = posix_spawnp(&pid, argv[0], &actions, NULL, argv, environ);
	if (ret)
		die("cannot run '%s': %s", argv[0], strerror(ret));
	posix_spawn_file_actions_destroy(&actions);
	return pid;
}

static double of_timeval(struct timeval tv)
{
	return (double)tv.tv_sec + (double)tv.tv_usec * 1e-6;
}

double run_command(char *const argv[], double *on_cpu)
{
	double begin = now(), taken;
	pid_t pid = start(argv);
	struct rusage usage;
	int status;

	while (wait4(pid, &status, 0, &usage) < 0)
		if (errno != EINTR)
			die("cannot wait for '%s': %s", argv[0], strerror(errno));
	taken = now() - begin;
	if (!WIFEXITED(status) || WEXITSTATUS(status) != 0)
		die("'%s' failed", argv[0]);
	if (on_cpu)
		*on_cpu = of_timeval(usage.ru_utime) + of_timeval(usage.ru_stime);
	return taken;
}
