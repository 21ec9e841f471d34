/* SPDX-License-Identifier: Apache-2.0 */
/* Breaks the rules of vfs.h one by one, by faults in replies and by actions that our server never
 * takes, and checks that the kernel notices. */
#include "scenarios.h"
#include "tap.h"
#include "tree.h"
#include "vfs.h"

#include <errno.h>
#include <stdlib.h>
#include <sys/stat.h>

#define FILE_PATH  "hand/2"
#define OTHER_PATH "hand/3"

#ifndef FOPEN_NOFLUSH
#define FOPEN_NOFLUSH (1 << 5)
#endif

static void add_to(uint8_t *at, int64_t value)
{
	put64(at, get64(at) + (uint64_t)value);
}

static void entry_size(uint8_t *raw, size_t *size)
{
	struct fuse_entry_out *entry = (void *)(raw + OUT_HEADER);

	(void)size;
	if (S_ISREG(entry->attr.mode))
		entry->attr.size++;
}

static void attr_size(uint8_t *raw, size_t *size)
{
	struct fuse_attr_out *out = (void *)(raw + OUT_HEADER);

	(void)size;
	out->attr.size--;
}

static void no_noflush(uint8_t *raw, size_t *size)
{
	struct fuse_open_out *out = (void *)(raw + OUT_HEADER);

	(void)size;
	out->open_flags &= ~(uint32_t)FOPEN_NOFLUSH;
}

static void keep_cache(uint8_t *raw, size_t *size)
{
	struct fuse_open_out *out = (void *)(raw + OUT_HEADER);

	(void)size;
	out->open_flags |= FOPEN_KEEP_CACHE;
}

static void map_size(uint8_t *raw, size_t *size)
{
	(void)size;
	add_to(raw + OUT_HEADER + FMAP_FILE_SIZE, -1);
}

static void behind_the_device(uint8_t *raw, size_t *size)
{
	(void)size;
	add_to(raw + OUT_HEADER + FMAP_HEADER + EXT_OFFSET, (int64_t)GIB(8192));
}

/* The log's pages. */
static void onto_the_log(uint8_t *raw, size_t *size)
{
	(void)size;
	put64(raw + OUT_HEADER + FMAP_HEADER + EXT_OFFSET, MIB(2));
}

static void wrong_daxdev(uint8_t *raw, size_t *size)
{
	(void)size;
	put32(raw + 4, (uint32_t)-ENODEV);
	put32(raw, OUT_HEADER);
	*size = OUT_HEADER;
}

/* Both extents of a file at the same place. */
static void one_page_twice(uint8_t *raw, size_t *size)
{
	uint8_t *first = raw + OUT_HEADER + FMAP_HEADER;

	(void)size;
	if (get32(raw + OUT_HEADER + FMAP_NEXTENTS) == 2)
		put64(first + EXT_SIZE + EXT_OFFSET, get64(first + EXT_OFFSET));
}

static void all_pages(uint8_t *raw, size_t *size)
{
	struct fuse_notify_inval_inode_out *out = (void *)(raw + OUT_HEADER);

	(void)size;
	out->off = 0;
}

static void open_it(struct kernel *kernel)
{
	struct inode *inode;
	struct file file;

	if (vfs_open_path(kernel, ".meta/.log", &file) || vfs_open_path(kernel, FILE_PATH, &file))
		return;
	vfs_walk(kernel, FILE_PATH, &inode);
	vfs_getattr(kernel, inode);
}

/* The first open gets no map, like that of a file that is being created. That alone is no fault.
 */
static void map_late(struct kernel *kernel, const char *path, bool read_first)
{
	struct file file;
	uint8_t byte;
	size_t done;

	kernel->fmap = false;
	if (!vfs_open_path(kernel, path, &file) && read_first)
		vfs_read(kernel, &file, 0, &byte, 1, &done);
	kernel->fmap = true;
	vfs_open_path(kernel, path, &file);
}

static void cache_before_map(struct kernel *kernel)
{
	map_late(kernel, OTHER_PATH, false);
	map_late(kernel, FILE_PATH, true);
}

static void device_not_handed_over(struct kernel *kernel)
{
	struct inode *inode;
	struct file file;

	open_it(kernel);
	kernel->daxdevs[0].valid = false;
	if (!vfs_walk(kernel, FILE_PATH, &inode))
		vfs_forget(kernel, inode);
	vfs_open_path(kernel, FILE_PATH, &file);
}

static void two_nodes(struct kernel *kernel)
{
	struct inode *inode, *other;
	struct file file;

	/* Another node with the same map: the request has the number of the first node.
	 */
	if (vfs_open_path(kernel, FILE_PATH, &file))
		return;
	inode = file.inode;
	other = vfs_inode(kernel, inode->nodeid + 1000);
	other->size = inode->size;
	snprintf(other->path, sizeof(other->path), "alias");
	other->nodeid = inode->nodeid;
	map_fetch(kernel, other);
}

