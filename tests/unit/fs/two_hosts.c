/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A master and a client on one memory, whose caches know nothing of each other: after every single
 * operation of the master the client sees a prefix of complete entries, with their contents.
 */
#include "twoview.h"

#include "fs/volume.h"

#include <errno.h>
#include <string.h>

static const struct famfs_takeover_params for_real = { .dry_run = false };

static const struct plan_entry entries[] = {
	{ .path = "d" },
	{ .path = "d/a", .size = 5000 },
	{ .path = "d/one", .size = 1 },
	{ .path = "large", .size = AU + 4097 },
	{ .path = "e" },
	{ .path = "unfilled", .size = 100, .unfilled = true },
	{ .path = "exact", .size = AU },
	{ .path = "last", .size = 640 },
};

static const struct plan plan = { entries, ARRAY_SIZE(entries) };

struct pair {
	struct memory *mem;
	struct host *master;
	struct host *client;
	struct famfs_volume *view; /* of the client */
	uint64_t seen;             /* entries */
	uint64_t looks;
	bool formatting;
	bool newcomers; /* the client opens the memory while it is formatted */
	const char *fault;
};

static void start(struct pair *pair, uint64_t seed)
{
	struct famfs_error err;

	memset(pair, 0, sizeof(*pair));
	pair->mem = memory_new(34 * MIB);
	memory_format(pair->mem);
	memory_litter(pair->mem);
	pair->master = host_new(pair->mem, seed);
	pair->client = host_new(pair->mem, seed + 1000);
	pair->newcomers = seed & 1;
	be_client();
	plug_host(pair->client);
	assert_ok(open_plugged(false, &pair->view, &err), &err);
	be_master();
	plug_host(pair->master);
}

static void end(struct pair *pair)
{
	famfs_close(pair->view);
	host_free(pair->client);
	host_free(pair->master);
	memory_free(pair->mem);
	plug(NULL, NULL);
	be_master();
}

/* Lines that the client's processor may load by itself, and then keeps. */
static void prefetch(struct pair *pair)
{
	uint64_t data = OMF_LOG_OFFSET + OMF_LOG_LENGTH_MIN;

	host_prefetch(pair->client, 0, 4 * LINE);
	host_prefetch(pair->client, OMF_LOG_OFFSET, LINE);
	host_prefetch(pair->client, omf_entry_offset(pair->seen), 3 * sizeof(struct omf_entry));
	for (uint64_t at = data; at < pair->mem->size; at += AU) {
		host_prefetch(pair->client, at, 8 * LINE);
		host_prefetch(pair->client, at + 4096 - LINE, 4 * LINE);
	}
}

static uint64_t published(const struct pair *pair)
{
	const struct omf_log_header *raw = (const void *)(pair->mem->base + OMF_LOG_OFFSET);

	return le64_get(raw->next_index);
}

static const char *stale_fault(struct pair *pair)
{
	struct famfs_error err;
	struct famfs_file *file;
	const char *fault = NULL;
	char byte;

	if (famfs_file_open(pair->view, "d/a", &file, &err) < 0)
		return "a file vanished from a stale volume";
	if (famfs_file_read(file, 0, &byte, 1, &err) != -ESTALE)
		fault = "a file of a stale volume is read";
	famfs_file_close(file);
	return fault;
}

static const char *view_fault(struct pair *pair)
{
	struct famfs_error err;
	struct famfs_info info;
	int ret = famfs_catch_up(pair->view, &err);

	if (ret == -ESTALE && pair->formatting)
		return stale_fault(pair);
	if (ret < 0)
		return "the client cannot catch up";
	famfs_info(pair->view, &info);
	if (info.log_entries < pair->seen)
		return "an entry vanished";
	if (!pair->formatting && info.log_entries != published(pair))
		return "an entry that is published looks bad, or is not seen";
	if (pair->view->suspect != FAMFS_NO_ENTRY)
		return "an entry looked bad";
	pair->seen = info.log_entries;
	return plan_fault(pair->view, &plan);
}

