/* SPDX-License-Identifier: Apache-2.0 */
/* Paths to nodes. */
#include "support.h"

#include "fs/namespace.h"

#include <string.h>
#include <sys/stat.h>

#define CAPACITY 15420

static struct record dir_of(const char *path)
{
	struct record rec = { .type = OMF_MKDIR, .uid = 1, .gid = 2, .mode = 0750 };

	record_set_path(&rec, path);
	return rec;
}

static struct record file_of(const char *path, uint64_t size)
{
	struct record rec = {
		.type = OMF_FILE,
		.uid = 3,
		.gid = 4,
		.mode = 0640,
		.fmap = { .nextents = 1, .size = size, .extents = { { 0, 5 * AU, 2 * AU } } }
	};

	record_set_path(&rec, path);
	return rec;
}

static void start(struct namespace *ns)
{
	assert_int_equal(namespace_init(ns, CAPACITY, 0), 0);
}

static enum famfs_fault insert(struct namespace *ns, uint64_t index, struct record rec)
{
	bool implied;

	return namespace_insert(ns, index, &rec, &implied);
}

static node_t resolve(const struct namespace *ns, const char *path)
{
	bool is_file;

	return namespace_resolve(ns, path, strlen(path), &is_file);
}

static void lookups(void **state)
{
	struct namespace ns;
	struct famfs_stat st;

	(void)state;
	start(&ns);
	assert_int_equal(insert(&ns, 0, dir_of("d")), FAMFS_FAULT_NONE);
	assert_int_equal(insert(&ns, 1, file_of("d/f", 77)), FAMFS_FAULT_NONE);
	assert_int_equal(insert(&ns, 5, file_of("g", 78)), FAMFS_FAULT_NONE);
	assert_int_equal(resolve(&ns, ""), NODE_ROOT);
	assert_int_equal(resolve(&ns, "d"), 2);
	assert_int_equal(resolve(&ns, "d/f"), 3);
	assert_int_equal(resolve(&ns, "g"), 7);
	assert_int_equal(namespace_lookup(&ns, 2, "f", 1), 3);
	assert_int_equal(namespace_lookup(&ns, NODE_ROOT, "f", 1), NODE_NONE);
	assert_int_equal(namespace_lookup(&ns, 2, "ff", 2), NODE_NONE);
	assert_int_equal(namespace_lookup(&ns, 2, "fx", 1), 3);
	assert_int_equal(namespace_lookup(&ns, 2, "", 0), NODE_NONE);
	assert_int_equal(namespace_lookup(&ns, 7, "f", 1), NODE_NONE);
	assert_int_equal(node_parent(&ns, 3), 2);
	assert_int_equal(node_parent(&ns, NODE_ROOT), NODE_ROOT);
	node_stat(&ns, 3, &st);
	assert_int_equal(st.inode, 3);
	assert_int_equal(st.entry, 1);
	assert_int_equal(st.mode, S_IFREG | 0640);
	assert_int_equal(st.uid, 3);
	assert_int_equal(st.gid, 4);
	assert_int_equal(st.size, 77);
	node_stat(&ns, 2, &st);
	assert_int_equal(st.mode, S_IFDIR | 0750);
	namespace_destroy(&ns);
}

static void not_found(void **state)
{
	struct namespace ns;
	bool is_file = true;

	(void)state;
	start(&ns);
	insert(&ns, 0, file_of("f", 1));
	assert_int_equal(namespace_resolve(&ns, "x/y", 3, &is_file), NODE_NONE);
	assert_false(is_file);
	assert_int_equal(namespace_resolve(&ns, "f/y", 3, &is_file), NODE_NONE);
	assert_true(is_file);
	assert_int_equal(resolve(&ns, "."), NODE_NONE);
	assert_int_equal(resolve(&ns, "//"), NODE_NONE);
	namespace_destroy(&ns);
}

