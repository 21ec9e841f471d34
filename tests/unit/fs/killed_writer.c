/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A process is killed between its stores to the log and their flush. The next process of the host
 * sees the entry in the cache, while memory does not have it. Before the process relies on the
 * entry, memory must have it, too.
 */
#include "powercut.h"

#include "fs/volume.h"

#include <errno.h>
#include <string.h>

/* Directories a, b, c. */
/* Counters from before c was published, or entry and counters from before. */
static void withdraw(struct memory *mem, bool entry)
{
	const le64 counters[] = { le64_make(2), le64_make(2) };

	memcpy(mem->base + OMF_LOG_OFFSET + offsetof(struct omf_log_header, next_seqnum), counters,
	       sizeof(counters));
	if (entry)
		memset(mem->base + omf_entry_offset(2), 0, sizeof(struct omf_entry));
}

struct killed {
	struct powercut *cut;
	int tried;
	const char *fault;
};

static bool is_there(void *arg, struct memory *left)
{
	struct killed *killed = arg;
	struct famfs_volume *vol;
	struct famfs_stat st;

	plug_memory(left);
	if (open_plugged(false, &vol, NULL) < 0) {
		killed->fault = "it cannot be opened";
	} else {
		if (famfs_stat(vol, "c", &st, NULL) < 0)
			killed->fault = "what the next process saw is not there";
		famfs_close(vol);
	}
	plug_powercut(killed->cut);
	killed->tried++;
	return !killed->fault;
}

/* Stores entry 2 and the counters, and stops. */
static void store_and_die(const struct omf_entry *entry, const struct omf_log_header *header)
{
	struct famfs_error err;
	struct device *dev;

	assert_ok(device_open(MEMORY_NAME, DEVICE_WRITE, &dev, &err), &err);
	assert_int_equal(device_write(dev, omf_entry_offset(2), entry, sizeof(*entry)), 0);
	assert_int_equal(device_write(dev, OMF_LOG_OFFSET, header, sizeof(*header)), 0);
	device_close(dev);
}

/* Our processes have flushed the entry by then; those of the reference have not. */
static const char *next_process(bool reference, enum mutation mutation)
{
	struct killed killed = { 0 };
	struct omf_log_header header;
	struct famfs_volume *vol;
	struct omf_entry entry;
	struct famfs_error err;
	struct memory *mem = memory_with_dirs(34 * MIB);
	struct rng rng = { 1 };

	memcpy(&entry, mem->base + omf_entry_offset(2), sizeof(entry));
	memcpy(&header, mem->base + OMF_LOG_OFFSET, sizeof(header));
	withdraw(mem, reference);
	killed.cut = powercut_new(mem);
	powercut_keep_dirty(killed.cut);
	powercut_mutate(killed.cut, mutation);
	plug_powercut(killed.cut);
	assert_ok(open_plugged(true, &vol, &err), &err);
	store_and_die(&entry, &header);
	/* It relies on the entry, and stores nothing itself. */
	assert_error(add_dir(vol, "c", &err), -EEXIST, &err, "exists");
	(void)powercut_explore(killed.cut, &rng, 1000, is_there, &killed);
	assert_true(killed.tried > 0);
	famfs_close(vol);
	powercut_free(killed.cut);
	plug(NULL, NULL);
	memory_free(mem);
	return killed.fault;
}

static void ours(void **state)
{
	(void)state;
	assert_null(next_process(false, MUTATE_NOTHING));
	assert_non_null(next_process(false, MUTATE_NO_COUNTER_FLUSH));
}

static void of_the_reference(void **state)
{
	(void)state;
	assert_null(next_process(true, MUTATE_NOTHING));
	assert_non_null(next_process(true, MUTATE_NO_ENTRY_FLUSH));
	assert_non_null(next_process(true, MUTATE_NO_COUNTER_FLUSH));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST("the next process flushes the header before it uses it", ours),
		TEST("the next process flushes entries that the reference does not flush",
		     of_the_reference),
	};

	return run_group(tests);
}
