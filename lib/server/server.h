/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The state that the operations of a running server share.
 *
 * Requests are handled by several threads at once. The namespace is read without a lock and nothing
 * is allocated for a request; see fs/volume.h for what catching up costs.
 *
 * Each part that has a file of its own keeps its state in a structure that only its own file
 * changes, except for the callbacks of the shim, which session.c sets.
 */
#ifndef SERVER_SERVER_H
#define SERVER_SERVER_H

#include "base/ratelimit.h"
#include "fs/volume.h"
#include "server/dax.h"
#include "server/device_setup.h"
#include "server/first_open.h"
#include "server/follow.h"
#include "server/fuse.h"
#include "server/invalidate.h"
#include "server/io_status.h"
#include "server/options.h"
#include "server/shim.h"
#include "server/signals.h"
#include "server/trusted_opener.h"
#include "server/watch.h"

struct daemon;

/* The known part of the file system. A device in famfs mode is read through its mount, so it is
 * mounted before its superblock is known. */
enum server_stage {
	SERVER_MOUNTED,    /* none: .meta and its superblock can be opened */
	SERVER_SUPERBLOCK, /* the length of the log: it can be opened */
	SERVER_READY,
};

struct server {
	struct shim shim; /* first: libfuse hands the server to the hooks of the shim */
	struct famfs_volume *vol;
	struct device_setup device;
	enum server_stage stage; /* set atomically; so are generation and read_only before it */
	bool famfs_mode;         /* see server_in_famfs_mode(); does not change */
	bool read_only;
	bool metadata_public;   /* every user of the mount can read superblock and log */
	uint64_t generation;    /* of every node: not zero, and different for each file system */
	const char *mountpoint; /* absolute; "/dev/fd/N" for another program's mount */
	struct fuse_session *session;
	pthread_key_t buffers;
	int placeholder;       /* the descriptor that libfuse has before the mount is made */
	struct daemon *daemon; /* NULL in the foreground */
	int startup_steps;     /* done; see startup.h */
	struct trusted_opener trusted;
	struct watch watch;
	struct follow follow;
	struct first_open first_open;
	struct invalidator invalidator;
	struct dax_push push;
	struct io_status io_status;
	const struct fmap_profile *forced; /* by -o fmap=; NULL: the kernel's own */
	struct held_signals signals; /* from the end of the session until the device is released */
	struct famfs_error failure;  /* see server_end_session() */
	bool failed;
	struct ratelimit log_limit;
	famfs_log_fn log_fn;
	void *log_arg;
};

static inline enum server_stage server_stage(const struct server *server)
{
	return __atomic_load_n(&server->stage, __ATOMIC_ACQUIRE);
}

static inline void server_set_stage(struct server *server, enum server_stage stage)
{
	__atomic_store_n(&server->stage, stage, __ATOMIC_RELEASE);
}

/* Whether the device is in famfs mode: only the kernel reaches the bytes of files, and this process
 * reads superblock and log through the mount, see follow.h. */
static inline bool server_in_famfs_mode(const struct server *server)
{
	return server->famfs_mode;
}

/* Whether this process can reach the mount by its path. */
bool server_reaches_mount(const struct server *server);

/* Ends the session with an error: the starter is not told that the mount answers. From any thread,
 * but only once. The threads that read requests notice it at the next request. */
void server_end_session(struct server *server, const struct famfs_error *err);

/* Like server_end_session(), but also detaches the mount, so that the threads notice it without
 * a request. */
void server_fail(struct server *server, const struct famfs_error *err);

static inline bool server_has_failed(const struct server *server)
{
	return __atomic_load_n(&server->failed, __ATOMIC_ACQUIRE);
}

/* Like server_check_stale() of catch_up.h, but alerts no thread. */
int server_stale_state(const struct server *server);

/* Sets the text of .meta/.io and logs it. */
void server_set_io_status(struct server *server, const struct fmap_profile *profile,
			  const char *why);

/* Limits how many messages are logged, since a user of the mount can cause any number of them. */
void server_log(struct server *server, int priority, const char *format, ...)
	__attribute__((format(printf, 3, 4)));

/* The two halves of server_log(), for a message that takes long to make: the limit, which counts
 * one message, and the log. */
bool server_may_log(struct server *server, int priority);
void server_log_allowed(struct server *server, int priority, const char *format, ...)
	__attribute__((format(printf, 3, 4)));

#endif
