/* SPDX-License-Identifier: Apache-2.0 */
/*
 * libfamfs: administer famfs, the file system in memory that several hosts share.
 *
 * A famfs lives on a DAX device, or on a regular file that stands in for one (an image). Its
 * metadata is an append-only log at the start of the device. The host that formatted the device is
 * the master: it appends to the log, and every host reads it.
 *
 * Conventions
 * - Fallible functions return 0 or a negative errno. The last argument, which may be NULL,
 *   receives the same code, a message for people and a remedy. These codes have a special meaning:
 *     -EUCLEAN      the file system is corrupt
 *     -EMEDIUMTYPE  the device holds no famfs
 *     -ENOTSUP      the famfs has a newer format, or this kind of device is not supported
 *     -EROFS        this host is a client of the file system and may not add to it
 *     -EBUSY        the device is mounted, mapped or locked, or another process has been
 *                   switching its mode for 10 seconds
 *     -ENOSPC       the device or the log is full
 *     -ESTALE       another file system was made on the device since it was opened
 *     -ECANCELED    a callback asked to stop
 *     -ETIMEDOUT    another process held the append lock for 10 seconds; the message names it
 *     -EINTR        this thread handled a signal while it waited for the append lock, or for
 *                   another process to finish switching the device's mode
 *     -EILSEQ       the path of a new file or directory is not UTF-8, see famfs_path_check()
 *   The append lock lets one process of a host append at a time. Any process that may read the
 *   device can hold it. famfs_mkdir(), famfs_create(), famfs_create_unfilled() and
 *   famfs_file_publish() wait for it; they return -ETIMEDOUT or -EINTR, or -ECANCELED when
 *   famfs_volume_params.cancelled asks for it. famfs_takeover() and a repair by famfs_fsck(), which
 *   open the device themselves, return -ETIMEDOUT or -EINTR only. Every function that opens a DAX
 *   device waits while another process switches its mode; it returns -EBUSY or -EINTR if that wait
 *   fails.
 * - Offsets and lengths are in bytes. A "device offset" counts from the start of the device, a
 *   "file offset" from the start of a file.
 * - Paths inside the file system are relative, without a leading or trailing slash; "" is the root.
 * - An "fmap" lists the extents of a file: where its bytes lie on the devices. A "mapping" is a
 *   file mapped into the memory of the process by famfs_map().
 * - Structs can grow without a change to their size. Each has `uint32_t reserved[4]` for the
 *   members that a later version adds; only struct famfs_extent and struct famfs_random, which
 *   never change, have none. Params structs and targets, which the caller fills in, must be
 *   zero-initialised: params whose reserved members are not zero are refused (-EINVAL). The library
 *   sets the reserved members to zero in every struct that it fills in, also in those that it
 *   passes to callbacks and in arrays. A new member is therefore zero if the library or the caller
 *   is older than the member, and zero means the old behaviour.
 * - Enums can grow at their end: a program must expect values that it does not know.
 * - Everything that a call has stored when it returns, or when its process dies, is visible to all
 *   processes and hosts. Images can lose data in a crash of the host, because the kernel writes
 *   their pages to the disk later and in any order: new files and data survive a crash only after
 *   fsync(2) of the image, or of a file in a mount of it, or after famfs_unmount(). Until then they
 *   may be lost in whole or in part; older contents stay intact. famfs_mkfs(), famfs_takeover() and
 *   a repair by famfs_fsck() sync the image before they return.
 * - A volume may be used by several threads; a file handle by one at a time.
 * - The library never prints, exits, installs a signal handler or keeps mutable global state. The
 *   exceptions are famfs_guard_memory_errors() and a mount in the foreground.
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

/* The library is built with hidden symbols and exports those that this header and famfs_inspect.h
 * declare. */
#pragma GCC visibility push(default)

#ifdef __GNUC__
#define FAMFS_PRINTF(index, first) __attribute__((__format__(__printf__, index, first)))
#else
#define FAMFS_PRINTF(index, first)
#endif

#define FAMFS_ALLOC_UNIT     0x200000u /* file data is allocated in units of 2 MiB */
#define FAMFS_MAX_EXTENTS    16        /* extents of a simple file, strips of an interleaved one */
#define FAMFS_MAX_BUCKETS    64        /* parts that striping divides a device into */
#define FAMFS_MAX_PATH       78        /* longest path of a new file; readers accept 79 */
#define FAMFS_NO_ENTRY       UINT64_MAX
#define FAMFS_MIN_LOG_LENGTH 0x800000u

/* The library's version, "MAJOR.MINOR.PATCH". Static storage. */
const char *famfs_version(void);

/* ---- errors ---------------------------------------------------------------------------- */

/*
 * A remedy for an error. A program that shows errors to people words the remedy itself, with its
 * own commands and options. OBJECT stands for famfs_error.remedy_object and NUMBER for
 * famfs_error.remedy_number.
 */
enum famfs_remedy {
	FAMFS_REMEDY_NONE,

	/* Use other arguments or params. */
	FAMFS_REMEDY_FORCE, /* set famfs_mkfs_params.force to destroy the present contents */
	FAMFS_REMEDY_FORCE_FOREIGN, /* set force and force_foreign. This also destroys mounts on
				     * other hosts, which this host cannot see */
	FAMFS_REMEDY_SET_SIZE,      /* set famfs_mkfs_params.size to make an image */
	FAMFS_REMEDY_RAW_NAMES,     /* set raw_names to allow the name; the reference
				     * implementation cannot mount it */
	FAMFS_REMEDY_NAME_DEVICE,   /* name the device, not the UUID of its file system */
	FAMFS_REMEDY_NAME_DEVICE_OR_UNMOUNT, /* name the device, not a path in the mount OBJECT; or
					      * unmount OBJECT, which is perhaps not a famfs */

	/* Inspect something, then decide. */
	FAMFS_REMEDY_LIST_DEVICES, /* list the DAX devices of this host */
	FAMFS_REMEDY_LIST_MOUNTS,  /* list the mounted famfs */
	FAMFS_REMEDY_INSPECT,      /* inspect the famfs on the device OBJECT */
	FAMFS_REMEDY_SHOW_SPACE,   /* show how the space of the device OBJECT is used */

