/* SPDX-License-Identifier: Apache-2.0 */
/* What the parts of cp share: the walk over the sources (tree), and the copy of a file. */
#ifndef CLI_CP_H
#define CLI_CP_H

#include "attrs.h"
#include "famfs.h"
#include "progress.h"

#include <stdatomic.h>
#include <stdbool.h>
#include <sys/stat.h>

struct pool;

struct cp_options {
	int recursive;
	int preserve;
	int dereference;
	int verify;
	int overwrite;
	uint64_t jobs;
	struct attrs attrs; /* override what the sources have */
	struct layout layout;
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
	_Atomic uint64_t copied; /* files */
	atomic_bool partial;     /* something was not copied */
	atomic_bool over;        /* an error that every further file would meet */
};

/* Nothing more is to be begun, and what is under way is to be given up. */
bool cp_stopped(const struct cp *cp);

/* Reports that a source is passed over. */
void cp_skip(struct cp *cp, const char *source, const char *why);

/* Notes and reports a failed library call. */
void cp_failed(struct cp *cp, const struct famfs_error *err);

/*
 * Copies `source` to the path `destination` in the volume; with --recursive all below it. With
 * `count` nothing is copied or reported, but the totals of the progress line are summed up.
 */
void cp_tree(struct cp *cp, const char *source, const char *destination, bool count);

/* Whether `source` is the file or directory `path` of the volume, seen through a mount. */
bool cp_is_same(const struct cp *cp, const char *source, const struct stat *st, const char *path);

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

/* Owner and permission bits of what is made for a source. */
uint32_t cp_mode(const struct cp *cp, const struct stat *st);
uint32_t cp_uid(const struct cp *cp, const struct stat *st);
uint32_t cp_gid(const struct cp *cp, const struct stat *st);

#endif
