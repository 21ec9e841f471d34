/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The medium changes between a look at it and the moment that the append lock is granted, or while
 * the user is asked: what was judged before is judged again, and nothing is stored that rests on
 * the old judgement.
 */
#include "memdev.h"

#include "base/crc.h"
#include "fs/volume.h"
#include "media/superblock.h"

#include <errno.h>
#include <string.h>
#include <uuid.h>

#define METADATA (OMF_LOG_OFFSET + 8192)

struct medium {
	struct memory *mem;
	void (*change)(struct medium *m); /* what another host does */
	struct omf_entry good;            /* entry 1, as it was */
	unsigned char after[METADATA];    /* all of it, when that was done */
	int changes;
	char message[200]; /* of the first problem that a check reported */
};

static struct omf_super *super_of(struct medium *m)
{
	return (struct omf_super *)(void *)m->mem->base;
}

static struct omf_log_header *header_of(struct medium *m)
{
	return (struct omf_log_header *)(void *)(m->mem->base + OMF_LOG_OFFSET);
}

static struct omf_entry *entry_of(struct medium *m, uint64_t index)
{
	return (struct omf_entry *)(void *)(m->mem->base + omf_entry_offset(index));
}

static void set_counters(struct medium *m, uint64_t next_seqnum, uint64_t next_index)
{
	header_of(m)->next_seqnum = le64_make(next_seqnum);
	header_of(m)->next_index = le64_make(next_index);
}

/* Directories a, b, c. */
static void start(struct medium *m)
{
	struct famfs_volume *vol;
	struct famfs_error err;

	memset(m, 0, sizeof(*m));
	m->mem = memory_new(34 * MIB);
	memory_format(m->mem);
	plug_memory(m->mem);
	assert_ok(open_plugged(true, &vol, &err), &err);
	assert_ok(add_dir(vol, "a", &err), &err);
	assert_ok(add_dir(vol, "b", &err), &err);
	assert_ok(add_dir(vol, "c", &err), &err);
	famfs_close(vol);
	m->good = *entry_of(m, 1);
}

static void end(struct medium *m)
{
	plug(NULL, NULL);
	memory_free(m->mem);
	be_master();
}

static void change(void *arg)
{
	struct medium *m = arg;

	if (m->changes++ > 0)
		return;
	m->change(m);
	memcpy(m->after, m->mem->base, METADATA);
}

static void assert_untouched(const struct medium *m)
{
	assert_true(m->changes > 0);
	assert_memory_equal(m->mem->base, m->after, METADATA);
}

/* ---- what another host does ---- */

static void do_nothing(struct medium *m)
{
	(void)m;
}

static void format(struct medium *m)
{
	super_of(m)->uuid[0] ^= 1;
	superblock_seal(super_of(m));
}

static void take_over(struct medium *m)
{
	assert_int_equal(uuid_parse(CLIENT_UUID, super_of(m)->system_uuid), 0);
	superblock_seal(super_of(m));
}

/* The new master is just about to publish entry 3. */
static void take_over_and_publish(struct medium *m)
{
	take_over(m);
	set_counters(m, 4, 3);
}

static void format_and_publish(struct medium *m)
{
	format(m);
	set_counters(m, 4, 3);
}

static void begin_takeover(struct medium *m)
{
	super_of(m)->system_uuid[0] ^= 1;
}

static void damage_super(struct medium *m)
{
	super_of(m)->crc = le64_make(7);
	set_counters(m, 4, 3);
}

static void damage_header(struct medium *m)
{
	header_of(m)->last_index = le64_make(7);
	set_counters(m, 4, 3);
}

static void damage_counters(struct medium *m)
{
	set_counters(m, 9, 3);
}

/* ---- appends ---- */

struct attempt {
	void (*change)(struct medium *m);
	int code;
	const char *text;
};