static void duplicates(void **state)
{
	struct famfs_stat st;
	struct namespace ns;

	(void)state;
	start(&ns);
	insert(&ns, 0, dir_of("d"));
	insert(&ns, 1, file_of("f", 10));
	assert_int_equal(insert(&ns, 2, dir_of("d")), FAMFS_FAULT_DUPLICATE);
	assert_int_equal(insert(&ns, 3, file_of("d", 1)), FAMFS_FAULT_DUPLICATE);
	assert_int_equal(insert(&ns, 4, dir_of("f")), FAMFS_FAULT_DUPLICATE);
	assert_int_equal(insert(&ns, 5, file_of("f", 11)), FAMFS_FAULT_DUPLICATE);
	assert_int_equal(resolve(&ns, "d"), 2);
	node_stat(&ns, resolve(&ns, "f"), &st);
	assert_int_equal(st.size, 10);
	assert_true(ns.files == 1 && ns.directories == 1 && ns.file_bytes == 10);
	for (uint64_t node = 4; node < 8; node++)
		assert_false(node_exists(&ns, node));
	namespace_destroy(&ns);
}

static void implied(void **state)
{
	struct record rec = file_of("a/b/c", 5);
	struct namespace ns;
	struct famfs_stat st;
	bool made_up = false;

	(void)state;
	start(&ns);
	assert_int_equal(namespace_insert(&ns, 0, &rec, &made_up), FAMFS_FAULT_NONE);
	assert_true(made_up);
	rec = file_of("a/b/d", 5);
	assert_int_equal(namespace_insert(&ns, 1, &rec, &made_up), FAMFS_FAULT_NONE);
	assert_false(made_up);
	assert_true(ns.directories == 2);
	/* Numbers continue after the entries, so that they are the same on every host. */
	assert_int_equal(resolve(&ns, "a"), CAPACITY + 2);
	assert_int_equal(resolve(&ns, "a/b"), CAPACITY + 3);
	node_stat(&ns, resolve(&ns, "a/b"), &st);
	assert_true(st.entry == FAMFS_NO_ENTRY);
	assert_int_equal(st.mode, S_IFDIR | 0755);
	namespace_destroy(&ns);
}

static void adoption(void **state)
{
	struct namespace ns;
	struct famfs_stat st;
	node_t made_up;

	(void)state;
	start(&ns);
	insert(&ns, 0, file_of("a/c", 5));
	made_up = resolve(&ns, "a");
	assert_int_equal(insert(&ns, 1, file_of("a", 5)), FAMFS_FAULT_DUPLICATE);
	assert_int_equal(insert(&ns, 2, dir_of("a")), FAMFS_FAULT_NONE);
	assert_int_equal(resolve(&ns, "a"), made_up);
	node_stat(&ns, made_up, &st);
	assert_int_equal(st.mode, S_IFDIR | 0750);
	assert_int_equal(st.uid, 1);
	assert_int_equal(st.gid, 2);
	assert_true(ns.directories == 1);
	assert_int_equal(insert(&ns, 3, dir_of("a")), FAMFS_FAULT_DUPLICATE);
	namespace_destroy(&ns);
}

static void file_as_parent(void **state)
{
	struct namespace ns;

	(void)state;
	start(&ns);
	insert(&ns, 0, file_of("f", 1));
	assert_int_equal(insert(&ns, 1, file_of("f/g", 1)), FAMFS_FAULT_PARENT);
	assert_int_equal(insert(&ns, 2, dir_of("f/g/h")), FAMFS_FAULT_PARENT);
	assert_true(ns.files == 1 && ns.directories == 0);
	assert_int_equal(resolve(&ns, "f/g"), NODE_NONE);
	/* The cache of the last parent does not apply to another parent. */
	insert(&ns, 3, dir_of("d"));
	insert(&ns, 4, file_of("d/x", 1));
	assert_int_equal(insert(&ns, 5, file_of("f/x", 1)), FAMFS_FAULT_PARENT);
	assert_int_equal(insert(&ns, 6, file_of("d/y", 1)), FAMFS_FAULT_NONE);
	assert_int_equal(node_parent(&ns, 8), 5);
	namespace_destroy(&ns);
}

