/* SPDX-License-Identifier: Apache-2.0 */
/*
 * libfamfs: administer famfs, the file system in memory that several hosts share.
 *
 * A famfs lives on a DAX device, or on a regular file that stands in for one (an image). Its
 * metadata is an append-only log at the head of the device; the host that formatted it, the
 * master, appends, and every host reads.
 *
 * Conventions
 * - Fallible functions return 0 or a negative errno. The last argument, which may be NULL,
 *   receives the same code and a message for people. These codes have a meaning of their own:
 *     -EUCLEAN      the medium is corrupt
 *     -EMEDIUMTYPE  there is no famfs here
 *     -ENOTSUP      the famfs is of a newer format, or this kind of device is not supported
 *     -EROFS        this host is a client of the file system and may not add to it
 *     -EBUSY        the device is mounted, mapped or locked, or another process has been
 *                   switching its mode for 10 seconds
 *     -ENOSPC       the device or the log is full
 *     -ESTALE       another file system was made on the device since it was opened
 *     -ECANCELED    a callback asked to stop
 *     -ETIMEDOUT    another process kept the append lock for 10 seconds; the message names it
 *     -EINTR        this thread handled a signal while it waited for the append lock, or for
 *                   the end of such a switch
 *     -EILSEQ       a path that is not UTF-8 was to be written, see famfs_path_check()
 *   The append lock keeps the processes of a host from appending at once, and each that may read
 *   the device can hold it. famfs_mkdir(), famfs_create(), famfs_create_unfilled() and
 *   famfs_file_publish() wait for it, and return -ETIMEDOUT or -EINTR, or -ECANCELED when
 *   famfs_volume_params.cancelled asks for it. famfs_takeover() and a repair by famfs_fsck(), which
 *   open the device themselves, return -ETIMEDOUT or -EINTR only. Every function that opens a DAX
 *   device waits while another process switches its mode, and may return -EBUSY or -EINTR for it.
 * - Offsets and lengths are in bytes. "Device offset" counts from the start of the device,
 *   "file offset" from the start of a file.
 * - Everything that a call has stored when it returns, or when its process dies, is there for all
 *   processes and hosts. A crash of the host is another matter for an image, whose pages the kernel
 *   writes to the disk later and in any order: what was added or written is safe from it after
 *   fsync(2) of the image or of a file in a mount of it, or famfs_unmount(). Until then it may be
 *   lost, also in part; what is older stays whole. famfs_mkfs(), famfs_takeover() and a repair by
 *   famfs_fsck() are safe when they return.
 * - Paths inside the file system are relative, without a leading or trailing slash; "" is the root.
 * - Params structs must be zero-initialised; their reserved fields are checked for zero (-EINVAL).
 * - A volume may be used by several threads; a file handle by one at a time.
 * - The library never prints, exits, installs a signal handler or keeps mutable global state, but
 *   for famfs_guard_memory_errors() and for what a mount in the foreground does.
 */
#ifndef FAMFS_H
#define FAMFS_H

#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

/* What is declared here is exported, although the library is built with hidden symbols. */
#pragma GCC visibility push(default)

#ifdef __GNUC__
#define FAMFS_PRINTF(index, first) __attribute__((__format__(__printf__, index, first)))
#else
#define FAMFS_PRINTF(index, first)
#endif

#define FAMFS_ALLOC_UNIT     0x200000u /* file data is allocated in units of 2 MiB */
#define FAMFS_MAX_EXTENTS    16        /* extents of a simple file, strips of an interleaved one */
#define FAMFS_MAX_BUCKETS    64        /* parts that striping divides a device into */
#define FAMFS_MAX_PATH       78        /* longest path that is written; readers accept 79 */
#define FAMFS_NO_ENTRY       UINT64_MAX
#define FAMFS_MIN_LOG_LENGTH 0x800000u

/* ---- errors ---------------------------------------------------------------------------- */

struct famfs_error {
	int code;     /* the negative errno that was returned, 0 when none was */
	bool refused; /* a safety check said no; the hint names the override, if there is one */
	char message[1024]; /* "cannot VERB 'OBJECT': CAUSE", lower case, no full stop, no newline
			     */
	char hint[640];     /* what to do about it, in the imperative; may be empty. Commands in it
			     * can be pasted: see famfs_shell_format() */
};

/* The library's version, "MAJOR.MINOR.PATCH". Static storage. */
const char *famfs_version(void);

/* ---- text ------------------------------------------------------------------------------- */

/* Length in bytes of the well-formed UTF-8 character at `s`, or 0 when there is none. A NUL byte is
 * a character of length 1. */
size_t famfs_utf8_length(const char *s);

/* Whether `s` consists of such characters. */
bool famfs_is_utf8(const char *s);

/* The same, but also 0 for a control character of ASCII or of Latin-1, on which a terminal acts. */
size_t famfs_utf8_printable(const char *s);

/*
 * Formats a hint or a command that users may paste into a shell. Knows %s, %u, PRIu64 and %%. Each
 * %s becomes one word of the shell, in single quotes, whatever the string holds; so `format` has no
 * quotes around it. A word that begins with '-' gets "./" in front, so that no program reads an
 * option: each %s is a path or a name. A word with control characters, or bytes that are not UTF-8,
 * is written as $'...' with \ooo for each of those bytes, as POSIX has it since 2024; an older
 * shell reads another name in it, and still nothing that it would run. The caller frees the result
 * with free(3). NULL when there is no memory, or the format has any other conversion.
 */