static const struct attempt appends[] = {
	{ format, -ESTALE, "another file system was made" },
	{ format_and_publish, -ESTALE, "another file system was made" },
	{ take_over, -EROFS, "belongs to the master " CLIENT_UUID },
	{ take_over_and_publish, -EROFS, "belongs to the master " CLIENT_UUID },
	{ begin_takeover, -EUCLEAN, "superblock CRC" },
	{ damage_super, -EUCLEAN, "superblock CRC" },
	{ damage_header, -EUCLEAN, "log header of '/dev/null' is damaged" },
	{ damage_counters, -EUCLEAN, "next sequence number 9, next index 3" },
};

static void append(void **state)
{
	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(appends); i++) {
		struct famfs_volume *vol;
		struct famfs_error err;
		struct medium m;

		start(&m);
		assert_ok(open_plugged(true, &vol, &err), &err);
		m.change = appends[i].change;
		locks_hook(m.mem->locks, change, &m);
		assert_error(add_dir(vol, "d", &err), appends[i].code, &err, appends[i].text);
		assert_untouched(&m);
		famfs_close(vol);
		end(&m);
	}
}

/* What was reserved by the old master may be a new one's file by now. */
static void filling(void **state)
{
	const struct famfs_create_params params = { .size = 5000, .mode = 0644, .no_zero = true };
	struct famfs_file *file;
	struct famfs_volume *vol;
	struct famfs_error err;
	struct medium m;
	uint64_t at = OMF_LOG_OFFSET + OMF_LOG_LENGTH_MIN;
	static unsigned char before[2 * AU];

	(void)state;
	start(&m);
	memory_litter(m.mem);
	memcpy(before, m.mem->base + at, sizeof(before));
	assert_ok(open_plugged(true, &vol, &err), &err);
	assert_ok(famfs_create(vol, "f", &params, &file, &err), &err);
	m.change = take_over;
	change(&m);
	assert_error(famfs_file_write(file, 0, "x", 1, &err), -EROFS, &err, CLIENT_UUID);
	assert_error(famfs_file_zero(file, 0, 100, &err), -EROFS, &err, CLIENT_UUID);
	assert_error(famfs_file_publish(file, &err), -EROFS, &err, CLIENT_UUID);
	assert_memory_equal(m.mem->base + at, before, sizeof(before));
	assert_untouched(&m);
	famfs_close(vol);
	end(&m);
}

/* ---- takeover ---- */

static const struct attempt takeovers[] = {
	{ format, -ESTALE, "another file system was made" },
	{ format_and_publish, -ESTALE, "another file system was made" },
	{ begin_takeover, -EUCLEAN, "superblock CRC" },
	{ damage_super, -EUCLEAN, "superblock CRC" },
};

static void third_master(struct medium *m)
{
	super_of(m)->system_uuid[3] = 0x77;
	superblock_seal(super_of(m));
}

static void takeover(void **state)
{
	const struct famfs_takeover_params params = { .dry_run = false };
	struct famfs_error err;
	struct medium m;

	(void)state;
	for (size_t i = 0; i <= ARRAY_SIZE(takeovers); i++) {
		struct attempt attempt = { third_master, -ESTALE, "has another master" };

		if (i < ARRAY_SIZE(takeovers))
			attempt = takeovers[i];
		start(&m);
		be_client();
		m.change = attempt.change;
		locks_hook(m.mem->locks, change, &m);
		assert_error(famfs_takeover(MEMORY_NAME, &params, NULL, &err), attempt.code, &err,
			     attempt.text);
		assert_untouched(&m);
		end(&m);
	}
}

/* Then there is nothing to do. */
static void by_another_process(void **state)
{
	const struct famfs_takeover_params params = { .dry_run = false };
	struct famfs_error err;
	struct medium m;

	(void)state;
	start(&m);
	be_client();
	m.change = take_over;
	locks_hook(m.mem->locks, change, &m);
	assert_ok(famfs_takeover(MEMORY_NAME, &params, NULL, &err), &err);
	assert_untouched(&m);
	end(&m);
}

