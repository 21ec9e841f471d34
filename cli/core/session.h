/* SPDX-License-Identifier: Apache-2.0 */
/* The file system that a command's arguments lie in, opened once for all that share it. */
#ifndef CLI_CORE_SESSION_H
#define CLI_CORE_SESSION_H

#include "famfs.h"

struct session {
	bool write;
	struct famfs_volume *volume;
	char *device;                /* of the open volume */
	struct famfs_target *target; /* the last argument */
	famfs_cancel_fn cancelled;   /* ends waits for the append lock; may be NULL */
	void *cancel_arg;
};

#define SESSION_READ                                                                               \
	{                                                                                          \
		.write = false                                                                     \
	}
#define SESSION_WRITE                                                                              \
	{                                                                                          \
		.write = true                                                                      \
	}

/*
 * Makes `arg` the current target: resolves it, and opens its volume unless it is open already; with
 * --dry-run for a dry run. Returns an exit code; errors have been reported.
 */
int session_use(struct session *session, const char *arg);

/* Resolves `arg` without opening anything. Returns an exit code. */
int session_resolve(struct session *session, const char *arg);

/* Path of the current target in its file system. */
const char *session_path(const struct session *session);

void session_close(struct session *session);

#define cleanup_session __attribute__((cleanup(session_close)))

/* Returns whether every further file would fail with this error. */
bool error_is_final(int code);

/* Fills in an error as the library does, without a remedy. Returns `code`. */
int error_fill(struct famfs_error *err, int code, const char *format, ...)
	__attribute__((format(printf, 3, 4)));

/* Whether `path` is a file of `size` bytes, so that it can be written in place. */
bool session_has_file(struct famfs_volume *volume, const char *path, uint64_t size);

#endif