/* While it is formatted, the client sees the old file system, none, or the new one. */
static const char *formatting_fault(struct famfs_volume *vol, const struct famfs_volume *old)
{
	const struct plan nothing = { entries, 0 };
	struct famfs_info info;
	const char *fault;

	famfs_info(vol, &info);
	if (memcmp(info.uuid, old->sb.uuid, sizeof(info.uuid)) != 0)
		return plan_fault(vol, &nothing);
	fault = plan_fault(vol, &plan);
	return !fault && info.log_entries != plan.count ? "an old entry is lost" : fault;
}

/* A volume that the client opens now, with the current contents of its cache, sees the same. */
static const char *newcomer_fault(struct pair *pair)
{
	struct famfs_volume *vol;
	struct famfs_info info;
	const char *fault;
	int ret;

	be_client();
	plug_host(pair->client);
	ret = open_plugged(false, &vol, NULL);
	be_master();
	plug_host(pair->master);
	if (ret < 0)
		return ret == -EMEDIUMTYPE && pair->formatting ? NULL : "it cannot be opened";
	if (pair->formatting) {
		fault = formatting_fault(vol, pair->view);
	} else {
		famfs_info(vol, &info);
		fault = info.log_entries != published(pair) ? "a newcomer sees less"
							    : plan_fault(vol, &plan);
	}
	famfs_close(vol);
	return fault;
}

/* The client's own operations have no hook, so this does not call itself. */
static void look(void *arg)
{
	struct pair *pair = arg;

	if (pair->fault)
		return;
	pair->looks++;
	prefetch(pair);
	pair->fault = view_fault(pair);
	prefetch(pair);
	if (!pair->fault && pair->formatting && pair->newcomers)
		pair->fault = newcomer_fault(pair);
}

/* Step after step; the client looks after each operation, and sees each completed step. */
static void run(struct pair *pair)
{
	struct famfs_volume *vol;
	struct famfs_error err;

	assert_ok(open_plugged(true, &vol, &err), &err);
	host_hook(pair->master, look, pair);
	for (size_t i = 0; i < plan.count && !pair->fault; i++) {
		look(pair);
		assert_ok(plan_add(vol, &plan, i, &err), &err);
		look(pair);
		if (!pair->fault && pair->seen != i + 1)
			pair->fault = "what is done is not seen";
		if (!pair->fault)
			pair->fault = plan_slack_fault(pair->view, &plan, pair->mem);
		if (!pair->fault)
			pair->fault = newcomer_fault(pair);
	}
	host_hook(pair->master, NULL, NULL);
	famfs_close(vol);
}

/* The client opens the finished file system. */
static const char *new_fault(struct pair *pair)
{
	const struct plan nothing = { entries, 0 };
	struct famfs_volume *vol;
	const char *fault;

	be_client();
	plug_host(pair->client);
	if (open_plugged(false, &vol, NULL) < 0)
		return "the client cannot open the new file system";
	fault = plan_fault(vol, &nothing);
	if (vol->header_fault[0])
		fault = "the client sees the old log header";
	if (memcmp(vol->sb.uuid, pair->view->sb.uuid, sizeof(vol->sb.uuid)) == 0)
		fault = "the client sees the old superblock";
	famfs_close(vol);
	return fault;
}

static void format_anew(struct pair *pair)
{
	const struct famfs_mkfs_params params = { .force = true, .log_length = 16 * MIB };
	struct famfs_error err;

	pair->formatting = true;
	host_hook(pair->master, look, pair);
	look(pair);
	if (famfs_mkfs(MEMORY_NAME, &params, NULL, &err) < 0)
		pair->fault = "it cannot be formatted anew";
	host_hook(pair->master, NULL, NULL);
	prefetch(pair);
	if (!pair->fault && famfs_catch_up(pair->view, &err) != -ESTALE)
		pair->fault = "the client does not see that it is another file system";
	if (!pair->fault)
		pair->fault = new_fault(pair);
}

static void prefixes(void **state)
{
	(void)state;
	for (uint64_t seed = 1; seed <= 4; seed++) {
		struct pair pair;

		start(&pair, seed);
		run(&pair);
		format_anew(&pair);
		if (pair.fault)
			fail_msg("seed %d: %s", (int)seed, pair.fault);
		assert_true(pair.looks > 100);
		end(&pair);
	}
}