/* What the user was asked about is what is taken. */
static void as_shown(void **state)
{
	struct famfs_takeover_params params = { .dry_run = false };
	struct famfs_error err;
	struct medium m;

	(void)state;
	start(&m);
	be_client();
	memcpy(params.uuid, super_of(&m)->uuid, sizeof(params.uuid));
	memcpy(params.master_uuid, super_of(&m)->system_uuid, sizeof(params.master_uuid));
	m.change = third_master;
	change(&m);
	assert_error(famfs_takeover(MEMORY_NAME, &params, NULL, &err), -ESTALE, &err,
		     "has another master than before");
	assert_string_equal(err.hint, "look at it first: famfsctl info '/dev/null'");
	assert_untouched(&m);
	memcpy(params.master_uuid, super_of(&m)->system_uuid, sizeof(params.master_uuid));
	params.uuid[5] ^= 1;
	assert_error(famfs_takeover(MEMORY_NAME, &params, NULL, &err), -ESTALE, &err,
		     "has another file system than before");
	assert_untouched(&m);
	params.uuid[5] ^= 1;
	assert_ok(famfs_takeover(MEMORY_NAME, &params, NULL, &err), &err);
	end(&m);
}

/* A torn one is not ended on a file system that came since. */
static void torn(void **state)
{
	struct famfs_takeover_params params = { .uuid = { 1 } };
	struct famfs_error err;
	struct medium m;

	(void)state;
	start(&m);
	be_client();
	assert_int_equal(uuid_parse(CLIENT_UUID, super_of(&m)->system_uuid), 0);
	m.change = do_nothing;
	change(&m);
	assert_error(famfs_takeover(MEMORY_NAME, &params, NULL, &err), -EUCLEAN, &err, "CRC");
	assert_untouched(&m);
	memcpy(params.uuid, super_of(&m)->uuid, sizeof(params.uuid));
	assert_ok(famfs_takeover(MEMORY_NAME, &params, NULL, &err), &err);
	end(&m);
}

/* Nor is one from another master. */
static void torn_from(void **state)
{
	struct famfs_takeover_params params = { .dry_run = false };
	struct famfs_error err;
	struct medium m;
	uint8_t old[OMF_UUID_SIZE];

	(void)state;
	/* The second half of the owner is stored, or not. */
	for (size_t half = 8; half <= OMF_UUID_SIZE; half += 8) {
		start(&m);
		be_client();
		memcpy(old, super_of(&m)->system_uuid, sizeof(old));
		assert_int_equal(uuid_parse(CLIENT_UUID, super_of(&m)->system_uuid), 0);
		memcpy(super_of(&m)->system_uuid + half, old + half, OMF_UUID_SIZE - half);
		m.change = do_nothing;
		change(&m);
		memcpy(params.master_uuid, old, sizeof(old));
		params.master_uuid[OMF_UUID_SIZE - 1] ^= 1;
		assert_error(famfs_takeover(MEMORY_NAME, &params, NULL, &err), -EUCLEAN, &err,
			     "CRC");
		assert_untouched(&m);
		memcpy(params.master_uuid, old, sizeof(old));
		assert_ok(famfs_takeover(MEMORY_NAME, &params, NULL, &err), &err);
		/* It is ended now. */
		assert_ok(famfs_takeover(MEMORY_NAME, &params, NULL, &err), &err);
		end(&m);
	}
}

/* ---- repair ---- */

static bool yes(void *arg, const struct famfs_problem *problem)
{
	(void)problem;
	if (((struct medium *)arg)->change)
		change(arg);
	return true;
}

static bool simple_yes(void *arg, const struct famfs_problem *problem)
{
	(void)arg, (void)problem;
	return true;
}

static void note_problem(void *arg, const struct famfs_problem *problem)
{
	struct medium *m = arg;

	assert_false(problem->repaired);
	if (!m->message[0])
		snprintf(m->message, sizeof(m->message), "%s", problem->message);
}