	/* Change the file system. */
	FAMFS_REMEDY_FORMAT,      /* format the device OBJECT, if its contents may be destroyed */
	FAMFS_REMEDY_FSCK,        /* check the device OBJECT */
	FAMFS_REMEDY_REPAIR,      /* repair the device OBJECT */
	FAMFS_REMEDY_MAKE_PARENT, /* make the directory OBJECT, which is DEVICE:/PATH */
	FAMFS_REMEDY_USE_MASTER,  /* add files on the master; or take over the device OBJECT, but
				   * only if the master is gone for good */
	FAMFS_REMEDY_RESUME_TAKEOVER, /* if a takeover was interrupted, repeat it on the host that
				       * began it, with nothing mounted */
	FAMFS_REMEDY_STOP_WRITERS,    /* keep other hosts from writing to the device, and check it
				       * again */
	FAMFS_REMEDY_SET_SYSTEM_UUID, /* write a UUID to /etc/famfs/system_uuid */

	/* End a use of the device. */
	FAMFS_REMEDY_UNMOUNT,          /* unmount OBJECT */
	FAMFS_REMEDY_UNMOUNT_FIRST,    /* unmount OBJECT, which uses the device, and try again */
	FAMFS_REMEDY_UNMOUNT_OTHER,    /* the same, but OBJECT is not a mount of this library: use
					* umount(8) */
	FAMFS_REMEDY_UNMOUNT_DEAD,     /* unmount OBJECT, whose server is gone */
	FAMFS_REMEDY_CLOSE_FILES,      /* close the open files of the mount, or unmount lazily */
	FAMFS_REMEDY_END_USER,         /* end the process that the message names */
	FAMFS_REMEDY_END_PROCESS,      /* the same; the process holds a lock on the file OBJECT */
	FAMFS_REMEDY_REMOUNT,          /* unmount the famfs and mount it again */
	FAMFS_REMEDY_REMOUNT_POISONED, /* unmount and mount again: then the files outside the bad
					* memory can be used */
	FAMFS_REMEDY_REMOUNT_BROKEN,   /* the same, if there was a memory error */
	FAMFS_REMEDY_READ_KERNEL_LOG,  /* search the kernel's log for a memory error; the files
					* outside the bad memory can still be used */
	FAMFS_REMEDY_REMOUNT_WRITABLE, /* unmount and mount again for writing */

	/* Get the permission. */
	FAMFS_REMEDY_BE_A_READER,    /* be root, or a user who may read OBJECT */
	FAMFS_REMEDY_BE_A_WRITER,    /* be root, or a user who may write OBJECT */
	FAMFS_REMEDY_BE_THE_MOUNTER, /* be the user who mounted the famfs, or mount it with the
				      * option metadata=public */
	FAMFS_REMEDY_BE_THE_SERVER,  /* be root, and run the program that serves the mount; after an
				      * update of it, unmount and mount again */

	/* Change the host. */
	FAMFS_REMEDY_CHECK_FUSE,        /* check that /dev/fuse and fusermount3 exist */
	FAMFS_REMEDY_BIND_NODE,         /* bind the device node of the host into the container */
	FAMFS_REMEDY_RESET_MODE,        /* call famfs_reset_mode() for the device OBJECT */
	FAMFS_REMEDY_RESET_MODE_LATER,  /* the same, after the end of the process that the message
					 * names */
	FAMFS_REMEDY_RECONFIGURE,       /* switch the device named OBJECT to devdax mode with
					 * daxctl(1) */
	FAMFS_REMEDY_INSTALL_LIBDAXCTL, /* install libdaxctl, which is part of the ndctl project */
	FAMFS_REMEDY_RAISE_MAP_COUNT,   /* set vm.max_map_count to NUMBER, or use larger chunks */
};

struct famfs_error {
	int code;     /* the negative errno that was returned, or 0 */
	bool refused; /* a safety check failed; the remedy overrides it, if it can be overridden */
	enum famfs_remedy remedy;
	uint64_t remedy_number;
	char remedy_object[640]; /* a path or a name; empty if the remedy needs none */
	char message[1024]; /* "cannot VERB 'OBJECT': CAUSE", lower case, no full stop, no newline
			     */
	uint32_t reserved[4];
};

/* ---- text ------------------------------------------------------------------------------- */

/* The length in bytes of the well-formed UTF-8 character at `s`, or 0 if there is none. A NUL byte
 * is a character of length 1. */
size_t famfs_utf8_length(const char *s);

/* Whether `s` is well-formed UTF-8. */
bool famfs_is_utf8(const char *s);

/* Like famfs_utf8_length(), but 0 also for a control character of ASCII or of Latin-1, which would
 * control a terminal. */
size_t famfs_utf8_printable(const char *s);

/*
 * Formats a command that users may paste into a shell. Knows %s, %u, PRIu64 and %%. Each %s, which
 * must be a path or a name, becomes one word of the shell in single quotes, whatever the string
 * holds; so `format` must not quote it. A word that begins with '-' gets "./" in front, so that no
 * program reads it as an option. A word with control characters, or with bytes that are not UTF-8,
 * is written as $'...' with \ooo for each of those bytes, which POSIX defines since 2024; an older
 * shell reads it as another name, but does not run any part of it. The caller frees the result with
 * free(3). Returns NULL without memory, or if the format has any other conversion.
 */
char *famfs_shell_format(const char *format, ...) FAMFS_PRINTF(1, 2);
char *famfs_shell_vformat(const char *format, va_list args) FAMFS_PRINTF(1, 0);

/*
 * Reads a number of bytes: decimal digits, or hexadecimal ones after 0x; then K, M, G, T or P in
 * upper or lower case. Alone or before iB these letters mean powers of 1024, before B powers of
 * 1000. `text` must hold nothing else. Returns false, and leaves *bytes unchanged, if `text` is not
 * such a number or the number is larger than UINT64_MAX.
 */
bool famfs_parse_size(const char *text, uint64_t *bytes);

/*
 * The byte stream with which the reference implementation fills test files: xoroshiro128+ (2016,
 * constants 55/14/36) seeded by two steps of splitmix64; every 4 bytes are the low half of one
 * output, little-endian.
 */
struct famfs_random {
	uint64_t state[2];
};

void famfs_random_init(struct famfs_random *random, uint32_t seed);

