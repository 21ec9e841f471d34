/* SPDX-License-Identifier: Apache-2.0 */
/* The problems that the check finds, and their repair, kind by kind, on an image. */
#include "support.h"

#include <errno.h>
#include <string.h>

/* Entries: 0 d/, 1 d/a, 2 b, 3 c, 4 e. */
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
	assert_ok(add_file(vol, "e", 1, 4, &err), &err);
	famfs_close(vol);
}

struct session {
	bool consent;
	int refuse_save;
	int asked;
	/* The last problem that was reported. */
	int problems;
	uint64_t entry;
	char code[16], path[80], message[200], remedy[80];
	bool repaired;
	/* The bytes that were passed to save(). */
	int saved;
	uint64_t offset[8];
	size_t length[8];
	unsigned char old[8][544];
};

static void on_problem(void *arg, const struct famfs_problem *problem)
{
	struct session *s = arg;

	s->problems++;
	s->entry = problem->entry;
	snprintf(s->code, sizeof(s->code), "%s", famfs_fault_name(problem->fault));
	snprintf(s->path, sizeof(s->path), "%s", problem->path);
	snprintf(s->message, sizeof(s->message), "%s", problem->message);
	snprintf(s->remedy, sizeof(s->remedy), "%s", problem->repair ? problem->repair : "");
	s->repaired = problem->repaired;
}

static bool on_confirm(void *arg, const struct famfs_problem *problem)
{
	struct session *s = arg;

	assert_non_null(problem->repair);
	s->asked++;
	return s->consent;
}

static int on_save(void *arg, uint64_t offset, const void *old, size_t length)
{
	struct session *s = arg;

	assert_true(s->saved < 8 && length <= sizeof(s->old[0]));
	s->offset[s->saved] = offset;
	s->length[s->saved] = length;
	memcpy(s->old[s->saved++], old, length);
	return s->refuse_save;
}

static int run(struct session *s, bool repair, struct famfs_fsck_result *result,
	       struct famfs_error *err)
{
	const struct famfs_target target = image_target();
	const struct famfs_fsck_params params = { .repair = repair,
						  .report = on_problem,
						  .confirm = on_confirm,
						  .save = on_save,
						  .arg = s };

	s->problems = s->saved = s->asked = 0;
	return famfs_fsck(&target, &params, result, err);
}

/* The check reports one problem of this kind, and changes nothing. */
static void assert_found(uint64_t entry, const char *code, const char *path, const char *remedy)
{
	struct session s = { .consent = true };
	struct famfs_fsck_result result;
	struct famfs_error err;

	assert_ok(run(&s, false, &result, &err), &err);
	assert_int_equal(result.problems, 1);
	assert_int_equal(result.repaired, 0);
	assert_int_equal(s.problems, 1);
	assert_true(s.entry == entry);
	assert_string_equal(s.code, code);
	assert_string_equal(s.path, path);
	if (remedy)
		assert_text(s.remedy, remedy);
	else
		assert_string_equal(s.remedy, "");
	assert_false(s.repaired);
	assert_int_equal(s.saved + s.asked, 0);
}

static void assert_clean(void)
{
	struct session s = { .consent = false };
	struct famfs_fsck_result result;
	struct famfs_error err;

	assert_ok(run(&s, false, &result, &err), &err);
	if (result.problems)
		fail_msg("%s: %s", s.code, s.message);
}

/* Repairs the one problem: the saved bytes are the old ones, and then all is clean. */
static void assert_mended(bool asks, uint64_t offset, size_t length)
{
	unsigned char before[544], after[544];
	struct session s = { .consent = true };
	struct famfs_fsck_result result;
	struct famfs_error err;

	image_get(offset, before, length);
	assert_ok(run(&s, true, &result, &err), &err);
	assert_int_equal(result.problems, 1);
	assert_int_equal(result.repaired, 1);
	assert_true(s.repaired);
	assert_int_equal(s.asked, asks);
	assert_true(s.saved >= 1);
	assert_true(s.offset[0] == offset && s.length[0] == length);
	assert_memory_equal(s.old[0], before, length);
	image_get(s.offset[s.saved - 1], after, s.length[s.saved - 1]);
	assert_memory_not_equal(s.old[s.saved - 1], after, s.length[s.saved - 1]);
	assert_clean();
}