char *famfs_shell_format(const char *format, ...) FAMFS_PRINTF(1, 2);
char *famfs_shell_vformat(const char *format, va_list args) FAMFS_PRINTF(1, 0);

/*
 * Reads a number of bytes: decimal digits, or hexadecimal ones after 0x; then K, M, G, T or P,
 * which may be small. Alone or before iB they stand for powers of 1024, before B for powers of
 * 1000. Nothing may stand before or after it. False, with *bytes left alone, when it is no such
 * number or is above UINT64_MAX.
 */
bool famfs_parse_size(const char *text, uint64_t *bytes);

/*
 * Where the library may say what did not fail but matters: a skipped log entry, a role. Priorities
 * are those of syslog(3). Called from any thread that uses the handle. May be NULL.
 */
typedef void (*famfs_log_fn)(void *arg, int priority, const char *message);

/*
 * Turns a memory error in a device that the calling process has mapped into -EIO of the call that
 * touched it, and a disk that has no room for the first pages of an image into -ENOSPC, instead of
 * death by SIGBUS. Installs a SIGBUS handler for the process, so only a program may call it, once,
 * before it starts threads. A SIGBUS that is not the library's takes the default action. Returns 0
 * or -errno of sigaction(2).
 */
int famfs_guard_memory_errors(void);

/* ---- identity: which host is this ------------------------------------------------------- */

enum famfs_system_uuid_source {
	FAMFS_SYSTEM_UUID_NONE, /* the host has none; it can only be a client */
	FAMFS_SYSTEM_UUID_ENV,  /* $FAMFS_SYSTEM_UUID; not in a set-id program */
	FAMFS_SYSTEM_UUID_ETC,  /* /etc/famfs/system_uuid */
	FAMFS_SYSTEM_UUID_OPT,  /* /opt/famfs/system_uuid, the reference implementation's file */
	FAMFS_SYSTEM_UUID_MACHINE_ID, /* derived from /etc/machine-id */
};

enum famfs_role {
	FAMFS_ROLE_CLIENT, /* reads, and writes existing files in place */
	FAMFS_ROLE_MASTER, /* also adds files and directories */
};

/* "environment", "/etc/famfs/system_uuid", ... Static storage. */
const char *famfs_system_uuid_source_name(enum famfs_system_uuid_source source);

/* ---- targets: what does an argument name ------------------------------------------------ */

/*
 * A resolved command-line argument. Exactly one of these forms:
 *   DEVICE            device set, path NULL
 *   DEVICE:/PATH      device set, path set
 *   a path in a mount device, mountpoint and path set
 *   famfs:UUID        device set, path NULL: the DAX device with that file system
 * All strings belong to the struct. device and mountpoint are absolute.
 */
struct famfs_target {
	char *device;     /* the device node or image file */
	char *mountpoint; /* NULL unless the argument lies in a mounted famfs */
	char *path;       /* relative to the root of the file system; "" is the root */
};

/*
 * Finds out what `arg` names. A path that lies in a mounted famfs is recognised from the mount
 * table without touching the mount, so that a dead server cannot hang the caller; the file that it
 * names need not exist. "DEVICE:/path" is split at the last ":/" whose left side is a regular file
 * or character device; a path that exists as written is taken as written. "famfs:UUID" is looked
 * for in /dev/famfs/by-uuid, then on all DAX devices in devdax mode. Caller frees *out with
 * famfs_target_free(). Errors: -ENOENT, -ENOTSUP (neither an image, nor a character device, nor in
 * a famfs mount), -EPERM (in a mount of a user other than root and the caller), -EINVAL (".." that
 * leaves the file system), -ENODEV (no device with that UUID), -ENOTUNIQ (several), -ENOMEM.
 */
int famfs_target_resolve(const char *arg, struct famfs_target **out, struct famfs_error *err);
void famfs_target_free(struct famfs_target *target);

/*
 * Checks that `path` can be written to a log: normalised, relative, no "..", at most
 * FAMFS_MAX_PATH bytes, first component not ".meta", and UTF-8. Errors: -EINVAL, -ENAMETOOLONG;
 * -EILSEQ when all is well but the last, which raw_names in the params of a new file allows.
 */
int famfs_path_check(const char *path, struct famfs_error *err);

/* ---- mkfs and takeover ------------------------------------------------------------------ */

struct famfs_mkfs_params {
	uint64_t log_length; /* power of two >= 8 MiB; 0: 8 MiB, doubling from 64 GiB devices on */
	uint64_t size;       /* images: make or resize the file to this; 0: leave as it is */
	uint8_t uuid[16];    /* of the file system; all zero: a random one */
	bool force;          /* overwrite a famfs of this host, or what else was found */
	bool force_foreign;  /* overwrite another master's famfs as well (needs force too) */
	bool dry_run;        /* check everything, write nothing */
	bool erase;          /* remove the famfs and make none; takes no lengths and no uuid */
	uint32_t reserved[4];
};

