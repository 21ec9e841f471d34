/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A medium that changes while it is read: at chosen reads, words of it become others, as if another
 * host wrote there. Open, catch-up, walk, append, check and repair stay whole, stay within the
 * device. A repair stores only entries and headers that are sound, it has saved what it overwrites,
 * and what it overwrites is what the user was asked about.
 *
 * Input: changes of 12 bytes each: after so many reads (10 bits) and how (6 bits, see enum flag), a
 * place in superblock, header or entries (2), and the word there (8).
 */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "base/crc.h"
#include "device/device.h"
#include "fs/volume.h"

enum {
	SIZE = 32 << 20,
	CHANGE = 12,
	ENTRIES = 6,
	WATCHED = 16, /* number of entries from the first that are checked against a repair */
};

/* The kind of a change; in its second byte. */
enum flag {
	SEAL = 0x80,     /* the CRC of the entry is made right */
	BAD_MODE = 0x40, /* the word is put into the entry's mode, where a repair drops most bits */
	IN_REPAIR = 0x20,  /* reads are counted only while there is a repair */
	SAME_ENTRY = 0x10, /* the place is in the entry of the previous change */
};

static const char master[] = "f0f0f0f0-0000-4000-8000-000000000003";
static unsigned char *memory, *pristine;
static const uint8_t *changes;
static size_t changes_left;
static unsigned reads;
static uint64_t changed_entry;

/* For a repair: entries as they were last read, as they were when the user was asked about them,
 * and as they were saved. */
static bool repairing;
static struct omf_entry seen[WATCHED], asked[WATCHED], saved[WATCHED];
static bool was_asked[WATCHED], was_saved[WATCHED];

static void check(bool good, const char *what)
{
	if (good)
		return;
	fprintf(stderr, "%s\n", what);
	abort();
}

static uint64_t number(const uint8_t *at, size_t size)
{
	uint64_t value = 0;

	memcpy(&value, at, size);
	return value;
}

/* Words of the superblock, the log header and the first entries. */
static uint64_t place_of(uint64_t word)
{
	const uint64_t super = sizeof(struct omf_super) / 8;

	if (word % 4 == 0)
		return word / 4 % super * 8;
	return OMF_LOG_OFFSET +
	       word / 4 % ((48 + (ENTRIES + 4) * sizeof(struct omf_entry)) / 8) * 8;
}

static struct omf_entry *entry_at(uint64_t index)
{
	return (void *)(memory + omf_entry_offset(index));
}

static void set_mode(struct omf_entry *raw, uint64_t bits)
{
	le32 *mode = le32_get(raw->type) == OMF_MKDIR ? &raw->mkdir.mode : &raw->file.mode;

	*mode = le32_make((uint32_t)bits);
}

/* Superblock and log header have neither an entry CRC nor a mode to set. */
static void change_word(uint8_t how, uint64_t place, const uint8_t word[8])
{
	bool in_entry;

	if (how & SAME_ENTRY)
		place = omf_entry_offset(changed_entry) + place / 8 % 68 * 8;
	in_entry = place >= omf_entry_offset(0);
	if (in_entry)
		changed_entry = (place - omf_entry_offset(0)) / sizeof(struct omf_entry);
	if (in_entry && how & BAD_MODE)
		set_mode(entry_at(changed_entry), number(word, 8));
	else
		memcpy(memory + place, word, 8);
	if (in_entry && how & SEAL)
		entry_at(changed_entry)->crc =
			le64_make(crc32_of(entry_at(changed_entry), OMF_ENTRY_CRC_BYTES));
}

static bool is_due(void)
{
	if (changes_left < CHANGE || ((changes[1] & IN_REPAIR) && !repairing))
		return false;
	return number(changes, 2) % 1024 <= reads;
}

static void change_memory(void)
{
	if (changes_left >= CHANGE && (repairing || !(changes[1] & IN_REPAIR)))
		reads++;
	while (is_due()) {
		change_word(changes[1], place_of(number(changes + 2, 2)), changes + 4);
		changes += CHANGE;
		changes_left -= CHANGE;
		reads = 0;
	}
}

/* Records the entries that were read completely. */
static void see(uint64_t offset, uint64_t length)
{
	for (uint64_t i = 0; i < WATCHED; i++)
		if (offset <= omf_entry_offset(i) && omf_entry_offset(i + 1) <= offset + length)
			seen[i] = *entry_at(i);
}

