/* SPDX-License-Identifier: Apache-2.0 */
/*
 * libfamfs for inspection tools: the fields of the media format and their faults, the famfs support
 * of the running kernel, and the bytes of an fmap as a kernel receives it.
 *
 * This header is installed, but it may change from version to version, with the media format and
 * the protocols of the kernels. famfs.h, which it includes, is the stable interface; its
 * conventions hold here too.
 */
#ifndef FAMFS_INSPECT_H
#define FAMFS_INSPECT_H

#include "famfs.h"

#ifdef __cplusplus
extern "C" {
#endif

#pragma GCC visibility push(default)

#define FAMFS_NO_INDEX UINT32_MAX /* a field that is not of one extent or strip */

/* ---- the bytes of the format -------------------------------------------------------------- */

/*
 * Reads the structures on a device field by field, also damaged ones that famfs_open() refuses.
 * Every field is checked, and none is trusted.
 */
struct famfs_inspect;

/*
 * Opens the device of a target, or the .meta files of a mount whose device the caller may not open.
 * The device need not hold a famfs. The caller ends with famfs_inspect_close().
 * Errors: those of open(2), -ENOTSUP, -EMEDIUMTYPE for a device too small for a superblock, -EIO.
 */
int famfs_inspect_open(const struct famfs_target *target, struct famfs_inspect **out,
		       struct famfs_error *err);
void famfs_inspect_close(struct famfs_inspect *inspect);

/* The structure that the length of the log comes from. */
enum famfs_log_length_source {
	FAMFS_LOG_LENGTH_MINIMUM, /* both structures are damaged: FAMFS_MIN_LOG_LENGTH */
	FAMFS_LOG_LENGTH_SUPERBLOCK,
	FAMFS_LOG_LENGTH_HEADER,
};

/* "minimum", "superblock", "log header". Static storage. */
const char *famfs_log_length_source_name(enum famfs_log_length_source source);

struct famfs_inspect_info {
	uint64_t size;        /* of the device in bytes; 0: unknown, read through a mount */
	uint64_t usable_size; /* the smaller of `size` and the recorded size, if that is valid */
	uint64_t log_length;  /* bytes */
	enum famfs_log_length_source log_length_source;
	uint64_t log_capacity; /* entries of the log that fit on the device */
	uint64_t published;    /* entries, at most the capacity */
	bool counted;   /* the header's magic or index is invalid, so valid entries were counted */
	bool super_ok;  /* the superblock is valid */
	bool header_ok; /* the log header and its counters are valid */
	/* Device offsets. The superblock is at 0. */
	uint64_t log_offset;
	uint64_t log_end;     /* of the published entries */
	uint64_t data_offset; /* start of the space for files */
	bool uuid_known;      /* the CRC of the superblock is right */
	uint8_t uuid[16];     /* of the file system, as recorded */
};

/* Fills in the state as of famfs_inspect_open(). */
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
	size_t crc_bytes; /* number of bytes that the CRC covers, from the structure's start */
	uint64_t crc_stored;
	uint64_t crc_computed;
	/* The first fault that a reader of these bytes finds: that of the faulty field with the
	 * lowest rank. The recorded size of the device does not count, since readers ignore it.
	 * Conflicts with other entries, such as overlaps, are found by famfs_fsck(). */
	enum famfs_fault fault;
	int code;          /* negative errno that goes with it, or 0 */
	char message[200]; /* about the fault; lower case, no full stop */
	/* The sizes that the fields are checked against. */
	uint64_t device_size; /* 0: unknown */
	uint64_t log_length;
	unsigned char bytes[FAMFS_RAW_SIZE] __attribute__((aligned(8)));
};

int famfs_inspect_super(struct famfs_inspect *inspect, struct famfs_raw *out,
			struct famfs_error *err);
/* -EMEDIUMTYPE if the device ends before the log header. */
int famfs_inspect_log_header(struct famfs_inspect *inspect, struct famfs_raw *out,
			     struct famfs_error *err);

enum famfs_entry_type {
	FAMFS_ENTRY_UNKNOWN,
	FAMFS_ENTRY_FILE,
	FAMFS_ENTRY_MKDIR,
	FAMFS_ENTRY_DELETE,
	FAMFS_ENTRY_DAXDEV,
	FAMFS_ENTRY_INVALID, /* replaces a damaged one, and may keep its space reserved */
};

/* "unknown", "file", "mkdir", "delete", "daxdev", "invalid". Static storage. */
const char *famfs_entry_type_name(enum famfs_entry_type type);

/* A log entry, decoded as far as possible: values are as recorded, and may be nonsense. */
struct famfs_log_entry {
	const struct famfs_raw *raw;
	bool published;
	bool empty; /* all bytes are zero */
	uint32_t recorded_type;
	enum famfs_entry_type type;
	uint32_t uid;
	uint32_t gid;
	uint32_t mode;
	char path[81];    /* as recorded; "" if the type has none */
	bool readable;    /* the path is valid: NUL-terminated, and inside the file system */
	char read_as[80]; /* the path that readers use: normalised, "" for the root */
	bool hidden;      /* in .meta: read, and not shown */
	/* Of files and invalid entries; no extents if their number is invalid. Of added devices,
	 * only the size. */
	struct famfs_fmap fmap;
	uint64_t unusable_extents; /* a bit for each extent that is misaligned or outside the data
				    * area */
};

