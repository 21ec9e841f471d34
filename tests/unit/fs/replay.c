/* SPDX-License-Identifier: Apache-2.0 */
/* Reading a damaged or hostile log, one kind of damage after the other: docs/FORMAT.md, sections 4
 * to 9. */
#include "support.h"

#include <errno.h>
#include <string.h>
#include <syslog.h>

/* Entries: 0 d/, 1 d/a, 2 b, 3 c. */
static void make_sample(void)
{
	struct famfs_volume *vol;
	struct famfs_error err;

	make_image(64 * MIB);
	vol = open_volume(true);
	assert_ok(add_dir(vol, "d", &err), &err);
	assert_ok(add_file(vol, "d/a", 5000, 1, &err), &err);
	assert_ok(add_file(vol, "b", 100, 2, &err), &err);
	assert_ok(add_file(vol, "c", AU + 1, 3, &err), &err);
	famfs_close(vol);
}

/* The entries of the sample that can be read as before: "dabc" when all can. */
static const char *readable(struct famfs_volume *vol)
{
	static char seen[8];
	struct famfs_stat st;
	char *p = seen;

	if (famfs_stat(vol, "d", &st, NULL) == 0 && st.entry == 0)
		*p++ = 'd';
	if (!file_fault(vol, "d/a", 5000, 1))
		*p++ = 'a';
	if (!file_fault(vol, "b", 100, 2))
		*p++ = 'b';
	if (!file_fault(vol, "c", AU + 1, 3))
		*p++ = 'c';
	*p = '\0';
	return seen;
}

struct told {
	int count;
	char last[512];
};

static void tell(void *arg, int priority, const char *message)
{
	struct told *told = arg;

	/* Messages about the volume itself are not about this entry. */
	if (priority > LOG_WARNING)
		return;
	told->count++;
	snprintf(told->last, sizeof(told->last), "%s", message);
}

/* Opens the sample, in which one entry is expected to be bad, and returns the messages. */
static struct famfs_volume *open_told(struct told *told)
{
	const struct famfs_target target = image_target();
	const struct famfs_volume_params params = { .write = true, .log = tell, .log_arg = told };
	struct famfs_volume *vol = NULL;
	struct famfs_error err;

	memset(told, 0, sizeof(*told));
	assert_ok(famfs_open(&target, &params, &vol, &err), &err);
	return vol;
}

/* One bad entry is reported by number and name; the others are `left`; nothing can be added when
 * `stops`. */
static void check_damage(uint64_t entry, const char *name, const char *left, bool stops)
{
	struct told told;
	struct famfs_volume *vol = open_told(&told);
	struct famfs_info info;
	struct famfs_error err;
	char text[64];

	famfs_info(vol, &info);
	assert_int_equal(info.bad_entries, 1);
	assert_int_equal(told.count, 1);
	snprintf(text, sizeof(text), "log entry %d: %s: ", (int)entry, name);
	assert_text(told.last, text);
	assert_string_equal(readable(vol), left);
	if (stops) {
		snprintf(text, sizeof(text), "log entry %d", (int)entry);
		assert_error(add_dir(vol, "new", &err), -EUCLEAN, &err, text);
		assert_int_equal(err.remedy, FAMFS_REMEDY_REPAIR);
	} else {
		assert_ok(add_dir(vol, "new", &err), &err);
	}
	famfs_close(vol);
}

static void damage(uint64_t index, void (*change)(struct omf_entry *raw), bool seal)
{
	make_sample();
	entry_change(index, change, seal);
}

static void change_owner(struct omf_entry *raw)
{
	raw->file.uid = le32_make(4711);
}

static void crc_in_the_middle(void **state)
{
	(void)state;
	damage(2, change_owner, false);
	check_damage(2, "crc", "dac", true);
}

static void crc_at_the_end(void **state)
{
	(void)state;
	damage(3, change_owner, false);
	check_damage(3, "crc", "dab", true);
}

