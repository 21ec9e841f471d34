/* SPDX-License-Identifier: Apache-2.0 */
#include "kernel.h"

#include "tap.h"

#include <errno.h>

#define BIT(n) (UINT64_C(1) << (n))

/* Flags that libfuse and the server may request: none of them changes how files are read, written
 * or mapped. Any other flag is an error. */
#define INIT_ALLOWED                                                                               \
	(FUSE_ASYNC_READ | FUSE_ATOMIC_O_TRUNC | FUSE_EXPORT_SUPPORT | FUSE_BIG_WRITES |           \
	 FUSE_DONT_MASK | FUSE_HAS_IOCTL_DIR | FUSE_AUTO_INVAL_DATA | FUSE_DO_READDIRPLUS |        \
	 FUSE_READDIRPLUS_AUTO | FUSE_ASYNC_DIO | FUSE_PARALLEL_DIROPS | FUSE_HANDLE_KILLPRIV |    \
	 FUSE_ABORT_ERROR | FUSE_MAX_PAGES | FUSE_CACHE_SYMLINKS | FUSE_NO_OPENDIR_SUPPORT |       \
	 FUSE_EXPLICIT_INVAL_DATA | INIT_EXT)

struct named_bit {
	int bit;
	const char *name;
};

static const struct named_bit forbidden[] = {
	{ 16, "the writeback cache" },
	{ 26, "FUSE_MAP_ALIGNMENT" },
	{ 27, "FUSE_SUBMOUNTS" },
	{ 33, "FUSE_HAS_INODE_DAX" },
	{ 37, "FUSE_PASSTHROUGH" },
	{ 41, "io_uring" },
	{ 42, "bit 42, which is not famfs here" },
	{ 43, "bit 43, which is not famfs here" },
};

static bool check_flags(const struct generation *gen, uint64_t flags, struct verdict *verdict)
{
	uint64_t fmap = has_famfs(gen) ? BIT(gen->fmap_bit) : 0;

	for (size_t i = 0; i < sizeof(forbidden) / sizeof(forbidden[0]); i++)
		if (flags & ~fmap & BIT(forbidden[i].bit))
			return object(verdict, EPROTO, "the reply to INIT asks for %s",
				      forbidden[i].name);
	if (flags & ~gen->init_flags)
		return object(verdict, EPROTO,
			      "the reply to INIT has flags %#llx that were not offered",
			      (unsigned long long)(flags & ~gen->init_flags));
	if (flags & ~fmap & ~(uint64_t)INIT_ALLOWED)
		return object(verdict, EPROTO, "the reply to INIT has unexpected flags %#llx",
			      (unsigned long long)(flags & ~fmap & ~(uint64_t)INIT_ALLOWED));
	return true;
}

bool init_check(const struct generation *gen, const struct reply *reply, bool *taken,
		struct verdict *verdict)
{
	const struct fuse_init_out *out = (const void *)reply->data;
	uint64_t flags;

	*taken = false;
	if (reply->error)
		return object(verdict, reply->error, "the reply to INIT is error %d", reply->error);
	if (reply->size != sizeof(*out) || sizeof(*out) != 64)
		return object(verdict, EPROTO, "the reply to INIT has %zu bytes", reply->size);
	flags = out->flags;
	/* The kernel reads the upper half only if the lower half says that it exists. */
	if (flags & INIT_EXT)
		flags |= (uint64_t)out->flags2 << 32;
	else if (out->flags2)
		return object(verdict, EPROTO,
			      "the reply to INIT has flags2 %#x without FUSE_INIT_EXT",
			      out->flags2);
	if (out->major != 7 || out->minor < 23 || out->max_write < PAGE)
		return object(verdict, EPROTO, "the reply to INIT is %u.%u with max_write %u",
			      out->major, out->minor, out->max_write);
	*taken = has_famfs(gen) && (flags & BIT(gen->fmap_bit));
	return check_flags(gen, flags, verdict);
}

bool kernel_greet_with(struct kernel *kernel, struct reply *reply)
{
	const struct generation *gen = kernel->gen;
	const struct fuse_init_in in = {
		.major = 7,
		.minor = gen->minor,
		.max_readahead = 131072,
		.flags = (uint32_t)gen->init_flags,
		.flags2 = (uint32_t)(gen->init_flags >> 32),
	};
	const struct request request = { .opcode = FUSE_INIT, .arg = &in, .size = sizeof(in) };

	_Static_assert(sizeof(in) == 64, "fuse_init_in");
	kernel->greeted = kernel_call(kernel, &request, reply);
	return kernel->greeted;
}

bool kernel_greet(struct kernel *kernel)
{
	struct verdict verdict = { 0 };
	struct reply reply;

	if (!kernel_greet_with(kernel, &reply))
		return false;
	if (!init_check(kernel->gen, &reply, &kernel->fmap, &verdict))
		return fail("%s", verdict.text);
	return true;
}
