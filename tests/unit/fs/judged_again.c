/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The medium changes before the append lock is granted: an append and a takeover check it again,
 * and store nothing that is based on the old check.
 */
#include "changing.h"

#include "fs/volume.h"
#include "media/superblock.h"

#include <errno.h>
#include <string.h>
#include <uuid.h>

static void do_nothing(struct changing *m)
{
	(void)m;
}

/* The new master is just about to publish entry 3. */
static void take_over_and_publish(struct changing *m)
{
	changing_take_over(m);
	changing_set_counters(m, 4, 3);
}

static void format_and_publish(struct changing *m)
{
	changing_format(m);
	changing_set_counters(m, 4, 3);
}

static void begin_takeover(struct changing *m)
{
	changing_super(m)->system_uuid[0] ^= 1;
}

static void damage_header(struct changing *m)
{
	changing_header(m)->last_index = le64_make(7);
	changing_set_counters(m, 4, 3);
}

/* ---- appends ---- */

static const struct attempt appends[] = {
	{ changing_format, -ESTALE, "another file system was made" },
	{ format_and_publish, -ESTALE, "another file system was made" },
	{ changing_take_over, -EROFS, "belongs to the master " CLIENT_UUID },
	{ take_over_and_publish, -EROFS, "belongs to the master " CLIENT_UUID },
	{ begin_takeover, -EUCLEAN, "superblock CRC" },
	{ changing_damage_super, -EUCLEAN, "superblock CRC" },
	{ damage_header, -EUCLEAN, "log header of '/dev/null' is damaged" },
	{ changing_damage_counters, -EUCLEAN, "next sequence number is 9, next index is 3" },
};

static void append(void **state)
{
	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(appends); i++) {
		struct famfs_volume *vol;
		struct famfs_error err;
		struct changing m;

		changing_start(&m);
		assert_ok(open_plugged(true, &vol, &err), &err);
		m.change = appends[i].change;
		locks_hook(m.mem->locks, changing_act, &m);
		assert_error(add_dir(vol, "d", &err), appends[i].code, &err, appends[i].text);
		assert_medium_untouched(&m);
		famfs_close(vol);
		changing_end(&m);
	}
}

static void take_back(struct changing *m)
{
	assert_int_equal(uuid_parse(MASTER_UUID, changing_super(m)->system_uuid), 0);
	superblock_seal(changing_super(m));
}

/* The owner is then the UUID in the volume, not that of its host. */
static void append_between_masters(void **state)
{
	struct famfs_volume *vol;
	struct famfs_error err;
	struct changing m;

	(void)state;
	changing_start(&m);
	assert_ok(open_plugged(true, &vol, &err), &err);
	changing_take_over(&m);
	assert_error(add_dir(vol, "d", &err), -EROFS, &err, CLIENT_UUID);
	take_back(&m);
	m.change = changing_take_over;
	locks_hook(m.mem->locks, changing_act, &m);
	assert_error(add_dir(vol, "d", &err), -EROFS, &err, CLIENT_UUID);
	assert_medium_untouched(&m);
	famfs_close(vol);
	changing_end(&m);
}

/* Space that the old master reserved may belong to a file of the new one. */
static void filling(void **state)
{
	const struct famfs_create_params params = { .size = 5000, .mode = 0644, .no_zero = true };
	struct famfs_file *file;
	struct famfs_volume *vol;
	struct famfs_error err;
	struct changing m;
	uint64_t at = OMF_LOG_OFFSET + OMF_LOG_LENGTH_MIN;
	static unsigned char before[2 * AU];

	(void)state;
	changing_start(&m);
	memory_litter(m.mem);
	memcpy(before, m.mem->base + at, sizeof(before));
	assert_ok(open_plugged(true, &vol, &err), &err);
	assert_ok(famfs_create(vol, "f", &params, &file, &err), &err);
	m.change = changing_take_over;
	changing_act(&m);
	assert_error(famfs_file_write(file, 0, "x", 1, &err), -EROFS, &err, CLIENT_UUID);
	assert_error(famfs_file_zero(file, 0, 100, &err), -EROFS, &err, CLIENT_UUID);
	assert_error(famfs_file_publish(file, &err), -EROFS, &err, CLIENT_UUID);
	assert_memory_equal(m.mem->base + at, before, sizeof(before));
	assert_medium_untouched(&m);
	famfs_close(vol);
	changing_end(&m);
}

