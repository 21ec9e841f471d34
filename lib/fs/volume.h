/* SPDX-License-Identifier: Apache-2.0 */
/*
 * An open famfs: the device, its superblock, and the replicas that follow its log.
 *
 * The mutex serialises all changes of the replicas: catching up, reserving, appending. Reading the
 * namespace takes no lock. Lock order: mutex, then the log's append lock on the device.
 */
#ifndef FS_VOLUME_H
#define FS_VOLUME_H

#include "base/ratelimit.h"
#include "device/device.h"
#include "fs/allocator.h"
#include "fs/identity.h"
#include "fs/log.h"
#include "fs/namespace.h"
#include "fs/overlap.h"
#include "media/superblock.h"

#include <pthread.h>

/* The first cache line of the superblock, which differs between file systems. */
struct super_line {
	le64 words[OMF_CACHE_LINE / sizeof(le64)];
};

struct volume_fault {
	uint64_t entry;
	enum famfs_fault fault;
};

/* Called with every entry that is applied, valid or not; used by fsck. `text` explains a fault.
 * The record is decoded as far as the fault allows. */
typedef void (*volume_observer)(void *arg, uint64_t entry, const struct omf_entry *raw,
				enum famfs_fault fault, const struct record *rec, bool implied,
				const char *text);

/* Entries that were published, but not whole when they were replayed, see heal.h. */
struct torn {
	uint64_t *bits; /* a bit for each entry of the log */
	uint64_t count; /* entries to read again; read without the mutex */
	uint64_t cursor;
	uint64_t whole; /* the entries from here on are all torn */
	unsigned rebuilds;
};

struct famfs_volume {
	struct device *dev;
	struct superblock sb;
	struct super_line super_line;
	uint64_t usable; /* bytes: the smaller of the recorded and the real size */
	struct log log;
	/* Readers get it from volume_namespace(). A rebuild replaces it, see heal.c; the old one
	 * stays for them as long as the volume. */
	struct namespace *ns;
	struct identity identity;
	enum famfs_role role;
	bool write;
	bool dry_run;       /* nothing is stored: entries are only applied */
	uint64_t simulated; /* entries that a dry run has added */

	struct ratelimit log_limit; /* readers and other hosts can cause any number of messages */
	famfs_log_fn log_fn;
	void *log_arg;
	volume_observer observer;
	void *observer_arg;

	pthread_mutex_t mutex;
	struct allocator alloc;
	struct overlap overlap;  /* overlap_found() needs no mutex */
	struct omf_entry *batch; /* entries being replayed */
	struct torn torn;
	uint64_t bad_entries;
	struct volume_fault first_bad; /* the first entry that blocks appends */
	char header_fault[160];        /* the fault of the log header; empty if it has none */
	bool index_out_of_range;       /* that fault is a next index beyond the log */
	uint64_t suspect; /* entry that was torn when last read, and the time of that */
	uint64_t suspect_since;

	/* Read without the mutex. */
	uint64_t applied;  /* entries replayed: the next one to read */
	uint64_t followed; /* the last next_index that was replayed completely */
	bool stale;        /* another file system was created on the device */
	uint32_t ndaxdevs; /* number of devices below; a counted one does not change */
	uint64_t daxdev_sizes[OMF_MAX_DAXDEVS];
	uint8_t daxdev_uuids[OMF_MAX_DAXDEVS][OMF_UUID_SIZE];
};

struct volume_params {
	enum device_access access;
	bool dry_run; /* see famfs_open() */
	famfs_log_fn log_fn;
	void *log_arg;
	volume_observer observer;
	void *observer_arg;
	const char *identity_root; /* NULL: "" */
	bool ignore_recorded_size; /* check extents against the real size only; for fsck */
};

/* Opens the famfs on `dev` and replays its log. Owns `dev`, also on failure. */
int volume_open(struct device *dev, const struct volume_params *params, struct famfs_volume **out,
		struct famfs_error *err);
void volume_close(struct famfs_volume *vol);
/* Closes the volume, and returns its device, which the caller owns. */
struct device *volume_release_device(struct famfs_volume *vol);