/* `length` must be a multiple of 4, except in the last call. */
void famfs_random_fill(struct famfs_random *random, void *buf, size_t length);

/*
 * Receives messages about problems that make no call fail, such as a skipped log entry. Priorities
 * are those of syslog(3). Called from any thread that uses the handle. May be NULL.
 */
typedef void (*famfs_log_fn)(void *arg, int priority, const char *message);

/*
 * Without this, an access to bad memory of a mapped device, or to the first pages of an image on a
 * full disk, kills the process with SIGBUS. With it, the call that made the access returns -EIO or
 * -ENOSPC. Installs a SIGBUS handler for the process, so only a program may call it, once, before
 * it starts threads. A SIGBUS that the library did not cause takes the default action. Returns 0 or
 * -errno of sigaction(2).
 */
int famfs_guard_memory_errors(void);

/* ---- host identity ---------------------------------------------------------------------- */

/* The source of the system UUID of a host, which identifies the host as master or client. */
enum famfs_system_uuid_source {
	FAMFS_SYSTEM_UUID_NONE, /* the host has none; it can only be a client */
	FAMFS_SYSTEM_UUID_ENV,  /* $FAMFS_SYSTEM_UUID; ignored in a set-id program */
	FAMFS_SYSTEM_UUID_ETC,  /* /etc/famfs/system_uuid */
	FAMFS_SYSTEM_UUID_OPT,  /* /opt/famfs/system_uuid, the reference implementation's file */
	FAMFS_SYSTEM_UUID_MACHINE_ID, /* derived from /etc/machine-id */
};

/* "$FAMFS_SYSTEM_UUID", "/etc/famfs/system_uuid", ... Static storage. */
const char *famfs_system_uuid_source_name(enum famfs_system_uuid_source source);

/* Returns the system UUID of this host and its source. If the host has none, this is not an error:
 * *source is FAMFS_SYSTEM_UUID_NONE, and the UUID is zero. Errors: -EINVAL if the source holds no
 * valid UUID; those of reading the source. */
int famfs_system_uuid(uint8_t uuid[16], enum famfs_system_uuid_source *source,
		      struct famfs_error *err);

enum famfs_role {
	FAMFS_ROLE_CLIENT, /* reads, and writes existing files in place */
	FAMFS_ROLE_MASTER, /* also adds files and directories */
};

/* ---- targets ---------------------------------------------------------------------------- */

/*
 * The object that a command-line argument names. The argument has one of these forms:
 *   DEVICE            device set, path NULL
 *   DEVICE:/PATH      device set, path set
 *   a path in a mount device, mountpoint and path set
 *   famfs:UUID        device set, path NULL: the DAX device with that file system
 * The struct owns its strings. device and mountpoint are absolute.
 */
struct famfs_target {
	char *device;     /* the device node or image file */
	char *mountpoint; /* NULL unless the argument is a path in a mounted famfs */
	char *path;       /* relative to the root of the file system; "" is the root */
	uint32_t reserved[4];
};

/*
 * Resolves `arg` to a target. A path in a mounted famfs is recognised from the mount table, without
 * access to the mount, so that a dead server cannot hang the caller; the file that it names need
 * not exist. "DEVICE:/path" is split at the last ":/" whose left side is a regular file or
 * character device, unless a file with the whole string as its path exists. "famfs:UUID" is
 * searched for in /dev/famfs/by-uuid, then on all DAX devices in devdax mode. The caller frees *out
 * with famfs_target_free(). Errors: -ENOENT, -ENOTSUP (neither an image, nor a character device,
 * nor in a famfs mount), -EPERM (in a mount of a user other than root and the caller), -EINVAL
 * (".." that leaves the file system), -ENODEV (no device with that UUID), -ENOTUNIQ (several),
 * -ENOMEM.
 */
int famfs_target_resolve(const char *arg, struct famfs_target **out, struct famfs_error *err);
void famfs_target_free(struct famfs_target *target);

/*
 * Checks that `path` can be written to a log: normalised, relative, no "..", at most
 * FAMFS_MAX_PATH bytes, first component not ".meta", and UTF-8. Errors: -EINVAL, -ENAMETOOLONG;
 * -EILSEQ if the path only breaks the last rule: raw_names in the params of a new file allows it.
 */
int famfs_path_check(const char *path, struct famfs_error *err);

/* ---- mkfs and takeover ------------------------------------------------------------------ */

struct famfs_mkfs_params {
	uint64_t log_length; /* power of two >= 8 MiB; 0: 8 MiB, doubling from 64 GiB devices on */
	uint64_t size;      /* images: create or resize the file with this size; 0: keep its size */
	uint8_t uuid[16];   /* of the file system; all zero: a random one */
	bool force;         /* overwrite a famfs of this host, or other data that was found */
	bool force_foreign; /* overwrite another master's famfs as well (needs force too) */
	bool dry_run;       /* check everything, write nothing */
	bool erase;         /* remove the famfs and make none; lengths and uuid must be zero */
	uint32_t reserved[4];
};

struct famfs_mkfs_result {
	uint8_t uuid[16];
	uint8_t system_uuid[16];
	enum famfs_system_uuid_source system_uuid_source;
	uint64_t device_size;
	uint64_t log_length;
	uint64_t log_entries; /* capacity of the log */
	uint64_t data_offset; /* device offset of the first allocatable byte */
	uint64_t data_length; /* bytes that files can use, in whole allocation units */
	char replaced[256];   /* the contents that were, or would be, destroyed; empty if none */
	uint32_t reserved[4];
};

/*
 * Formats a device with OMF 2.2. Zeroes the old magic first and writes the new one last, with a
 * barrier after the first and before and after the last write: after a crash the device holds the
 * old file system, none, or the new one; for an image, also after a crash of the host. Then reads
 * the metadata back, and notifies udev of a DAX device. A new image has the mode 0600, less the
 * umask; if it cannot be formatted, it is removed.
 *
 * Refusals (err->refused): mounted or mapped (-EBUSY); an existing famfs, another signature or, in
 * an image, a log with entries or a byte that is not zero within 1 MiB of either end (-EEXIST).
 * Other errors: -ESTALE if the path leads to another file by now, -EINVAL for lengths, -ENOSPC for
 * a device that is too small, -EFBIG for one of more than 64 PiB, -ENOKEY if the host has no system
 * UUID. `result` may be NULL.
 *
 * With `erase` the device is zeroed up to the end of the log header, under the same conditions.
 * Only `replaced` of the result is filled in. It is empty, and nothing is written, if the device
 * holds neither a famfs nor, in an image, the log of one. -EMEDIUMTYPE if the device holds other
 * data.
 */
