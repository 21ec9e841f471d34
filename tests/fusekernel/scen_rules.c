/* SPDX-License-Identifier: Apache-2.0 */
/* The rules for a server of a famfs kernel; vfs.c and mapping.c check them at each step. */
#include "scenarios.h"
#include "tap.h"
#include "vfs.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <sys/stat.h>

static void check_meta(struct kernel *kernel, const char *path, uint32_t mode, uint8_t type,
		       uint64_t offset, uint64_t length)
{
	struct extent at;
	struct file file;
	int error = vfs_open_path(kernel, path, &file);

	if (!expect(!error, "%s: open fails with %d", path, error))
		return;
	expect(file.inode->mode == mode, "%s has mode %o", path, file.inode->mode);
	expect(file.inode->size == length, "%s has %llu bytes", path,
	       (unsigned long long)file.inode->size);
	if (expect(file.inode->mapped, "%s is not mapped", path)) {
		const struct fmap *map = &file.inode->map;

		expect(map->file_type == type, "%s has file type %u", path, map->file_type);
		expect(fmap_resolve(map, 0, &at) && at.dev == 0 && at.offset == offset &&
			       at.length == length,
		       "%s lies at %#llx, %llu bytes", path, (unsigned long long)at.offset,
		       (unsigned long long)at.length);
	}
	vfs_release(kernel, &file);
	error = vfs_open(kernel, file.inode, O_RDWR, &file);
	expect(error == EPERM || error == EROFS || error == EACCES, "%s: open for writing gives %d",
	       path, error);
}

static void meta_with(const struct setup *setup, const struct tree *tree,
		      const struct generation *gen, const char *metadata, uint32_t super_mode,
		      uint32_t log_mode)
{
	struct kernel kernel;
	char options[64];

	snprintf(options, sizeof(options), "fmap=%s,metadata=%s", gen->option, metadata);
	if (kernel_boot(&kernel, setup, tree, gen, options)) {
		check_meta(&kernel, ".meta/.superblock", S_IFREG | super_mode, FILE_SUPERBLOCK, 0,
			   MIB(2));
		check_meta(&kernel, ".meta/.log", S_IFREG | log_mode, FILE_LOG, MIB(2),
			   tree->log_length);
	}
	kernel_shutdown(&kernel);
}

static void meta(const struct setup *setup, const struct tree *tree, const struct generation *gen)
{
	const char *master = getenv("FAMFS_SYSTEM_UUID");
	char saved[64];

	snprintf(saved, sizeof(saved), "%s", master ? master : "");
	meta_with(setup, tree, gen, "private", 0400, 0600);
	meta_with(setup, tree, gen, "public", 0444, 0644);
	/* Mount it as a client. */
	setenv("FAMFS_SYSTEM_UUID", "00000000-0000-4000-8000-00000000c11e", 1);
	meta_with(setup, tree, gen, "private", 0400, 0400);
	meta_with(setup, tree, gen, "public", 0444, 0444);
	setenv("FAMFS_SYSTEM_UUID", saved, 1);
}

/* Maps every file that has a name, all at once. */
static void map_all(struct kernel *kernel)
{
	static const char *const more[] = { ".meta/.superblock", ".meta/.log", ".meta/device",
					    ".meta/.device", ".meta/.dev" };
	struct file file;
	int error;

	for (unsigned int i = 0; i < kernel->tree->nfiles && !test_failed(); i++) {
		error = vfs_open_path(kernel, kernel->tree->files[i].path, &file);
		expect(!error || error == EFBIG || kernel->tree->files[i].dev,
		       "%s: open fails with %d", kernel->tree->files[i].path, error);
	}
	/* A whole-device file would share each page with a file: other programs may not open it. */
	for (size_t i = 0; i < sizeof(more) / sizeof(more[0]) && !test_failed(); i++) {
		error = vfs_open_path(kernel, more[i], &file);
		expect(i > 1 || !error, "%s: open fails with %d", more[i], error);
	}
	for (unsigned int i = 0; i < kernel->ninodes && !test_failed(); i++)
		if (S_ISREG(kernel->inodes[i].mode) && !kernel->inodes[i].mapped)
			vfs_open(kernel, &kernel->inodes[i], O_RDONLY, &file);
}

static void aliases(const struct setup *setup, const struct tree *tree,
		    const struct generation *gen)
{
	struct kernel kernel;
	struct inode *dir;
	unsigned int names;

	if (kernel_boot(&kernel, setup, tree, gen, NULL) && !vfs_walk(&kernel, ".meta", &dir) &&
	    expect(!vfs_list(&kernel, dir, &names), ".meta cannot be listed"))
		map_all(&kernel);
	kernel_shutdown(&kernel);
}

