/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What the parts of cp share: the sources (sources), which of them are left out (exclude), the walk
 * over them (tree), the copy of a file (file), and what is said of it all (listing).
 */
#ifndef CLI_CP_CP_H
#define CLI_CP_CP_H

#include "core/attrs.h"
#include "famfs.h"
#include "output/progress.h"

#include <stdatomic.h>
#include <stdbool.h>
#include <sys/stat.h>

struct pool;

/* Of --exclude. */
struct cp_pattern {
	char *text;
	bool anchored;  /* it began with '/': it is for paths only */
	bool directory; /* it ended with '/' */
};

struct cp_options {
	int recursive;
	int preserve;
	int archive;
	int dereference;
	int verify;
	int overwrite;
	int resume;
	int compare;
	int parents;
	int exact; /* -T */
	uint64_t jobs;
	enum progress_style progress;
	char *files_from;
	struct cp_pattern *excludes;
	size_t nexcludes;
	struct attrs attrs; /* override what the sources have */
	struct striping striping;
};

/* What became of a source. */
enum cp_event {
	CP_COPIED,
	CP_OVERWRITTEN,
	CP_SAME,    /* --resume found it complete, --compare like its source */
	CP_UPDATED, /* --resume found it, and wrote what differed */
	CP_DIRECTORY,
	CP_EXCLUDED,
	CP_SKIPPED, /* the format cannot hold it */
	CP_FAILED,
	CP_EVENTS,
};

struct cp {
	const struct cp_options *options;
	struct famfs_volume *volume;
	const char *device;
	uint32_t umask;
	uint32_t uid; /* of what is copied, when nothing else says so */
	uint32_t gid;
	struct pool *pool;
	struct progress progress;
	_Atomic uint64_t events[CP_EVENTS];
	_Atomic uint64_t bytes; /* written, or to be written */
	bool several;           /* sources: two of them may have one destination */
	void *taken;            /* destinations so far, where they matter: a tree of tsearch(3) */
	bool named;       /* the destination is the copy of a directory, and not what it is in */
	atomic_bool over; /* an error that every further file would meet */
};

/* ---- listing ---- */

/* Whether the copy must end: no file is begun any more, and those under way are given up. */
bool cp_stopped(const struct cp *cp);

/* Counts, and with --verbose or --dry-run lists, what was done or would be. */
void cp_did(struct cp *cp, enum cp_event event, const char *source, const char *destination,
	    uint64_t bytes);

/* Reports that a source is passed over; `hint` may be NULL. */
void cp_skip(struct cp *cp, const char *source, const char *why, const char *hint);

/* Notes and reports a failure: of the library, of the system (errno), or in words. */
void cp_failed(struct cp *cp, const struct famfs_error *err);
void cp_cannot(struct cp *cp, const char *verb, const char *source);
void cp_error(struct cp *cp, const char *format, ...) __attribute__((format(printf, 2, 3)));

/* The totals, where somebody wants them. Returns the exit code. */
int cp_summary(struct cp *cp);

/* ---- sources ---- */

/* Where the sources go. */
struct cp_destination {
	const char *path;
	bool directory; /* it exists, and takes them in under their own names */
};

/* Copies the arguments and what --files-from0 names; with `count` only sums up their sizes.
 * Returns whether that could be done: what comes from a pipe cannot be read twice. */
bool cp_sources(struct cp *cp, const struct cp_destination *destination, int nsources,
		const char *const *sources, bool count);

/* The source's own name; "" where it has none: "dir/." means what is in dir. The caller frees it;
 * NULL when there is no memory. */
char *cp_base_name(const char *source);

/* ---- tree ---- */

/*
 * Copies `source` to the path `destination` in the volume; with --recursive all below it. With
 * `count` nothing is copied or reported, but the totals of the progress line are summed up.
 */
void cp_tree(struct cp *cp, const char *source, const char *destination, bool count);

/* Makes a directory like `st`, or reports why not. One that exists is fine. With --compare it must
 * exist. */
int cp_directory(struct cp *cp, const char *source, const char *destination, const struct stat *st);

/* ---- exclude ---- */

/* False when there is no memory. */
bool cp_exclude_add(struct cp_options *options, const char *pattern);
void cp_exclude_free(struct cp_options *options);

/* Whether a pattern leaves out `path`: the path below a source that is a directory, or that of the
 * source itself. */
bool cp_excluded(const struct cp_options *options, const char *path, bool directory);

/* ---- file ---- */

/* A file to be copied. */
struct cp_file {
	struct cp *cp;
	char *source;
	char *destination;
	int fd;
	struct stat st;
};

/* Takes over the strings and the descriptor; NULL when there is no memory. */
struct cp_file *cp_file_new(struct cp *cp, const char *source, const char *destination);
void cp_file_free(struct cp_file *file);

/* The work of a thread: copies a struct cp_file, and frees it. */
void cp_file_work(void *job);

/* Whether `source` is the file or directory `path` of the volume, seen through a mount. */
bool cp_is_same(const struct cp *cp, const char *source, const struct stat *st, const char *path);

/* Owner and permission bits of what is made for a source. */
uint32_t cp_mode(const struct cp *cp, const struct stat *st);
uint32_t cp_uid(const struct cp *cp, const struct stat *st);
uint32_t cp_gid(const struct cp *cp, const struct stat *st);

#endif