int famfs_mkfs(const char *device, const struct famfs_mkfs_params *params,
	       struct famfs_mkfs_result *result, struct famfs_error *err);

struct famfs_takeover_params {
	bool dry_run;            /* check everything, write nothing */
	bool complete;           /* only finish an interrupted takeover by this host */
	uint8_t uuid[16];        /* expected UUID of the file system; all zero: any */
	uint8_t master_uuid[16]; /* expected system UUID of the old master; all zero: any */
	uint32_t reserved[4];
};

/*
 * Makes this host the master of the famfs on `device`. The old master must be gone for good, which
 * the caller must know: two masters destroy each other's files. `previous`, which may be NULL,
 * receives the system UUID of the master that the superblock names. If that is this host, nothing
 * is written, and 0 is returned.
 *
 * An interrupted takeover leaves a damaged superblock, with the new master in the first half of the
 * master's UUID. If that is this host, the takeover is finished, and `previous` is this host.
 * Without master_uuid in `params`, this case cannot be distinguished from a superblock with damage
 * in a second place. -EUCLEAN, and nothing is written, if the superblock is damaged otherwise.
 *
 * -ESTALE, and nothing is written, if the file system or its master is not the one in `params`, or
 * has changed by the time that the log is locked. -ESTALE also if another host formatted the device
 * at that moment, which no lock between hosts prevents: such a device must be checked. -ETIMEDOUT
 * and -EINTR (append lock), and nothing is written.
 */
int famfs_takeover(const char *device, const struct famfs_takeover_params *params,
		   uint8_t previous[16], struct famfs_error *err);

struct famfs_identification {
	uint8_t uuid[16]; /* of the file system */
	uint8_t device_uuid[16];
	uint8_t master_uuid[16]; /* system UUID of the master host */
	uint32_t omf_major;
	uint32_t omf_minor;
	uint32_t reserved[4];
};

/*
 * Identifies the famfs on `device` from its superblock: reads 200 bytes, writes and locks nothing,
 * and does not open a DAX device that is not in devdax mode. Errors: -EMEDIUMTYPE, -EUCLEAN,
 * -ENOTSUP, those of open(2); -EIO for bad memory; -EOPNOTSUPP, -ENODEV and -EBUSY for a DAX device
 * in another mode.
 */
int famfs_identify(const char *device, struct famfs_identification *out, struct famfs_error *err);

/* ---- fsck -------------------------------------------------------------------------------- */

/* A fault in a structure, or a conflict between log entries. */
enum famfs_fault {
	FAMFS_FAULT_NONE,
	/* Those up to FAMFS_FAULT_PARENT are of log entries. */
	FAMFS_FAULT_CRC,
	FAMFS_FAULT_SEQNUM,
	FAMFS_FAULT_TYPE,
	FAMFS_FAULT_PATH,
	FAMFS_FAULT_MODE,
	FAMFS_FAULT_SIZE,   /* larger than its fmap */
	FAMFS_FAULT_MAP,    /* map type, number of extents or strips, chunk size */
	FAMFS_FAULT_ALIGN,  /* extent not in whole allocation units */
	FAMFS_FAULT_EXTENT, /* outside the device, or on the metadata */
	FAMFS_FAULT_DAXDEV, /* unknown device index, or a bad device entry */
	FAMFS_FAULT_OVERLAP,
	FAMFS_FAULT_DUPLICATE,
	FAMFS_FAULT_PARENT,
	FAMFS_FAULT_IO,         /* the structure cannot be read */
	FAMFS_FAULT_MAGIC,      /* no famfs superblock */
	FAMFS_FAULT_SUPERBLOCK, /* damaged, or of another format */
	FAMFS_FAULT_HEADER,     /* of the log */
	FAMFS_FAULT_CAPACITY,   /* the superblock records another size than the device has */
};

/* A stable word: "crc", "overlap", ... and "none". Static storage. */
const char *famfs_fault_name(enum famfs_fault fault);

struct famfs_problem {
	uint64_t entry; /* log entry, or FAMFS_NO_ENTRY for the superblock and log header */
	/* The last entry of a run, else the same as `entry`. Neighbouring entries that are not
	 * whole and hold the same bytes, such as zeros, are reported together. */
	uint64_t last_entry;
	enum famfs_fault fault;
	const char *path;    /* of the file; "" if it is not known. Valid during the callback */
	const char *message; /* valid during the callback */
	const char *repair;  /* how famfs_fsck() can repair it, or NULL */
	bool repaired;
	uint32_t reserved[4];
};

struct famfs_fsck_params {
	bool repair; /* make the possible repairs; needs an unmounted device and the master */
	/* With repair: make all checks of a repair, call confirm(), and write nothing. Repairs are
	 * reported and counted as if they had been made. Problems that the damage hides until its
	 * repair are not reported. save() is not called. */
	bool dry_run;
	/* Called for every problem, after its repair, if any. May be NULL. */
	void (*report)(void *arg, const struct famfs_problem *problem);
	/* Asks whether to replace a damaged entry in the middle of the log, which loses the file
	 * that the entry described. NULL means no. All calls come before the append lock is taken;
	 * a problem that changes meanwhile is not repaired, and its message says so. */
	bool (*confirm)(void *arg, const struct famfs_problem *problem);
	/* Receives the old bytes of every range of the device that is about to change, and the
	 * entries that are cut off the end of the log, unless they are zeros. A negative errno
	 * stops the repair. NULL: nothing is saved. */
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
	uint64_t repaired; /* problems that were repaired */
	/* Entries with paths that are valid but unusual. */
	uint64_t not_normalised; /* "d//x", "./x": read as "d/x" and "x" */
	uint64_t hidden;         /* in .meta: they use space and are not shown */
	uint64_t not_utf8;       /* the reference implementation cannot mount them */
	uint64_t first_not_utf8; /* the first log entry of these, or FAMFS_NO_ENTRY */
	uint32_t reserved[4];
};