/* Another host makes a file system while a file is mapped. */
static void made_anew(struct kernel *kernel)
{
	struct file file;

	if (vfs_open_path(kernel, FILE_PATH, &file))
		return;
	log_other_uuid(kernel->setup->image_fd);
	vfs_await_invalidation(kernel, file.inode);
	log_other_uuid(kernel->setup->image_fd);
}

static const struct {
	const char *title;
	int gen;
	uint32_t opcode; /* 0: nothing is mutated */
	void (*mutate)(uint8_t *raw, size_t *size);
	void (*run)(struct kernel *kernel);
	const char *word; /* expected in the reason, to exclude failures of other rules */
} rules[] = {
	{ "another size from LOOKUP", GEN_PULL, FUSE_LOOKUP, entry_size, open_it,
	  "bytes, and a map of" },
	{ "another size from LOOKUP", GEN_V1, FUSE_LOOKUP, entry_size, open_it,
	  "bytes, and a map of" },
	{ "another size from GETATTR", GEN_PULL, FUSE_GETATTR, attr_size, open_it,
	  "every access fails" },
	{ "another size in the map", GEN_PUSH_1, 54, map_size, open_it, "bytes, and a map of" },
	{ "an open without FOPEN_NOFLUSH", GEN_PULL, FUSE_OPEN, no_noflush, open_it,
	  "without FOPEN_NOFLUSH" },
	{ "an open with FOPEN_KEEP_CACHE", GEN_PULL, FUSE_OPEN, keep_cache, open_it,
	  "with FOPEN_KEEP_CACHE" },
	{ "a map behind the end of the device", GEN_PULL, 54, behind_the_device, open_it,
	  "behind the end of the device" },
	{ "a map onto the log's pages", GEN_PULL, 54, onto_the_log, open_it,
	  "which '.meta/.log' maps as well" },
	{ "a page mapped through two inodes", GEN_PULL, 0, NULL, two_nodes,
	  "which '" FILE_PATH "' maps as well" },
	{ "a page that a file has twice", GEN_PULL, 54, one_page_twice, open_it, "twice" },
	{ "a page that a file has twice", GEN_PUSH_1, 54, one_page_twice, open_it, "twice" },
	{ "an invalidation of a mapped file's pages", GEN_PULL, MUTATE_NOTIFY, all_pages, made_anew,
	  "WARN in fs/dax.c" },
	{ "page cache before a map", GEN_PULL, 0, NULL, cache_before_map,
	  "'" FILE_PATH "' has page cache" },
	{ "page cache before a map", GEN_PUSH_1, 0, NULL, cache_before_map,
	  "'" FILE_PATH "' has page cache" },
	{ "a device that is not there", GEN_PULL, 55, wrong_daxdev, open_it, "GET_DAXDEV 0 fails" },
	{ "a map before its device is handed over", GEN_PUSH_2, 0, NULL, device_not_handed_over,
	  "was not handed over" },
};

static void misdirected(const struct setup *setup, const struct tree *tree)
{
	const struct generation *gen = &generations[GEN_PULL];
	const char *reason = "";
	struct kernel kernel;

	test_begin("rule, %s: a reply on another descriptor is noticed", gen->name);
	setenv("FUSEKERNEL_MISDIRECT", "1", 1);
	kernel_boot_cloned(&kernel, setup, tree, gen);
	unsetenv("FUSEKERNEL_MISDIRECT");
	if (test_caught(&reason) && strstr(reason, "descriptor"))
		test_note("noticed: %s", reason);
	else
		fail("no rule fails: %s", reason);
	kernel_shutdown(&kernel);
	test_end();
}

void rules_proof(const struct setup *setup, const struct tree *tree)
{
	for (size_t i = 0; i < sizeof(rules) / sizeof(rules[0]); i++) {
		const struct generation *gen = &generations[rules[i].gen];
		const char *reason = "";
		struct kernel kernel;

		test_begin("rule, %s: %s is noticed", gen->name, rules[i].title);
		if (kernel_boot(&kernel, setup, tree, gen, NULL)) {
			kernel.mutate_opcode = rules[i].opcode;
			kernel.mutate = rules[i].mutate;
			rules[i].run(&kernel);
			if (test_caught(&reason) && strstr(reason, rules[i].word))
				test_note("noticed: %s", reason);
			else
				fail("no rule fails: %s", reason);
		}
		kernel_shutdown(&kernel);
		test_end();
	}
	misdirected(setup, tree);
}
