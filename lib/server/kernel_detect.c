/* SPDX-License-Identifier: Apache-2.0 */
#include "server/kernel_detect.h"

#include "base/io.h"
#include "server/btf.h"
#include "shared/cleanup.h"

#include <errno.h>
#include <fcntl.h>
#include <libdeflate.h>
#include <limits.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/utsname.h>

/* Several times the size of the largest known kernels. */
#define MAX_BTF    (64u << 20)
#define MAX_CONFIG (4u << 20)

#define GZIP_MIN 18 /* bytes of the header and the trailer */

#define FACT(part, name)                                                                           \
	{                                                                                          \
		part, name, sizeof(name) - 1                                                       \
	}

static const struct {
	enum kernel_part part;
	const char *name;
	size_t length;
} facts[KERNEL_FACTS] = {
	[FACT_DAXDEV_OPEN] = FACT(KERNEL_IOCTL, "FUSE_DEV_IOC_DAXDEV_OPEN"),
	[FACT_CONFIG] = FACT(KERNEL_CONFIG, "CONFIG_FUSE_FAMFS_DAX"),
	[FACT_FUSE_OPCODE] = FACT(KERNEL_BTF, "fuse_opcode"),
	[FACT_FAMFS_IOMAP] = FACT(KERNEL_BTF, "famfs_iomap"),
	[FACT_GET_FMAP] = FACT(KERNEL_BTF, "FUSE_GET_FMAP"),
	[FACT_GET_DAXDEV] = FACT(KERNEL_BTF, "FUSE_GET_DAXDEV"),
	[FACT_DAXDEV_INDEX] = FACT(KERNEL_BTF, "daxdev_index"),
	[FACT_DAX_FMAP_OPS] = FACT(KERNEL_BTF, "dax_fmap_ops"),
	[FACT_FUSE_DAX_FMAP_OPS] = FACT(KERNEL_BTF, "fuse_dax_fmap_ops"),
	[FACT_IOMAP_BEGIN] = FACT(KERNEL_BTF, "fuse_iomap_begin_in"),
	[FACT_FILE_INIT_DAX] = FACT(KERNEL_SYMBOLS, "famfs_file_init_dax"),
	[FACT_TEARDOWN] = FACT(KERNEL_SYMBOLS, "famfs_teardown"),
	[FACT_FUSE_GET_FMAP] = FACT(KERNEL_SYMBOLS, "fuse_get_fmap"),
	[FACT_FUSE_MMAP] = FACT(KERNEL_SYMBOLS, "famfs_fuse_mmap"),
	[FACT_PUSH_OPEN] = FACT(KERNEL_SYMBOLS, "famfs_daxdev_open"),
};

enum kernel_part kernel_fact_part(enum kernel_fact fact)
{
	return facts[fact].part;
}

const char *kernel_fact_name(enum kernel_fact fact)
{
	return facts[fact].name;
}

static void mark(struct kernel_detection *detection, enum kernel_part part, const char *name,
		 size_t length)
{
	for (unsigned int i = 0; i < KERNEL_FACTS; i++)
		if (facts[i].part == part && facts[i].length == length &&
		    memcmp(facts[i].name, name, length) == 0)
			detection->found |= 1u << i;
}

static int open_file(const struct kernel_detection *detection, const char *name, int flags)
{
	char path[PATH_MAX];

	if (snprintf(path, sizeof(path), "%s%s", detection->root, name) >= (int)sizeof(path))
		return -1;
	return open(path, flags | O_CLOEXEC);
}

/* Returns NULL if the file cannot be read, is empty, or is longer than `limit`. */
static char *read_file(const struct kernel_detection *detection, const char *name, size_t limit,
		       size_t *length)
{
	cleanup_fd int fd = open_file(detection, name, O_RDONLY);
	cleanup_free char *data = NULL;
	struct stat st;
	ssize_t n;

	if (fd < 0 || fstat(fd, &st) < 0 || !S_ISREG(st.st_mode) || st.st_size <= 0 ||
	    (uint64_t)st.st_size > limit)
		return NULL;
	data = malloc((size_t)st.st_size);
	n = data ? io_read(fd, data, (size_t)st.st_size) : -1;
	if (n <= 0)
		return NULL;
	*length = (size_t)n;
	return steal_ptr(&data);
}

/* A kernel that knows the ioctl fails it with EPERM on a descriptor without a connection. */
static void gather_ioctl(struct kernel_detection *detection)
{
	struct kernel_daxdev none = { .fd = -1 };
	cleanup_fd int fd = open_file(detection, "/dev/fuse", O_RDWR);
	int error;

	if (fd < 0)
		return;
	error = ioctl(fd, KERNEL_DAXDEV_OPEN, &none) < 0 ? errno : 0;
	if (error == EACCES || error == ENOSYS)
		return; /* a security policy answered, not the driver */
	detection->readable |= KERNEL_IOCTL;
	if (error != ENOTTY)
		detection->found |= 1u << FACT_DAXDEV_OPEN;
}