/* volume_open() in steps, for a device whose log can be read only after other code has used the
 * superblock. There are no replicas before the last step. Returns NULL if memory is short; the
 * caller then keeps `dev`. */
struct famfs_volume *volume_create(struct device *dev, const struct volume_params *params);
int volume_load_superblock(struct famfs_volume *vol, const struct volume_params *params,
			   struct famfs_error *err);
int volume_load_log(struct famfs_volume *vol, struct famfs_error *err);

/* Reads the log header, and records a fault of the part that never changes in `header_fault`,
 * unless one is recorded already. */
int volume_read_header(struct famfs_volume *vol, struct log_state *state, struct famfs_error *err);

/* Creates the replicas of an empty log; `expected` as for namespace_init(). */
int volume_init_replicas(struct famfs_volume *vol, uint64_t expected, struct famfs_error *err);
void volume_destroy_replicas(struct famfs_volume *vol);

/* Replaces the device by one with the same contents, and closes the old one. If `dev` is NULL,
 * the volume cannot access its device until the next call. No other thread may use the volume. */
void volume_replace_device(struct famfs_volume *vol, struct device *dev);

/* The namespace is valid as long as the volume, but the next call may return another one. */
static inline const struct namespace *volume_namespace(const struct famfs_volume *vol)
{
	return __atomic_load_n(&vol->ns, __ATOMIC_ACQUIRE);
}

/* For properties of the device itself: its locks, its mode, its .meta files. */
static inline struct device *volume_device(const struct famfs_volume *vol)
{
	return vol->dev;
}

/* The path of the device, for messages and for the kernel. */
static inline const char *volume_device_path(const struct famfs_volume *vol)
{
	return vol->dev->path;
}

/* OMF_UUID_SIZE bytes; known from volume_load_superblock() on. */
static inline const uint8_t *volume_uuid(const struct famfs_volume *vol)
{
	return vol->sb.uuid;
}

/* The role of this host; known from volume_load_superblock() on. It becomes FAMFS_ROLE_CLIENT when
 * an append meets another master. */
static inline enum famfs_role volume_role(const struct famfs_volume *vol)
{
	return vol->role;
}

/* Bytes; known from volume_load_superblock() on. */
static inline uint64_t volume_log_length(const struct famfs_volume *vol)
{
	return vol->sb.log_length;
}

/* Whether the last volume_check_stale() or volume_catch_up() returned -ESTALE. Does not read the
 * device and takes no lock. */
static inline bool volume_is_stale(const struct famfs_volume *vol)
{
	return __atomic_load_n(&vol->stale, __ATOMIC_RELAXED);
}

/* Whether a file with this fmap shares space with another one or with itself. Takes no lock. */
static inline bool volume_map_overlaps(const struct famfs_volume *vol,
				       const struct famfs_fmap *fmap)
{
	return overlap_found(&vol->overlap, fmap);
}

/* A consistent set of numbers for statfs. */
struct volume_space {
	uint64_t data_units; /* allocation units for file data, and those of them that are free */
	uint64_t free_units;
	uint64_t log_capacity; /* entries, and those of them that are in use */
	uint64_t log_entries;
};

/* Waits for the volume's mutex. */
void volume_space(struct famfs_volume *vol, struct volume_space *out);

static inline void cleanup_volume_(struct famfs_volume **vol)
{
	volume_close(*vol);
}

#define cleanup_volume __attribute__((cleanup(cleanup_volume_)))

/* Like famfs_catch_up(). Costs two loads if there are no new entries. */
int volume_catch_up(struct famfs_volume *vol, struct famfs_error *err);

/* Reads the superblock, and returns -ESTALE if another file system is on the device, else 0. */
int volume_check_stale(struct famfs_volume *vol, struct famfs_error *err);
/* The same for the first line of a superblock that the caller has read already. */
int volume_check_line(struct famfs_volume *vol, const struct super_line *line,
		      struct famfs_error *err);

/* The limits of extents, for record_decode(). */
struct record_limits volume_limits(const struct famfs_volume *vol);

void volume_log(struct famfs_volume *vol, int priority, const char *format, ...)
	__attribute__((format(printf, 3, 4)));

#endif