static void change(uint64_t index, void (*how)(struct omf_entry *raw), bool seal)
{
	make_sample();
	entry_change(index, how, seal);
}

static void owner(struct omf_entry *raw)
{
	raw->file.uid = le32_make(4711);
}

static void sequence(struct omf_entry *raw)
{
	raw->seqnum = le64_make(70);
}

static void unknown(struct omf_entry *raw)
{
	raw->type = le32_make(OMF_DELETE);
}

static void outside(struct omf_entry *raw)
{
	raw->file.simple[0].offset = le64_make(UINT64_C(1) << 45);
}

static void crooked(struct omf_entry *raw)
{
	raw->file.simple[0].length = le64_make(AU + 4096);
}

static void too_large(struct omf_entry *raw)
{
	raw->file.size = le64_make(UINT64_C(1) << 62);
}

static void no_extent(struct omf_entry *raw)
{
	raw->file.count = le32_make(0);
}

static void other_device(struct omf_entry *raw)
{
	raw->file.simple[0].daxdev = le64_make(3);
}

static void dots(struct omf_entry *raw)
{
	memcpy(raw->file.path, "d/../../x", 10);
}

static void duplicate(struct omf_entry *raw)
{
	memcpy(raw->file.path, "d/a", 4);
}

static void below_file(struct omf_entry *raw)
{
	memcpy(raw->file.path, "d/a/x", 6);
}

static void overlapping(struct omf_entry *raw)
{
	raw->file.simple[0].offset = le64_make(10 * MIB);
}

static void mode(struct omf_entry *raw)
{
	raw->file.mode = le32_make(0100640);
}

static const struct {
	void (*how)(struct omf_entry *raw);
	bool seal;
	const char *code, *path;
} kinds[] = {
	{ owner, false, "crc", "" },
	{ sequence, true, "seqnum", "" },
	{ unknown, true, "type", "" },
	{ outside, true, "extent", "b" },
	{ crooked, true, "align", "b" },
	{ too_large, true, "size", "b" },
	{ no_extent, true, "map", "b" },
	{ other_device, true, "daxdev", "b" },
	{ dots, true, "path", "d/../../x" },
	{ duplicate, true, "duplicate", "d/a" },
	{ below_file, true, "parent", "d/a/x" },
	{ overlapping, true, "overlap", "b" },
};

static void entries(void **state)
{
	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(kinds); i++) {
		struct famfs_volume *vol;
		struct famfs_error err;

		change(2, kinds[i].how, kinds[i].seal);
		assert_found(2, kinds[i].code, kinds[i].path, "replace the entry");
		assert_mended(true, omf_entry_offset(2), sizeof(struct omf_entry));
		vol = open_volume(true);
		assert_null(file_fault(vol, "d/a", 5000, 1));
		assert_null(file_fault(vol, "c", AU + 1, 3));
		assert_null(file_fault(vol, "e", 1, 4));
		assert_string_equal(file_fault(vol, "b", 100, 2), "is not there");
		assert_ok(add_file(vol, "b", 100, 5, &err), &err);
		famfs_close(vol);
		assert_clean();
	}
}

static void no_consent(void **state)
{
	struct session s = { .consent = false };
	struct famfs_fsck_result result;
	struct omf_entry before, after;
	struct famfs_error err;

	(void)state;
	change(2, owner, false);
	entry_get(2, &before);
	assert_ok(run(&s, true, &result, &err), &err);
	assert_int_equal(s.asked, 1);
	assert_int_equal(result.problems, 1);
	assert_int_equal(result.repaired, 0);
	assert_false(s.repaired);
	entry_get(2, &after);
	assert_memory_equal(&before, &after, sizeof(before));
}

