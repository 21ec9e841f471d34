/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Whatever a medium holds, the library opens it or says why not, shows each byte of its structures,
 * and stays whole.
 *
 * Input: one control byte, then 200 bytes that are xored onto a valid superblock and 48 onto a
 * valid log header, then log entries as they are. The bits of the control byte, below, say among
 * others what is made consistent again, so that the fuzzer gets past the checks one by one.
 */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include "../tools/omf.h"
#include "famfs_inspect.h"

enum {
	FIX_SUPER = 1, /* CRCs */
	FIX_HEADER = 2,
	FIX_ENTRIES = 4,
	FIX_SEQNUMS = 8,
	CUT_DATA = 16, /* the device ends after the first unit of data */
	CUT_LOG = 32,  /* the device ends in the log */
	REPAIR = 64,
	GOOD_TAIL = 128, /* a bad last entry gets time to arrive, which takes long */
	LOG_LENGTH = 0x800000,
	MAX_ENTRIES = 64,
};

#define DEVICE_SIZE UINT64_C(0x100000000)

static const char master[] = "f0f0f0f0-0000-4000-8000-000000000003";
static char path[4096];
static int image = -1;

static void remove_image(void)
{
	unlink(path);
}

int LLVMFuzzerInitialize(int *argc, char ***argv);
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerInitialize(int *argc, char ***argv)
{
	const char *dir = getenv("TMPDIR");

	(void)argc, (void)argv;
	snprintf(path, sizeof(path), "%s/fuzz-medium.XXXXXX", dir ? dir : "/tmp");
	image = mkstemp(path);
	if (image < 0)
		abort();
	atexit(remove_image);
	return setenv("FAMFS_SYSTEM_UUID", master, 1);
}

static void put(uint64_t offset, const void *buf, size_t length)
{
	if (pwrite(image, buf, length, (off_t)offset) != (ssize_t)length)
		abort();
}

static void take(uint8_t *to, size_t want, const uint8_t **data, size_t *size)
{
	size_t n = *size < want ? *size : want;

	for (size_t i = 0; i < n; i++)
		to[i] ^= (*data)[i];
	*data += n;
	*size -= n;
}

static void make_super(uint8_t control, const uint8_t **data, size_t *size)
{
	uint8_t super[OMF_SUPER_SIZE] = { 0 };

	omf_put(super, 8, OMF_SUPER_MAGIC);
	omf_put(super + 8, 8, 48);
	omf_put(super + 16, 8, OMF_UNIT);
	omf_put(super + 24, 8, LOG_LENGTH);
	omf_put(super + 32, 8, OMF_UNIT);
	omf_put(super + 40, 4, 2);
	omf_put(super + 44, 4, 2);
	memset(super + 48, 0xf0, 48);
	memcpy(super + 80, "\xf0\xf0\xf0\xf0\0\0\x40\0\x80\0\0\0\0\0\0\3", 16);
	omf_put(super + 112, 8, DEVICE_SIZE);
	omf_seal_super(super);
	take(super, sizeof(super), data, size);
	if (control & FIX_SUPER)
		omf_seal_super(super);
	put(0, super, sizeof(super));
}

static void make_log(uint8_t control, const uint8_t **data, size_t *size)
{
	uint8_t header[OMF_HEADER_SIZE] = { 0 }, changes[OMF_HEADER_SIZE] = { 0 };
	uint8_t entry[OMF_ENTRY_SIZE];
	uint64_t count = 0;

	take(changes, sizeof(changes), data, size);
	for (; *size >= OMF_ENTRY_SIZE / 2 && count < MAX_ENTRIES; count++) {
		memset(entry, 0, sizeof(entry));
		take(entry, sizeof(entry), data, size);
		if (control & FIX_SEQNUMS)
			omf_put(entry, 8, count);
		if (control & FIX_ENTRIES)
			omf_seal_entry(entry);
		put(omf_entry_offset(count), entry, sizeof(entry));
	}
	if (control & GOOD_TAIL) {
		memset(entry, 0, sizeof(entry));
		omf_put(entry, 8, count);
		omf_put(entry + 8, 4, OMF_TYPE_MKDIR);
		omf_put(entry + 24, 4, 0755);
		memcpy(entry + 28, "tail", 4);
		omf_seal_entry(entry);
		put(omf_entry_offset(count++), entry, sizeof(entry));
	}
	omf_put(header, 8, OMF_HEADER_MAGIC);
	omf_put(header + 8, 8, LOG_LENGTH);
	omf_put(header + 16, 8, (LOG_LENGTH - OMF_HEADER_SIZE) / OMF_ENTRY_SIZE - 1);
	omf_put(header + OMF_HEADER_SEQNUM, 8, count);
	omf_put(header + OMF_HEADER_INDEX, 8, count);
	omf_seal_header(header);
	for (size_t i = 0; i < sizeof(header); i++)
		header[i] ^= changes[i];
	if (control & FIX_HEADER)
		omf_seal_header(header);
	put(OMF_HEADER_AT, header, sizeof(header));
}

static void read_some(struct famfs_volume *vol, const char *name)
{
	struct famfs_file *file;
	char buf[512];

	if (famfs_file_open(vol, name, &file, NULL) < 0)
		return;
	uint64_t size = famfs_file_size(file);
	size_t length = size < sizeof(buf) ? size : sizeof(buf);

	(void)famfs_file_read(file, 0, buf, length, NULL);
	(void)famfs_file_read(file, size - length, buf, length, NULL);
	(void)famfs_file_read(file, size, buf, 1, NULL);
	famfs_file_close(file);
}

