/* SPDX-License-Identifier: Apache-2.0 */
/* Files that share a page of the device: a kernel that maps both hangs. And a medium that another
 * host has formatted again under mapped files. */
#include "scenarios.h"
#include "tap.h"
#include "vfs.h"

#include <errno.h>
#include <stdlib.h>

#define FIRST   "hand/2"
#define STRIPED "striped/3x2M"
#define ALONE   "simple/4M"

/* Adds a file on a unit of another file. */
static void append_alias(struct tree *tree, const struct setup *setup, const char *path,
			 const char *of, unsigned int part)
{
	const struct tree_file *other = tree_find(tree, of);
	struct tree_file alias = { .size = MIB(2) - 1, .count = 1 };

	snprintf(alias.path, sizeof(alias.path), "%s", path);
	alias.parts[0].offset = other->parts[part].offset + other->parts[part].length - MIB(2);
	alias.parts[0].length = MIB(2);
	log_append_file(tree, setup->image_fd, &alias);
}

/* Adds a file that has one unit twice. The unit belongs to ALONE, since the device is full. */
static void append_own_alias(struct tree *tree, const struct setup *setup, const char *path)
{
	const struct tree_file *other = tree_find(tree, ALONE);
	struct tree_file alias = { .size = MIB(4), .count = 2 };

	snprintf(alias.path, sizeof(alias.path), "%s", path);
	for (int i = 0; i < 2; i++) {
		alias.parts[i].offset = other->parts[0].offset;
		alias.parts[i].length = MIB(2);
	}
	log_append_file(tree, setup->image_fd, &alias);
}

static void refused(struct kernel *kernel, const char *path)
{
	struct inode *inode;
	struct reply reply;
	struct file file;
	int error = vfs_open_path(kernel, path, &file);

	if (!expect(error == EUCLEAN, "%s: open gives %d", path, error) ||
	    !expect(!vfs_walk(kernel, path, &inode), "no '%s'", path))
		return;
	/* A kernel may have completed the OPEN before the other file was added. */
	if (map_request(kernel, inode->nodeid, PAGE, &reply))
		expect(reply.error == EUCLEAN, "%s: GET_FMAP gives %d", path, reply.error);
}

static void opens(struct kernel *kernel, const char *path, bool mapped)
{
	struct file file;
	uint8_t byte;
	size_t done;
	int error = vfs_open_path(kernel, path, &file);

	if (!expect(!error, "%s: open gives %d", path, error))
		return;
	expect(file.inode->mapped == mapped, "%s is %smapped", path, mapped ? "not " : "");
	if (!mapped)
		expect(!vfs_read(kernel, &file, 0, &byte, 1, &done) && done == 1,
		       "%s cannot be read", path);
	vfs_release(kernel, &file);
}

/* v1 and v2 open a file even without its map, so the error comes from the server, which refuses the
 * OPEN. */
static void shared_before(const struct setup *setup, const struct tree *tree,
			  const struct generation *gen)
{
	struct tree copy = *tree;
	uint64_t count = log_count(setup->image_fd);
	struct kernel kernel;

	copy.used = calloc(1, tree->device_size / MIB(2));
	append_alias(&copy, setup, "alias", FIRST, 1);
	append_alias(&copy, setup, "strip", STRIPED, 2);
	if (kernel_boot(&kernel, setup, tree, gen, NULL)) {
		refused(&kernel, FIRST);
		refused(&kernel, "alias");
		refused(&kernel, "strip");
		refused(&kernel, STRIPED);
		opens(&kernel, ALONE, true);
		opens(&kernel, "simple/odd", true);
		expect(server_logged(&kernel.server, "'alias' shares space with '" FIRST "'", ""),
		       "the log does not name both files");
		expect(server_logged(&kernel.server, "cannot open '" FIRST "'",
				     "it shares space with 'alias'"),
		       "the log does not say why a file is not opened");
	}
	kernel_shutdown(&kernel);
	log_cut(setup->image_fd, count);
	free(copy.used);
}

/* The first file is mapped when the second comes; the mapping stays usable. */
static void shared_later(const struct setup *setup, const struct tree *tree,
			 const struct generation *gen)
{
	struct tree copy = *tree;
	uint64_t count = log_count(setup->image_fd);
	struct kernel kernel;
	struct file file;

	copy.used = calloc(1, tree->device_size / MIB(2));
	if (kernel_boot(&kernel, setup, tree, gen, NULL) &&
	    expect(!vfs_open_path(&kernel, FIRST, &file), "cannot open " FIRST)) {
		expect(file.inode->mapped, FIRST " is not mapped");
		append_alias(&copy, setup, "alias", FIRST, 0);
		refused(&kernel, "alias");
		refused(&kernel, FIRST);
		expect(!vfs_getattr(&kernel, file.inode), "an open file has no attributes");
		vfs_release(&kernel, &file);
		vfs_forget(&kernel, file.inode);
		/* Both files overlap on the medium as before. */
		refused(&kernel, "alias");
		refused(&kernel, FIRST);
		append_own_alias(&copy, setup, "own");
		refused(&kernel, "own");
		opens(&kernel, "simple/odd", true);
	}
	kernel_shutdown(&kernel);
	log_cut(setup->image_fd, count);
	free(copy.used);
}

/* The server itself reads and writes files that overlap. */
static void shared_unmapped(const struct setup *setup, const struct tree *tree,
			    const struct generation *gen)
{
	struct tree copy = *tree;
	uint64_t count = log_count(setup->image_fd);
	struct kernel kernel;

	copy.used = calloc(1, tree->device_size / MIB(2));
	append_alias(&copy, setup, "alias", FIRST, 0);
	append_own_alias(&copy, setup, "own");
	if (kernel_boot(&kernel, setup, tree, gen, NULL)) {
		opens(&kernel, FIRST, false);
		opens(&kernel, "alias", false);
		opens(&kernel, "own", false);
	}
	kernel_shutdown(&kernel);
	log_cut(setup->image_fd, count);
	free(copy.used);
}

/* The kernel drops pages and attributes of files that it has cached, and only the attributes of
 * mapped ones. */
static void made_anew(const struct setup *setup, const struct tree *tree,
		      const struct generation *gen)
{
	struct kernel kernel;
	struct file file;

	if (kernel_boot(&kernel, setup, tree, gen, NULL) &&
	    expect(!vfs_open_path(&kernel, FIRST, &file), "cannot open " FIRST)) {
		expect(file.inode->mapped == has_famfs(gen), FIRST " is mapped, or is not");
		log_other_uuid(setup->image_fd);
		if (vfs_await_invalidation(&kernel, file.inode))
			expect((file.inode->invalidated_from < 0) == has_famfs(gen),
			       "the invalidation begins at %lld",
			       (long long)file.inode->invalidated_from);
		log_other_uuid(setup->image_fd);
	}
	kernel_shutdown(&kernel);
}

const struct scenario scenarios_shared[] = {
	{ "files that share a page are not opened", shared_before, true, false, NULL },
	{ "a file that begins to share a page of a mapped one is not opened", shared_later, true,
	  false, NULL },
	{ "files that share a page are read by the server", shared_unmapped, false, true, NULL },
	{ "another file system under open files is noticed", made_anew, true, true, NULL },
	{ NULL, NULL, false, false, NULL },
};
