/* SPDX-License-Identifier: Apache-2.0 */
/*
 * An entry at the end of the log that looks bad may be on its way from another host's caches: it
 * gets 20 ms to arrive. Time passes in this test only when the library sleeps.
 */
#include "memdev.h"

#include "fs/volume.h"

#include <errno.h>
#include <string.h>

#define MS UINT64_C(1000000)

struct arriving {
	struct memory *mem;
	struct omf_entry last; /* the complete entry */
	uint64_t index;
	int naps; /* sleeps of the library until it arrives */
};

static void *entry_in(struct arriving *m, uint64_t index)
{
	return m->mem->base + omf_entry_offset(index);
}

/* Three directories; the last one has arrived in part. */
static void start(struct arriving *m)
{
	m->mem = memory_with_dirs(16 * MIB);
	m->index = 2;
	memcpy(&m->last, entry_in(m, 2), sizeof(m->last));
	memset(entry_in(m, 2), 0, 300);
}

static void end(struct arriving *m)
{
	on_sleep(NULL, NULL);
	plug(NULL, NULL);
	memory_free(m->mem);
}

static void arrive(struct arriving *m)
{
	memcpy(entry_in(m, m->index), &m->last, sizeof(m->last));
}

static void nap(void *arg)
{
	struct arriving *m = arg;

	if (m->naps-- == 0)
		arrive(m);
}

static void assert_view(struct famfs_volume *vol, uint64_t entries, uint64_t bad)
{
	struct famfs_info info;

	famfs_info(vol, &info);
	assert_true(info.log_entries == entries);
	assert_true(info.bad_entries == bad);
}

static void arrives(void **state)
{
	struct famfs_volume *vol;
	struct famfs_error err;
	struct arriving m;

	(void)state;
	for (int naps = 0; naps < 19; naps += 3) {
		uint64_t began = time_passed();

		start(&m);
		m.naps = naps;
		on_sleep(nap, &m);
		assert_ok(open_plugged(false, &vol, &err), &err);
		assert_view(vol, 3, 0);
		assert_true(time_passed() - began <= 20 * MS);
		famfs_close(vol);
		end(&m);
	}
}

static void never_arrives(void **state)
{
	struct famfs_volume *vol;
	struct famfs_error err;
	struct arriving m;
	uint64_t began = time_passed();

	(void)state;
	start(&m);
	assert_ok(open_plugged(true, &vol, &err), &err);
	assert_view(vol, 3, 1);
	assert_true(time_passed() - began >= 20 * MS);
	assert_true(time_passed() - began <= 50 * MS);
	assert_error(add_dir(vol, "d", &err), -EUCLEAN, &err, "log entry 2");
	famfs_close(vol);
	end(&m);
}

/* A catch-up returns at once, and looks again the next time. */
static void catching_up(void **state)
{
	struct famfs_volume *vol;
	struct famfs_error err;
	struct arriving m;
	struct omf_log_header *header;
	uint64_t began;

	(void)state;
	start(&m);
	header = (void *)(m.mem->base + OMF_LOG_OFFSET);
	header->next_index = header->next_seqnum = le64_make(2);
	assert_ok(open_plugged(false, &vol, &err), &err);
	assert_view(vol, 2, 0);
	header->next_index = header->next_seqnum = le64_make(3);
	began = time_passed();
	assert_ok(famfs_catch_up(vol, &err), &err);
	assert_view(vol, 2, 0);
	let_time_pass(19 * MS);
	assert_ok(famfs_catch_up(vol, &err), &err);
	assert_view(vol, 2, 0);
	assert_true(time_passed() - began == 19 * MS);
	arrive(&m);
	assert_ok(famfs_catch_up(vol, &err), &err);
	assert_view(vol, 3, 0);
	famfs_close(vol);
	end(&m);
}

static void catching_up_late(void **state)
{
	struct famfs_volume *vol;
	struct famfs_error err;
	struct arriving m;
	struct omf_log_header *header;

	(void)state;
	start(&m);
	header = (void *)(m.mem->base + OMF_LOG_OFFSET);
	header->next_index = header->next_seqnum = le64_make(2);
	assert_ok(open_plugged(false, &vol, &err), &err);
	header->next_index = header->next_seqnum = le64_make(3);
	assert_ok(famfs_catch_up(vol, &err), &err);
	let_time_pass(21 * MS);
	assert_ok(famfs_catch_up(vol, &err), &err);
	assert_view(vol, 3, 1);
	famfs_close(vol);
	end(&m);
}

/* Two entries, of which the first is late: neither is given up, and they are applied in order. */
static void before_an_append(void **state)
{
	struct famfs_volume *vol;
	struct famfs_error err;
	struct famfs_stat st;
	struct arriving m;
	struct omf_log_header *header;

	(void)state;
	start(&m);
	header = (void *)(m.mem->base + OMF_LOG_OFFSET);
	header->next_index = header->next_seqnum = le64_make(2);
	assert_ok(open_plugged(true, &vol, &err), &err);
	header->next_index = header->next_seqnum = le64_make(3);
	m.naps = 5;
	on_sleep(nap, &m);
	assert_ok(add_dir(vol, "d", &err), &err);
	assert_view(vol, 4, 0);
	assert_ok(famfs_stat(vol, "c", &st, &err), &err);
	assert_true(st.entry == 2);
	famfs_close(vol);
	end(&m);
}

static void not_at_the_end(void **state)
{
	struct famfs_volume *vol;
	struct famfs_error err;
	struct arriving m;
	uint64_t began;

	(void)state;
	start(&m);
	arrive(&m);
	memset(entry_in(&m, 1), 0, 300);
	began = time_passed();
	assert_ok(open_plugged(false, &vol, &err), &err);
	assert_view(vol, 3, 1);
	assert_true(time_passed() == began);
	famfs_close(vol);
	end(&m);
}

/* An entry with a right CRC and wrong contents is not on its way. */
static void sealed(void **state)
{
	struct famfs_volume *vol;
	struct famfs_error err;
	struct arriving m;
	uint64_t began;

	(void)state;
	start(&m);
	m.last.mkdir.path[0] = '/';
	entry_seal(&m.last);
	arrive(&m);
	began = time_passed();
	assert_ok(open_plugged(false, &vol, &err), &err);
	assert_view(vol, 3, 1);
	assert_true(time_passed() == began);
	famfs_close(vol);
	end(&m);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST("an entry that arrives within 20 ms is read whole", arrives),
		TEST("an entry that does not arrive is bad after 20 ms", never_arrives),
		TEST("a catch-up does not wait, and the next one reads again", catching_up),
		TEST("a catch-up after 20 ms reports the bad entry", catching_up_late),
		TEST("an append waits for entries that are arriving", before_an_append),
		TEST("replay does not wait for bad entries before the end", not_at_the_end),
		TEST("replay does not wait for a bad entry with a right CRC", sealed),
	};

	return run_group(tests);
}
