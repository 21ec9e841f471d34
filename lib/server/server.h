/* SPDX-License-Identifier: Apache-2.0 */
/*
 * One running server: what its operations share.
 *
 * Requests are handled by several threads at once. The namespace is read without a lock and
 * nothing is allocated for a request; see fs/volume.h for what catching up costs.
 */
#ifndef SERVER_SERVER_H
#define SERVER_SERVER_H

#include "base/ratelimit.h"
#include "fs/volume.h"
#include "server/first_open.h"
#include "server/follow.h"
#include "server/invalidate.h"
#include "server/options.h"
#include "server/shim.h"
#include "server/signals.h"
#include "server/trusted_opener.h"
#include "server/watch.h"

#define FUSE_USE_VERSION 317 /* older libraries take it for their own latest */
#include <fuse_lowlevel.h>

struct daemon;
struct daxmode;

/* What is known of the file system. It takes a mount to read a device that is in famfs mode. */
enum server_stage {
	SERVER_MOUNTED,    /* nothing: .meta and its superblock can be looked at */
	SERVER_SUPERBLOCK, /* how long the log is: it can be opened */
	SERVER_READY,
};

/* Handing the devices to a push kernel, which has to happen before a map names them. */
struct dax_push {
	pthread_mutex_t mutex;
	bool done; /* read without the mutex */
};

struct server {
	struct famfs_volume *vol;
	struct daxmode
		*daxmode; /* who switched the device, and is to switch it back; may be NULL */
	enum server_stage stage; /* set atomically; so are generation and read_only before it */
	enum mount_access access;
	bool read_only;
	bool metadata_public; /* superblock and log can be read by every user of the mount */
	char stay[160];       /* why a DAX device is in devdax mode */
	struct trusted_opener trusted;
	uint64_t generation; /* of every node: not zero, and another for another file system */
	pthread_key_t buffers;
	struct fuse_session *session;
	int placeholder;       /* for the descriptor of a mount that is still to be made */
	struct daemon *daemon; /* NULL in the foreground */
	int milestones;        /* of the two that make a mount answer */
	struct watch watch;
	struct follow follow;
	struct invalidator invalidator;
	struct famfs_error failure; /* of who is not the main thread: see server_fail() */
	bool failed;
	struct shim shim;
	struct dax_push push;
	const struct fmap_profile *forced; /* by -o fmap=; NULL: as the kernel shows itself */
	/* The profile and why, for people: "off: ...". Each text is written once, and then shown.
	 */
	char io_texts[3][256];
	unsigned int io_text;   /* how many of them are used */
	const char *io_status;  /* set atomically; NULL before INIT */
	const char *mountpoint; /* absolute; "/dev/fd/N" for another program's mount */
	struct first_open first_open;
	struct held_signals signals; /* from the end of the session until the device is released */
	void (*first_open_done)(struct server *server);
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

/* Ends the session with an error: the starter is not told that the mount answers. From any thread,
 * but only once. */
void server_fail(struct server *server, const struct famfs_error *err);

/* Catches up, or only looks whether the file system is still the one that was mounted. 0 or the
 * -errno to answer with; the first -ESTALE makes the watch drop what the kernel caches. Before the
 * log is read, -EAGAIN. In famfs mode, the device is looked at by another thread: see follow.h. */
int server_follow(struct server *server);
int server_check(struct server *server);

/* The same for a request that is only about .meta, which can be answered before the log is read. */
int server_follow_for(struct server *server, bool meta);
int server_check_for(struct server *server, bool meta);

/* To be called when the mount exists and when the kernel has been greeted, in either order: after
 * both, the starter is told that the mount answers. */
void server_milestone(struct server *server);

/* What .meta/.io says from now on; logged as well. */
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