struct famfs_mkfs_result {
	uint8_t uuid[16];
	uint8_t system_uuid[16];
	enum famfs_system_uuid_source identity;
	uint64_t device_size;
	uint64_t log_length;
	uint64_t log_entries; /* capacity of the log */
	uint64_t data_offset; /* device offset of the first allocatable byte */
	uint64_t data_length; /* bytes that files can use, in whole allocation units */
	char replaced[256];   /* what was, or would be, destroyed; empty when nothing was found */
};

/*
 * Formats a device, OMF 2.2. The old magic is zeroed first and the new one written last, with a
 * barrier after each and before the last, so that a crash, of an image's host too, leaves the old
 * file system, none, or the new one; then reads back, and tells udev about a DAX device. An image
 * that it makes has the mode 0600, less the umask; one that it could not format is removed.
 * Refusals (err->refused): mounted or mapped (-EBUSY); an existing famfs, another signature or, of
 * an image, a byte that is not zero within 1 MiB of either end, or a log with entries (-EEXIST).
 * Also -ESTALE when another file has got the name meanwhile, -EINVAL for lengths, -ENOSPC for a
 * device too small and -EFBIG for one of more than 64 PiB, -ENOKEY when the host has no identity.
 * `result` may be NULL.
 *
 * With `erase` the device is zeroed up to the end of the log header, under the same conditions. Of
 * the result only `replaced` is filled in. It stays empty, and nothing is written, when there is
 * neither a famfs nor a log of one.
 * -EMEDIUMTYPE when the device holds something else.
 */
int famfs_mkfs(const char *device, const struct famfs_mkfs_params *params,
	       struct famfs_mkfs_result *result, struct famfs_error *err);

struct famfs_takeover_params {
	bool dry_run;     /* check everything, write nothing */
	bool complete;    /* take the role from no other host: only end what was cut off */
	uint8_t uuid[16]; /* of the file system that is meant; all zero: whichever is there */
	uint8_t master_uuid[16]; /* of its master, who is gone; all zero: any */
	uint32_t reserved[4];
};

/*
 * Makes this host the master of the famfs on `device`, for when the old master is gone for good.
 * Two masters destroy each other's files: the caller must be sure. `previous`, which may be NULL,
 * receives the system UUID of the master that the superblock names. Succeeds without writing when
 * that is this host. A takeover by this host that was cut off left a damaged superblock, with this
 * host in the first half of the master's UUID: it is ended, and `previous` is then this host.
 * Without the old master in `params`, a superblock that is damaged in a second place cannot be told
 * from it. -ESTALE, and nothing is written, when file system or master is not the one in `params`,
 * or another one by the time that the log is locked. -ESTALE, too, when another host formatted the
 * device at that moment, which no lock between hosts prevents: such a device is to be checked.
 * -EUCLEAN, and nothing is written, when the superblock is damaged in another way.
 * -ETIMEDOUT and -EINTR (append lock), and nothing is written.
 */
int famfs_takeover(const char *device, const struct famfs_takeover_params *params,
		   uint8_t previous[16], struct famfs_error *err);

struct famfs_identification {
	uint8_t uuid[16]; /* of the file system */
	uint8_t device_uuid[16];
	uint8_t master_uuid[16]; /* system UUID of the master host */
	uint32_t omf_major;
	uint32_t omf_minor;
	uint32_t reserved[4]; /* zero */
};

/*
 * Which famfs is on `device`, from its superblock alone: reads 200 bytes, writes and locks nothing,
 * and does not open a DAX device that is not in devdax mode. Errors: -EMEDIUMTYPE, -EUCLEAN,
 * -ENOTSUP, those of open(2); -EIO for bad memory, -EOPNOTSUPP, -ENODEV and -EBUSY for the modes.
 */
int famfs_identify(const char *device, struct famfs_identification *out, struct famfs_error *err);

/* ---- volumes ---------------------------------------------------------------------------- */

struct famfs_volume;

/* Whether to give up a wait. Called every few milliseconds from the thread that waits. */
typedef bool (*famfs_cancel_fn)(void *arg);

struct famfs_volume_params {
	bool write;       /* files will be added or written */
	bool dry_run;     /* with write: the medium stays as it is, see famfs_open() */
	famfs_log_fn log; /* may be NULL */
	void *log_arg;
	/* Ends waits for the append lock with -ECANCELED, in every thread that uses the volume: a
	 * signal ends only the wait of the thread that handles it. May be NULL. */
	famfs_cancel_fn cancelled;
	void *cancel_arg;
	uint32_t reserved[4];
};

/*
 * Opens the famfs that a target names and replays its log. For reading, a target in a mount whose
 * device the caller may not open is read through the mount's .meta files. For writing, the device
 * itself is opened. Damaged log entries are skipped and counted, not errors.
 *
 * In a dry run everything is checked as for writing, permissions and space too, and what is added
 * is there for later calls with this volume, so that they meet what they would meet; but nothing is
 * stored on the device, neither entries nor data, and no space is kept from others. Reading such a
 * file returns what the memory holds now. From the first addition on, the volume does not see what
 * others add.
 *
 * Errors: those of open(2), -EMEDIUMTYPE, -EUCLEAN, -ENOTSUP; and for writing -EROFS on a client,
 * -EBUSY while the device is formatted, repaired or, refused, mounted by another implementation,
 * -ESTALE when the target's mount serves another file than its path leads to now.
 */
