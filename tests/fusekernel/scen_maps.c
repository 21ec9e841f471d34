/* SPDX-License-Identifier: Apache-2.0 */
/* Every file is opened and mapped, and its bytes are read from the places in the map. */
#include "scenarios.h"
#include "tap.h"
#include "verify.h"
#include "vfs.h"

#include <errno.h>
#include <stdlib.h>

static void check_mapped(struct kernel *kernel, const struct tree_file *file,
			 const struct inode *inode)
{
	struct verdict verdict = { 0 };

	if (!expect(inode->mapped, "%s is not mapped", file->path))
		return;
	if (!verify_places(kernel->gen, file, &inode->map, &verdict) ||
	    !verify_bytes(kernel->setup->image_fd, file, &inode->map, &verdict))
		fail("%s: %s", file->path, verdict.text);
}

/* Reads through the server, for a kernel whose opens succeed without a map. */
static void check_read(struct kernel *kernel, const struct tree_file *file, const struct file *open)
{
	uint8_t found[256], wanted[256];
	uint64_t offset;
	size_t size, done;

	for (unsigned int i = 0; tree_sample(file, i, &offset, &size); i++) {
		int error = vfs_read(kernel, open, offset, found, size, &done);

		tree_fill(file, offset, wanted, size);
		if (!expect(!error && done == size && !memcmp(found, wanted, size),
			    "%s: the server reads something else at %#llx: %d", file->path,
			    (unsigned long long)offset, error))
			return;
	}
}

/* A map that is too large for the kernel: EFBIG, with the reason in the server's log. */
static void check_too_large(struct kernel *kernel, const struct tree_file *file)
{
	const struct generation *gen = kernel->gen;
	struct inode *inode;
	struct file open;
	char ceiling[16];
	int error;

	snprintf(ceiling, sizeof(ceiling), " %u ", gen->max_simple);
	error = vfs_walk(kernel, file->path, &inode);
	if (!expect(!error, "%s: LOOKUP fails with %d", file->path, error))
		return;
	error = vfs_open(kernel, inode, 0, &open);
	expect(!inode->mapped, "%s is mapped, although no map of it can be sent", file->path);
	expect(error == (gen->fatal ? EFBIG : 0), "%s: open fails with %d", file->path, error);
	expect(server_logged(&kernel->server, file->path, ceiling),
	       "%s: no message names it and the ceiling of %s", file->path, ceiling);
	if (!error && !inode->mapped) {
		check_read(kernel, file, &open);
		vfs_release(kernel, &open);
	}
}

/* The file lies on a device that is not attached: no map, and no bytes from another device. */
static void check_elsewhere(struct kernel *kernel, const struct tree_file *file)
{
	struct inode *inode;
	struct file open;
	uint8_t byte;
	size_t done;
	int error = vfs_walk(kernel, file->path, &inode);

	if (!expect(!error && inode->size == file->size, "%s: LOOKUP gives %d", file->path, error))
		return;
	error = vfs_open(kernel, inode, 0, &open);
	expect(!inode->mapped, "%s is mapped, although its device is not there", file->path);
	expect(!error == !kernel->gen->fatal, "%s: open gives %d", file->path, error);
	if (!error && !inode->mapped) {
		expect(vfs_read(kernel, &open, file->size - 1, &byte, 1, &done),
		       "%s: %zu bytes are read", file->path, done);
		vfs_release(kernel, &open);
	}
}

static void check_file(struct kernel *kernel, const struct tree_file *file)
{
	struct file open;
	int error;

	if (file->dev) {
		check_elsewhere(kernel, file);
		return;
	}
	if (!verify_sendable(kernel->gen, file)) {
		check_too_large(kernel, file);
		return;
	}
	error = vfs_open_path(kernel, file->path, &open);
	if (!expect(!error, "%s: open fails with %d", file->path, error))
		return;
	check_mapped(kernel, file, open.inode);
	vfs_release(kernel, &open);
}

static void check_folder(struct kernel *kernel, const char *prefix)
{
	const struct tree *tree = kernel->tree;

	for (unsigned int i = 0; i < tree->nfiles && !test_failed(); i++)
		if (!strncmp(tree->files[i].path, prefix, strlen(prefix)))
			check_file(kernel, &tree->files[i]);
}

static void check_files(const struct setup *setup, const struct tree *tree,
			const struct generation *gen, const char *options, const char *prefix)
{
	struct kernel kernel;

	if (kernel_boot(&kernel, setup, tree, gen, options))
		check_folder(&kernel, prefix);
	kernel_shutdown(&kernel);
}

static void simple(const struct setup *setup, const struct tree *tree, const struct generation *gen)
{
	check_files(setup, tree, gen, NULL, "simple/");
}

static void striped(const struct setup *setup, const struct tree *tree,
		    const struct generation *gen)
{
	check_files(setup, tree, gen, NULL, "striped/");
}

static void extents(const struct setup *setup, const struct tree *tree,
		    const struct generation *gen)
{
	check_files(setup, tree, gen, NULL, "hand/");
}

static void borders(const struct setup *setup, const struct tree *tree,
		    const struct generation *gen)
{
	check_files(setup, tree, gen, NULL, "border/");
}