/* ---- takeover ---- */

static const struct attempt takeovers[] = {
	{ changing_format, -ESTALE, "another file system was made" },
	{ format_and_publish, -ESTALE, "another file system was made" },
	{ begin_takeover, -EUCLEAN, "superblock CRC" },
	{ changing_damage_super, -EUCLEAN, "superblock CRC" },
};

static void third_master(struct changing *m)
{
	changing_super(m)->system_uuid[3] = 0x77;
	superblock_seal(changing_super(m));
}

static void takeover(void **state)
{
	const struct famfs_takeover_params params = { .dry_run = false };
	struct famfs_error err;
	struct changing m;

	(void)state;
	for (size_t i = 0; i <= ARRAY_SIZE(takeovers); i++) {
		struct attempt attempt = { third_master, -ESTALE, "has another master" };

		if (i < ARRAY_SIZE(takeovers))
			attempt = takeovers[i];
		changing_start(&m);
		be_client();
		m.change = attempt.change;
		locks_hook(m.mem->locks, changing_act, &m);
		assert_error(famfs_takeover(MEMORY_NAME, &params, NULL, &err), attempt.code, &err,
			     attempt.text);
		assert_medium_untouched(&m);
		changing_end(&m);
	}
}

/* There is nothing to do. */
static void by_another_process(void **state)
{
	const struct famfs_takeover_params params = { .dry_run = false };
	struct famfs_error err;
	struct changing m;

	(void)state;
	changing_start(&m);
	be_client();
	m.change = changing_take_over;
	locks_hook(m.mem->locks, changing_act, &m);
	assert_ok(famfs_takeover(MEMORY_NAME, &params, NULL, &err), &err);
	assert_medium_untouched(&m);
	changing_end(&m);
}

/* Only the master that the user was asked about is replaced. */
static void as_shown(void **state)
{
	struct famfs_takeover_params params = { .dry_run = false };
	struct famfs_error err;
	struct changing m;

	(void)state;
	changing_start(&m);
	be_client();
	memcpy(params.uuid, changing_super(&m)->uuid, sizeof(params.uuid));
	memcpy(params.master_uuid, changing_super(&m)->system_uuid, sizeof(params.master_uuid));
	m.change = third_master;
	changing_act(&m);
	assert_error(famfs_takeover(MEMORY_NAME, &params, NULL, &err), -ESTALE, &err,
		     "has another master than before");
	assert_int_equal(err.remedy, FAMFS_REMEDY_INSPECT);
	assert_string_equal(err.remedy_object, "/dev/null");
	assert_medium_untouched(&m);
	memcpy(params.master_uuid, changing_super(&m)->system_uuid, sizeof(params.master_uuid));
	params.uuid[5] ^= 1;
	assert_error(famfs_takeover(MEMORY_NAME, &params, NULL, &err), -ESTALE, &err,
		     "has another file system than before");
	assert_medium_untouched(&m);
	params.uuid[5] ^= 1;
	assert_ok(famfs_takeover(MEMORY_NAME, &params, NULL, &err), &err);
	changing_end(&m);
}

/* A torn takeover is not completed on a file system that was made since. */
static void torn(void **state)
{
	struct famfs_takeover_params params = { .uuid = { 1 } };
	struct famfs_error err;
	struct changing m;

	(void)state;
	changing_start(&m);
	be_client();
	assert_int_equal(uuid_parse(CLIENT_UUID, changing_super(&m)->system_uuid), 0);
	m.change = do_nothing;
	changing_act(&m);
	assert_error(famfs_takeover(MEMORY_NAME, &params, NULL, &err), -EUCLEAN, &err, "CRC");
	assert_medium_untouched(&m);
	memcpy(params.uuid, changing_super(&m)->uuid, sizeof(params.uuid));
	assert_ok(famfs_takeover(MEMORY_NAME, &params, NULL, &err), &err);
	changing_end(&m);
}

