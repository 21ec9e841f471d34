/* SPDX-License-Identifier: Apache-2.0 */
/* Without famfs in the kernel, the server reads and writes. */
#include "scenarios.h"
#include "tap.h"
#include "verify.h"
#include "vfs.h"

#include <errno.h>
#include <fcntl.h>
#include <unistd.h>

#define STEP 131072 /* bytes that the kernel reads at a time */

static void read_file(struct kernel *kernel, const struct tree_file *wanted)
{
	static uint8_t found[STEP], expected[STEP];
	struct file file;
	size_t done;

	if (!expect(!vfs_open_path(kernel, wanted->path, &file), "%s: open fails", wanted->path))
		return;
	for (uint64_t offset = 0; offset < wanted->size && !test_failed(); offset += STEP) {
		size_t size = wanted->size - offset < STEP ? wanted->size - offset : STEP;

		tree_fill(wanted, offset, expected, size);
		expect(!vfs_read(kernel, &file, offset, found, STEP, &done) && done == size &&
			       !memcmp(found, expected, size),
		       "%s: other bytes at %#llx", wanted->path, (unsigned long long)offset);
	}
	expect(!vfs_read(kernel, &file, wanted->size, found, STEP, &done) && done == 0,
	       "%s: %zu bytes behind its end", wanted->path, done);
	vfs_release(kernel, &file);
}

static void reads(const struct setup *setup, const struct tree *tree, const struct generation *gen)
{
	struct kernel kernel;

	if (kernel_boot(&kernel, setup, tree, gen, NULL))
		for (unsigned int i = 0; i < tree->nfiles && !test_failed(); i++)
			if (tree->files[i].whole)
				read_file(&kernel, &tree->files[i]);
	kernel_shutdown(&kernel);
}

/* Writes in place, then restores the bytes for other tests. */
static void write_at(struct kernel *kernel, const struct file *file, const struct tree_file *wanted,
		     uint64_t offset)
{
	uint8_t old[16], found[16];
	uint64_t run, place = tree_place(wanted, offset, &run);
	size_t size = wanted->size - offset < sizeof(old) ? wanted->size - offset : sizeof(old);
	size_t done;
	int error;

	size = size < run ? size : run;
	tree_fill(wanted, offset, old, size);
	error = vfs_write(kernel, file, offset, "0123456789abcdef", size, &done);
	expect(!error && done == size, "%s: WRITE at %#llx gives %d, %zu bytes", wanted->path,
	       (unsigned long long)offset, error, done);
	expect(pread(kernel->setup->image_fd, found, size, (off_t)place) == (ssize_t)size &&
		       !memcmp(found, "0123456789abcdef", size),
	       "%s: what is written at %#llx is not on the device", wanted->path,
	       (unsigned long long)offset);
	vfs_write(kernel, file, offset, old, size, &done);
}

static void writes(const struct setup *setup, const struct tree *tree, const struct generation *gen)
{
	static const char *const paths[] = { "simple/1", "simple/odd", "striped/3x2M", "hand/3" };
	struct kernel kernel;
	struct inode *inode;
	struct file file;
	size_t done;

	if (kernel_boot(&kernel, setup, tree, gen, NULL))
		for (size_t i = 0; i < sizeof(paths) / sizeof(paths[0]) && !test_failed(); i++) {
			const struct tree_file *wanted = tree_find(tree, paths[i]);

			if (!expect(!vfs_walk(&kernel, paths[i], &inode) &&
					    !vfs_open(&kernel, inode, O_RDWR, &file),
				    "%s does not open for writing", paths[i]))
				break;
			for (uint64_t offset = 0; offset < wanted->size; offset += MIB(2))
				write_at(&kernel, &file, wanted, offset);
			write_at(&kernel, &file, wanted, wanted->size - 1);
			expect(vfs_write(&kernel, &file, wanted->size, "x", 1, &done) || !done,
			       "%s: WRITE behind its end succeeds", paths[i]);
			vfs_release(&kernel, &file);
		}
	kernel_shutdown(&kernel);
}

static void statfs(const struct setup *setup, const struct tree *tree, const struct generation *gen)
{
	const struct request request = { .opcode = FUSE_STATFS, .nodeid = FUSE_ROOT_ID };
	struct kernel kernel;
	struct reply reply;

	if (kernel_boot(&kernel, setup, tree, gen, NULL) &&
	    kernel_call(&kernel, &request, &reply) &&
	    expect(!reply.error && reply.size == sizeof(struct fuse_statfs_out),
		   "STATFS gives %d, %zu bytes", reply.error, reply.size)) {
		const struct fuse_statfs_out *out = (const void *)reply.data;
		uint64_t data = tree->device_size - MIB(2) - tree->log_length;

		expect(out->st.blocks * out->st.frsize == data, "%llu blocks of %u bytes",
		       (unsigned long long)out->st.blocks, out->st.frsize);
		expect(out->st.files >= tree->nfiles && out->st.ffree < out->st.files,
		       "%llu files, %llu free", (unsigned long long)out->st.files,
		       (unsigned long long)out->st.ffree);
	}
	kernel_shutdown(&kernel);
}

const struct scenario scenarios_stock[] = {
	{ "the server reads the copied files", reads, false, true, NULL },
	{ "the server writes in place", writes, false, true, NULL },
	{ "STATFS counts the device", statfs, true, true, NULL },
	{ NULL, NULL, false, false, NULL },
};
