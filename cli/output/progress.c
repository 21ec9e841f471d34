/* SPDX-License-Identifier: Apache-2.0 */
#include "output/progress.h"
#include "core/report.h"
#include "output/output.h"
#include "shared/clock.h"

#include <errno.h>
#include <inttypes.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <unistd.h>

#define INTERVAL_NS  (100 * 1000 * 1000) /* between two lines */
#define LINE_LENGTH  160
#define LONGEST_TIME (100 * 3600) /* largest estimate that is shown, in seconds */

bool progress_possible(void)
{
	const char *term = getenv("TERM");

	return isatty(STDERR_FILENO) && term && strcmp(term, "dumb") != 0;
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

/* The state at a moment. */
struct moment {
	bool counted;
	uint64_t files;
	uint64_t total_files;
	double done; /* bytes, of one pass */
	double total;
	double rate; /* bytes a second */
	double left; /* seconds; negative: not known */
};

static struct moment now(struct progress *progress)
{
	struct moment m = {
		.counted = atomic_load(&progress->counted),
		.files = atomic_load(&progress->files),
		.total_files = atomic_load(&progress->total_files),
		.done = (double)atomic_load(&progress->bytes) / progress->passes,
		.total = (double)atomic_load(&progress->total_bytes),
		.left = -1,
	};
	double elapsed = (double)(now_ns() - atomic_load(&progress->start)) / 1e9;

	m.rate = elapsed > 0 ? m.done / elapsed : 0;
	if (m.counted && m.rate > 0)
		m.left = m.total > m.done ? (m.total - m.done) / m.rate : 0;
	return m;
}

static void format_line(const struct moment *m, char *line, size_t size)
{
	double scale, rate_scale;
	const char *unit = unit_of(m->counted ? m->total : m->done, &scale);
	const char *rate_unit = unit_of(m->rate, &rate_scale);
	int length;

	if (m->counted)
		length = snprintf(line, size,
				  "%" PRIu64 "/%" PRIu64 " files  %.0f%%  %.1f/%.1f %s  %.1f %s/s",
				  m->files, m->total_files,
				  m->total > 0 ? 100 * m->done / m->total : 0, m->done / scale,
				  m->total / scale, unit, m->rate / rate_scale, rate_unit);
	else
		length = snprintf(line, size, "%" PRIu64 " files  %.1f %s  %.1f %s/s", m->files,
				  m->done / scale, unit, m->rate / rate_scale, rate_unit);
	if (m->left >= 0 && m->left < LONGEST_TIME)
		snprintf(line + length, size - (size_t)length, "  ETA %u:%02u",
			 (unsigned)(m->left + 0.5) / 60, (unsigned)(m->left + 0.5) % 60);
}

/* A line that wraps cannot be overwritten. */
static void fit_terminal(char *line)
{
	struct winsize window;

	if (ioctl(STDERR_FILENO, TIOCGWINSZ, &window) == 0 && window.ws_col > 0 &&
	    strlen(line) >= window.ws_col)
		line[window.ws_col - 1] = '\0';
}

static void print_json(const struct moment *m)
{
	const struct field fields[] = {
		field_text("event", NULL, "progress"),
		field_number("files", NULL, m->files),
		field_when(m->counted, field_number("total_files", NULL, m->total_files)),
		field_number("bytes", NULL, (uint64_t)m->done),
		field_when(m->counted, field_number("total_bytes", NULL, (uint64_t)m->total)),
		field_number("bytes_per_second", NULL, (uint64_t)m->rate),
		field_when(m->left >= 0,
			   field_number("eta_seconds", NULL, m->left < 0 ? 0 : (uint64_t)m->left)),
	};
	struct output out;

	flockfile(stdout);
	output_begin(&out, true, PROGRESS_SCHEMA);
	output_fields(&out, fields, COUNT_OF(fields));
	output_end(&out);
	fflush(stdout);
	funlockfile(stdout);
}

static void show(struct progress *progress, bool asked)
{
	const struct moment m = now(progress);
	char line[LINE_LENGTH];

	format_line(&m, line, sizeof(line));
	if (asked)
		report_note("%s", line);
	if (progress->style == PROGRESS_JSON)
		print_json(&m);
	if (progress->style != PROGRESS_LINE)
		return;
	fit_terminal(line);
	report_status(line);
}

static void *show_all(void *arg)
{
	const struct timespec interval = { .tv_nsec = INTERVAL_NS };
	struct progress *progress = arg;
	sigset_t wanted;

	sigemptyset(&wanted);
	sigaddset(&wanted, SIGUSR1);
	while (!atomic_load(&progress->ending)) {
		int ret = progress->style == PROGRESS_SILENT
				  ? sigwaitinfo(&wanted, NULL)
				  : sigtimedwait(&wanted, NULL, &interval);

		if (atomic_load(&progress->ending))
			break;
		if (ret == SIGUSR1 || (ret < 0 && errno == EAGAIN))
			show(progress, ret == SIGUSR1);
	}
	return NULL;
}

void progress_start(struct progress *progress, enum progress_style style, unsigned passes)
{
	sigset_t all, usr1, old;

	progress->style = style;
	progress->passes = passes;
	atomic_store(&progress->start, now_ns());
	sigemptyset(&usr1);
	sigaddset(&usr1, SIGUSR1);
	pthread_sigmask(SIG_BLOCK, &usr1, NULL);

	/* Block interrupts here: they must reach a thread that reads from a slow source. */
	sigfillset(&all);
	pthread_sigmask(SIG_SETMASK, &all, &old);
	progress->running = pthread_create(&progress->thread, NULL, show_all, progress) == 0;
	pthread_sigmask(SIG_SETMASK, &old, NULL);
}

void progress_counted(struct progress *progress)
{
	atomic_store(&progress->start, now_ns());
	atomic_store(&progress->counted, true);
	/* Show it at once: people see the beginning, and programs get the totals. */
	show(progress, false);
}

void progress_add_bytes(struct progress *progress, uint64_t bytes)
{
	atomic_fetch_add_explicit(&progress->bytes, bytes, memory_order_relaxed);
}

void progress_add_file(struct progress *progress)
{
	atomic_fetch_add_explicit(&progress->files, 1, memory_order_relaxed);
}

void progress_remove(struct progress *progress, uint64_t size, uint64_t done)
{
	atomic_fetch_sub(&progress->bytes, done);
	if (!atomic_load(&progress->counted))
		return;
	atomic_fetch_sub(&progress->total_bytes, size);
	atomic_fetch_sub(&progress->total_files, 1);
}

void progress_end(struct progress *progress)
{
	if (progress->running) {
		/* Send the signal that the thread waits for, so that it needs no timeout. */
		atomic_store(&progress->ending, true);
		pthread_kill(progress->thread, SIGUSR1);
		pthread_join(progress->thread, NULL);
	}
	if (progress->style == PROGRESS_LINE)
		report_status(NULL);
}