int famfs_open(const struct famfs_target *target, const struct famfs_volume_params *params,
	       struct famfs_volume **out, struct famfs_error *err);

/* Its file handles are to be ended before. NULL is fine. */
void famfs_close(struct famfs_volume *vol);

/* Applies what was appended since the last call. 0, -ESTALE, -EUCLEAN or -EIO. */
int famfs_catch_up(struct famfs_volume *vol, struct famfs_error *err);

#define FAMFS_WAIT_FOREVER UINT64_MAX

/*
 * Returns when `path` is there, whichever host makes it: a file's contents are complete before it
 * can be seen. -ETIMEDOUT after `timeout_ms` milliseconds, or FAMFS_WAIT_FOREVER; 0 looks once.
 * Errors of famfs_catch_up() and famfs_stat(), but for -ENOENT, end the wait.
 */
int famfs_wait(struct famfs_volume *vol, const char *path, uint64_t timeout_ms,
	       struct famfs_error *err);

struct famfs_info {
	uint8_t uuid[16]; /* of the file system */
	uint8_t device_uuid[16];
	uint8_t master_uuid[16]; /* system UUID of the master host, from the superblock */
	uint8_t system_uuid[16]; /* of this host */
	enum famfs_system_uuid_source identity;
	enum famfs_role role;
	uint64_t version; /* of the superblock layout: 48 */
	uint32_t omf_major;
	uint32_t omf_minor;
	uint64_t alloc_unit;    /* as recorded */
	uint64_t device_size;   /* as it is; 0 when read through a mount's .meta files */
	uint64_t recorded_size; /* in the superblock */
	uint64_t usable_size;   /* the smaller of the two */
	uint64_t log_length;
	uint64_t log_capacity; /* entries */
	uint64_t log_entries;  /* entries published */
	uint64_t bad_entries;  /* of those, skipped as damaged */
	uint64_t files;
	uint64_t directories;
	uint64_t file_bytes;  /* sum of file sizes */
	uint64_t data_length; /* allocatable bytes, used or free */
	uint64_t allocated_bytes;
	uint64_t free_bytes;
	uint64_t largest_free;  /* longest contiguous free run */
	char recorded_name[65]; /* device path as mkfs was given it */
};

/* Facts as of the last catch-up. */
void famfs_info(struct famfs_volume *vol, struct famfs_info *info);

struct famfs_daxdev {
	uint32_t index;
	uint8_t uuid[16];
	uint64_t size;  /* bytes */
	char name[256]; /* path; empty when the log names a device that is not attached */
};

/* The devices that maps name by index. famfs_daxdev() returns -ENODEV for an unknown index. */
uint32_t famfs_daxdev_count(struct famfs_volume *vol);
int famfs_daxdev(struct famfs_volume *vol, uint32_t index, struct famfs_daxdev *out);

/* ---- DAX devices ------------------------------------------------------------------------ */

/* What a device's driver lets it be. */
enum famfs_dax_mode {
	FAMFS_DAX_NO_DRIVER,
	FAMFS_DAX_DEVDAX,     /* device_dax: processes map it */
	FAMFS_DAX_FAMFS,      /* fsdev_dax: a kernel's famfs maps it, processes cannot */
	FAMFS_DAX_SYSTEM_RAM, /* kmem: the kernel uses it as memory */
	FAMFS_DAX_OTHER_DRIVER,
};

/* From sysfs: the memory itself is not touched. */
struct famfs_dax_info {
	char name[64];   /* "dax0.0" */
	char driver[32]; /* of the kernel; empty without one */
	enum famfs_dax_mode mode;
	uint64_t size;   /* bytes */
	uint64_t align;  /* bytes: offset and length of a mapping are multiples of it */
	int numa_node;   /* nearest to it; -1: unknown */
	int target_node; /* that it would be as system memory; -1: unknown */
};

/* "devdax", "famfs", "system-ram", "disabled", "unknown". Static storage. */
const char *famfs_dax_mode_name(enum famfs_dax_mode mode);

/* Nonzero ends the list, and is returned. `info` is valid during the call. */
typedef int (*famfs_dax_visit_fn)(void *arg, const struct famfs_dax_info *info);

/* All DAX devices of this host. -ENOSYS when libdaxctl is not installed, which is loaded for this.
 */
int famfs_dax_list(famfs_dax_visit_fn visit, void *arg, struct famfs_error *err);

/* The same from sysfs alone, in the order of their numbers: loads nothing and opens no device. */
int famfs_dax_scan(famfs_dax_visit_fn visit, void *arg, struct famfs_error *err);

struct famfs_reset_mode_params {
	bool dry_run; /* look at all that would keep the device from being switched, and leave it */
	uint32_t reserved[4];
};

/*
 * Takes a DAX device that was left in famfs mode, or without a driver, back to devdax mode: by a
 * mount whose server was killed, or by another program. For root. Returns 1 when it was switched,
 * or would be, and 0 when it is in devdax mode already; *was (may be NULL) is the mode that it was
 * found in.
 *
 * The kernel does not protect itself from a driver that is taken away under a mapping. So this is
 * refused with -EBUSY while a process of this host, in whatever mount namespace, has the device or
 * a file of a mount of it mounted, open or mapped; the error names the process. -EPERM for others
 * than root, -ENOTSUP for what is no DAX device, -EBUSY and -ENODEV in a mode of other drivers.
 */
