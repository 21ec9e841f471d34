/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Declarations for the parts of cp: sources.c walks the arguments, exclude.c leaves out names,
 * tree.c walks directories, file.c copies a file, and listing.c prints what happened.
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

/* A pattern of --exclude. */
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
	struct attrs attrs; /* override those of the sources */
	struct striping striping;
};

/* The outcome for a source. */
enum cp_event {
	CP_COPIED,
	CP_OVERWRITTEN,
	CP_SAME,    /* --resume found it complete, --compare like its source */
	CP_UPDATED, /* --resume found it, and wrote the differences */
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
	uint32_t uid; /* of the copies, unless another option sets it */
	uint32_t gid;
	struct pool *pool;
	struct progress progress;
	_Atomic uint64_t events[CP_EVENTS];
	_Atomic uint64_t bytes; /* written, or to be written */
	bool several;           /* sources: two of them may have one destination */
	void *taken;            /* destinations so far, if they matter: a tree of tsearch(3) */
	bool named; /* the destination names the copy itself, not the directory that holds it */
	atomic_bool over; /* all further files would fail with the same error */
};

/* Returns whether to start no more files and abandon those in progress. */
bool cp_stopped(const struct cp *cp);

/* Counts an event; with --verbose or --dry-run, also lists it. */
void cp_did(struct cp *cp, enum cp_event event, const char *source, const char *destination,
	    uint64_t bytes);

/* Reports that a source is skipped; `hint` may be NULL. */
void cp_skip(struct cp *cp, const char *source, const char *why, const char *hint);

/* Records and reports a failure: of the library, with a hint in place of its remedy
 * or NULL; of the system (errno); or with a message. */
void cp_failed(struct cp *cp, const struct famfs_error *err, const char *hint);
void cp_cannot(struct cp *cp, const char *verb, const char *source);
void cp_error(struct cp *cp, const char *format, ...) __attribute__((format(printf, 2, 3)));

/* Prints the totals, if asked for. Returns the exit code. */
int cp_summary(struct cp *cp);

/* The destination of the sources. */
struct cp_destination {
	const char *path;
	bool directory; /* it exists, so that each source keeps its own name in it */
};

/* Copies the arguments and the names from --files-from0; with `count`, only sums up their sizes.
 * Returns false if that is impossible, since a pipe cannot be read twice. */
bool cp_sources(struct cp *cp, const struct cp_destination *destination, int nsources,
		const char *const *sources, bool count);

/* The last component of a source, or "" for "dir/.", which means the contents of dir. The caller
 * frees it; NULL without memory. */
char *cp_base_name(const char *source);

/*
 * Copies `source` to the path `destination` in the volume; with --recursive also all below it. With
 * `count`, copies and reports nothing, but adds up the totals for progress.
 */
void cp_tree(struct cp *cp, const char *source, const char *destination, bool count);

/* Creates a directory with the attributes of `st`, or reports a failure. It may exist; with
 * --compare it must. */
int cp_directory(struct cp *cp, const char *source, const char *destination, const struct stat *st);

/* False when there is no memory. */
bool cp_exclude_add(struct cp_options *options, const char *pattern);
void cp_exclude_free(struct cp_options *options);

/* Whether a pattern excludes `path`: a path below a source directory, or the path of the source
 * itself. */
bool cp_excluded(const struct cp_options *options, const char *path, bool directory);

/* A file to be copied. */
struct cp_file {
	struct cp *cp;
	char *source;
	char *destination;
	int fd;
	struct stat st;
};

/* Takes ownership of the strings and the descriptor. Returns NULL without memory. */
struct cp_file *cp_file_new(struct cp *cp, const char *source, const char *destination);
void cp_file_free(struct cp_file *file);

/* Runs in a thread: copies a struct cp_file, and frees it. */
void cp_file_work(void *job);

/* Whether `source` is the file or directory `path` of the volume, seen through a mount. */
bool cp_is_same(const struct cp *cp, const char *source, const struct stat *st, const char *path);

/* The owner and permission bits for the copy of a source. */
uint32_t cp_mode(const struct cp *cp, const struct stat *st);
uint32_t cp_uid(const struct cp *cp, const struct stat *st);
uint32_t cp_gid(const struct cp *cp, const struct stat *st);

#endif