static void full(const struct setup *setup, const struct tree *tree, const struct generation *gen)
{
	check_files(setup, tree, gen, NULL, "full/");
}

static void elsewhere(const struct setup *setup, const struct tree *tree,
		      const struct generation *gen)
{
	check_files(setup, tree, gen, NULL, "other/");
}

/* Profiles that share an INIT bit are distinguished by the requests, whatever the option says. */
static void sibling(const struct setup *setup, const struct tree *tree,
		    const struct generation *gen)
{
	const char *other = gen->push ? "fmap=pull" : "fmap=push";

	check_files(setup, tree, gen, other, "striped/");
	check_files(setup, tree, gen, other, "border/");
}

static bool has_sibling(const struct generation *gen)
{
	return gen->fmap_bit == 43;
}

static void single_thread(const struct setup *setup, const struct tree *tree,
			  const struct generation *gen)
{
	char options[64];

	snprintf(options, sizeof(options), "fmap=%s,single_thread", gen->option);
	check_files(setup, tree, gen, options, "striped/");
}

/* Requests go to the clones in turn. The largest maps of the tree come in parts. */
static void clone_fd(const struct setup *setup, const struct tree *tree,
		     const struct generation *gen)
{
	struct kernel kernel;

	if (kernel_boot_cloned(&kernel, setup, tree, gen)) {
		check_folder(&kernel, "striped/");
		check_folder(&kernel, "border/");
		expect(kernel.channel.nfds > 2, "the connection is cloned %d times",
		       kernel.channel.nfds - 1);
		if (gen->push)
			expect(kernel.hand_overs == 1, "the device is handed over %u times",
			       kernel.hand_overs);
	}
	kernel_shutdown(&kernel);
}

/* A client's mount of the same medium: same maps. */
static void read_only(const struct setup *setup, const struct tree *tree,
		      const struct generation *gen)
{
	char options[64];

	snprintf(options, sizeof(options), "fmap=%s,ro", gen->option);
	check_files(setup, tree, gen, options, "hand/");
}

/* Room for the whole map, one byte less, and almost none. */
static void room(const struct setup *setup, const struct tree *tree, const struct generation *gen)
{
	static const char *const paths[] = { "hand/2", "full/fragmented" }; /* 80 and 416 bytes */
	static const uint32_t rooms[] = { 32, 33, 55, 56, 79, 80, 81, 415, 416, 417 };
	struct generation tight = *gen;
	struct kernel kernel;
	bool up = kernel_boot(&kernel, setup, tree, &tight, NULL);

	for (size_t i = 0; up && i < sizeof(rooms) / sizeof(rooms[0]) && !test_failed(); i++) {
		tight.room = rooms[i];
		check_file(&kernel, tree_find(tree, paths[0]));
		check_file(&kernel, tree_find(tree, paths[1]));
		vfs_forget_all(&kernel);
		if (test_failed())
			fail("with room for %u bytes at first", rooms[i]);
	}
	kernel_shutdown(&kernel);
}

static bool can_ask_again(const struct generation *gen)
{
	return gen->more != MORE_NEVER;
}

static void once(const struct setup *setup, const struct tree *tree, const struct generation *gen)
{
	const struct tree_file *wanted = tree_find(tree, "simple/odd");
	struct kernel kernel;
	struct file first, second;
	unsigned int asked;

	if (kernel_boot(&kernel, setup, tree, gen, NULL) &&
	    expect(!vfs_open_path(&kernel, wanted->path, &first) &&
			   !vfs_open_path(&kernel, wanted->path, &second),
		   "open fails")) {
		expect(first.inode == second.inode, "a file has two nodes");
		asked = kernel.fmap_requests;
		expect(asked == 1, "%u requests for a map", asked);
		vfs_release(&kernel, &first);
		vfs_release(&kernel, &second);
		vfs_forget(&kernel, first.inode);
		check_file(&kernel, wanted);
		expect(kernel.fmap_requests == asked + 1, "no new request after FORGET");
	}
	kernel_shutdown(&kernel);
}

const struct scenario scenarios_maps[] = {
	{ "the bytes of simple files are where the map says", simple, true, false, NULL },
	{ "the bytes of striped files are where the map says", striped, true, false, NULL },
	{ "the bytes of files in many extents are where the map says", extents, true, false, NULL },
	{ "maps at the limits of a message are complete, or EFBIG", borders, true, false, NULL },
	{ "a file in 16 holes of a full device is mapped", full, true, false, NULL },
	{ "files on a missing device get no map", elsewhere, true, false, NULL },
	{ "a second request with more room gets the whole map", room, true, false, can_ask_again },
	{ "an inode gets one map, and another after FORGET", once, true, false, NULL },
	{ "the requests show which of two generations it is", sibling, true, false, has_sibling },
	{ "a server with one thread gives the same maps", single_thread, true, false, NULL },
	{ "with a descriptor for each thread, replies go to that of the request", clone_fd, true,
	  false, NULL },
	{ "a read-only mount has the same maps", read_only, true, false, NULL },
	{ NULL, NULL, false, false, NULL },
};