static int fuzz_read(struct device *dev, uint64_t offset, void *buf, size_t length)
{
	check(offset <= dev->size && length <= dev->size - offset, "read leaves the device");
	change_memory();
	memcpy(buf, memory + offset, length);
	see(offset, length);
	return 0;
}

/* A repair replaces an entry by an invalid one, if the user agreed, or changes its mode only. */
static void check_entry(uint64_t index, const struct omf_entry *new)
{
	const struct omf_entry *old = entry_at(index);
	struct omf_entry mended = *old;
	struct record rec;

	check(record_decode(new, index, NULL, &rec, NULL) == FAMFS_FAULT_NONE, "entry of a repair");
	if (index >= WATCHED)
		return;
	check(was_saved[index] && memcmp(&saved[index], old, sizeof(*old)) == 0,
	      "an entry was overwritten that was not saved");
	if (le32_get(new->type) == OMF_INVALID) {
		check(was_asked[index] && memcmp(&asked[index], old, sizeof(*old)) == 0,
		      "an entry was given up that was not asked about");
		return;
	}
	set_mode(&mended, rec.mode);
	mended.crc = new->crc;
	check(memcmp(&mended, new, sizeof(mended)) == 0, "more than a mode was changed");
}

/* A reader finds no fault in the entries that a repair writes. */
static void check_repair(uint64_t offset, const void *buf, size_t length)
{
	struct omf_entry entry;
	struct fault_text why;

	if (offset == OMF_LOG_OFFSET && length == sizeof(struct omf_log_header)) {
		check(log_header_check(buf, OMF_LOG_LENGTH_MIN, &why) == 0, "header of a repair");
		return;
	}
	if (offset < omf_entry_offset(0) || length != sizeof(entry))
		return;
	memcpy(&entry, buf, sizeof(entry));
	check_entry((offset - omf_entry_offset(0)) / sizeof(entry), &entry);
}

static int fuzz_write(struct device *dev, uint64_t offset, const void *buf, size_t length)
{
	check(offset <= dev->size && length <= dev->size - offset, "write leaves the device");
	if (repairing)
		check_repair(offset, buf, length);
	memcpy(memory + offset, buf, length);
	return 0;
}

static int fuzz_zero(struct device *dev, uint64_t offset, uint64_t length)
{
	check(offset <= dev->size && length <= dev->size - offset, "zeroing leaves the device");
	memset(memory + offset, 0, length);
	return 0;
}

static void fuzz_close(struct device *dev)
{
	free(dev);
}

static const struct device_ops ops = {
	.kind = "memory that changes",
	.read = fuzz_read,
	.write = fuzz_write,
	.zero = fuzz_zero,
	.close = fuzz_close,
};

int __wrap_device_open(const char *path, enum device_access access, struct device **out,
		       struct famfs_error *err);
int __wrap_nanosleep(const struct timespec *request, struct timespec *left);
int __wrap_clock_gettime(clockid_t clock, struct timespec *ts);

int __wrap_device_open(const char *path, enum device_access access, struct device **out,
		       struct famfs_error *err)
{
	struct device *dev = calloc(1, sizeof(*dev));

	(void)err;
	check(dev != NULL, "memory");
	dev->ops = &ops;
	dev->path = strdup(path);
	dev->size = SIZE;
	dev->writable = access != DEVICE_READ;
	dev->fd = -1;
	*out = dev;
	return 0;
}

/* Sleep takes no time, so that a torn end does not make the fuzzer slow. */
static uint64_t clock_ns = 1000000000;

int __wrap_nanosleep(const struct timespec *request, struct timespec *left)
{
	(void)left;
	clock_ns += (uint64_t)request->tv_nsec + (uint64_t)request->tv_sec * 1000000000;
	return 0;
}

int __wrap_clock_gettime(clockid_t clock, struct timespec *ts)
{
	(void)clock;
	ts->tv_sec = (time_t)(clock_ns / 1000000000);
	ts->tv_nsec = (long)(clock_ns % 1000000000);
	return 0;
}

static char name[] = "/dev/null";
static const struct famfs_target target = { .device = name };

static struct famfs_volume *open_it(bool write)
{
	const struct famfs_volume_params params = { .write = write };
	struct famfs_error err = { 0 };
	struct famfs_volume *vol;

	if (famfs_open(&target, &params, &vol, &err) == 0)
		return vol;
	check(err.message[0], "an error without a message");
	return NULL;
}