int famfs_reset_mode(const char *device, const struct famfs_reset_mode_params *params,
		     enum famfs_dax_mode *was, struct famfs_error *err);

/* ---- looking at files ------------------------------------------------------------------- */

struct famfs_stat {
	uint64_t inode; /* the same on every host and after every restart */
	uint64_t entry; /* log entry, or FAMFS_NO_ENTRY for a directory that no entry describes */
	uint32_t mode;  /* type and permission bits as in stat(2): S_IFREG or S_IFDIR */
	uint32_t uid;
	uint32_t gid;
	uint64_t size; /* bytes; 0 for directories */
};

enum famfs_map_type {
	FAMFS_MAP_SIMPLE,      /* the file's bytes run through the extents in order */
	FAMFS_MAP_INTERLEAVED, /* chunk c lies in strip c % nextents */
};

struct famfs_extent {
	uint64_t daxdev; /* device index */
	uint64_t offset; /* device offset */
	uint64_t length;
};

struct famfs_fmap {
	enum famfs_map_type type;
	uint32_t nextents;   /* extents, or strips */
	uint64_t chunk_size; /* bytes; 0 for simple maps */
	uint64_t size;       /* of the file */
	struct famfs_extent extents[FAMFS_MAX_EXTENTS];
};

/* -ENOENT, -ENOTDIR, -ENAMETOOLONG. */
int famfs_stat(struct famfs_volume *vol, const char *path, struct famfs_stat *out,
	       struct famfs_error *err);

/* As famfs_stat(), and -EISDIR. */
int famfs_fmap(struct famfs_volume *vol, const char *path, struct famfs_fmap *out,
	       struct famfs_error *err);

/* Return nonzero to end the walk; famfs_walk() then returns that value. */
typedef int (*famfs_visit_fn)(void *arg, const char *path, const struct famfs_stat *st);

/*
 * Visits `path` and, when it is a directory, what is in it: its own entries, or with `recursive`
 * everything below. Parents come before children, children in the order of the log.
 */
int famfs_walk(struct famfs_volume *vol, const char *path, bool recursive, famfs_visit_fn visit,
	       void *arg, struct famfs_error *err);

/* ---- adding and writing files ----------------------------------------------------------- */

struct famfs_mkdir_params {
	uint32_t mode; /* permission bits, exact: no umask is applied */
	uint32_t uid;
	uint32_t gid;
	bool parents;          /* make missing parents, same owner; an existing directory is fine */
	uint32_t parents_mode; /* permission bits of those parents; 0: 0755 */
	bool raw_names;        /* the path need not be UTF-8; see famfs_create_params */
	uint32_t reserved[4];
};

/* Errors: -EEXIST, -ENOENT (parent), -ENOTDIR, -EROFS, -ENOSPC (log), those of
 * famfs_path_check(), -ETIMEDOUT, -EINTR and -ECANCELED (append lock). With `parents` some of them
 * may have been made, except when the lock was not to be had. */
int famfs_mkdir(struct famfs_volume *vol, const char *path, const struct famfs_mkdir_params *params,
		struct famfs_error *err);

struct famfs_create_params {
	uint64_t size; /* bytes, > 0: this program makes no empty files */
	uint32_t mode; /* permission bits, exact: no umask is applied */
	uint32_t uid;
	uint32_t gid;
	uint32_t nstrips;    /* 0: a simple map; else 1..16 strips */
	uint32_t nbuckets;   /* nstrips..64; the device is divided into so many of >= 1 GiB */
	uint64_t chunk_size; /* power of two, multiple of FAMFS_ALLOC_UNIT */
	bool no_zero;        /* the caller writes every byte, or wants what the memory held */
	/* The path need not be UTF-8. The mount of the reference implementation ends at such a
	 * path, without the files of all later entries. */
	bool raw_names;
	uint32_t reserved[4];
};

struct famfs_file;

/*
 * Begins a file: reserves space for it, and zeroes it unless told not to. Nothing is visible until
 * famfs_file_publish(). A file shorter than a chunk gets a simple map even when strips are asked
 * for, as in the reference implementation. Striping picks the emptiest buckets, lowest first.
 * End the handle with famfs_file_publish() or famfs_file_close().
 * Errors: -EEXIST, -ENOENT, -ENOTDIR, -EROFS, -ENOSPC (message has the numbers), -EINVAL, those of
 * famfs_path_check(), -EUCLEAN (the log has a damaged entry, so free space is not known), -EBUSY,
 * -ETIMEDOUT, -EINTR and -ECANCELED (append lock).
 */
int famfs_create(struct famfs_volume *vol, const char *path,
		 const struct famfs_create_params *params, struct famfs_file **out,
		 struct famfs_error *err);

/* Makes the file visible on every host: zeroes the slack after its end, flushes what was written,
 * appends the log entry. On failure nothing is visible and the space is free; so it is after
 * -ETIMEDOUT, -EINTR or -ECANCELED (append lock), too. Consumes `file` in any case. */
