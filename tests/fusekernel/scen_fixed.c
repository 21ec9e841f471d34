/* SPDX-License-Identifier: Apache-2.0 */
/* Files keep their size, with and without maps alike. */
#include "scenarios.h"
#include "tap.h"
#include "vfs.h"

#include <errno.h>
#include <fcntl.h>

#define PATH "simple/odd"

static void refused_opens(struct kernel *kernel, struct inode *inode)
{
	static const uint32_t flags[] = { O_WRONLY | O_TRUNC,         O_RDWR | O_TRUNC,
					  O_RDONLY | O_TRUNC,         O_WRONLY | O_APPEND,
					  O_RDWR | O_APPEND,          O_RDONLY | O_APPEND,
					  O_RDWR | O_TRUNC | O_APPEND };
	struct file file;

	for (size_t i = 0; i < sizeof(flags) / sizeof(flags[0]); i++) {
		int error = vfs_open(kernel, inode, flags[i], &file);

		expect(error == EPERM, "open with flags %#o gives %d", flags[i], error);
	}
}

static int setattr(struct kernel *kernel, const struct inode *inode,
		   const struct fuse_setattr_in *in, uint64_t *size)
{
	const struct request request = {
		.opcode = FUSE_SETATTR, .nodeid = inode->nodeid, .arg = in, .size = sizeof(*in)
	};
	const struct fuse_attr_out *out;
	struct reply reply;

	if (!kernel_call(kernel, &request, &reply))
		return EIO;
	if (reply.error)
		return reply.error;
	out = (const void *)reply.data;
	if (!expect(reply.size == sizeof(*out), "the reply to SETATTR has %zu bytes", reply.size))
		return EIO;
	*size = out->attr.size;
	return 0;
}

static void other_sizes(struct kernel *kernel, const struct inode *inode)
{
	const uint64_t sizes[] = { 0,
				   1,
				   inode->size - 1,
				   inode->size + 1,
				   inode->size + MIB(2),
				   inode->size | UINT64_C(1) << 32,
				   UINT64_C(1) << 62 };
	struct fuse_setattr_in in = { .valid = FATTR_SIZE };
	uint64_t size = 0;
	int error;

	for (size_t i = 0; i < sizeof(sizes) / sizeof(sizes[0]); i++) {
		in.size = sizes[i];
		error = setattr(kernel, inode, &in, &size);
		expect(error == EPERM, "SETATTR of %llu bytes gives %d",
		       (unsigned long long)sizes[i], error);
		in.valid = FATTR_SIZE | (i % 2 ? FATTR_FH : FATTR_MTIME | FATTR_LOCKOWNER);
	}
	in.size = inode->size;
	in.valid = FATTR_SIZE;
	error = setattr(kernel, inode, &in, &size);
	expect(!error && size == inode->size, "SETATTR of the same size gives %d, %llu bytes",
	       error, (unsigned long long)size);
}

static void no_fallocate(struct kernel *kernel, const struct file *file)
{
	const struct fuse_fallocate_in in = { .fh = file->fh, .length = 4096 };
	const struct request request = { .opcode = FUSE_FALLOCATE,
					 .nodeid = file->inode->nodeid,
					 .arg = &in,
					 .size = sizeof(in) };
	struct reply reply;

	/* The kernel turns ENOSYS into EOPNOTSUPP. */
	if (kernel_call(kernel, &request, &reply))
		expect(reply.error == ENOSYS || reply.error == EOPNOTSUPP,
		       "FALLOCATE gives %d, %zu bytes", reply.error, reply.size);
}

static int copy_range(struct kernel *kernel, uint32_t opcode, const struct file *from,
		      const struct file *to)
{
	const struct fuse_copy_file_range_in in = {
		.fh_in = from->fh, .nodeid_out = to->inode->nodeid, .fh_out = to->fh, .len = 4096
	};
	const struct request request = {
		.opcode = opcode, .nodeid = from->inode->nodeid, .arg = &in, .size = sizeof(in)
	};
	struct reply reply;

	return kernel_call(kernel, &request, &reply) ? reply.error : EIO;
}

/* After three of the errors the kernel copies by splicing, which a mapped file answers with EIO, so
 * that cp gives up. After other errors it reads and writes. */
static void copying(struct kernel *kernel, const struct file *from, const struct file *to)
{
	int error = ENOSYS;

	if (kernel->gen->minor >= 45)
		error = copy_range(kernel, OP_COPY_FILE_RANGE_64, from, to);
	if (error == ENOSYS)
		error = copy_range(kernel, FUSE_COPY_FILE_RANGE, from, to);
	if (to->inode->mapped)
		expect(error != ENOSYS && error != EOPNOTSUPP && error != EXDEV,
		       "copy_file_range onto a mapped file gives %d, of which the kernel makes EIO",
		       error);
}

static void fixed(const struct setup *setup, const struct tree *tree, const struct generation *gen)
{
	struct file file, other;
	struct inode *inode;
	struct kernel kernel;
	int error;

	if (kernel_boot(&kernel, setup, tree, gen, NULL) &&
	    expect(!vfs_walk(&kernel, PATH, &inode), "no " PATH)) {
		refused_opens(&kernel, inode);
		other_sizes(&kernel, inode);
		error = vfs_open(&kernel, inode, O_RDWR, &file);
		expect(!error && !vfs_open_path(&kernel, "simple/2M", &other),
		       "open for writing gives %d", error);
		if (!test_failed()) {
			other_sizes(&kernel, inode);
			refused_opens(&kernel, inode);
			no_fallocate(&kernel, &file);
			copying(&kernel, &other, &file);
			vfs_release(&kernel, &file);
			vfs_release(&kernel, &other);
		}
		expect(!vfs_getattr(&kernel, inode), "GETATTR fails");
	}
	kernel_shutdown(&kernel);
}

const struct scenario scenarios_fixed[] = {
	{ "no request changes a size: O_TRUNC, O_APPEND, SETATTR, fallocate, copy_file_range",
	  fixed, true, true, NULL },
	{ NULL, NULL, false, false, NULL },
};