static void list(struct kernel *kernel, const char *path, unsigned int wanted)
{
	unsigned int names = 0;
	struct inode *dir;
	int error = vfs_walk(kernel, path, &dir);

	if (!error)
		error = vfs_list(kernel, dir, &names);
	expect(!error && names == wanted, "'%s': %u names, not %u: %d", path, names, wanted, error);
}

static unsigned int files_in(const struct tree *tree, const char *dir)
{
	unsigned int count = 0;

	for (unsigned int i = 0; i < tree->nfiles; i++)
		count += !strncmp(tree->files[i].path, dir, strlen(dir));
	return count;
}

/* LOOKUP, GETATTR, READDIRPLUS and the map: vfs_see_attr() compares them. */
static void sizes(const struct setup *setup, const struct tree *tree, const struct generation *gen)
{
	static const char *const dirs[] = {
		"simple", "striped", "hand", "border", "full", "other"
	};
	struct kernel kernel;
	struct inode *inode;

	if (kernel_boot(&kernel, setup, tree, gen, NULL)) {
		list(&kernel, "", sizeof(dirs) / sizeof(dirs[0]));
		for (size_t i = 0; i < sizeof(dirs) / sizeof(dirs[0]); i++)
			list(&kernel, dirs[i], files_in(tree, dirs[i]));
		for (unsigned int i = 0; i < tree->nfiles && !test_failed(); i++) {
			const struct tree_file *file = &tree->files[i];

			if (expect(!vfs_walk(&kernel, file->path, &inode) &&
					   inode->size == file->size,
				   "%s has %llu bytes", file->path,
				   (unsigned long long)inode->size))
				expect(!vfs_getattr(&kernel, inode), "GETATTR fails");
		}
		if (kernel.fmap)
			map_all(&kernel);
		for (unsigned int i = 0; i < kernel.ninodes && !test_failed(); i++)
			expect(!vfs_getattr(&kernel, &kernel.inodes[i]), "GETATTR of '%s' fails",
			       kernel.inodes[i].path);
	}
	kernel_shutdown(&kernel);
}

/* Creates a file through the mount, if the server allows it: its pages must not turn into a mapped
 * file under the same node. */
static void create(struct kernel *kernel)
{
	const struct fuse_create_in in = { .flags = O_RDWR | O_CREAT, .mode = S_IFREG | 0644 };
	static const char name[] = "created";
	const struct request request = { .opcode = FUSE_CREATE,
					 .nodeid = FUSE_ROOT_ID,
					 .arg = &in,
					 .size = sizeof(in),
					 .more = name,
					 .more_size = sizeof(name) };
	const struct fuse_entry_out *entry;
	const struct fuse_open_out *open;
	struct inode *inode;
	struct reply reply;
	struct file file;
	size_t done;

	if (!kernel_call(kernel, &request, &reply))
		return;
	if (reply.error) {
		expect(vfs_walk(kernel, name, &inode) == ENOENT, "CREATE fails and makes a file");
		return;
	}
	entry = (const void *)reply.data;
	open = (const void *)(entry + 1);
	inode = vfs_inode(kernel, entry->nodeid);
	inode->lookups++;
	snprintf(inode->path, sizeof(inode->path), "%s", name);
	vfs_see_attr(inode, &entry->attr);
	file = (struct file){ inode, open->fh, open->open_flags };
	vfs_write(kernel, &file, 0, name, sizeof(name), &done);
	vfs_release(kernel, &file);
	if (!vfs_open_path(kernel, name, &file))
		vfs_release(kernel, &file);
}

static void page_cache(const struct setup *setup, const struct tree *tree,
		       const struct generation *gen)
{
	struct kernel kernel;
	struct file file;
	uint8_t byte;
	size_t done;

	if (kernel_boot(&kernel, setup, tree, gen, NULL)) {
		create(&kernel);
		/* If a file without a map still opens, it is read through the cache, and must stay
		 * without a map. */
		for (int i = 0; i < 2 && !gen->fatal; i++)
			if (expect(!vfs_open_path(&kernel, "border/chunks-33", &file),
				   "open fails")) {
				expect(!file.inode->mapped, "a map of 33 chunks");
				vfs_read(&kernel, &file, 0, &byte, 1, &done);
				vfs_release(&kernel, &file);
			}
	}
	kernel_shutdown(&kernel);
}

const struct scenario scenarios_rules[] = {
	{ "superblock and log in .meta have their types and maps", meta, true, false, NULL },
	{ "all files can be mapped at once, and no page is in two of them", aliases, true, false,
	  NULL },
	{ "LOOKUP, GETATTR, READDIRPLUS and the map have one size", sizes, true, true, NULL },
	{ "a file with page cache gets no map", page_cache, true, false, NULL },
	{ NULL, NULL, false, false, NULL },
};
