/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Looks at a famfs medium and damages it, for the tests. An encoder and decoder of its own: see
 * omf.h.
 *
 *   omfedit IMAGE show                        superblock, log header and entries as JSON
 *   omfedit IMAGE set super FIELD=VALUE...    change fields; the CRC follows unless crc= is given
 *   omfedit IMAGE set header FIELD=VALUE...
 *   omfedit IMAGE set INDEX FIELD=VALUE...    a log entry; fields of its type, see below
 *   omfedit IMAGE append FIELD=VALUE...       a new entry behind the last, published
 *   omfedit IMAGE fill COUNT                  COUNT new directories, published
 *   omfedit IMAGE format [LOGLEN]             superblock and empty log for the size of the image
 *   omfedit IMAGE read OFFSET LENGTH          raw bytes to standard output
 *   omfedit IMAGE write OFFSET                standard input to the medium
 *   omfedit IMAGE fuzz-seed                   the medium as an input of tests/fuzz/fuzz_medium.c
 */
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>
#include <unistd.h>

#include "omf.h"

struct field {
	const char *name;
	size_t at;
	size_t width; /* integers up to 8; UUIDs 16; text above */
};

static const struct field super_fields[] = {
	{ "magic", 0, 8 },      { "version", 8, 8 },         { "log_offset", 16, 8 },
	{ "log_len", 24, 8 },   { "alloc_unit", 32, 8 },     { "omf_major", 40, 4 },
	{ "omf_minor", 44, 4 }, { "fs_uuid", 48, 16 },       { "dev_uuid", 64, 16 },
	{ "sys_uuid", 80, 16 }, { "crc", OMF_SUPER_CRC, 8 }, { "sb_flags", 104, 4 },
	{ "dd_size", 112, 8 },  { "dd_uuid", 120, 16 },      { "dd_daxdev", 136, 64 },
	{ NULL, 0, 0 },
};

static const struct field header_fields[] = {
	{ "magic", 0, 8 },
	{ "len", 8, 8 },
	{ "last_index", 16, 8 },
	{ "crc", OMF_HEADER_CRC, 8 },
	{ "next_seqnum", OMF_HEADER_SEQNUM, 8 },
	{ "next_index", OMF_HEADER_INDEX, 8 },
	{ NULL, 0, 0 },
};

static const struct field file_fields[] = {
	{ "seqnum", 0, 8 },
	{ "type", 8, 4 },
	{ "size", 16, 8 },
	{ "flags", 24, 4 },
	{ "uid", 28, 4 },
	{ "gid", 32, 4 },
	{ "mode", 36, 4 },
	{ "path", 40, OMF_PATH_SIZE },
	{ "ext_type", 120, 4 },
	{ "nextents", 128, 4 },
	{ "nstrips", 136, 8 },
	{ "chunk", 144, 8 },
	{ "crc", OMF_ENTRY_CRC, 8 },
	{ NULL, 0, 0 },
};

static const struct field mkdir_fields[] = {
	{ "seqnum", 0, 8 },
	{ "type", 8, 4 },
	{ "uid", 16, 4 },
	{ "gid", 20, 4 },
	{ "mode", 24, 4 },
	{ "path", 28, OMF_PATH_SIZE },
	{ "crc", OMF_ENTRY_CRC, 8 },
	{ NULL, 0, 0 },
};

static int image;
static uint8_t *mapped; /* of a DAX device, which has no read and write */
static uint64_t image_size;

static void __attribute__((format(printf, 1, 2), noreturn)) die(const char *format, ...)
{
	va_list args;

	va_start(args, format);
	fputs("omfedit: ", stderr);
	vfprintf(stderr, format, args);
	fputc('\n', stderr);
	va_end(args);
	exit(1);
}

/* A DAX device's node does not say how large it is. */
static uint64_t node_size(dev_t node)
{
	char path[64];
	uint64_t size = 0;
	FILE *f;

	snprintf(path, sizeof(path), "/sys/dev/char/%u:%u/size", major(node), minor(node));
	f = fopen(path, "re");
	if (!f || fscanf(f, "%" SCNu64, &size) != 1)
		die("cannot read '%s'", path);
	fclose(f);
	return size;
}

