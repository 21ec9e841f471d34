/* SPDX-License-Identifier: Apache-2.0 */
#include "progress.h"
#include "report.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define INTERVAL 0.1 /* seconds */

bool progress_possible(void)
{
	const char *term = getenv("TERM");

	return isatty(STDERR_FILENO) && term && strcmp(term, "dumb") != 0;
}

void progress_start(struct progress *progress, bool shown, unsigned passes)
{
	progress->shown = shown;
	progress->passes = passes;
	pthread_mutex_init(&progress->lock, NULL);
	clock_gettime(CLOCK_MONOTONIC, &progress->start);
	progress->last = progress->start;
}

static double seconds_since(const struct timespec *then, const struct timespec *now)
{
	return (double)(now->tv_sec - then->tv_sec) + (double)(now->tv_nsec - then->tv_nsec) / 1e9;
}

static const char *const units[] = { "B", "KiB", "MiB", "GiB", "TiB", "PiB" };

/* The unit in which `bytes` reads well; *scale is its size. */
static const char *unit_of(double bytes, double *scale)
{
	unsigned i = 0;

	for (*scale = 1; bytes >= 1024 * *scale && i < 5; i++)
		*scale *= 1024;
	return units[i];
}

static void format_line(struct progress *progress, double elapsed, char *line, size_t size)
{
	double passes = progress->passes;
	double done = (double)atomic_load(&progress->bytes) / passes;
	double total = (double)atomic_load(&progress->total_bytes);
	double rate = elapsed > 0 ? done / elapsed : 0, scale, rate_scale;
	const char *unit = unit_of(total, &scale), *rate_unit = unit_of(rate, &rate_scale);
	unsigned left = rate > 0 && total > done ? (unsigned)((total - done) / rate + 0.5) : 0;
	int length;

	length = snprintf(line, size,
			  "%" PRIu64 "/%" PRIu64 " files  %.0f%%  %.1f/%.1f %s  %.1f %s/s",
			  atomic_load(&progress->files), atomic_load(&progress->total_files),
			  total > 0 ? 100 * done / total : 0, done / scale, total / scale, unit,
			  rate / rate_scale, rate_unit);
	if (rate > 0 && left < 360000)
		snprintf(line + length, size - (size_t)length, "  ETA %u:%02u", left / 60,
			 left % 60);
}

/* Whoever finds the line out of date redraws it; the others need not wait for that. */
static void redraw(struct progress *progress)
{
	struct timespec now;
	char line[160];

	if (!progress->shown || pthread_mutex_trylock(&progress->lock) != 0)
		return;
	clock_gettime(CLOCK_MONOTONIC, &now);
	if (seconds_since(&progress->last, &now) >= INTERVAL) {
		progress->last = now;
		format_line(progress, seconds_since(&progress->start, &now), line, sizeof(line));
		report_status(line);
	}
	pthread_mutex_unlock(&progress->lock);
}

void progress_add_bytes(struct progress *progress, uint64_t bytes)
{
	atomic_fetch_add_explicit(&progress->bytes, bytes, memory_order_relaxed);
	redraw(progress);
}

void progress_add_file(struct progress *progress)
{
	atomic_fetch_add_explicit(&progress->files, 1, memory_order_relaxed);
	redraw(progress);
}

void progress_drop(struct progress *progress, uint64_t size, uint64_t done)
{
	if (!progress->shown)
		return;
	atomic_fetch_sub(&progress->bytes, done);
	atomic_fetch_sub(&progress->total_bytes, size);
	atomic_fetch_sub(&progress->total_files, 1);
}

void progress_end(struct progress *progress)
{
	if (progress->shown)
		report_status(NULL);
	pthread_mutex_destroy(&progress->lock);
}