/* The client becomes the master, with the contents of its cache, and the other one reads. */
static void change_of_roles(void **state)
{
	(void)state;
	for (uint64_t seed = 1; seed <= 3; seed++) {
		struct famfs_volume *vol;
		struct famfs_error err;
		struct pair pair;

		start(&pair, seed);
		assert_ok(open_plugged(true, &vol, &err), &err);
		for (size_t i = 0; i < 4; i++)
			assert_ok(plan_add(vol, &plan, i, &err), &err);
		look(&pair);
		be_client();
		plug_host(pair.client);
		assert_ok(famfs_takeover(MEMORY_NAME, &for_real, NULL, &err), &err);
		famfs_close(pair.view);
		assert_ok(open_plugged(true, &pair.view, &err), &err);
		for (size_t i = 4; i < plan.count; i++) {
			assert_ok(plan_add(pair.view, &plan, i, &err), &err);
			assert_ok(famfs_catch_up(vol, &err), &err);
			assert_null(plan_fault(vol, &plan));
			assert_true(vol->applied == i + 1);
		}
		assert_null(pair.fault);
		famfs_close(vol);
		end(&pair);
	}
}

/* Bytes that the master writes into a published file are in memory when the call returns. */
static void in_place(void **state)
{
	(void)state;
	for (uint64_t seed = 1; seed <= 8; seed++) {
		struct famfs_file *mine, *theirs;
		unsigned char bytes[300], got[300];
		struct famfs_volume *vol;
		struct famfs_error err;
		struct pair pair;

		start(&pair, seed);
		assert_ok(open_plugged(true, &vol, &err), &err);
		assert_ok(add_file(vol, "f", 5000, 1, &err), &err);
		assert_ok(famfs_catch_up(pair.view, &err), &err);
		assert_ok(famfs_file_open(vol, "f", &mine, &err), &err);
		assert_ok(famfs_file_open(pair.view, "f", &theirs, &err), &err);
		for (uint32_t n = 0; n < 20; n++) {
			fill_bytes(bytes, sizeof(bytes), n);
			assert_ok(famfs_file_write(mine, n * 77, bytes, sizeof(bytes), &err), &err);
			prefetch(&pair);
			assert_ok(famfs_file_read(theirs, n * 77, got, sizeof(got), &err), &err);
			assert_memory_equal(got, bytes, sizeof(got));
		}
		famfs_file_close(theirs);
		famfs_file_close(mine);
		famfs_close(vol);
		end(&pair);
	}
}

/* Whether a mistake is noticed, independent of chance. */
static void notice(const struct mistakes *master, const struct mistakes *client)
{
	for (uint64_t seed = 1; seed <= 2; seed++) {
		struct pair pair;

		start(&pair, seed);
		*host_mistakes(pair.master) = *master;
		*host_mistakes(pair.client) = *client;
		run(&pair);
		if (!pair.fault)
			format_anew(&pair);
		if (!pair.fault)
			fail_msg("nothing is noticed with seed %d", (int)seed);
		end(&pair);
	}
}

static const struct mistakes none = { .no_fence = false };

static void no_flush(void **state)
{
	(void)state;
	for (int region = 0; region < REGIONS; region++) {
		struct mistakes wrong = none;

		wrong.no_flush[region] = true;
		notice(&wrong, &none);
	}
}

static void no_invalidate(void **state)
{
	(void)state;
	for (int region = 0; region < REGIONS; region++) {
		struct mistakes wrong = none;

		wrong.no_invalidate[region] = true;
		notice(&none, &wrong);
	}
}

static void no_fence(void **state)
{
	const struct mistakes wrong = { .no_fence = true };

	(void)state;
	notice(&wrong, &none);
}

static void counters_first(void **state)
{
	const struct mistakes wrong = { .counters_first = true };

	(void)state;
	notice(&wrong, &none);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST("a client sees a prefix of whole entries after every operation", prefixes),
		TEST("a client that takes over continues after the master's last entry",
		     change_of_roles),
		TEST("bytes that were written in place are visible to the client", in_place),
		TEST("a flush that is missing anywhere is noticed", no_flush),
		TEST("an invalidation that is missing anywhere is noticed", no_invalidate),
		TEST("missing fences are noticed", no_fence),
		TEST("counters that are published before their entry are noticed", counters_first),
	};

	return run_group(tests);
}
