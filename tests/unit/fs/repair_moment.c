/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The medium changes between the check and the repair, or while the user is asked: a repair checks
 * it again, and stores nothing that is based on the old check.
 */
#include "changing.h"

#include "base/crc.h"

#include <errno.h>
#include <string.h>

static bool yes(void *arg, const struct famfs_problem *problem)
{
	(void)problem;
	changing_act(arg);
	return true;
}

static bool simple_yes(void *arg, const struct famfs_problem *problem)
{
	(void)arg, (void)problem;
	return true;
}

static void note_problem(void *arg, const struct famfs_problem *problem)
{
	struct changing *m = arg;

	assert_false(problem->repaired);
	if (!m->message[0])
		snprintf(m->message, sizeof(m->message), "%s", problem->message);
}

static int repair(struct changing *m, bool in_question, struct famfs_fsck_result *result,
		  struct famfs_error *err)
{
	const struct famfs_target target = memory_target();
	const struct famfs_fsck_params params = { .repair = true,
						  .report = note_problem,
						  .confirm = in_question ? yes : simple_yes,
						  .arg = m };

	if (!in_question)
		locks_hook(m->mem->locks, changing_act, m);
	return famfs_fsck(&target, &params, result, err);
}

static void assert_left(struct changing *m, bool in_question)
{
	struct famfs_fsck_result result;
	struct famfs_error err;

	assert_ok(repair(m, in_question, &result, &err), &err);
	assert_int_equal(result.repaired, 0);
	assert_text(m->message, "changed since it was checked");
	assert_medium_untouched(m);
	changing_end(m);
}

static void entry_arrives(struct changing *m)
{
	*changing_entry(m, 1) = m->good;
}

static void entry_is_other(struct changing *m)
{
	changing_entry(m, 1)->mkdir.path[0] = 'x';
}

static void entry_is_torn(struct changing *m)
{
	memset(changing_entry(m, 1), 0xa5, 300);
}

/* The fault and its text are the same. */
static void entry_is_other_and_whole(struct changing *m)
{
	changing_entry(m, 1)->mkdir.path[0] = 'x';
	entry_seal(changing_entry(m, 1));
}

static void last_entry_arrives(struct changing *m)
{
	changing_entry(m, 2)->crc = le64_make(crc32_of(changing_entry(m, 2), OMF_ENTRY_CRC_BYTES));
}

static void publish_goes_on(struct changing *m)
{
	changing_set_counters(m, 3, 3);
}

static void size_is_other(struct changing *m)
{
	changing_super(m)->device_size = le64_make(33 * MIB);
}

static void damage_entry(struct changing *m)
{
	changing_entry(m, 1)->mkdir.uid = le32_make(99);
}

static void damage_mode(struct changing *m)
{
	changing_entry(m, 1)->mkdir.mode = le32_make(040755);
	entry_seal(changing_entry(m, 1));
}

static void entries(void **state)
{
	static void (*const changes[])(struct changing *) = { entry_arrives, entry_is_other,
							      entry_is_torn };
	struct changing m;

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(changes); i++) {
		for (int ask = 0; ask <= 1; ask++) {
			changing_start(&m);
			damage_entry(&m);
			m.change = changes[i];
			assert_left(&m, ask);
		}
		changing_start(&m);
		damage_mode(&m);
		m.change = changes[i];
		assert_left(&m, false);
	}
	changing_start(&m);
	damage_mode(&m);
	m.change = entry_is_other_and_whole;
	assert_left(&m, false);
}

static void tail(void **state)
{
	struct changing m;

	(void)state;
	changing_start(&m);
	changing_entry(&m, 2)->crc = le64_make(7);
	m.change = last_entry_arrives;
	assert_left(&m, false);
}

static void counters(void **state)
{
	struct changing m;

	(void)state;
	changing_start(&m);
	changing_set_counters(&m, 77, 3);
	m.change = publish_goes_on;
	assert_left(&m, false);
}

static void capacity(void **state)
{
	struct changing m;

	(void)state;
	changing_start(&m);
	changing_super(&m)->device_size = le64_make(32 * MIB);
	m.change = size_is_other;
	assert_left(&m, false);
}

static void another_system(void **state)
{
	static const struct attempt attempts[] = {
		{ changing_format, -ESTALE, "another file system was made" },
		{ changing_take_over, -EROFS, "belongs to the master " CLIENT_UUID },
		{ changing_damage_super, -EUCLEAN, "superblock CRC" },
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(attempts); i++) {
		struct famfs_fsck_result result;
		struct famfs_error err;
		struct changing m;

		changing_start(&m);
		damage_entry(&m);
		m.change = attempts[i].change;
		assert_error(repair(&m, i % 2, &result, &err), attempts[i].code, &err,
			     attempts[i].text);
		assert_medium_untouched(&m);
		changing_end(&m);
	}
}

/* The change comes between the second check and the store: save() of the caller runs last. */
static int save_and_change(void *arg, uint64_t offset, const void *old, size_t length)
{
	(void)offset, (void)old, (void)length;
	changing_act(arg);
	return 0;
}

static void at_the_last_moment(void **state)
{
	static void (*const damages[])(struct changing *) = { damage_mode,
							      changing_damage_counters };
	static void (*const changes[])(struct changing *) = { entry_is_torn, publish_goes_on };
	const struct famfs_target target = memory_target();
	struct famfs_fsck_params params = { .repair = true, .save = save_and_change };

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(damages); i++) {
		struct famfs_fsck_result result;
		struct famfs_error err;
		struct changing m;

		changing_start(&m);
		damages[i](&m);
		m.change = changes[i];
		params.arg = &m;
		assert_error(famfs_fsck(&target, &params, &result, &err), -ESTALE, &err,
			     "changed while it was repaired");
		assert_int_equal(result.repaired, 0);
		assert_medium_untouched(&m);
		changing_end(&m);
	}
}

static void publish_an_entry(struct changing *m)
{
	changing_set_counters(m, 4, 4);
}

/* The header is repaired last. Entries that another host publishes meanwhile stay. */
static void header_after_entries(void **state)
{
	const struct famfs_target target = memory_target();
	struct famfs_fsck_params params = { .repair = true, .save = save_and_change };
	struct famfs_fsck_result result;
	struct famfs_error err;
	struct changing m;

	(void)state;
	changing_start(&m);
	damage_mode(&m);
	changing_damage_counters(&m);
	m.change = publish_an_entry;
	params.arg = &m;
	assert_error(famfs_fsck(&target, &params, &result, &err), -ESTALE, &err,
		     "changed while it was repaired");
	assert_int_equal(le64_get(changing_header(&m)->next_index), 4);
	assert_int_equal(le64_get(changing_header(&m)->next_seqnum), 4);
	changing_end(&m);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST("an entry that changed since its check is not repaired", entries),
		TEST("a last entry that becomes whole is not removed", tail),
		TEST("counters that became right are not repaired", counters),
		TEST("a recorded size that changed is not repaired", capacity),
		TEST("a repair stores nothing once the file system is another host's or damaged",
		     another_system),
		TEST("a change just before the store ends the repair", at_the_last_moment),
		TEST("a publish during a repair is not undone", header_after_entries),
	};

	return run_group(tests);
}