static void open_image(const char *path)
{
	struct stat st;

	image = open(path, O_RDWR | O_CLOEXEC);
	if (image < 0)
		image = open(path, O_RDONLY | O_CLOEXEC);
	if (image < 0 || fstat(image, &st))
		die("cannot open '%s': %s", path, strerror(errno));
	image_size = (uint64_t)st.st_size;
	if (!S_ISCHR(st.st_mode))
		return;
	image_size = node_size(st.st_rdev);
	mapped = mmap(NULL, image_size, PROT_READ | PROT_WRITE, MAP_SHARED, image, 0);
	if (mapped == MAP_FAILED)
		die("cannot map '%s': %s", path, strerror(errno));
}

static bool inside(uint64_t offset, size_t length)
{
	return offset <= image_size && length <= image_size - offset;
}

static void read_at(uint64_t offset, void *buf, size_t length)
{
	if (mapped && inside(offset, length))
		memcpy(buf, mapped + offset, length);
	else if (pread(image, buf, length, (off_t)offset) != (ssize_t)length)
		die("short read of %zu bytes at %" PRIu64, length, offset);
}

static void write_at(uint64_t offset, const void *buf, size_t length)
{
	if (mapped && inside(offset, length))
		memcpy(mapped + offset, buf, length);
	else if (pwrite(image, buf, length, (off_t)offset) != (ssize_t)length)
		die("short write of %zu bytes at %" PRIu64, length, offset);
}

static uint64_t number(const char *text)
{
	char *end;
	uint64_t value;

	errno = 0;
	value = strtoull(text, &end, 0);
	if (errno || !*text || *end)
		die("'%s' is not a number", text);
	return value;
}

/* UUIDs lie on the medium in the order of their text. */
static void put_uuid(uint8_t *at, const char *text)
{
	for (size_t i = 0; i < 16; i++) {
		unsigned int byte;

		text += *text == '-';
		if (sscanf(text, "%2x", &byte) != 1)
			die("not a UUID");
		at[i] = (uint8_t)byte;
		text += 2;
	}
}

static void put_field(uint8_t *base, const struct field *field, const char *value)
{
	if (field->width <= 8) {
		omf_put(base + field->at, field->width, number(value));
	} else if (field->width == 16) {
		put_uuid(base + field->at, value);
	} else {
		size_t length = strlen(value);

		memset(base + field->at, 0, field->width);
		memcpy(base + field->at, value, length < field->width ? length : field->width);
	}
}

/* "offset.2": strip or extent 2, wherever the type of the map puts it. */
static bool put_extent(uint8_t *entry, const char *name, size_t length, const char *value)
{
	static const struct field parts[] = { { "devindex.", 0, 8 },
					      { "offset.", 8, 8 },
					      { "length.", 16, 8 } };
	size_t base = omf_get(entry + 120, 4) == 1 ? 152 : 136;

	for (size_t i = 0; i < 3; i++) {
		size_t prefix = strlen(parts[i].name);

		if (length <= prefix || strncmp(name, parts[i].name, prefix))
			continue;
		omf_put(entry + base + 24 * strtoul(name + prefix, NULL, 10) + parts[i].at, 8,
			number(value));
		return true;
	}
	return false;
}

/* Applies FIELD=VALUE...; says whether the CRC was among them. */
static bool apply(uint8_t *base, const struct field *fields, const char *const *assignments)
{
	bool crc_given = false;

	for (; *assignments; assignments++) {
		const char *equals = strchr(*assignments, '=');
		const struct field *field = fields;
		size_t length;

		if (!equals)
			die("expected FIELD=VALUE, got '%s'", *assignments);
		length = (size_t)(equals - *assignments);
		while (field->name && (strlen(field->name) != length ||
				       strncmp(field->name, *assignments, length)))
			field++;
		if (field->name)
			put_field(base, field, equals + 1);
		else if (fields != file_fields ||
			 !put_extent(base, *assignments, length, equals + 1))
			die("no field '%.*s' here", (int)length, *assignments);
		crc_given |= field->name && !strcmp(field->name, "crc");
	}
	return crc_given;
}