static int repair(struct medium *m, bool in_question, struct famfs_fsck_result *result,
		  struct famfs_error *err)
{
	const struct famfs_target target = memory_target();
	const struct famfs_fsck_params params = { .repair = true,
						  .report = note_problem,
						  .confirm = in_question ? yes : simple_yes,
						  .arg = m };

	if (!in_question)
		locks_hook(m->mem->locks, change, m);
	return famfs_fsck(&target, &params, result, err);
}

static void assert_left(struct medium *m, bool in_question)
{
	struct famfs_fsck_result result;
	struct famfs_error err;

	assert_ok(repair(m, in_question, &result, &err), &err);
	assert_int_equal(result.repaired, 0);
	assert_text(m->message, "changed since it was checked");
	assert_untouched(m);
	end(m);
}

static void entry_arrives(struct medium *m)
{
	*entry_of(m, 1) = m->good;
}

static void entry_is_other(struct medium *m)
{
	entry_of(m, 1)->mkdir.path[0] = 'x';
}

static void entry_is_torn(struct medium *m)
{
	memset(entry_of(m, 1), 0xa5, 300);
}

/* The fault is the same, and so are the words about it. */
static void entry_is_other_and_whole(struct medium *m)
{
	entry_of(m, 1)->mkdir.path[0] = 'x';
	entry_seal(entry_of(m, 1));
}

static void last_entry_arrives(struct medium *m)
{
	entry_of(m, 2)->crc = le64_make(crc32_of(entry_of(m, 2), OMF_ENTRY_CRC_BYTES));
}

static void publish_goes_on(struct medium *m)
{
	set_counters(m, 3, 3);
}

static void size_is_other(struct medium *m)
{
	super_of(m)->device_size = le64_make(33 * MIB);
}

static void damage_entry(struct medium *m)
{
	entry_of(m, 1)->mkdir.uid = le32_make(99);
}

static void damage_mode(struct medium *m)
{
	entry_of(m, 1)->mkdir.mode = le32_make(040755);
	entry_seal(entry_of(m, 1));
}

static void entries(void **state)
{
	static void (*const changes[])(struct medium *) = { entry_arrives, entry_is_other,
							    entry_is_torn };

	(void)state;
	for (size_t i = 0; i < 2 * ARRAY_SIZE(changes); i++) {
		struct medium m;

		start(&m);
		damage_entry(&m);
		m.change = changes[i / 2];
		assert_left(&m, i % 2);
		start(&m);
		damage_mode(&m);
		m.change = changes[i / 2];
		assert_left(&m, false);
		start(&m);
		damage_mode(&m);
		m.change = entry_is_other_and_whole;
		assert_left(&m, false);
	}
}

static void tail(void **state)
{
	struct medium m;

	(void)state;
	start(&m);
	entry_of(&m, 2)->crc = le64_make(7);
	m.change = last_entry_arrives;
	assert_left(&m, false);
}

static void counters(void **state)
{
	struct medium m;

	(void)state;
	start(&m);
	set_counters(&m, 77, 3);
	m.change = publish_goes_on;
	assert_left(&m, false);
}

static void capacity(void **state)
{
	struct medium m;

	(void)state;
	start(&m);
	super_of(&m)->device_size = le64_make(32 * MIB);
	m.change = size_is_other;
	assert_left(&m, false);
}

static void another_system(void **state)
{
	static const struct attempt attempts[] = {
		{ format, -ESTALE, "another file system was made" },
		{ take_over, -EROFS, "belongs to the master " CLIENT_UUID },
		{ damage_super, -EUCLEAN, "superblock CRC" },
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(attempts); i++) {
		struct famfs_fsck_result result;
		struct famfs_error err;
		struct medium m;

		start(&m);
		damage_entry(&m);
		m.change = attempts[i].change;
		assert_error(repair(&m, i % 2, &result, &err), attempts[i].code, &err,
			     attempts[i].text);
		assert_untouched(&m);
		end(&m);
	}
}