static void overlap_named(void **state)
{
	struct session s = { .consent = false };
	struct famfs_fsck_result result;
	struct famfs_error err;

	(void)state;
	change(2, overlapping, true);
	assert_ok(run(&s, false, &result, &err), &err);
	assert_text(s.message, "entry 1 'd/a'");
}

static void modes(void **state)
{
	struct famfs_volume *vol;
	struct famfs_stat st;
	struct famfs_error err;

	(void)state;
	change(2, mode, true);
	assert_found(2, "mode", "b", "permission bits");
	/* The repair loses nothing, so it does not ask. */
	assert_mended(false, omf_entry_offset(2), sizeof(struct omf_entry));
	vol = open_volume(false);
	assert_ok(famfs_stat(vol, "b", &st, &err), &err);
	assert_int_equal(st.mode & 07777, 0640);
	assert_null(file_fault(vol, "b", 100, 2));
	famfs_close(vol);
}

static void tail(void **state)
{
	struct famfs_volume *vol;
	struct famfs_error err;
	uint64_t seqnum, index;

	(void)state;
	change(4, owner, false);
	assert_found(4, "crc", "", "cut the entry off");
	assert_mended(false, omf_entry_offset(4), sizeof(struct omf_entry));
	counters_get(&seqnum, &index);
	assert_true(seqnum == 4 && index == 4);
	vol = open_volume(true);
	assert_ok(add_file(vol, "e", 77, 9, &err), &err);
	assert_null(file_fault(vol, "e", 77, 9));
	famfs_close(vol);
	assert_clean();
}

/* A damaged entry in the middle and two at the end: one question, two cuts. */
static void middle_and_tail(void **state)
{
	const struct omf_entry zero = { .seqnum = le64_make(0) };
	struct session s = { .consent = true };
	struct famfs_fsck_result result;
	struct famfs_error err;
	uint64_t seqnum, index;

	(void)state;
	change(1, owner, false);
	entry_put(3, &zero);
	entry_put(4, &zero);
	assert_ok(run(&s, true, &result, &err), &err);
	assert_int_equal(result.problems, 3);
	assert_int_equal(result.repaired, 3);
	assert_int_equal(s.asked, 1);
	counters_get(&seqnum, &index);
	assert_true(seqnum == 3 && index == 3);
	assert_clean();
}

static void save_refused(void **state)
{
	struct session s = { .consent = true, .refuse_save = -ENOSPC };
	struct famfs_fsck_result result;
	struct omf_entry before, after;
	struct famfs_error err;

	(void)state;
	change(2, owner, false);
	entry_get(2, &before);
	assert_error(run(&s, true, &result, &err), -ENOSPC, &err, "cannot save");
	entry_get(2, &after);
	assert_memory_equal(&before, &after, sizeof(before));
	assert_int_equal(result.repaired, 0);
}

static void nothing_wrong(void **state)
{
	struct session s = { .consent = true };
	struct famfs_fsck_result result;
	struct famfs_error err;

	(void)state;
	make_sample();
	assert_ok(run(&s, true, &result, &err), &err);
	assert_int_equal((int)result.problems + s.saved + s.asked, 0);
	assert_int_equal(result.files, 4);
	assert_int_equal(result.directories, 1);
	assert_int_equal(result.log_entries, 5);
	assert_int_equal(result.log_capacity, 15420);
	assert_int_equal(result.file_bytes, 5000 + 100 + AU + 1 + 1);
	assert_int_equal(result.allocated_bytes, 5 * AU);
	assert_int_equal(result.free_bytes, 22 * AU);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST("a sound file system is clean, and its totals are reported", nothing_wrong),
		TEST("each kind of damaged entry is found, retired on consent, and not found again",
		     entries),
		TEST("an entry in the middle is not changed without consent", no_consent),
		TEST("an overlap names the other file", overlap_named),
		TEST("a mode is repaired without a question", modes),
		TEST("a damaged end is removed without a question", tail),
		TEST("damage in the middle and at the end is repaired in one run", middle_and_tail),
		TEST("bytes that cannot be saved are not changed", save_refused),
	};

	return run_group(tests);
}