int famfs_file_publish(struct famfs_file *file, struct famfs_error *err);

/*
 * famfs_create() with no_zero and famfs_file_publish() in one step, for when there is nothing to
 * write in between: the log is locked once. The file holds what the memory held before; only the
 * slack after its end is zeroed. params->no_zero must be set (-EINVAL). Errors as famfs_create().
 */
int famfs_create_unfilled(struct famfs_volume *vol, const char *path,
			  const struct famfs_create_params *params, struct famfs_error *err);

/* Opens an existing file for famfs_file_read() and, when the volume was opened for writing,
 * famfs_file_write() in place. Where a famfs kernel maps the file, it is opened through its mount as
 * well, with the errors of open(2): -EUCLEAN when it shares space with another file. */
int famfs_file_open(struct famfs_volume *vol, const char *path, struct famfs_file **out,
		    struct famfs_error *err);

/* Ends a handle; an unpublished file is dropped and its space is free again. NULL is fine. */
void famfs_file_close(struct famfs_file *file);

/* Size in bytes of the file behind the handle. */
uint64_t famfs_file_size(const struct famfs_file *file);

/* All of [offset, offset + length) must lie in the file (-EINVAL). Writes are flushed before a
 * publish, or at once when the file is published already. Reads see what other hosts wrote before
 * the call: this host's cache lines of the range are dropped first, where a famfs kernel maps the
 * file, too, and whatever its size. */
int famfs_file_write(struct famfs_file *file, uint64_t offset, const void *buf, size_t length,
		     struct famfs_error *err);
int famfs_file_zero(struct famfs_file *file, uint64_t offset, uint64_t length,
		    struct famfs_error *err);
int famfs_file_read(struct famfs_file *file, uint64_t offset, void *buf, size_t length,
		    struct famfs_error *err);

/* Called as a copy goes on, with the bytes done since the last call; nonzero cancels it. */
typedef int (*famfs_progress_fn)(void *arg, uint64_t bytes);

/*
 * Copies the first famfs_file_size() bytes of the open file descriptor `fd` into `file`. Holes of
 * the source become zeros. -ENODATA when the source is shorter than that, -ECANCELED.
 */
int famfs_file_copy(struct famfs_file *file, int fd, famfs_progress_fn progress, void *arg,
		    struct famfs_error *err);

/*
 * Compares the file with the first famfs_file_size() bytes of `fd`, as the medium has them.
 * -EBADMSG when they differ (message has the offset), -ENODATA, -ECANCELED.
 */
int famfs_file_compare(struct famfs_file *file, int fd, famfs_progress_fn progress, void *arg,
		       struct famfs_error *err);

/*
 * Makes the contents those of the first famfs_file_size() bytes of `fd`: reads both, and writes
 * the blocks that differ, so that a copy which broke off is completed at the cost of reading.
 * *written, which may be NULL, receives the bytes that were written, on failure as well. Errors as
 * famfs_file_copy().
 */
int famfs_file_update(struct famfs_file *file, int fd, famfs_progress_fn progress, void *arg,
		      uint64_t *written, struct famfs_error *err);

/* ---- files as memory ---------------------------------------------------------------------- */

struct famfs_map_params {
	bool write; /* for stores as well; loads only otherwise */
	uint32_t reserved[4];
};

struct famfs_mapping;

/*
 * Maps a file into one contiguous range of addresses, straight from the device node or image:
 * loads and stores at memory speed on any kernel. A file whose extents do not lie side by side
 * takes a mapping for each run of them.
 *
 * - The caller needs permission for the node, which is permission for the whole device. A client
 *   may ask for a writable mapping; who stores what is up to the hosts.
 * - The mapping may be used after famfs_close(). It keeps mkfs and repair away from the device
 *   (the shared lock of byte 0) until famfs_unmap().
 * - The range goes on to the end of the last allocation unit. That tail belongs to the file, and
 *   to no other; it was zero when the file was made.
 * - Other hosts' caches are not coherent with this one's: famfs_flush() what they are to see,
 *   famfs_invalidate() before reading what they wrote. On an image both do nothing.
 * - Through a mount whose I/O the server does, read(2) may return what its page cache holds,
 *   which is older than what was stored here, until the file is opened again.
 * - A child made by fork(2) has the mapping too, shared and not copied, and the lock with it.
 * - Memory errors and a device that goes away raise SIGBUS at the access, as for any mapping.
 *
 * - On a mount of a device in famfs mode, whose node cannot be mapped, it is the mount's own file
 *   that is mapped: permission for the file is enough, the range ends with the file's last page,
 *   and the mount is busy until famfs_unmap().
 *
 * Errors: as famfs_fmap(); -EACCES, -EBUSY, -ESTALE; -E2BIG when the process may not have that
 * many mappings (vm.max_map_count) and -EOPNOTSUPP when the device's alignment does not allow the
 * map: both before anything is mapped, and with the numbers in the message.
 */
int famfs_map(struct famfs_volume *vol, const char *path, const struct famfs_map_params *params,
	      struct famfs_mapping **out, struct famfs_error *err);

/* Unmaps and frees. NULL is fine. */
void famfs_unmap(struct famfs_mapping *mapping);