static void order(void **state)
{
	static const char *const names[] = { "zz", "a", "m", "b", "0" };
	struct namespace ns;
	node_t node;

	(void)state;
	start(&ns);
	for (uint64_t i = 0; i < ARRAY_SIZE(names); i++)
		insert(&ns, i, i % 2 ? dir_of(names[i]) : file_of(names[i], 1));
	node = node_first_child(&ns, NODE_ROOT);
	for (size_t i = 0; i < ARRAY_SIZE(names); i++) {
		assert_string_equal(node_name(&ns, node), names[i]);
		node = node_next_sibling(&ns, node);
	}
	assert_int_equal(node, NODE_NONE);
	assert_int_equal(node_first_child(&ns, 3), NODE_NONE);
	namespace_destroy(&ns);
}

static void check_map(const struct famfs_fmap *fmap)
{
	struct record rec = file_of("f", fmap->size);
	struct famfs_fmap got;
	struct namespace ns;

	start(&ns);
	rec.fmap = *fmap;
	assert_int_equal(insert(&ns, 0, file_of("other", 1)), FAMFS_FAULT_NONE);
	assert_int_equal(insert(&ns, 1, rec), FAMFS_FAULT_NONE);
	assert_int_equal(insert(&ns, 2, dir_of("after")), FAMFS_FAULT_NONE);
	memset(&got, 0xee, sizeof(got));
	node_fmap(&ns, 3, &got);
	assert_int_equal(got.type, fmap->type);
	assert_int_equal(got.nextents, fmap->nextents);
	assert_true(got.chunk_size == fmap->chunk_size);
	assert_true(got.size == fmap->size);
	assert_memory_equal(got.extents, fmap->extents, fmap->nextents * sizeof(got.extents[0]));
	namespace_destroy(&ns);
}

static void maps(void **state)
{
	struct famfs_fmap fmap = { .nextents = 1, .size = 9, .extents = { { 0, 7 * AU, AU } } };

	(void)state;
	check_map(&fmap);
	fmap.extents[0].daxdev = 3;
	check_map(&fmap);
	/* The largest size that a reader accepts: 2^56 bytes are 2^35 units. */
	fmap.extents[0] = (struct famfs_extent){ 0, (UINT64_C(1) << 56) - 4 * AU, AU };
	check_map(&fmap);
	fmap.extents[0] = (struct famfs_extent){ 0, 8 * AU, UINT64_C(1) << 55 };
	check_map(&fmap);
	fmap.nextents = 16;
	for (uint64_t i = 0; i < 16; i++)
		fmap.extents[i] = (struct famfs_extent){ i % 3, i * 100 * AU, (i + 1) * AU };
	check_map(&fmap);
	fmap.type = FAMFS_FMAP_INTERLEAVED;
	fmap.chunk_size = 4 * AU;
	check_map(&fmap);
}

/* Name lengths and depths that make long, deep and similar paths. */
static void path_of(uint64_t i, char path[OMF_PATH_SIZE])
{
	static const char *const shapes[] = {
		"file-%05d",
		"d%d/f",
		"deep/a/b/c/d/e/f/g/h/i/j/k/%d",
		"a-long-directory-name-that-takes-most-of-the-room/and-a-long-name-%05d",
		"d%d/g",
	};

	snprintf(path, OMF_PATH_SIZE, shapes[i % ARRAY_SIZE(shapes)], (int)(i / 5));
}