/*
 * Checks the superblock, the log header and every entry; after a repair once more, since the damage
 * may have hidden other problems. Returns 0 if the check was completed, also if it found problems,
 * which result->problems counts. The other counts are those after the repair.
 *
 * Errors: those of open(2), -EMEDIUMTYPE, -EBUSY and -ESTALE (repair: as famfs_open() for writing),
 * -EROFS (repair on a client), -EIO; -ESTALE also if another host writes to the range that is being
 * repaired; -ETIMEDOUT and -EINTR (append lock).
 */
int famfs_fsck(const struct famfs_target *target, const struct famfs_fsck_params *params,
	       struct famfs_fsck_result *result, struct famfs_error *err);

/* ---- volumes ---------------------------------------------------------------------------- */

struct famfs_volume;

/* Returns true to end a wait. Called every few milliseconds by the thread that waits. */
typedef bool (*famfs_cancel_fn)(void *arg);

struct famfs_volume_params {
	bool write;       /* files will be added or written */
	bool dry_run;     /* with write: the device stays as it is, see famfs_open() */
	famfs_log_fn log; /* may be NULL */
	void *log_arg;
	/* Ends waits for the append lock with -ECANCELED, in every thread that uses the volume; a
	 * signal ends only the wait of the thread that handles it. May be NULL. */
	famfs_cancel_fn cancelled;
	void *cancel_arg;
	uint32_t reserved[4];
};

/*
 * Opens the famfs that a target names and replays its log. For reading, a target in a mount whose
 * device the caller may not open is read through the mount's .meta files. For writing, the device
 * itself is opened. Damaged log entries are skipped and counted; they are not errors.
 *
 * A dry run makes all checks of writing, including permissions and space, and later calls with this
 * volume see the files that earlier ones added. But nothing is stored on the device, neither
 * entries nor data, and no space is reserved. Reading an added file returns the present contents of
 * the memory. From the first addition on, the volume does not see files that others add.
 *
 * Errors: those of open(2), -EMEDIUMTYPE, -EUCLEAN, -ENOTSUP; and for writing -EROFS on a client,
 * -EBUSY while another process formats or repairs the device or, with err->refused, while another
 * implementation has it mounted, -ESTALE if the path of the mount's device leads to another file by
 * now.
 */
int famfs_open(const struct famfs_target *target, const struct famfs_volume_params *params,
	       struct famfs_volume **out, struct famfs_error *err);

/* The volume's file handles must be closed or published before. `vol` may be NULL. */
void famfs_close(struct famfs_volume *vol);

/* Applies the log entries that were appended since the last call. -ESTALE, -EUCLEAN or -EIO. */
int famfs_catch_up(struct famfs_volume *vol, struct famfs_error *err);

#define FAMFS_WAIT_FOREVER UINT64_MAX

/*
 * Returns when `path` exists, whichever host makes it. The contents of a file are complete before
 * the file becomes visible. -ETIMEDOUT after `timeout_ms` milliseconds, which may be
 * FAMFS_WAIT_FOREVER; 0 checks once. Errors of famfs_catch_up() and famfs_stat() end the wait,
 * except -ENOENT.
 */
int famfs_wait(struct famfs_volume *vol, const char *path, uint64_t timeout_ms,
	       struct famfs_error *err);

struct famfs_info {
	uint8_t uuid[16]; /* of the file system */
	uint8_t device_uuid[16];
	uint8_t master_uuid[16]; /* system UUID of the master host, from the superblock */
	uint8_t system_uuid[16]; /* of this host */
	enum famfs_system_uuid_source system_uuid_source;
	enum famfs_role role; /* of this host */
	uint64_t version;     /* of the superblock: 48 */
	uint32_t omf_major;
	uint32_t omf_minor;
	uint64_t alloc_unit;    /* as recorded */
	uint64_t device_size;   /* the actual size; 0 when read through a mount's .meta files */
	uint64_t recorded_size; /* in the superblock */
	uint64_t usable_size;   /* the smaller of the two */
	uint64_t log_length;
	uint64_t log_capacity; /* entries */
	uint64_t log_entries;  /* entries published */
	uint64_t bad_entries;  /* published entries that were skipped as damaged */
	uint64_t files;
	uint64_t directories;
	uint64_t file_bytes;  /* sum of file sizes */
	uint64_t data_length; /* allocatable bytes, used or free */
	uint64_t allocated_bytes;
	uint64_t free_bytes;
	uint64_t largest_free;  /* longest contiguous free run */
	char recorded_name[65]; /* device path as recorded by mkfs */
	uint32_t reserved[4];
};

/* Fills in the state as of the last catch-up. */
void famfs_info(struct famfs_volume *vol, struct famfs_info *info);

struct famfs_daxdev {
	uint32_t index;
	uint8_t uuid[16];
	uint64_t size;  /* bytes */
	char name[256]; /* path; empty if the log names a device that is not attached */
	uint32_t reserved[4];
};

/* Extents refer to devices by index. famfs_daxdev() returns -ENODEV for an unknown index. */
uint32_t famfs_daxdev_count(struct famfs_volume *vol);
int famfs_daxdev(struct famfs_volume *vol, uint32_t index, struct famfs_daxdev *out);

/* ---- files ------------------------------------------------------------------------------- */

struct famfs_stat {
	uint64_t inode; /* the same on every host and after every restart */
	uint64_t entry; /* log entry, or FAMFS_NO_ENTRY for a directory that no entry describes */
	uint32_t mode;  /* type and permission bits as in stat(2): S_IFREG or S_IFDIR */
	uint32_t uid;
	uint32_t gid;
	uint64_t size; /* bytes; 0 for directories */
	uint32_t reserved[4];
};

/* -ENOENT, -ENOTDIR, -ENAMETOOLONG. */
int famfs_stat(struct famfs_volume *vol, const char *path, struct famfs_stat *out,
	       struct famfs_error *err);

/* Nonzero ends the walk; famfs_walk() then returns that value. */
typedef int (*famfs_visit_fn)(void *arg, const char *path, const struct famfs_stat *st);

/*
 * Visits `path` and, if it is a directory, its entries, or with `recursive` everything below it.
 * Parents come before their children; the children of a directory are in the order of the log.
 */