/* Where it begins, aligned to 2 MiB and as the device demands; and the file's size in bytes. */
void *famfs_mapping_addr(const struct famfs_mapping *mapping);
uint64_t famfs_mapping_size(const struct famfs_mapping *mapping);

/* Offsets into the file. famfs_flush() writes back what was stored, and is done when it returns;
 * famfs_invalidate() makes later loads see memory. -EINVAL for a range outside the mapping, -EIO
 * for memory that is gone (with famfs_guard_memory_errors()). */
int famfs_flush(const struct famfs_mapping *mapping, uint64_t offset, uint64_t length);
int famfs_invalidate(const struct famfs_mapping *mapping, uint64_t offset, uint64_t length);

/* ---- reproducible contents --------------------------------------------------------------- */

/*
 * The byte stream that the reference implementation fills test files with: xoroshiro128+ (2016,
 * constants 55/14/36) seeded by two steps of splitmix64; every 4 bytes are the low half of one
 * output, little-endian.
 */
struct famfs_random {
	uint64_t state[2];
};

void famfs_random_init(struct famfs_random *random, uint32_t seed);

/* `length` must be a multiple of 4 but for the last call; a tail takes the first bytes of one more
 * output. */
void famfs_random_fill(struct famfs_random *random, void *buf, size_t length);

/* ---- fsck -------------------------------------------------------------------------------- */

struct famfs_problem {
	uint64_t entry;      /* log entry, or FAMFS_NO_ENTRY for the superblock and log header */
	const char *code;    /* a stable word: "crc", "overlap", ... static storage */
	const char *path;    /* of the file; "" when it is not known. Valid during the callback */
	const char *message; /* valid during the callback */
	const char *repair;  /* what famfs_fsck() can do about it, or NULL */
	bool repaired;
	/* The same as `entry`, or the last one of a run: neighbouring entries that are not whole
	 * and hold the same bytes, such as zeros, are told of together. */
	uint64_t last_entry;
};

struct famfs_fsck_params {
	bool repair; /* mend what can be mended; needs an unmounted device and the master */
	/* With repair: check all that a repair needs, ask, and write nothing. What would be mended
	 * is told, and counted, as if it had been; but not what the damage may hide, which a repair
	 * finds by checking once more. Nothing is given to save(). */
	bool dry_run;
	/* Called for every problem, after its repair if there was one. May be NULL. */
	void (*report)(void *arg, const struct famfs_problem *problem);
	/* Asked before a damaged entry in the middle of the log is replaced, which loses the file
	 * that it described. NULL means no. All questions come before the append lock is taken;
	 * what changes meanwhile is not repaired, and its message says so. */
	bool (*confirm)(void *arg, const struct famfs_problem *problem);
	/* Given every range of the medium before it is changed, and the entries that are cut off
	 * the end of the log, unless they are zeros; nonzero (a negative errno) stops the repair.
	 * NULL: nothing is saved. */
	int (*save)(void *arg, uint64_t offset, const void *old, size_t length);
	void *arg;
	uint32_t reserved[4];
};

struct famfs_fsck_result {
	uint8_t uuid[16];
	uint64_t log_entries;
	uint64_t log_capacity;
	uint64_t files;
	uint64_t directories;
	uint64_t file_bytes;
	uint64_t allocated_bytes;
	uint64_t free_bytes;
	uint64_t problems; /* found: each entry of a run counts */
	uint64_t repaired; /* of those, mended */
	/* Entries whose paths are no problem, but worth knowing. */
	uint64_t not_normalised; /* "d//x", "./x": read as "d/x" and "x" */
	uint64_t hidden;         /* in .meta: their space is in use, and they are not shown */
	uint64_t not_utf8;       /* which end the reference implementation's mount */
	uint64_t first_not_utf8; /* log entry of the first of those, or FAMFS_NO_ENTRY */
};

/*
 * Checks the superblock, the log header and every entry, and after a repair once more, for what it
 * may have brought to light. 0 when the check could be made, whatever it found: see
 * result->problems. The other counts are those after the repair. Errors: those of open(2),
 * -EMEDIUMTYPE, -EBUSY and -ESTALE (repair: as famfs_open() for writing), -EROFS (repair on a
 * client), -EIO; -ESTALE, too, when another host stores to what is being repaired; -ETIMEDOUT and
 * -EINTR (append lock).
 */
int famfs_fsck(const struct famfs_target *target, const struct famfs_fsck_params *params,
	       struct famfs_fsck_result *result, struct famfs_error *err);

/* ---- mounting ---------------------------------------------------------------------------- */

struct famfs_mount_params {
	const char *device; /* or "famfs:UUID" */
	const char *mountpoint;
	const char *options; /* comma-separated, as for mount -o; NULL: none */
	bool foreground;     /* serve in the calling process until unmounted */
	bool debug;          /* log every request; implies foreground */
	bool sloppy;         /* ignore options that are unknown */
	bool dry_run;        /* check options, mountpoint, device and file system; mount nothing */
	famfs_log_fn log;
	void *log_arg;
	uint32_t reserved[4];
};