/* Nonzero ends the walk, and is returned. */
typedef int (*famfs_log_entry_fn)(void *arg, const struct famfs_log_entry *entry);

/*
 * Visits up to `count` entries of the log from number `first` on, published or not. An entry that
 * cannot be read is visited with FAMFS_FAULT_IO. -EINVAL if `first` is beyond the log.
 */
int famfs_inspect_entries(struct famfs_inspect *inspect, uint64_t first, uint64_t count,
			  famfs_log_entry_fn visit, void *arg, struct famfs_error *err);

enum famfs_raw_kind {
	FAMFS_RAW_NUMBER, /* 4 or 8 bytes, little-endian */
	FAMFS_RAW_HEX,    /* the same: magics, CRCs, offsets */
	FAMFS_RAW_OCTAL,  /* the same: permission bits */
	FAMFS_RAW_UUID,
	FAMFS_RAW_TEXT,   /* NUL-padded */
	FAMFS_RAW_UNUSED, /* padding, and fields that the entry's type does not use */
};

enum famfs_verdict {
	FAMFS_VERDICT_NONE, /* not checked: any value is valid */
	FAMFS_VERDICT_OK,
	FAMFS_VERDICT_BAD,
};

struct famfs_raw_field {
	const char *group; /* "superblock", "header", "entry", "file", "mkdir", "daxdev", "extent",
			      "strip"; static storage */
	uint32_t index;    /* of the extent or strip, or FAMFS_NO_INDEX */
	const char *name;  /* as in docs/FORMAT.md; static storage */
	size_t at;         /* offset in raw->bytes */
	uint64_t offset;   /* device offset */
	size_t size;       /* bytes */
	enum famfs_raw_kind kind;
	uint64_t value; /* of numbers */
	enum famfs_verdict verdict;
	enum famfs_fault fault; /* if the verdict is FAMFS_VERDICT_BAD */
	int code;               /* negative errno that goes with the fault, or 0 */
	uint32_t rank;          /* readers check the fields of a structure in this order */
	char meaning[200];      /* of a valid value, or the text of the fault; may be empty */
};

/* Nonzero ends the walk, and is returned. */
typedef int (*famfs_raw_field_fn)(void *arg, const struct famfs_raw_field *field);

/* Visits the fields of a structure in their order on the medium; together they cover all of its
 * bytes. */
int famfs_raw_fields(const struct famfs_raw *raw, famfs_raw_field_fn visit, void *arg);

/* ---- the kernel --------------------------------------------------------------------------- */

/* A type, function, option or ioctl that shows support for famfs, or for something similar. */
struct famfs_kernel_fact {
	const char *source; /* "BTF", "symbols", "configuration", "/dev/fuse"; static storage */
	const char *name;   /* of a type, function, option or ioctl; static storage */
	bool known;         /* the source could be read */
	bool found;
	uint32_t number; /* the value of an enumerator that was found, else 0 */
};

#define FAMFS_KERNEL_FACTS 32

enum famfs_kernel_support {
	FAMFS_KERNEL_UNKNOWN, /* none of the sources can be read */
	FAMFS_KERNEL_NONE,
	FAMFS_KERNEL_OTHER, /* something similar to famfs, which a mount cannot use */
	FAMFS_KERNEL_FAMFS,
};

struct famfs_kernel_info {
	char release[65];
	uint32_t nfacts;
	struct famfs_kernel_fact facts[FAMFS_KERNEL_FACTS];
	enum famfs_kernel_support support;
	const char *generation; /* "v2", "pull", "push"; NULL if it is unknown */
	char verdict[200];      /* what a mount can expect: a sentence, lower case, no full stop */
};

/*
 * Detects the famfs support of the running kernel. Reads the kernel's BTF, symbols and
 * configuration and opens /dev/fuse, each if the caller may, which takes up to a tenth of a second;
 * changes nothing. The result is a forecast: a mount asks the kernel whether it maps the files.
 * Returns 0 or -errno of uname(2).
 */
int famfs_kernel_info(struct famfs_kernel_info *out, struct famfs_error *err);

/* ---- fmaps as sent to a kernel ------------------------------------------------------------ */

/* The reply to GET_FMAP, as the server sends it when the kernel has room for all of it. */
struct famfs_wire {
	void *data;       /* host byte order, as on the wire */
	size_t size;      /* bytes; in some profiles zeros follow the fmap */
	uint32_t nstrips; /* 0: simple extents */
};

/*
 * Encodes the fmap of a file, or of ".meta/.superblock" or ".meta/.log", for a protocol profile:
 * "v1", "v2", "pull" or "push". The caller frees *out with famfs_wire_free(). Errors: -EINVAL for
 * another profile, -EFBIG if the profile has no room for the fmap (the message has the numbers),
 * -EXDEV if the fmap names a device that the profile cannot name, those of famfs_fmap().
 */
int famfs_fmap_wire(struct famfs_volume *vol, const char *path, const char *profile,
		    struct famfs_wire *out, struct famfs_error *err);
void famfs_wire_free(struct famfs_wire *wire);

struct famfs_wire_field {
	const char *group; /* "header", "interleave", "strip" or "extent"; static storage */
	uint32_t index;    /* of the strip or extent, or FAMFS_NO_INDEX */
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