int famfs_walk(struct famfs_volume *vol, const char *path, bool recursive, famfs_visit_fn visit,
	       void *arg, struct famfs_error *err);

struct famfs_mkdir_params {
	uint32_t mode; /* permission bits, exact: no umask is applied */
	uint32_t uid;
	uint32_t gid;
	bool parents; /* make missing parents with the same owner; an existing directory is fine */
	uint32_t parents_mode; /* permission bits of those parents; 0: 0755 */
	bool raw_names;        /* the path need not be UTF-8; see famfs_create_params */
	uint32_t reserved[4];
};

/* Makes a directory. Errors: -EEXIST, -ENOENT (parent), -ENOTDIR, -EROFS, -ENOSPC (log), those of
 * famfs_path_check(), -ETIMEDOUT, -EINTR and -ECANCELED (append lock). After an error with
 * `parents`, some of the parents may have been made, unless the lock could not be taken. */
int famfs_mkdir(struct famfs_volume *vol, const char *path, const struct famfs_mkdir_params *params,
		struct famfs_error *err);

struct famfs_create_params {
	uint64_t size; /* bytes, > 0: this library makes no empty files */
	uint32_t mode; /* permission bits, exact: no umask is applied */
	uint32_t uid;
	uint32_t gid;
	uint32_t nstrips;    /* 0: simple; else interleaved over 1..16 strips */
	uint32_t nbuckets;   /* nstrips..64; number of buckets of >= 1 GiB that divide the device */
	uint64_t chunk_size; /* power of two, multiple of FAMFS_ALLOC_UNIT */
	bool no_zero; /* the caller writes every byte, or wants the old bytes of the memory */
	/* The path need not be UTF-8. A mount of the reference implementation stops its replay at
	 * such a path and lacks the files of all later entries. */
	bool raw_names;
	uint32_t reserved[4];
};

struct famfs_file;

/*
 * Begins a file: reserves space for it, and zeroes the space unless no_zero is set. The file is not
 * visible until famfs_file_publish(). A file shorter than a chunk becomes simple even if strips are
 * requested, as in the reference implementation. Striping picks the emptiest buckets, lowest first.
 * The caller ends the handle with famfs_file_publish() or famfs_file_close().
 * Errors: -EEXIST, -ENOENT, -ENOTDIR, -EROFS, -ENOSPC (the message has the numbers), -EINVAL, those
 * of famfs_path_check(), -EUCLEAN (a log entry is damaged, so the free space is not known), -EBUSY,
 * -ETIMEDOUT, -EINTR and -ECANCELED (append lock).
 */
int famfs_create(struct famfs_volume *vol, const char *path,
		 const struct famfs_create_params *params, struct famfs_file **out,
		 struct famfs_error *err);

/* Makes the file visible on every host: zeroes the slack after its end, flushes the written data
 * and appends the log entry. After an error, including -ETIMEDOUT, -EINTR and -ECANCELED (append
 * lock), the file is not visible and its space is free. Frees `file` in any case. */
int famfs_file_publish(struct famfs_file *file, struct famfs_error *err);

/*
 * Does famfs_create() with no_zero and famfs_file_publish() in one step, which locks the log only
 * once, for a file whose data the caller does not write. The file holds the old bytes of the
 * memory; only the slack after its end is zeroed. params->no_zero must be set (-EINVAL). Errors as
 * famfs_create().
 */
int famfs_create_unfilled(struct famfs_volume *vol, const char *path,
			  const struct famfs_create_params *params, struct famfs_error *err);

/* Opens an existing file for famfs_file_read() and, if the volume was opened for writing,
 * famfs_file_write() in place. If a kernel with famfs maps the file, it is also opened through its
 * mount and mapped, with the errors of open(2) and famfs_map(), so that reads return no old cache
 * lines. A file that shares
 * space is not: its reads may return bytes that another host has overwritten. */
int famfs_file_open(struct famfs_volume *vol, const char *path, struct famfs_file **out,
		    struct famfs_error *err);

/* Frees a handle. A file that was not published is dropped, and its space becomes free. `file` may
 * be NULL. */
void famfs_file_close(struct famfs_file *file);

/* Size in bytes of the file behind the handle. */
uint64_t famfs_file_size(const struct famfs_file *file);

/* All of [offset, offset + length) must lie in the file (-EINVAL). Writes are flushed before a
 * publish, or at once if the file is published already. Reads see the data that other hosts wrote
 * before the call: they first invalidate the cache lines of the range, also if a kernel with famfs
 * maps the file. */
int famfs_file_write(struct famfs_file *file, uint64_t offset, const void *buf, size_t length,
		     struct famfs_error *err);
int famfs_file_zero(struct famfs_file *file, uint64_t offset, uint64_t length,
		    struct famfs_error *err);
int famfs_file_read(struct famfs_file *file, uint64_t offset, void *buf, size_t length,
		    struct famfs_error *err);

/* Called during a copy with the number of bytes done since the last call; nonzero cancels the copy
 * (-ECANCELED). */
typedef int (*famfs_progress_fn)(void *arg, uint64_t bytes);

/*
 * Copies the first famfs_file_size() bytes of the open file descriptor `fd` into `file`. Holes of
 * the source become zeros. -ENODATA if the source is shorter than that, -ECANCELED.
 */
int famfs_file_copy(struct famfs_file *file, int fd, famfs_progress_fn progress, void *arg,
		    struct famfs_error *err);

/*
 * Compares the file with the first famfs_file_size() bytes of `fd`, after invalidating the cache.
 * -EBADMSG if they differ (the message has the offset), -ENODATA, -ECANCELED.
 */
int famfs_file_compare(struct famfs_file *file, int fd, famfs_progress_fn progress, void *arg,
		       struct famfs_error *err);

/*
 * Copies like famfs_file_copy(), but reads both files and writes only the blocks that differ: to
 * complete an interrupted copy costs little more than reading. *written, which may be NULL,
 * receives the number of bytes that were written, also after an error. Errors as famfs_file_copy().
 */
int famfs_file_update(struct famfs_file *file, int fd, famfs_progress_fn progress, void *arg,
		      uint64_t *written, struct famfs_error *err);

/* ---- fmaps ------------------------------------------------------------------------------- */