/* A torn takeover from another master is not completed either. */
static void torn_from(void **state)
{
	struct famfs_takeover_params params = { .dry_run = false };
	struct famfs_error err;
	struct changing m;
	uint8_t old[OMF_UUID_SIZE];

	(void)state;
	/* The second half of the owner is stored, or not. */
	for (size_t half = 8; half <= OMF_UUID_SIZE; half += 8) {
		changing_start(&m);
		be_client();
		memcpy(old, changing_super(&m)->system_uuid, sizeof(old));
		assert_int_equal(uuid_parse(CLIENT_UUID, changing_super(&m)->system_uuid), 0);
		memcpy(changing_super(&m)->system_uuid + half, old + half, OMF_UUID_SIZE - half);
		m.change = do_nothing;
		changing_act(&m);
		memcpy(params.master_uuid, old, sizeof(old));
		params.master_uuid[OMF_UUID_SIZE - 1] ^= 1;
		assert_error(famfs_takeover(MEMORY_NAME, &params, NULL, &err), -EUCLEAN, &err,
			     "CRC");
		assert_medium_untouched(&m);
		memcpy(params.master_uuid, old, sizeof(old));
		assert_ok(famfs_takeover(MEMORY_NAME, &params, NULL, &err), &err);
		/* It is completed now. */
		assert_ok(famfs_takeover(MEMORY_NAME, &params, NULL, &err), &err);
		changing_end(&m);
	}
}

/* ---- the lock ---- */

static void denied(void **state)
{
	const struct famfs_target target = memory_target();
	const struct famfs_takeover_params takeover_params = { .dry_run = false };
	const struct famfs_fsck_params params = { .repair = true };
	struct famfs_fsck_result result;
	struct famfs_volume *vol;
	struct famfs_error err;
	struct changing m;

	(void)state;
	changing_start(&m);
	changing_entry(&m, 1)->mkdir.mode = le32_make(040755);
	entry_seal(changing_entry(&m, 1));
	changing_set_counters(&m, 4, 3);
	locks_mistake(m.mem->locks, LOCKS_DENIED);
	m.change = do_nothing;
	changing_act(&m);
	assert_ok(open_plugged(true, &vol, &err), &err);
	assert_error(add_dir(vol, "d", &err), -EIO, &err, "cannot lock the log of '/dev/null'");
	assert_error(add_file(vol, "f", 5000, 1, &err), -EIO, &err, "cannot lock the log");
	assert_error(add_unfilled(vol, "g", AU, &err), -EIO, &err, "cannot lock the log");
	famfs_close(vol);
	assert_error(famfs_fsck(&target, &params, &result, &err), -EIO, &err,
		     "cannot lock the log");
	be_client();
	assert_error(famfs_takeover(MEMORY_NAME, &takeover_params, NULL, &err), -EIO, &err,
		     "cannot lock the log");
	assert_medium_untouched(&m);
	changing_end(&m);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST("an append checks superblock and header under the lock", append),
		TEST("a host that was the master twice appends only while it is the master",
		     append_between_masters),
		TEST("an unpublished file is not filled after a takeover", filling),
		TEST("a takeover checks the superblock under the lock", takeover),
		TEST("a takeover that another process of the host has made already succeeds",
		     by_another_process),
		TEST("a takeover takes only the file system that was shown", as_shown),
		TEST("a torn takeover of another file system is not completed", torn),
		TEST("a torn takeover from another master is not completed", torn_from),
		TEST("without the append lock nothing is stored", denied),
	};

	return run_group(tests);
}
