/* SPDX-License-Identifier: Apache-2.0 */
/* Neighbouring torn entries with the same bytes are checked and repaired together. */
#include "support.h"

#include <errno.h>
#include <string.h>

#define FILES     6
#define SAVED_MAX 8
#define SOUND     10

static const struct omf_entry zeros;

struct session {
	void (*on_question)(void);
	int asked;
	uint64_t memory; /* memory in use when the first problem was reported */
	int problems;
	struct {
		uint64_t first, last;
		bool repaired;
		char message[200], repair[80];
	} problem[4];
	int saved;
	uint64_t offset[SAVED_MAX];
};

static void on_problem(void *arg, const struct famfs_problem *problem)
{
	struct session *s = arg;

	assert_true((size_t)s->problems < ARRAY_SIZE(s->problem));
	if (s->problems == 0)
		s->memory = resident();
	s->problem[s->problems].first = problem->entry;
	s->problem[s->problems].last = problem->last_entry;
	s->problem[s->problems].repaired = problem->repaired;
	snprintf(s->problem[s->problems].message, sizeof(s->problem[0].message), "%s",
		 problem->message);
	snprintf(s->problem[s->problems].repair, sizeof(s->problem[0].repair), "%s",
		 problem->repair ? problem->repair : "");
	s->problems++;
}

static bool on_confirm(void *arg, const struct famfs_problem *problem)
{
	struct session *s = arg;

	assert_non_null(problem->repair);
	s->asked++;
	if (s->on_question)
		s->on_question();
	return true;
}

static int on_save(void *arg, uint64_t offset, const void *old, size_t length)
{
	struct session *s = arg;

	(void)old;
	(void)length;
	assert_true(s->saved < SAVED_MAX);
	s->offset[s->saved++] = offset;
	return 0;
}

static void run(struct session *s, bool repair, struct famfs_fsck_result *result)
{
	const struct famfs_target target = image_target();
	const struct famfs_fsck_params params = { .repair = repair,
						  .report = on_problem,
						  .confirm = on_confirm,
						  .save = on_save,
						  .arg = s };
	struct famfs_error err;

	assert_ok(famfs_fsck(&target, &params, result, &err), &err);
}

static void assert_run(const struct session *s, int at, uint64_t first, uint64_t last)
{
	assert_true(at < s->problems);
	assert_true(s->problem[at].first == first);
	assert_true(s->problem[at].last == last);
}

static void assert_clean(void)
{
	struct session s = { 0 };
	struct famfs_fsck_result result;

	run(&s, false, &result);
	assert_int_equal(result.problems, 0);
}

static void assert_ends_at(uint64_t next)
{
	uint64_t seqnum, index;

	counters_get(&seqnum, &index);
	assert_true(seqnum == next && index == next);
}

/* Entry i is file "f<i>". */
static void make_files(void)
{
	struct famfs_volume *vol;
	struct famfs_error err;
	char path[16];

	make_image(64 * MIB);
	vol = open_volume(true);
	for (uint32_t i = 0; i < FILES; i++) {
		snprintf(path, sizeof(path), "f%u", i);
		assert_ok(add_file(vol, path, 100, i, &err), &err);
	}
	famfs_close(vol);
}

static void assert_file(const char *path, uint32_t seed)
{
	struct famfs_volume *vol = open_volume(false);

	assert_null(file_fault(vol, path, 100, seed));
	famfs_close(vol);
}

/* One finding for each entry would take 400 MB. The sanitizer itself once took more than 4 MiB. */
static void huge_next_index(void **state)
{
	uint64_t before;

	(void)state;
	make_large_log(SOUND);
	for (int repair = 0; repair <= 1; repair++) {
		struct session s = { 0 };
		struct famfs_fsck_result result;

		before = resident();
		run(&s, repair, &result);
		assert_true(s.memory < before + 32 * MIB);
		assert_int_equal(s.problems, 1);
		assert_run(&s, 0, SOUND, LARGE_LOG - 1);
		assert_string_equal(s.problem[0].repair, "cut the entries off the end of the log");
		assert_int_equal(result.problems, LARGE_LOG - SOUND);
		assert_int_equal(result.repaired, repair ? LARGE_LOG - SOUND : 0);
		assert_int_equal(s.asked, 0);
		assert_int_equal(s.saved, repair);
		assert_true(!repair || s.offset[0] == OMF_LOG_OFFSET);
	}
	assert_ends_at(SOUND);
	assert_clean();
}