/* Everything that a walk shows can be looked up, and its facts are consistent. */
static int visit(void *arg, const char *name, const struct famfs_stat *st)
{
	struct famfs_volume *vol = arg;
	struct famfs_fmap fmap;
	struct famfs_stat again;

	if (famfs_stat(vol, name, &again, NULL) < 0 || again.inode != st->inode)
		abort();
	/* A path is shown normalised and outside of .meta, in whatever form it is recorded; it may
	 * have a byte more than one that is written. */
	if (*name && strlen(name) <= FAMFS_MAX_PATH) {
		int ret = famfs_path_check(name, NULL);

		if (ret != 0 && ret != -EILSEQ)
			abort();
	}
	if (!S_ISREG(st->mode))
		return 0;
	if (famfs_fmap(vol, name, &fmap, NULL) < 0 || fmap.nextents > FAMFS_MAX_EXTENTS ||
	    fmap.size != st->size)
		abort();
	for (uint32_t i = 0; i < fmap.nextents; i++)
		if (fmap.extents[i].daxdev == 0 &&
		    fmap.extents[i].offset + fmap.extents[i].length > DEVICE_SIZE)
			abort();
	read_some(vol, name);
	return 0;
}

static void use(const struct famfs_target *target)
{
	const struct famfs_volume_params params = { .write = true };
	const struct famfs_create_params file = { .size = 5000000, .mode = 0644, .no_zero = true };
	const struct famfs_mkdir_params dir = { .mode = 0755, .parents = true };
	struct famfs_error err = { 0 };
	struct famfs_volume *vol;
	struct famfs_info info;

	if (famfs_open(target, &params, &vol, &err) < 0) {
		if (!err.message[0])
			abort();
		return;
	}
	famfs_info(vol, &info);
	(void)famfs_walk(vol, "", true, visit, vol, &err);
	(void)famfs_mkdir(vol, "fuzz/a", &dir, &err);
	(void)famfs_create_unfilled(vol, "fuzz-file", &file, &err);
	(void)famfs_catch_up(vol, &err);
	famfs_info(vol, &info);
	famfs_close(vol);
}

static bool yes(void *arg, const struct famfs_problem *problem)
{
	(void)arg, (void)problem;
	return true;
}

static void report(void *arg, const struct famfs_problem *problem)
{
	(void)arg;
	if (problem->fault == FAMFS_FAULT_NONE || !problem->path || !problem->message ||
	    !problem->message[0])
		abort();
}

static void check(const struct famfs_target *target, bool repair)
{
	const struct famfs_fsck_params params = {
		.repair = repair,
		.report = report,
		.confirm = yes,
	};
	struct famfs_fsck_result result = { 0 };
	struct famfs_error err = { 0 };

	if (famfs_fsck(target, &params, &result, &err) < 0 && !err.message[0])
		abort();
}

static int cover(void *arg, const struct famfs_raw_field *field)
{
	size_t *done = arg;

	if (field->at != *done || !field->size || strlen(field->meaning) >= sizeof(field->meaning))
		abort();
	*done += field->size;
	return 0;
}

/* Each byte is in one field. */
static void look_at(const struct famfs_raw *raw)
{
	size_t done = 0;

	if (famfs_raw_fields(raw, cover, &done) || done != raw->size)
		abort();
	if (raw->fault && !raw->message[0])
		abort();
}

static int look_at_entry(void *arg, const struct famfs_log_entry *entry)
{
	(void)arg;
	look_at(entry->raw);
	if (entry->fmap.nextents > FAMFS_MAX_EXTENTS || strlen(entry->path) >= sizeof(entry->path))
		abort();
	for (uint32_t i = 0; i < entry->fmap.nextents; i++) {
		const struct famfs_extent *extent = &entry->fmap.extents[i];

		if (extent->daxdev == 0 && !(entry->unusable_extents >> i & 1) &&
		    (extent->offset < FAMFS_ALLOC_UNIT || extent->offset > DEVICE_SIZE ||
		     extent->length > DEVICE_SIZE - extent->offset))
			abort();
	}
	return 0;
}

static void look(const struct famfs_target *target)
{
	struct famfs_error err = { 0 };
	struct famfs_inspect_info info;
	struct famfs_inspect *inspect;
	struct famfs_raw raw;

	/* The device always reaches into the log. */
	if (famfs_inspect_open(target, &inspect, &err) < 0)
		abort();
	famfs_inspect_info(inspect, &info);
	if (info.published > info.log_capacity || info.usable_size > DEVICE_SIZE)
		abort();
	if (famfs_inspect_super(inspect, &raw, &err) < 0)
		abort();
	look_at(&raw);
	if (famfs_inspect_log_header(inspect, &raw, &err) < 0)
		abort();
	look_at(&raw);
	if (famfs_inspect_entries(inspect, 0, MAX_ENTRIES + 8, look_at_entry, NULL, &err) < 0)
		abort();
	famfs_inspect_close(inspect);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct famfs_target target = { .device = path };
	uint8_t control = size ? *data : 0;
	uint64_t length = DEVICE_SIZE;

	data += size != 0;
	size -= size != 0;
	if (control & CUT_DATA)
		length = OMF_UNIT + LOG_LENGTH + OMF_UNIT;
	if (control & CUT_LOG)
		length = OMF_UNIT + 0x1800;
	if (ftruncate(image, 0) || ftruncate(image, (off_t)DEVICE_SIZE))
		abort();
	make_super(control, &data, &size);
	make_log(control, &data, &size);
	if (ftruncate(image, (off_t)length))
		abort();
	look(&target);
	check(&target, false);
	use(&target);
	if (control & REPAIR)
		check(&target, true);
	return 0;
}