/* A gzip file ends with the length of the unpacked data, little-endian. */
static char *unpack(const char *packed, size_t packed_length, size_t *length)
{
	const unsigned char *end = (const unsigned char *)packed + packed_length;
	struct libdeflate_decompressor *decompressor;
	cleanup_free char *data = NULL;
	enum libdeflate_result result;
	size_t size;

	if (packed_length < GZIP_MIN)
		return NULL;
	size = end[-4] | (size_t)end[-3] << 8 | (size_t)end[-2] << 16 | (size_t)end[-1] << 24;
	if (size == 0 || size > MAX_CONFIG)
		return NULL;
	data = malloc(size);
	decompressor = data ? libdeflate_alloc_decompressor() : NULL;
	if (!decompressor)
		return NULL;
	result =
		libdeflate_gzip_decompress(decompressor, packed, packed_length, data, size, length);
	libdeflate_free_decompressor(decompressor);
	return result == LIBDEFLATE_SUCCESS ? steal_ptr(&data) : NULL;
}

static char *read_config(const struct kernel_detection *detection, size_t *length)
{
	size_t packed_length;
	cleanup_free char *packed =
		read_file(detection, "/proc/config.gz", MAX_CONFIG, &packed_length);
	char *config = packed ? unpack(packed, packed_length, length) : NULL;
	struct utsname system;
	char name[sizeof(system.release) + sizeof("/boot/config-")];

	if (config || uname(&system) < 0)
		return config;
	snprintf(name, sizeof(name), "/boot/config-%s", system.release);
	return read_file(detection, name, MAX_CONFIG, length);
}

static void gather_config(struct kernel_detection *detection)
{
	size_t length;
	cleanup_free char *config = read_config(detection, &length);
	const char *line = config;

	if (!config)
		return;
	detection->readable |= KERNEL_CONFIG;
	while (length) {
		const char *newline = memchr(line, '\n', length);
		size_t n = newline ? (size_t)(newline - line) : length;

		if (n > 2 && memcmp(line + n - 2, "=y", 2) == 0)
			mark(detection, KERNEL_CONFIG, line, n - 2);
		n += newline != NULL;
		line += n;
		length -= n;
	}
}

static void mark_btf(struct kernel_detection *detection, const struct btf *btf)
{
	struct btf_enumeration opcodes;

	for (const char *s = btf_next_string(btf, NULL); s; s = btf_next_string(btf, s))
		mark(detection, KERNEL_BTF, s, strlen(s));
	if (!btf_find_enum(btf, facts[FACT_FUSE_OPCODE].name, &opcodes))
		return;
	btf_enum_value(&opcodes, facts[FACT_GET_FMAP].name, &detection->op_fmap);
	btf_enum_value(&opcodes, facts[FACT_GET_DAXDEV].name, &detection->op_daxdev);
}

/* FUSE is part of the kernel, or a module, whose BTF refers to that of the kernel. */
static void gather_btf(struct kernel_detection *detection)
{
	size_t length;
	cleanup_free char *kernel_data =
		read_file(detection, "/sys/kernel/btf/vmlinux", MAX_BTF, &length);
	cleanup_free char *module_data = NULL;
	struct btf kernel, module;

	if (!kernel_data || btf_parse(kernel_data, length, NULL, &kernel) < 0)
		return;
	mark_btf(detection, &kernel);
	module_data = read_file(detection, "/sys/kernel/btf/fuse", MAX_BTF, &length);
	if (module_data && btf_parse(module_data, length, &kernel, &module) == 0)
		mark_btf(detection, &module);
	if (detection->found & 1u << FACT_FUSE_OPCODE)
		detection->readable |= KERNEL_BTF;
}

/* "ADDRESS TYPE NAME[SUFFIX][\t[MODULE]]", where compilers add suffixes that start with a dot. */
static bool mark_symbol(struct kernel_detection *detection, const char *line)
{
	const char *space = strchr(line, ' ');

	if (!space || space[1] == '\0' || space[2] != ' ')
		return false;
	mark(detection, KERNEL_SYMBOLS, space + 3, strcspn(space + 3, ". \t\n"));
	return true;
}

static void gather_symbols(struct kernel_detection *detection)
{
	int fd = open_file(detection, "/proc/kallsyms", O_RDONLY);
	FILE *file = fd < 0 ? NULL : fdopen(fd, "r");
	cleanup_free char *line = NULL;
	size_t size = 0;

	if (!file) {
		cleanup_fd_(&fd);
		return;
	}
	while (getline(&line, &size, file) > 0)
		if (mark_symbol(detection, line))
			detection->readable |= KERNEL_SYMBOLS;
	fclose(file);
}

/* /dev/fuse comes first: opening it loads the module, which the other places then show. */
static const struct {
	enum kernel_part part;
	void (*gather)(struct kernel_detection *detection);
} parts_in_order[] = {
	{ KERNEL_IOCTL, gather_ioctl },
	{ KERNEL_CONFIG, gather_config },
	{ KERNEL_BTF, gather_btf },
	{ KERNEL_SYMBOLS, gather_symbols },
};

void kernel_gather(struct kernel_detection *detection, unsigned int parts)
{
	for (size_t i = 0; i < sizeof(parts_in_order) / sizeof(parts_in_order[0]); i++) {
		enum kernel_part part = parts_in_order[i].part;

		if (!(parts & part) || detection->asked & part)
			continue;
		detection->asked |= part;
		parts_in_order[i].gather(detection);
	}
}

bool kernel_has(struct kernel_detection *detection, enum kernel_fact fact)
{
	kernel_gather(detection, facts[fact].part);
	return detection->found >> fact & 1;
}