static void fill_log(uint64_t expected)
{
	char path[OMF_PATH_SIZE], back[OMF_PATH_SIZE];
	struct famfs_stat st;
	struct namespace ns;
	uint64_t bytes = 0;

	assert_int_equal(namespace_init(&ns, CAPACITY, expected), 0);
	for (uint64_t i = 0; i < CAPACITY; i++) {
		path_of(i, path);
		assert_int_equal(insert(&ns, i, file_of(path, i + 1)), FAMFS_FAULT_NONE);
		bytes += i + 1;
	}
	for (uint64_t i = 0; i < CAPACITY; i++) {
		node_t node = node_of_entry(i);

		path_of(i, path);
		assert_int_equal(resolve(&ns, path), node);
		node_path(&ns, node, back);
		assert_string_equal(back, path);
		node_stat(&ns, node, &st);
		assert_true(st.size == i + 1);
	}
	assert_true(ns.files == CAPACITY && ns.file_bytes == bytes);
	namespace_destroy(&ns);
}

static void full_log(void **state)
{
	(void)state;
	fill_log(CAPACITY);
}

static void unexpected(void **state)
{
	(void)state;
	fill_log(0);
}

static void longest(void **state)
{
	char path[OMF_PATH_SIZE], back[OMF_PATH_SIZE];
	struct namespace ns;

	(void)state;
	start(&ns);
	memset(path, 'x', 79);
	path[79] = '\0';
	assert_int_equal(insert(&ns, 0, file_of(path, 1)), FAMFS_FAULT_NONE);
	node_path(&ns, 2, back);
	assert_string_equal(back, path);
	for (size_t i = 1; i < 79; i += 2)
		path[i] = '/';
	assert_int_equal(insert(&ns, 1, file_of(path, 1)), FAMFS_FAULT_NONE);
	node_path(&ns, 3, back);
	assert_string_equal(back, path);
	node_path(&ns, NODE_ROOT, back);
	assert_string_equal(back, "");
	namespace_destroy(&ns);
}

/* A medium that implies a directory with each entry runs out of them, and of nothing else. */
static void endless_implications(void **state)
{
	struct namespace ns;
	char path[OMF_PATH_SIZE];
	uint64_t last = CAPACITY - 1;
	int refused = 0;

	(void)state;
	start(&ns);
	for (uint64_t i = 0; i < last; i++) {
		snprintf(path, sizeof(path), "%d/a/b/c/d/e/f/g/h/x", (int)i);
		refused += insert(&ns, i, file_of(path, 1)) == FAMFS_FAULT_PARENT;
	}
	assert_true(refused > 0 && (uint64_t)refused < last);
	assert_true(ns.files + (uint64_t)refused == last);
	assert_int_equal(insert(&ns, last, file_of("plain", 1)), FAMFS_FAULT_NONE);
	assert_int_equal(resolve(&ns, "plain"), node_of_entry(last));
	namespace_destroy(&ns);
}

static void numbers(void **state)
{
	static const uint64_t none[] = { 0, 3, CAPACITY + 2, UINT64_C(1) << 32, UINT64_MAX };
	struct namespace ns;

	(void)state;
	start(&ns);
	insert(&ns, 0, dir_of("d"));
	assert_true(node_exists(&ns, NODE_ROOT));
	assert_true(node_exists(&ns, 2));
	for (size_t i = 0; i < ARRAY_SIZE(none); i++)
		assert_false(node_exists(&ns, none[i]));
	namespace_destroy(&ns);
	/* A log that is too large for any memory. */
	assert_int_not_equal(namespace_init(&ns, UINT64_C(1) << 40, 0), 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST("names are found in their directories, with their attributes", lookups),
		TEST("a missing name and a file in the place of a directory give different errors",
		     not_found),
		TEST("the first of two entries of one path is used", duplicates),
		TEST("missing parents are implied, with numbers of their own", implied),
		TEST("a late directory entry adopts the implied directory", adoption),
		TEST("an entry below a file is refused", file_as_parent),
		TEST("children are listed in the order of the log", order),
		TEST("every map is returned unchanged, with any offsets of its extents", maps),
		TEST("a full log of paths of all shapes can be looked up and named", full_log),
		TEST("a namespace that holds more entries than expected works the same",
		     unexpected),
		TEST("the longest and the deepest paths fit", longest),
		TEST("the number of implied directories is limited", endless_implications),
		TEST("a number without a node does not exist", numbers),
	};

	return run_group(tests);
}