/* One question, and each entry is saved and replaced. */
static void in_the_middle(void **state)
{
	struct session s = { 0 };
	struct famfs_fsck_result result;

	(void)state;
	make_files();
	for (uint64_t i = 1; i <= 3; i++)
		entry_put(i, &zeros);
	run(&s, true, &result);
	assert_int_equal(s.problems, 1);
	assert_run(&s, 0, 1, 3);
	assert_true(s.problem[0].repaired);
	assert_text(s.problem[0].repair, "replace the entries");
	assert_int_equal(s.asked, 1);
	assert_int_equal(result.problems, 3);
	assert_int_equal(result.repaired, 3);
	assert_int_equal(s.saved, 3);
	for (uint64_t i = 0; i < 3; i++)
		assert_true(s.offset[i] == omf_entry_offset(1 + i));
	assert_file("f0", 0);
	assert_file("f4", 4);
	assert_clean();
}

/* Entries with other bytes, and entries after a sound one, are reported separately. */
static void not_joined(void **state)
{
	struct session s = { 0 };
	struct famfs_fsck_result result;
	struct omf_entry other;

	(void)state;
	make_files();
	memset(&other, 1, sizeof(other));
	entry_put(1, &zeros);
	entry_put(2, &other);
	entry_put(4, &other);
	run(&s, false, &result);
	assert_int_equal(s.problems, 3);
	assert_run(&s, 0, 1, 1);
	assert_run(&s, 1, 2, 2);
	assert_run(&s, 2, 4, 4);
	assert_int_equal(result.problems, 3);
}

/* Entries with data are saved before the log is cut in front of them; zeros are not. */
static void tail_of_two_kinds(void **state)
{
	struct session s = { 0 };
	struct famfs_fsck_result result;
	struct omf_entry other;

	(void)state;
	make_files();
	memset(&other, 1, sizeof(other));
	entry_put(2, &other);
	entry_put(3, &other);
	entry_put(4, &zeros);
	entry_put(5, &zeros);
	run(&s, true, &result);
	assert_int_equal(s.problems, 2);
	assert_run(&s, 0, 2, 3);
	assert_run(&s, 1, 4, 5);
	assert_int_equal(result.repaired, 4);
	assert_int_equal(s.asked, 0);
	assert_int_equal(s.saved, 3);
	assert_true(s.offset[0] == omf_entry_offset(2) && s.offset[1] == omf_entry_offset(3));
	assert_true(s.offset[2] == OMF_LOG_OFFSET);
	assert_ends_at(2);
	assert_clean();
}

static void lengthen(void)
{
	entry_put(3, &zeros);
}

static void restore(void)
{
	const struct record rec = {
		.type = OMF_MKDIR, .mode = 0755, .path = "back", .path_length = 4
	};
	struct omf_entry raw;

	record_encode(&raw, &rec, 2);
	entry_put(2, &raw);
}

/* A run that became longer or shorter after the question is not the one that the user saw. */
static void changed(void **state)
{
	void (*const changes[])(void) = { lengthen, restore };

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(changes); i++) {
		struct session s = { .on_question = changes[i] };
		struct famfs_fsck_result result;
		struct omf_entry raw;

		make_files();
		entry_put(1, &zeros);
		entry_put(2, &zeros);
		run(&s, true, &result);
		assert_int_equal(s.asked, 1);
		assert_run(&s, 0, 1, 2);
		assert_text(s.problem[0].message, "changed since it was checked");
		assert_int_equal((int)result.repaired + s.saved, 0);
		entry_get(1, &raw);
		assert_memory_equal(&raw, &zeros, sizeof(raw));
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST("a huge next_index makes fsck and its repair use no more memory",
		     huge_next_index),
		TEST("a run in the middle is one question and is replaced as a whole",
		     in_the_middle),
		TEST("entries with different bytes are reported separately", not_joined),
		TEST("a removed tail is saved, except for its zeros", tail_of_two_kinds),
		TEST("a run that changed after the question is not repaired", changed),
	};

	return run_group(tests);
}