static void add_all(struct famfs_volume *vol)
{
	const struct famfs_create_params file = { .size = 2 << 20, .mode = 0644, .no_zero = true };
	const struct famfs_mkdir_params dir = { .mode = 0755 };

	for (int i = 0; i < ENTRIES; i++) {
		char path[16];

		snprintf(path, sizeof(path), i % 3 ? "d0/f%d" : "d%d", i);
		if (i % 3)
			(void)famfs_create_unfilled(vol, path, &file, NULL);
		else
			(void)famfs_mkdir(vol, path, &dir, NULL);
	}
}

int LLVMFuzzerInitialize(int *argc, char ***argv);
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerInitialize(int *argc, char ***argv)
{
	struct superblock sb = { .version = OMF_SUPER_VERSION,
				 .log_length = OMF_LOG_LENGTH_MIN,
				 .alloc_unit = OMF_ALLOC_UNIT,
				 .major = OMF_MAJOR,
				 .minor = OMF_MINOR,
				 .uuid = { 0xf0 },
				 .dev_uuid = { 0xde },
				 .system_uuid = { 0xf0, 0xf0, 0xf0, 0xf0, 0, 0, 0x40, 0, 0x80, 0, 0,
						  0, 0, 0, 0, 3 },
				 .recorded_size = SIZE };
	struct famfs_volume *vol;

	(void)argc, (void)argv;
	setenv("FAMFS_SYSTEM_UUID", master, 1);
	memory = mmap(NULL, SIZE, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	pristine = calloc(1, OMF_LOG_OFFSET + 65536);
	check(memory != MAP_FAILED && pristine, "memory");
	superblock_encode((void *)memory, &sb);
	log_header_encode((void *)(memory + OMF_LOG_OFFSET), sb.log_length);
	vol = open_it(true);
	check(vol != NULL, "the medium cannot be opened");
	add_all(vol);
	famfs_close(vol);
	memcpy(pristine, memory, OMF_LOG_OFFSET + 65536);
	return 0;
}

static int visit(void *arg, const char *path, const struct famfs_stat *st)
{
	struct famfs_volume *vol = arg;
	struct famfs_fmap fmap;

	if ((st->mode & 0170000) == 0100000 && famfs_fmap(vol, path, &fmap, NULL) == 0)
		for (uint32_t i = 0; i < fmap.nextents; i++)
			check(fmap.extents[i].daxdev != 0 ||
				      fmap.extents[i].offset + fmap.extents[i].length <= SIZE,
			      "map leaves the device");
	return 0;
}

static void use(bool write)
{
	const struct famfs_mkdir_params dir = { .mode = 0755 };
	struct famfs_volume *vol = open_it(write);
	char path[16];

	if (!vol)
		return;
	for (int i = 0; i < 8; i++) {
		clock_ns += 21000000;
		(void)famfs_catch_up(vol, NULL);
		(void)famfs_walk(vol, "", true, visit, vol, NULL);
		snprintf(path, sizeof(path), "new%d", i);
		if (write)
			(void)famfs_mkdir(vol, path, &dir, NULL);
	}
	famfs_close(vol);
}

static bool yes(void *arg, const struct famfs_problem *problem)
{
	(void)arg;
	if (problem->entry < WATCHED) {
		asked[problem->entry] = seen[problem->entry];
		was_asked[problem->entry] = true;
	}
	return true;
}

static int save(void *arg, uint64_t offset, const void *old, size_t length)
{
	uint64_t index = (offset - omf_entry_offset(0)) / sizeof(struct omf_entry);

	(void)arg;
	if (offset >= omf_entry_offset(0) && index < WATCHED) {
		check(length == sizeof(saved[index]), "a part of an entry was saved");
		memcpy(&saved[index], old, length);
		was_saved[index] = true;
	}
	return 0;
}

static void fsck(bool repair)
{
	const struct famfs_fsck_params params = { .repair = repair, .confirm = yes, .save = save };
	struct famfs_fsck_result result;
	struct famfs_error err = { 0 };

	repairing = repair;
	memset(was_asked, 0, sizeof(was_asked));
	memset(was_saved, 0, sizeof(was_saved));
	if (famfs_fsck(&target, &params, &result, &err) < 0)
		check(err.message[0], "an error without a message");
	repairing = false;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	memcpy(memory, pristine, 4096);
	memcpy(memory + OMF_LOG_OFFSET, pristine + OMF_LOG_OFFSET, 65536);
	changes = data;
	changes_left = size;
	reads = 0;
	changed_entry = 0;
	memset(seen, 0, sizeof(seen));
	use(false);
	fsck(false);
	fsck(true);
	use(true);
	fsck(true);
	return 0;
}