enum famfs_fmap_type {
	FAMFS_FMAP_SIMPLE,      /* the file's bytes fill the extents in order */
	FAMFS_FMAP_INTERLEAVED, /* chunk c lies in strip c % nextents */
};

struct famfs_extent {
	uint64_t daxdev; /* device index */
	uint64_t offset; /* device offset */
	uint64_t length;
};

/* The extents of a file: where its bytes lie. */
struct famfs_fmap {
	enum famfs_fmap_type type;
	uint32_t nextents;   /* extents, or strips */
	uint64_t chunk_size; /* bytes; 0 for a simple file */
	uint64_t size;       /* of the file */
	uint32_t reserved[4];
	struct famfs_extent extents[FAMFS_MAX_EXTENTS];
};

/* Errors as famfs_stat(), and -EISDIR. */
int famfs_fmap(struct famfs_volume *vol, const char *path, struct famfs_fmap *out,
	       struct famfs_error *err);

/* ---- mapping ------------------------------------------------------------------------------ */

struct famfs_map_params {
	bool write; /* map for loads and stores; else for loads only */
	uint32_t reserved[4];
};

struct famfs_mapping;

/*
 * Maps a file into one contiguous range of addresses, straight from the device node or image:
 * loads and stores run at memory speed on any kernel. If the file's extents are not adjacent, each
 * run of adjacent extents needs its own mapping.
 *
 * - The caller needs permission for the node, which is permission for the whole device. A client
 *   may ask for a writable mapping; the hosts must agree among themselves which of them stores.
 * - The mapping may be used after famfs_close(). Until famfs_unmap() it holds the shared lock of
 *   byte 0, which keeps mkfs and repair away from the device.
 * - The range extends to the end of the last allocation unit. This tail belongs only to this file;
 *   it was zero when the file was made.
 * - The caches of the hosts are not coherent: call famfs_flush() on data that other hosts shall
 *   see, and famfs_invalidate() before reading data that they wrote. On an image both do nothing.
 * - If the server of a mount does the I/O, read(2) through the mount may return old data from the
 *   page cache, without the stores of this mapping, until the file is opened again.
 * - A child made by fork(2) has the same mapping, shared and not copied, and the lock.
 * - Memory errors and removal of the device raise SIGBUS at the access, as for any mapping.
 * - While a device is in famfs mode, its node cannot be mapped. Then the file of the mount is
 *   mapped: permission for the file is enough, the range ends with the file's last page, and the
 *   mount is busy until famfs_unmap().
 *
 * Errors: as famfs_fmap(); -EACCES, -EBUSY, -ESTALE. Before anything is mapped, -E2BIG if the
 * process may not have that many mappings (vm.max_map_count), and -EOPNOTSUPP if the alignment of
 * the device does not allow these extents; the message has the numbers.
 */
int famfs_map(struct famfs_volume *vol, const char *path, const struct famfs_map_params *params,
	      struct famfs_mapping **out, struct famfs_error *err);

/* Unmaps and frees. `mapping` may be NULL. */
void famfs_unmap(struct famfs_mapping *mapping);

/* The first address, aligned to 2 MiB and to the device's alignment, and the file's size in bytes.
 */
void *famfs_mapping_addr(const struct famfs_mapping *mapping);
uint64_t famfs_mapping_size(const struct famfs_mapping *mapping);

/* famfs_flush() writes earlier stores back to memory before it returns; famfs_invalidate() makes
 * later loads read from memory. `offset` is a file offset. -EINVAL for a range outside the mapping,
 * -EIO for bad memory (with famfs_guard_memory_errors()). */
int famfs_flush(const struct famfs_mapping *mapping, uint64_t offset, uint64_t length);
int famfs_invalidate(const struct famfs_mapping *mapping, uint64_t offset, uint64_t length);

/* The number of mappings that a process may have: vm.max_map_count. 0: unknown. */
uint64_t famfs_mapping_limit(void);

/* ---- mounting ---------------------------------------------------------------------------- */