static void parent_is_damaged(void **state)
{
	struct famfs_volume *vol;
	struct famfs_stat st;
	struct famfs_error err;

	(void)state;
	damage(0, change_owner, false);
	check_damage(0, "crc", "abc", true);
	/* The missing directory is made up, so that its files stay reachable. */
	vol = open_volume(false);
	assert_ok(famfs_stat(vol, "d", &st, &err), &err);
	assert_true(st.entry == FAMFS_NO_ENTRY);
	famfs_close(vol);
}

static void change_seqnum(struct omf_entry *raw)
{
	raw->seqnum = le64_make(7);
}

static void seqnum(void **state)
{
	(void)state;
	damage(1, change_seqnum, true);
	check_damage(1, "seqnum", "dbc", true);
}

static void to_delete(struct omf_entry *raw)
{
	raw->type = le32_make(OMF_DELETE);
}

static void to_unknown(struct omf_entry *raw)
{
	raw->type = le32_make(99);
}

static void types(void **state)
{
	(void)state;
	damage(2, to_delete, true);
	check_damage(2, "type", "dac", true);
	damage(2, to_unknown, true);
	check_damage(2, "type", "dac", true);
}

static void far_extent(struct omf_entry *raw)
{
	raw->file.simple[0].offset = le64_make(UINT64_C(1) << 50);
}

static void last_extent(struct omf_entry *raw)
{
	raw->file.simple[0].offset = le64_make(64 * MIB);
}

static void metadata_extent(struct omf_entry *raw)
{
	raw->file.simple[0].offset = le64_make(OMF_LOG_OFFSET);
}

static void crooked_extent(struct omf_entry *raw)
{
	raw->file.simple[0].offset = le64_make(20 * MIB + 4096);
}

static void extents(void **state)
{
	(void)state;
	damage(2, far_extent, true);
	check_damage(2, "extent", "dac", true);
	damage(2, last_extent, true);
	check_damage(2, "extent", "dac", true);
	damage(2, metadata_extent, true);
	check_damage(2, "extent", "dac", true);
	damage(2, crooked_extent, true);
	check_damage(2, "align", "dac", true);
}

static void larger_than_map(struct omf_entry *raw)
{
	raw->file.size = le64_make(AU + 1);
}

static void empty_file(struct omf_entry *raw)
{
	raw->file.size = le64_make(0);
}

static void sizes(void **state)
{
	(void)state;
	damage(2, larger_than_map, true);
	check_damage(2, "size", "dac", true);
}

/* One unit of space and no bytes: how a file that is empty is written down. */
static void empty(void **state)
{
	struct told told;
	struct famfs_volume *vol;
	struct famfs_info info;
	struct famfs_stat st;
	struct famfs_error err;

	(void)state;
	damage(2, empty_file, true);
	vol = open_told(&told);
	famfs_info(vol, &info);
	assert_int_equal(info.bad_entries, 0);
	assert_int_equal(told.count, 0);
	assert_ok(famfs_stat(vol, "b", &st, &err), &err);
	assert_int_equal(st.size, 0);
	assert_ok(add_dir(vol, "new", &err), &err);
	famfs_close(vol);
}

static void many_extents(struct omf_entry *raw)
{
	raw->file.count = le32_make(17);
}

static void many_strips(struct omf_entry *raw)
{
	raw->file.map_type = le32_make(OMF_INTERLEAVE);
	raw->file.count = le32_make(1);
	raw->file.interleave.nstrips = le64_make(4000);
}

static void maps(void **state)
{
	(void)state;
	damage(2, many_extents, true);
	check_damage(2, "map", "dac", true);
	damage(2, many_strips, true);
	check_damage(2, "map", "dac", true);
}

static void other_device(struct omf_entry *raw)
{
	raw->file.simple[0].daxdev = le64_make(1);
}

static void unknown_device(void **state)
{
	(void)state;
	damage(2, other_device, true);
	check_damage(2, "daxdev", "dac", true);
}

static void leave_the_mount(struct omf_entry *raw)
{
	memcpy(raw->file.path, "../b", 5);
}

static void bad_mode(struct omf_entry *raw)
{
	raw->file.mode = le32_make(0120777);
}

/* Repairing the mode would not help here. */
static void bad_mode_and_place(struct omf_entry *raw)
{
	bad_mode(raw);
	raw->file.simple[0].offset = le64_make(0);
}