/* Between the second judgement and the store, too: the caller's save() is the last to run. */
static int save_and_change(void *arg, uint64_t offset, const void *old, size_t length)
{
	(void)offset, (void)old, (void)length;
	change(arg);
	return 0;
}

static void at_the_last_moment(void **state)
{
	static void (*const damages[])(struct medium *) = { damage_mode, damage_counters };
	static void (*const changes[])(struct medium *) = { entry_is_torn, publish_goes_on };
	const struct famfs_target target = memory_target();
	struct famfs_fsck_params params = { .repair = true, .save = save_and_change };

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(damages); i++) {
		struct famfs_fsck_result result;
		struct famfs_error err;
		struct medium m;

		start(&m);
		damages[i](&m);
		m.change = changes[i];
		params.arg = &m;
		assert_error(famfs_fsck(&target, &params, &result, &err), -ESTALE, &err,
			     "changed while it was repaired");
		assert_int_equal(result.repaired, 0);
		assert_untouched(&m);
		end(&m);
	}
}

static void publish_an_entry(struct medium *m)
{
	set_counters(m, 4, 4);
}

/* The header is mended last. What another host publishes while entries are mended stays. */
static void header_after_entries(void **state)
{
	const struct famfs_target target = memory_target();
	struct famfs_fsck_params params = { .repair = true, .save = save_and_change };
	struct famfs_fsck_result result;
	struct famfs_error err;
	struct medium m;

	(void)state;
	start(&m);
	damage_mode(&m);
	damage_counters(&m);
	m.change = publish_an_entry;
	params.arg = &m;
	assert_error(famfs_fsck(&target, &params, &result, &err), -ESTALE, &err,
		     "changed while it was repaired");
	assert_int_equal(le64_get(header_of(&m)->next_index), 4);
	assert_int_equal(le64_get(header_of(&m)->next_seqnum), 4);
	end(&m);
}

/* ---- the lock ---- */

static void denied(void **state)
{
	const struct famfs_takeover_params params = { .dry_run = false };
	struct famfs_fsck_result result;
	struct famfs_volume *vol;
	struct famfs_error err;
	struct medium m;

	(void)state;
	start(&m);
	damage_mode(&m);
	set_counters(&m, 4, 3);
	locks_mistake(m.mem->locks, LOCKS_DENIED);
	m.change = do_nothing;
	change(&m);
	assert_ok(open_plugged(true, &vol, &err), &err);
	assert_error(add_dir(vol, "d", &err), -EIO, &err, "cannot lock the log of '/dev/null'");
	assert_error(add_file(vol, "f", 5000, 1, &err), -EIO, &err, "cannot lock the log");
	assert_error(add_unfilled(vol, "g", AU, &err), -EIO, &err, "cannot lock the log");
	famfs_close(vol);
	assert_error(repair(&m, true, &result, &err), -EIO, &err, "cannot lock the log");
	be_client();
	assert_error(famfs_takeover(MEMORY_NAME, &params, NULL, &err), -EIO, &err,
		     "cannot lock the log");
	assert_untouched(&m);
	end(&m);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST("an append judges superblock and header under the lock", append),
		TEST("an unpublished file is not filled once there is another master", filling),
		TEST("a takeover judges the superblock under the lock", takeover),
		TEST("a takeover that another process of the host makes first succeeds",
		     by_another_process),
		TEST("a takeover takes what was shown, or nothing", as_shown),
		TEST("a torn takeover of another file system is not ended", torn),
		TEST("a torn takeover from another master is not ended", torn_from),
		TEST("an entry that changed since it was checked is left as it is", entries),
		TEST("a last entry that arrives is not cut off", tail),
		TEST("counters that became right are not written", counters),
		TEST("a recorded size that changed is left as it is", capacity),
		TEST("a repair of what is another's by now stores nothing", another_system),
		TEST("a change just before the store ends the repair", at_the_last_moment),
		TEST("a publish while entries are mended is not taken back", header_after_entries),
		TEST("without the append lock nothing is stored", denied),
	};

	return run_group(tests);
}