struct famfs_mount_params {
	const char *device; /* or "famfs:UUID" */
	const char *mountpoint;
	const char *options; /* comma-separated, as for mount -o; NULL: none */
	bool foreground;     /* serve in the calling process until unmounted */
	bool debug;          /* log every request; implies foreground */
	bool sloppy;         /* ignore unknown options */
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
 * On a kernel with famfs support, a mount by root switches a DAX device to famfs mode, in which the
 * kernel maps its files, and switches it back at the unmount; not with the option "nomodeswitch".
 * The device stays in devdax mode if another process has it open or mapped at the mount. A device
 * that was in famfs mode before, and not left so by a process of this library, keeps this mode.
 *
 * With the option "fsck", superblock and log are checked first; -EUCLEAN and a message with the
 * first problem, if the check finds one. With "remount", the options of an existing mount change; a
 * read-only mount cannot become writable, since its server opened the device for reading (-EROFS).
 *
 * While it serves in the foreground, libfuse controls the process: SIGINT, SIGTERM and SIGHUP end
 * the session, SIGPIPE is ignored, $FUSE_URING_ENABLE is unset, $PATH is set to the system's
 * directories for root, libfuse's log goes to `log`, and the text that the mount helper writes to
 * standard error becomes the error's message. One session at a time.
 */
int famfs_mount(const struct famfs_mount_params *params, struct famfs_error *err);

/*
 * Unmounts the famfs at `mountpoint`, and waits a while for its server to close the device. Syncs
 * an image; if the image cannot be opened or synced, the error says "unmounted, but cannot write
 * back". With `lazy`, detaches at once (umount -l); the server may still be writing when this
 * returns. Works on a mount whose server is dead; if that server left the device in famfs mode, the
 * device is switched back to devdax mode.
 *
 * Returns 1 if the famfs is unmounted but its device stays in famfs mode: *err has the reason, and
 * names the process that holds the device if it can be found; call famfs_reset_mode() later.
 * With `lazy`, a live server switches the device back later, and this returns 0. -EINVAL if no
 * famfs is mounted there, -EBUSY if it is in use.
 */
int famfs_unmount(const char *mountpoint, bool lazy, struct famfs_error *err);

struct famfs_mount_info {
	const char *device;
	const char *mountpoint;
	const char *options;
	bool read_only;
	uint32_t reserved[4];
};

/*
 * Calls `visit` for each mounted famfs in the order of the mount table, without access to the
 * mounts; nonzero ends the walk and is returned. Lists only mounts of root and of the caller: a
 * mount of another user may claim any device as its source.
 */
int famfs_mounts(int (*visit)(void *arg, const struct famfs_mount_info *mount), void *arg,
		 struct famfs_error *err);

/* The number of mounts that claim to be a famfs and that famfs_mounts() leaves out. */
int famfs_mounts_of_others(struct famfs_error *err);

/* The protocol by which a kernel learns the fmaps of a mount's files. */
enum famfs_fmap_profile {
	FAMFS_PROFILE_UNKNOWN, /* a profile that this version of the library does not know */
	FAMFS_PROFILE_OFF,     /* none: the server reads and writes the files */
	FAMFS_PROFILE_V1,
	FAMFS_PROFILE_V2,
	FAMFS_PROFILE_PULL,
	FAMFS_PROFILE_PUSH,
};

/* As in the mount option fmap=: "off", "v1", "v2", "pull", "push"; "unknown". Static storage. */
const char *famfs_fmap_profile_name(enum famfs_fmap_profile profile);

struct famfs_mount_io {
	enum famfs_fmap_profile profile;
	char reason[240]; /* for people: why this profile; lower case, no full stop */
	uint32_t reserved[4];
};

/*
 * Asks the server of the famfs at `mountpoint` how it does I/O; hangs if the server hangs.
 * -ENOTCONN if the server is dead, -ENODATA if it does not answer the question.
 */
int famfs_mount_io(const char *mountpoint, struct famfs_mount_io *out, struct famfs_error *err);

enum famfs_mount_state {
	FAMFS_MOUNT_ANSWERS,
	FAMFS_MOUNT_DEAD,   /* its server is gone */
	FAMFS_MOUNT_HANGS,  /* no answer in time */
	FAMFS_MOUNT_DENIED, /* this user may not ask its server */
	FAMFS_MOUNT_STALE,  /* another file system was made on its device */
};

struct famfs_mount_health {
	enum famfs_mount_state state;
	uint32_t connection; /* FUSE connection: /sys/fs/fuse/connections/NUMBER */
	bool counted;        /* `waiting` is known */
	uint64_t waiting;    /* requests without an answer */
	uint32_t reserved[4];
};

/*
 * Asks the server of the famfs at `mountpoint` a question that the kernel cannot answer from a
 * cache, and waits at most `timeout_ms`. Never hangs: a child process asks, and is left behind if
 * it cannot be ended. -EINVAL if no famfs is mounted there, -EIO if another part of the program
 * reaped the child, -ENOMEM and errors of fork(2).
 */
int famfs_mount_probe(const char *mountpoint, uint32_t timeout_ms, struct famfs_mount_health *out,
		      struct famfs_error *err);

/* The parts of FUSE on this host that a mount needs. */
struct famfs_fuse_info {
	char version[32];      /* of the loaded libfuse */
	int device_error;      /* -errno of opening /dev/fuse, or 0 */
	char helper[256];      /* path of fusermount3, which mounts for users; empty: not found */
	bool helper_setuid;    /* the helper is set-user-id root, as mounts for users require */
	bool user_allow_other; /* in /etc/fuse.conf: users may use allow_other */
	uint32_t reserved[4];
};

void famfs_fuse_info(struct famfs_fuse_info *out);

/* ---- devices ------------------------------------------------------------------------------ */

/* The mode of a DAX device, which follows from its driver. */
enum famfs_dax_mode {
	FAMFS_DAX_NO_DRIVER,
	FAMFS_DAX_DEVDAX,     /* device_dax: processes map it */
	FAMFS_DAX_FAMFS,      /* fsdev_dax: a kernel's famfs maps it, processes cannot */
	FAMFS_DAX_SYSTEM_RAM, /* kmem: the kernel uses it as memory */
	FAMFS_DAX_OTHER_DRIVER,
};

/* A DAX device as sysfs describes it. */
struct famfs_dax_info {
	char name[64];   /* "dax0.0" */
	char driver[32]; /* for people: the kernel's name of the driver; empty without one */
	enum famfs_dax_mode mode;
	uint64_t size;   /* bytes */
	uint64_t align;  /* bytes: offset and length of a mapping are multiples of it */
	int numa_node;   /* nearest node; -1: unknown */
	int target_node; /* node of the device as system memory; -1: unknown */
	uint32_t reserved[4];
};

/* "devdax", "famfs", "system-ram", "disabled", "unknown". Static storage. */
const char *famfs_dax_mode_name(enum famfs_dax_mode mode);

/* Nonzero ends the list, and is returned. `info` is valid during the call. */
typedef int (*famfs_dax_visit_fn)(void *arg, const struct famfs_dax_info *info);

/* Visits all DAX devices of this host. Loads libdaxctl for this; -ENOSYS if it is not installed. */
int famfs_dax_list(famfs_dax_visit_fn visit, void *arg, struct famfs_error *err);

/* The same, but reads only sysfs: loads no library and opens no device. In the order of the
 * devices' numbers. */
int famfs_dax_scan(famfs_dax_visit_fn visit, void *arg, struct famfs_error *err);

struct famfs_reset_mode_params {
	bool dry_run; /* make all checks, and do not switch the device */
	uint32_t reserved[4];
};

/*
 * Switches a DAX device back to devdax mode that a mount with a killed server, or another program,
 * left in famfs mode or without a driver. For root. Returns 1 if the device was switched, or would
 * be in a dry run, and 0 if it is in devdax mode already; *was, which may be NULL, receives its
 * mode before the call.
 *
 * The kernel does not prevent a driver from being removed under a mapping. So this is refused with
 * -EBUSY while a process of this host, in any mount namespace, has the device, or a file of a mount
 * of it, mounted, open or mapped; the error names the process. -EPERM for users other than root,
 * -ENOTSUP if `device` is no DAX device, -EBUSY and -ENODEV in a mode of other drivers.
 */
int famfs_reset_mode(const char *device, const struct famfs_reset_mode_params *params,
		     enum famfs_dax_mode *was, struct famfs_error *err);

#pragma GCC visibility pop

#ifdef __cplusplus
}
#endif

#endif