/* ---- show ---- */

static void show_text(const uint8_t *at, size_t size)
{
	putchar('"');
	for (size_t i = 0; i < size && at[i]; i++) {
		if (at[i] == '"' || at[i] == '\\')
			printf("\\%c", at[i]);
		else if (at[i] < 0x20 || at[i] > 0x7e)
			printf("\\u%04x", at[i]);
		else
			putchar(at[i]);
	}
	putchar('"');
}

static void show_fields(const uint8_t *base, const struct field *fields)
{
	for (const struct field *field = fields; field->name; field++) {
		const uint8_t *at = base + field->at;

		printf("\"%s\": ", field->name);
		if (field->width == 16) {
			putchar('"');
			for (size_t i = 0; i < 16; i++)
				printf("%s%02x", i == 4 || i == 6 || i == 8 || i == 10 ? "-" : "",
				       at[i]);
			fputs("\", ", stdout);
		} else if (field->width > 16) {
			show_text(at, field->width);
			fputs(", ", stdout);
		} else {
			printf("%" PRIu64 ", ", omf_get(at, field->width));
		}
	}
}

static void show_map(const uint8_t *entry)
{
	bool striped = omf_get(entry + 120, 4) == 1;
	uint64_t count = striped ? omf_get(entry + 136, 8) : omf_get(entry + 128, 4);

	printf(", \"ext_type\": %d, \"nextents\": %" PRIu64, striped, omf_get(entry + 128, 4));
	if (striped)
		printf(", \"nstrips\": %" PRIu64 ", \"chunk\": %" PRIu64, count,
		       omf_get(entry + 144, 8));
	fputs(", \"ext\": [", stdout);
	for (uint64_t i = 0; i < count && i < OMF_MAX_EXTENTS; i++) {
		const uint8_t *extent = entry + (striped ? 152 : 136) + 24 * i;

		printf("%s[%" PRIu64 ", %" PRIu64 ", %" PRIu64 "]", i ? ", " : "",
		       omf_get(extent, 8), omf_get(extent + 8, 8), omf_get(extent + 16, 8));
	}
	putchar(']');
}

static void show_entry(uint64_t index)
{
	uint8_t entry[OMF_ENTRY_SIZE];
	uint64_t type, crc;
	bool file;

	read_at(omf_entry_offset(index), entry, sizeof(entry));
	type = omf_get(entry + 8, 4);
	crc = omf_get(entry + OMF_ENTRY_CRC, 8);
	file = type == OMF_TYPE_FILE;
	printf("%s\n{\"index\": %" PRIu64 ", \"seqnum\": %" PRIu64
	       ", \"type\": \"%s\", \"crc\": %" PRIu64,
	       index ? "," : "", index, omf_get(entry, 8),
	       file                     ? "FILE"
	       : type == OMF_TYPE_MKDIR ? "MKDIR"
					: "OTHER",
	       crc);
	printf(", \"crc_ok\": %s, \"seq_ok\": %s",
	       crc == omf_crc32(entry, OMF_ENTRY_CRC) ? "true" : "false",
	       omf_get(entry, 8) == index ? "true" : "false");
	if (file)
		printf(", \"size\": %" PRIu64 ", \"flags\": %" PRIu64, omf_get(entry + 16, 8),
		       omf_get(entry + 24, 4));
	printf(", \"uid\": %" PRIu64 ", \"gid\": %" PRIu64 ", \"mode\": \"0o%" PRIo64
	       "\", \"path\": ",
	       omf_get(entry + (file ? 28 : 16), 4), omf_get(entry + (file ? 32 : 20), 4),
	       omf_get(entry + (file ? 36 : 24), 4));
	show_text(entry + (file ? 40 : 28), OMF_PATH_SIZE);
	if (file)
		show_map(entry);
	putchar('}');
}

