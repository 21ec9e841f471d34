/* SPDX-License-Identifier: Apache-2.0 */
/* Readers take no lock: while a writer runs they see complete nodes, or none. */
#include "support.h"

#include "fs/namespace.h"

#include <pthread.h>
#include <string.h>

#define CAPACITY 15420
#define READERS  2

struct shared {
	struct namespace ns;
	uint64_t done; /* entries that the writer has finished */
	bool failed;
};

static void path_of(uint64_t i, char path[OMF_PATH_SIZE])
{
	if (i % 100 == 0)
		snprintf(path, OMF_PATH_SIZE, "dir-%d", (int)(i / 100));
	else
		snprintf(path, OMF_PATH_SIZE, "dir-%d/file-%d", (int)(i / 100), (int)i);
}

/* Odd entries have several extents, so that both ways to store a map are tested. */
static struct record record_of(uint64_t i, const char *path)
{
	struct record rec = { .type = i % 100 ? OMF_FILE : OMF_MKDIR,
			      .uid = (uint32_t)i,
			      .mode = 0600,
			      .fmap = { .size = i, .nextents = (uint32_t)(1 + i % 2 * 3) } };

	record_set_path(&rec, path);
	for (uint32_t k = 0; k < rec.fmap.nextents; k++)
		rec.fmap.extents[k] = (struct famfs_extent){ 0, (i + k) * AU, AU };
	return rec;
}

static void *write_all(void *arg)
{
	struct shared *shared = arg;
	char path[OMF_PATH_SIZE];
	bool implied;

	for (uint64_t i = 0; i < CAPACITY; i++) {
		struct record rec;

		path_of(i, path);
		rec = record_of(i, path);
		if (namespace_insert(&shared->ns, i, &rec, &implied) != FAMFS_FAULT_NONE)
			__atomic_store_n(&shared->failed, true, __ATOMIC_RELAXED);
		__atomic_store_n(&shared->done, i + 1, __ATOMIC_RELEASE);
	}
	return NULL;
}

static bool is_whole(const struct namespace *ns, node_t node)
{
	uint64_t i = node - 2;
	char path[OMF_PATH_SIZE], back[OMF_PATH_SIZE];
	struct record rec;
	struct famfs_stat st;
	struct famfs_fmap fmap;

	path_of(i, path);
	rec = record_of(i, path);
	node_path(ns, node, back);
	node_stat(ns, node, &st);
	if (strcmp(back, path) != 0 || st.entry != i || st.uid != i)
		return false;
	if (rec.type == OMF_MKDIR)
		return node_is_dir(ns, node);
	node_fmap(ns, node, &fmap);
	return st.size == i && fmap.nextents == rec.fmap.nextents &&
	       memcmp(fmap.extents, rec.fmap.extents, fmap.nextents * sizeof(fmap.extents[0])) == 0;
}

/* Nodes that the writer had finished before are found; later ones are complete if they are found.
 */
static bool look_up(const struct shared *shared, uint64_t i)
{
	uint64_t done = __atomic_load_n(&shared->done, __ATOMIC_ACQUIRE);
	char path[OMF_PATH_SIZE];
	bool is_file;
	node_t node;

	path_of(i, path);
	node = namespace_resolve(&shared->ns, path, strlen(path), &is_file);
	if (node == NODE_NONE)
		return i >= done;
	return node == node_of_entry(i) && is_whole(&shared->ns, node);
}

/* The nodes of a directory are complete and in order, and no finished one is missing. */
static bool list(const struct shared *shared, node_t dir)
{
	uint64_t done = __atomic_load_n(&shared->done, __ATOMIC_ACQUIRE), next = dir - 1;

	for (node_t node = node_first_child(&shared->ns, dir); node != NODE_NONE;
	     node = node_next_sibling(&shared->ns, node)) {
		if (node - 2 != next || !is_whole(&shared->ns, node))
			return false;
		next++;
	}
	return next >= done || next % 100 == 0;
}

static void *read_along(void *arg)
{
	struct shared *shared = arg;
	struct rng rng = { (uintptr_t)&rng };
	bool good = true;
	uint64_t done = 0;

	while (good && done < CAPACITY) {
		done = __atomic_load_n(&shared->done, __ATOMIC_ACQUIRE);
		/* Near the writer's position, and at random positions. */
		for (int n = 0; good && n < 50; n++)
			good = look_up(shared, done + rng_below(&rng, 8)) &&
			       look_up(shared, rng_below(&rng, CAPACITY));
		if (done)
			good = good && list(shared, node_of_entry((done - 1) / 100 * 100));
	}
	if (!good)
		__atomic_store_n(&shared->failed, true, __ATOMIC_RELAXED);
	return NULL;
}

static void beside_a_writer(void **state)
{
	static struct shared shared;
	pthread_t writer, readers[READERS];

	(void)state;
	for (int round = 0; round < 5; round++) {
		memset(&shared, 0, sizeof(shared));
		assert_int_equal(namespace_init(&shared.ns, CAPACITY + 8, 0), 0);
		namespace_share(&shared.ns);
		for (int i = 0; i < READERS; i++)
			assert_int_equal(pthread_create(&readers[i], NULL, read_along, &shared), 0);
		assert_int_equal(pthread_create(&writer, NULL, write_all, &shared), 0);
		pthread_join(writer, NULL);
		for (int i = 0; i < READERS; i++)
			pthread_join(readers[i], NULL);
		assert_false(shared.failed);
		namespace_destroy(&shared.ns);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST("readers see nodes whole or not at all during writes", beside_a_writer),
	};

	return run_group(tests);
}
