/* SPDX-License-Identifier: Apache-2.0 */
/*
 * libfamfs for tools that look inside: the fields of the media format and what is wrong with them,
 * what the running kernel knows of famfs, and the bytes of a map as a kernel receives it.
 *
 * This header is installed, but it may change from version to version: it follows the media format
 * and the protocols of the kernels. famfs.h, which it includes, is the stable interface, and its
 * conventions hold here too.
 */
#ifndef FAMFS_INSPECT_H
#define FAMFS_INSPECT_H

#include "famfs.h"

#ifdef __cplusplus
extern "C" {
#endif

#pragma GCC visibility push(default)

/* ---- the bytes of the format -------------------------------------------------------------- */

/*
 * What lies on a device, field by field, whatever is wrong with it: for media that famfs_open()
 * refuses, and for those that it does not. Every field is checked, and none is trusted.
 */
struct famfs_inspect;

/*
 * Opens the device of a target, or for a mount whose device the caller may not open its .meta
 * files. Whether there is a famfs does not matter. End with famfs_inspect_close().
 * Errors: those of open(2), -ENOTSUP, -EMEDIUMTYPE for a device too small for a superblock, -EIO.
 */
int famfs_inspect_open(const struct famfs_target *target, struct famfs_inspect **out,
		       struct famfs_error *err);
void famfs_inspect_close(struct famfs_inspect *inspect);

/* What tells how long the log is. */
enum famfs_log_length_source {
	FAMFS_LOG_LENGTH_MINIMUM, /* neither structure can be believed */
	FAMFS_LOG_LENGTH_SUPERBLOCK,
	FAMFS_LOG_LENGTH_HEADER,
};

/* "minimum", "superblock", "log header". Static storage. */
const char *famfs_log_length_source_name(enum famfs_log_length_source source);

struct famfs_inspect_info {
	uint64_t size;        /* of the device in bytes; 0: unknown, read through a mount */
	uint64_t usable_size; /* the smaller of this and a recorded one that can be */
	uint64_t log_length;  /* bytes */
	enum famfs_log_length_source log_length_source;
	uint64_t log_capacity; /* entries that such a log, as far as the device reaches, holds */
	uint64_t published;    /* entries, at most the capacity */
	bool counted;          /* the header's index cannot be, so whole entries were counted */
	bool super_ok;         /* the superblock can be believed */
	bool header_ok;        /* the log header can be believed, and its index can be */
	/* Where things are: device offsets. The superblock is at 0. */
	uint64_t log_offset;
	uint64_t log_end;     /* of the published entries */
	uint64_t data_offset; /* where files can be */
	bool uuid_known;      /* the CRC of the superblock is right */
	uint8_t uuid[16];     /* of the file system, as recorded */
};

/* As of famfs_inspect_open(). */
void famfs_inspect_info(const struct famfs_inspect *inspect, struct famfs_inspect_info *out);

enum famfs_structure {
	FAMFS_SUPERBLOCK,
	FAMFS_LOG_HEADER,
	FAMFS_LOG_ENTRY,
};

#define FAMFS_RAW_SIZE 544 /* the largest structure */

/* One structure as it lies on the medium. */
struct famfs_raw {
	enum famfs_structure structure;
	uint64_t entry;   /* number of the log entry, else FAMFS_NO_ENTRY */
	uint64_t offset;  /* device offset */
	size_t size;      /* bytes */
	size_t crc_bytes; /* that the CRC covers, from the structure's start */
	uint64_t crc_stored;
	uint64_t crc_computed;
	/* The first fault that a reader of these bytes finds, which is the faulty field of the
	 * lowest rank. What only other entries show, such as overlaps, is famfs_fsck()'s. */
	enum famfs_fault fault;
	int code;          /* negative errno that goes with it, or 0 */
	char message[200]; /* about the fault; lower case, no full stop */
	/* What the fields are checked against. */
	uint64_t device_size; /* 0: unknown */
	uint64_t log_length;
	unsigned char bytes[FAMFS_RAW_SIZE] __attribute__((aligned(8)));
};

int famfs_inspect_super(struct famfs_inspect *inspect, struct famfs_raw *out,
			struct famfs_error *err);
/* -EMEDIUMTYPE when the device ends before it. */
int famfs_inspect_log_header(struct famfs_inspect *inspect, struct famfs_raw *out,
			     struct famfs_error *err);

enum famfs_entry_type {
	FAMFS_ENTRY_UNKNOWN,
	FAMFS_ENTRY_FILE,
	FAMFS_ENTRY_MKDIR,
	FAMFS_ENTRY_DELETE,
	FAMFS_ENTRY_DAXDEV,
	FAMFS_ENTRY_INVALID, /* in the place of a damaged one, perhaps to keep its space */
};

/* "unknown", "file", "mkdir", "delete", "daxdev", "invalid". Static storage. */
const char *famfs_entry_type_name(enum famfs_entry_type type);

/* A log entry, decoded as far as it goes: values are as recorded, and may be nonsense. */
struct famfs_log_entry {
	const struct famfs_raw *raw;
	bool published;
	bool empty; /* nothing but zeros */
	uint32_t recorded_type;
	enum famfs_entry_type type;
	uint32_t uid;
	uint32_t gid;
	uint32_t mode;
	char path[81]; /* as recorded; "" when the type has none */
	bool readable; /* the path can be read: it stays inside the file system, and has an end */
	char read_as[80]; /* what it is read as: normalised, "" for the root */
	bool hidden;      /* in .meta: read, and not shown */
	/* Of files and invalid entries; no extents when their number cannot be. Of devices that
	 * are added, only the size. */
	struct famfs_fmap fmap;
	uint64_t unusable_extents; /* a bit for each that is misaligned or outside the data area */
};

/* Nonzero ends the walk, and is returned. */
typedef int (*famfs_log_entry_fn)(void *arg, const struct famfs_log_entry *entry);

/*
 * Visits `count` entries from number `first` on, as far as the log reaches, published or not. An
 * entry that cannot be read is visited with FAMFS_FAULT_IO. -EINVAL when `first` is beyond the log.
 */
int famfs_inspect_entries(struct famfs_inspect *inspect, uint64_t first, uint64_t count,
			  famfs_log_entry_fn visit, void *arg, struct famfs_error *err);

enum famfs_raw_kind {
	FAMFS_RAW_NUMBER, /* 4 or 8 bytes, little-endian */
	FAMFS_RAW_HEX,    /* the same: magics, CRCs, offsets */
	FAMFS_RAW_OCTAL,  /* the same: permission bits */
	FAMFS_RAW_UUID,
	FAMFS_RAW_TEXT,   /* NUL-padded */
	FAMFS_RAW_UNUSED, /* padding, and what the entry's type does not use */
};

enum famfs_verdict {
	FAMFS_VERDICT_NONE, /* any value can be */
	FAMFS_VERDICT_OK,
	FAMFS_VERDICT_BAD,
};

struct famfs_raw_field {
	const char *group; /* "superblock", "header", "entry", "file", "mkdir", "daxdev", "extent",
			      "strip"; static storage */
	uint32_t index;    /* of the extent or strip, or FAMFS_WIRE_NO_INDEX */
	const char *name;  /* as the format's description has it; static storage */
	size_t at;         /* offset in raw->bytes */
	uint64_t offset;   /* device offset */
	size_t size;       /* bytes */
	enum famfs_raw_kind kind;
	uint64_t value; /* of numbers */
	enum famfs_verdict verdict;
	enum famfs_fault fault; /* when the verdict is FAMFS_VERDICT_BAD */
	int code;               /* that goes with it, or 0 */
	uint32_t rank;          /* readers believe the fields of a structure in this order */
	char meaning[200];      /* of a sound value; the text of the fault; may be empty */
};

/* Nonzero ends the walk, and is returned. */
typedef int (*famfs_raw_field_fn)(void *arg, const struct famfs_raw_field *field);

/* Visits the fields of a structure in their order; together they cover all of its bytes. */
int famfs_raw_fields(const struct famfs_raw *raw, famfs_raw_field_fn visit, void *arg);

/* ---- the kernel --------------------------------------------------------------------------- */

/* One thing that a kernel with famfs support, or with something like it, has. */
struct famfs_kernel_fact {
	const char *source; /* "BTF", "symbols", "configuration", "/dev/fuse"; static storage */
	const char *name;   /* of a type, function, option or ioctl; static storage */
	bool known;         /* the source could be read */
	bool found;
	uint32_t number; /* the value of an enumerator that was found, else 0 */
};

#define FAMFS_KERNEL_FACTS 32

enum famfs_kernel_support {
	FAMFS_KERNEL_UNKNOWN, /* nothing that would tell can be read */
	FAMFS_KERNEL_NONE,
	FAMFS_KERNEL_OTHER, /* something that resembles famfs, of no use to a mount */
	FAMFS_KERNEL_FAMFS,
};

struct famfs_kernel_info {
	char release[65];
	uint32_t nfacts;
	struct famfs_kernel_fact facts[FAMFS_KERNEL_FACTS];
	enum famfs_kernel_support support;
	const char *generation; /* "v2", "pull", "push", as far as it can be told; else NULL */
	char verdict[200];      /* a sentence: what a mount can expect; lower case, no full stop */
};

/*
 * What the running kernel shows of famfs support. Reads its BTF, symbols and configuration and
 * opens /dev/fuse, each if it may, which takes up to a tenth of a second; changes nothing. Whether
 * a mount has its files mapped is decided when it is made, by what the kernel then offers. Returns
 * 0 or -errno of uname(2).
 */
int famfs_kernel_info(struct famfs_kernel_info *out, struct famfs_error *err);

/* ---- what a kernel is told ---------------------------------------------------------------- */

/* The reply to GET_FMAP, as the server sends it when the kernel has room for all of it. */
struct famfs_wire {
	void *data;       /* host byte order, as on the wire */
	size_t size;      /* bytes; some profiles want more than the map takes, zeros follow */
	uint32_t nstrips; /* 0: simple extents */
};

/*
 * Renders the map of a file, or of ".meta/.superblock" or ".meta/.log", for a protocol profile:
 * "v1", "v2", "pull" or "push". End with famfs_wire_free(). -EINVAL for another profile, -EFBIG
 * when the profile has no room for the map (message has the numbers), -EXDEV when the map names a
 * device that the profile cannot name, errors of famfs_fmap().
 */
int famfs_fmap_wire(struct famfs_volume *vol, const char *path, const char *profile,
		    struct famfs_wire *out, struct famfs_error *err);
void famfs_wire_free(struct famfs_wire *wire);

#define FAMFS_WIRE_NO_INDEX UINT32_MAX

struct famfs_wire_field {
	const char *group; /* "header", "interleave", "strip" or "extent"; static storage */
	uint32_t index;    /* of the strip or extent, or FAMFS_WIRE_NO_INDEX */
	const char *name;  /* static storage */
	size_t offset;     /* in the reply */
	size_t size;       /* 1 to 8 bytes */
	uint64_t value;
};

/* Nonzero ends the walk, and is returned. */
typedef int (*famfs_wire_field_fn)(void *arg, const struct famfs_wire_field *field);
int famfs_wire_fields(const struct famfs_wire *wire, famfs_wire_field_fn visit, void *arg);

#pragma GCC visibility pop

#ifdef __cplusplus
}
#endif

#endif