static void show(void)
{
	uint8_t super[OMF_SUPER_SIZE], header[OMF_HEADER_SIZE];
	uint64_t entries;

	read_at(0, super, sizeof(super));
	read_at(OMF_HEADER_AT, header, sizeof(header));
	entries = omf_get(header + OMF_HEADER_INDEX, 8);
	fputs("{\"superblock\": {", stdout);
	show_fields(super, super_fields);
	printf("\"crc_ok\": %s},\n\"log\": {",
	       omf_get(super + OMF_SUPER_CRC, 8) == omf_crc32(super, OMF_SUPER_CRC) ? "true"
										    : "false");
	show_fields(header, header_fields);
	printf("\"crc_ok\": %s},\n\"entries\": [",
	       omf_get(header + OMF_HEADER_CRC, 8) == omf_crc32(header, OMF_HEADER_CRC) ? "true"
											: "false");
	for (uint64_t i = 0; i < entries && i <= omf_get(header + 16, 8); i++)
		show_entry(i);
	puts("]}");
}

/* ---- change ---- */

static void set_entry(uint64_t index, uint8_t *entry, const char *const *assignments)
{
	const struct field *fields;

	/* The type decides which fields there are; a type that is being set counts already. */
	for (const char *const *a = assignments; *a; a++)
		if (!strncmp(*a, "type=", 5))
			omf_put(entry + 8, 4, number(*a + 5));
	fields = omf_get(entry + 8, 4) == OMF_TYPE_MKDIR ? mkdir_fields : file_fields;
	if (!apply(entry, fields, assignments))
		omf_seal_entry(entry);
	write_at(omf_entry_offset(index), entry, OMF_ENTRY_SIZE);
}

static void set(const char *where, const char *const *assignments)
{
	uint8_t buf[OMF_ENTRY_SIZE];

	if (!strcmp(where, "super")) {
		read_at(0, buf, OMF_SUPER_SIZE);
		if (!apply(buf, super_fields, assignments))
			omf_seal_super(buf);
		write_at(0, buf, OMF_SUPER_SIZE);
	} else if (!strcmp(where, "header")) {
		read_at(OMF_HEADER_AT, buf, OMF_HEADER_SIZE);
		if (!apply(buf, header_fields, assignments))
			omf_seal_header(buf);
		write_at(OMF_HEADER_AT, buf, OMF_HEADER_SIZE);
	} else {
		read_at(omf_entry_offset(number(where)), buf, sizeof(buf));
		set_entry(number(where), buf, assignments);
	}
}

static uint64_t next_index(void)
{
	uint8_t raw[8];

	read_at(OMF_HEADER_AT + OMF_HEADER_INDEX, raw, sizeof(raw));
	return omf_get(raw, sizeof(raw));
}

static void publish(uint64_t next)
{
	uint8_t raw[16];

	omf_put(raw, 8, next);
	omf_put(raw + 8, 8, next);
	write_at(OMF_HEADER_AT + OMF_HEADER_SEQNUM, raw, sizeof(raw));
}

static void append(const char *const *assignments)
{
	uint8_t entry[OMF_ENTRY_SIZE] = { 0 };
	uint64_t index = next_index();

	omf_put(entry, 8, index);
	omf_put(entry + 24, 4, 2); /* the flags that writers give every file */
	for (const char *const *a = assignments; *a; a++)
		if (!strcmp(*a, "type=1"))
			omf_put(entry + 24, 4, 0);
	set_entry(index, entry, assignments);
	publish(index + 1);
}