/*
 * Mounts a famfs with the embedded FUSE server. In the background: forks the server, which outlives
 * the caller, and returns when the mount answers. In the foreground: returns after the unmount.
 * Must be called before the process starts threads. -EINVAL for an unknown option.
 *
 * On a kernel with famfs support, root's mount takes a DAX device to famfs mode, in which the
 * kernel maps its files, and takes it back at its end; not with the option "nomodeswitch". Nothing
 * may have the device open or mapped then, or it stays in devdax mode. A device that is found in
 * famfs mode, and that no process of ours has left so, is served as it is.
 *
 * With the option "fsck", superblock and log are checked first, and -EUCLEAN says what is wrong
 * with them. With "remount", the options of a mount that is there already are changed; one that is
 * read-only stays so, since its server has decided what to open (-EROFS).
 *
 * While it serves in the foreground, the process is libfuse's: SIGINT, SIGTERM and SIGHUP end the
 * session, SIGPIPE is ignored, $FUSE_URING_ENABLE is unset, $PATH is set to the system's
 * directories for root, libfuse's log goes to `log`, and what the mount helper says on standard
 * error becomes the error's text. One session at a time.
 */
int famfs_mount(const struct famfs_mount_params *params, struct famfs_error *err);

/*
 * Unmounts the famfs at `mountpoint`, and waits a while for its server to let go of the device. Of
 * an image, what was written is on the disk when it returns; the error says "unmounted, but cannot
 * write back" when it is not, or when the image cannot be opened any more. With `lazy`, detaches at
 * once (umount -l); the server may still be writing when this returns.
 * Works on a mount whose server is dead; a device that such a server has left in famfs mode is
 * taken back to devdax mode.
 * Returns 1 when it is unmounted and its device stays in famfs mode: *err says why, with the name
 * of the process that holds it where it can be found, and famfs_reset_mode() is for later. With
 * `lazy`, a server that lives switches the device back later, and 0 is returned. -EINVAL when no
 * famfs is mounted there, -EBUSY when it is in use.
 */
int famfs_unmount(const char *mountpoint, bool lazy, struct famfs_error *err);

struct famfs_mount_info {
	const char *device;
	const char *mountpoint;
	const char *options;
	bool read_only;
};

/*
 * Calls `visit` for each mounted famfs in the order of the mount table, without touching it;
 * nonzero ends the walk and is returned. Only mounts that root or the caller made: another user may
 * have one that claims to be of any device.
 */
int famfs_mounts(int (*visit)(void *arg, const struct famfs_mount_info *mount), void *arg,
		 struct famfs_error *err);

/* How many mounts say that they are a famfs and are left out by famfs_mounts(). */
int famfs_mounts_of_others(struct famfs_error *err);

struct famfs_mount_io {
	char profile[16]; /* "off": the server reads and writes; else the kernel maps, see -o fmap=
			   */
	char reason[240]; /* why; lower case, no full stop */
};

/*
 * How the famfs mounted at `mountpoint` runs: asks its server, so that a server which hangs makes
 * the caller wait. -ENOTCONN when the server is dead, -ENODATA when it does not say.
 */
int famfs_mount_io(const char *mountpoint, struct famfs_mount_io *out, struct famfs_error *err);

enum famfs_mount_state {
	FAMFS_MOUNT_ANSWERS,
	FAMFS_MOUNT_DEAD,   /* its server is gone */
	FAMFS_MOUNT_HANGS,  /* no answer in time */
	FAMFS_MOUNT_DENIED, /* this user may not ask it */
	FAMFS_MOUNT_STALE,  /* another file system was made on its device */
};

struct famfs_mount_health {
	enum famfs_mount_state state;
	uint32_t connection; /* of the kernel's: /sys/fs/fuse/connections/NUMBER */
	bool counted;        /* the kernel says how many requests wait */
	uint64_t waiting;    /* requests without an answer */
};

/*
 * Asks the server of the famfs at `mountpoint` for an answer that the kernel never has itself, and
 * waits at most `timeout_ms`. Never hangs: a child process asks, and is left behind when it can
 * not be ended. -EINVAL when no famfs is mounted there, -EIO when another part of the program ended
 * the child, -ENOMEM and what fork(2) says.
 */
int famfs_mount_probe(const char *mountpoint, uint32_t timeout_ms, struct famfs_mount_health *out,
		      struct famfs_error *err);

/* ---- the host ----------------------------------------------------------------------------- */

/* What FUSE needs here. */
struct famfs_fuse_info {
	char version[32];      /* of the libfuse that is loaded */
	int device_error;      /* -errno of opening /dev/fuse, or 0 */
	char helper[256];      /* fusermount3, which mounts for users; empty: not found */
	bool helper_setuid;    /* and it can do so */
	bool user_allow_other; /* in /etc/fuse.conf: users may use allow_other */
};

void famfs_fuse_info(struct famfs_fuse_info *out);

/* This host's system UUID and where it comes from. Having none is no error: *source says so, and
 * the UUID is zero. -EINVAL for one that is not a UUID, and errors of reading it. */
int famfs_system_uuid(uint8_t uuid[16], enum famfs_system_uuid_source *source,
		      struct famfs_error *err);

/* How many mappings a process may have: vm.max_map_count. 0: not known. */
uint64_t famfs_mapping_limit(void);

#pragma GCC visibility pop

#ifdef __cplusplus
}
#endif

#endif