/* The entry is refused, and yet its space is not free. */
static void check_space_is_kept(uint64_t units)
{
	struct famfs_volume *vol = open_volume(false);
	struct famfs_info info;

	famfs_info(vol, &info);
	assert_int_equal(info.allocated_bytes / AU, units);
	famfs_close(vol);
}

static void paths_and_modes(void **state)
{
	(void)state;
	damage(2, leave_the_mount, true);
	check_damage(2, "path", "dac", true);
	check_space_is_kept(4);
	damage(2, bad_mode, true);
	check_damage(2, "mode", "dac", true);
	check_space_is_kept(4);
	damage(2, bad_mode_and_place, true);
	check_damage(2, "extent", "dac", true);
	check_space_is_kept(3);
}

static void share_space(struct omf_entry *raw)
{
	raw->file.simple[0].offset = le64_make(10 * MIB); /* of entry 1 */
}

static void overlap(void **state)
{
	struct famfs_volume *vol;
	struct famfs_stat st;
	struct famfs_error err;

	(void)state;
	damage(2, share_space, true);
	check_damage(2, "overlap", "dac", true);
	/* It is unknown which of the two is right: both are shown. */
	vol = open_volume(false);
	assert_ok(famfs_stat(vol, "b", &st, &err), &err);
	famfs_close(vol);
}

static void same_name(struct omf_entry *raw)
{
	memcpy(raw->file.path, "b\0\0", 3);
}

static void below_a_file(struct omf_entry *raw)
{
	memcpy(raw->file.path, "b/c", 4);
}

static void names(void **state)
{
	(void)state;
	/* These two faults are about names alone, so files can still be added. */
	damage(3, same_name, true);
	check_damage(3, "duplicate", "dab", false);
	check_space_is_kept(4);
	damage(3, below_a_file, true);
	check_damage(3, "parent", "dab", false);
	check_space_is_kept(4);
}

static void to_invalid(struct omf_entry *raw)
{
	raw->type = le32_make(OMF_INVALID);
}

static void invalid(void **state)
{
	struct famfs_volume *vol;
	struct famfs_info info;
	struct famfs_error err;

	(void)state;
	damage(2, to_invalid, true);
	check_space_is_kept(4);
	vol = open_volume(true);
	famfs_info(vol, &info);
	assert_int_equal(info.bad_entries, 0);
	assert_string_equal(readable(vol), "dac");
	assert_ok(add_dir(vol, "b", &err), &err);
	famfs_close(vol);
}

static void many_bad(void **state)
{
	struct omf_entry zero = { .seqnum = le64_make(0) };
	struct told told;
	struct famfs_volume *vol;
	struct famfs_info info;

	(void)state;
	make_sample();
	for (uint64_t i = 4; i < 400; i++)
		entry_put(i, &zero);
	counters_put(400, 400);
	vol = open_told(&told);
	famfs_info(vol, &info);
	assert_int_equal(info.bad_entries, 396);
	assert_string_equal(readable(vol), "dabc");
	/* Four hundred messages would be too many. */
	assert_int_equal(told.count, 16);
	assert_text(told.last, "more are not logged");
	famfs_close(vol);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST("a bad CRC in the middle loses only that entry", crc_in_the_middle),
		TEST("a bad CRC at the end loses only that entry", crc_at_the_end),
		TEST("files of a directory whose entry is damaged stay accessible",
		     parent_is_damaged),
		TEST("a wrong sequence number loses only that entry", seqnum),
		TEST("an unknown type loses only that entry", types),
		TEST("extents outside the data area are refused", extents),
		TEST("sizes that exceed the map are refused", sizes),
		TEST("an empty file is not damage", empty),
		TEST("impossible numbers of extents and strips are refused", maps),
		TEST("extents on unknown devices are refused", unknown_device),
		TEST("paths that leave the mount and impossible modes are refused",
		     paths_and_modes),
		TEST("a file that shares space is reported and kept", overlap),
		TEST("a name that exists or is below a file is ignored, and files can be added",
		     names),
		TEST("an invalid entry is not damage, and keeps its space", invalid),
		TEST("hundreds of bad entries are counted, and the first ones are reported",
		     many_bad),
	};

	return run_group(tests);
}