static void fill(uint64_t count)
{
	uint64_t index = next_index();

	for (uint64_t i = 0; i < count; i++, index++) {
		uint8_t entry[OMF_ENTRY_SIZE] = { 0 };

		omf_put(entry, 8, index);
		omf_put(entry + 8, 4, OMF_TYPE_MKDIR);
		omf_put(entry + 24, 4, 0755);
		snprintf((char *)entry + 28, OMF_PATH_SIZE, "fill%06" PRIu64, index);
		omf_seal_entry(entry);
		write_at(omf_entry_offset(index), entry, sizeof(entry));
	}
	publish(index);
}

static void format(uint64_t log_length)
{
	uint8_t super[OMF_SUPER_SIZE] = { 0 }, header[OMF_HEADER_SIZE] = { 0 };
	static const char *const fields[] = { "magic=0x87b282ff",
					      "version=48",
					      "log_offset=0x200000",
					      "alloc_unit=0x200000",
					      "omf_major=2",
					      "omf_minor=2",
					      "fs_uuid=f0f0f0f0-0000-4000-8000-000000000001",
					      "dev_uuid=f0f0f0f0-0000-4000-8000-000000000002",
					      "sys_uuid=f0f0f0f0-0000-4000-8000-000000000003",
					      "dd_daxdev=medium",
					      NULL };

	apply(super, super_fields, fields);
	omf_put(super + 24, 8, log_length);
	omf_put(super + 112, 8, image_size);
	omf_seal_super(super);
	write_at(0, super, sizeof(super));
	omf_put(header, 8, OMF_HEADER_MAGIC);
	omf_put(header + 8, 8, log_length);
	omf_put(header + 16, 8, (log_length - OMF_HEADER_SIZE) / OMF_ENTRY_SIZE - 1);
	omf_seal_header(header);
	write_at(OMF_HEADER_AT, header, sizeof(header));
}

/* One control byte, then the entries: what fuzz_medium.c puts behind its own superblock. */
static void fuzz_seed(void)
{
	uint8_t entry[OMF_ENTRY_SIZE];
	uint64_t entries = next_index();

	for (int i = 0; i < 1 + OMF_SUPER_SIZE + OMF_HEADER_SIZE; i++)
		putchar(i ? 0 : 128 + 7);
	for (uint64_t i = 0; i < entries && i < 12; i++) {
		read_at(omf_entry_offset(i), entry, sizeof(entry));
		fwrite(entry, 1, sizeof(entry), stdout);
	}
}

/* To standard output. */
static void copy_out(uint64_t offset, uint64_t length)
{
	static uint8_t block[1 << 20];

	while (length) {
		size_t n = length < sizeof(block) ? (size_t)length : sizeof(block);

		read_at(offset, block, n);
		if (fwrite(block, 1, n, stdout) != n)
			die("cannot write to standard output");
		offset += n;
		length -= n;
	}
}

/* All of standard input. */
static void copy_in(uint64_t offset)
{
	static uint8_t block[1 << 20];
	size_t n;

	while ((n = fread(block, 1, sizeof(block), stdin)) > 0) {
		write_at(offset, block, n);
		offset += n;
	}
}

int main(int argc, char **argv)
{
	const char *command = argc > 2 ? argv[2] : "";

	if (argc < 3)
		die("usage: omfedit IMAGE show|set|append|fill|format|read|write|fuzz-seed ...");
	open_image(argv[1]);
	if (!strcmp(command, "show"))
		show();
	else if (!strcmp(command, "set") && argc > 3)
		set(argv[3], (const char *const *)argv + 4);
	else if (!strcmp(command, "append"))
		append((const char *const *)argv + 3);
	else if (!strcmp(command, "fill") && argc > 3)
		fill(number(argv[3]));
	else if (!strcmp(command, "format"))
		format(argc > 3 ? number(argv[3]) : 0x800000);
	else if (!strcmp(command, "read") && argc > 4)
		copy_out(number(argv[3]), number(argv[4]));
	else if (!strcmp(command, "write") && argc > 3)
		copy_in(number(argv[3]));
	else if (!strcmp(command, "fuzz-seed"))
		fuzz_seed();
	else
		die("unknown command '%s'", command);
	return 0;
}
