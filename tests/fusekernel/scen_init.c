/* SPDX-License-Identifier: Apache-2.0 */
/* The server takes the capability only if it is requested and offered. */
#include "scenarios.h"
#include "tap.h"
#include "vfs.h"

#include <errno.h>

/* The target of a symbolic link shows how the server does its I/O. */
static void expect_status(struct kernel *kernel, const char *profile)
{
	struct request request = { .opcode = FUSE_READLINK };
	struct inode *inode;
	struct reply reply;

	if (!expect(vfs_walk(kernel, ".meta/.io", &inode) == 0, "there is no .meta/.io"))
		return;
	request.nodeid = inode->nodeid;
	if (!kernel_call(kernel, &request, &reply))
		return;
	expect(!reply.error && reply.size > strlen(profile) &&
		       !memcmp(reply.data, profile, strlen(profile)) &&
		       reply.data[strlen(profile)] == ':',
	       ".meta/.io says '%.*s', not '%s: ...'", (int)reply.size, (const char *)reply.data,
	       profile);
}

static void expect_unmapped(struct kernel *kernel)
{
	struct file file;

	if (!expect(!kernel->fmap, "the reply to INIT takes famfs"))
		return;
	expect_status(kernel, "off");
	if (expect(vfs_open_path(kernel, "simple/odd", &file) == 0, "simple/odd does not open"))
		vfs_release(kernel, &file);
}

static void taken(const struct setup *setup, const struct tree *tree, const struct generation *gen)
{
	struct kernel kernel;

	if (kernel_boot(&kernel, setup, tree, gen, NULL) &&
	    expect(kernel.fmap, "the reply to INIT does not take famfs"))
		expect_status(&kernel, gen->option);
	kernel_shutdown(&kernel);
}

static void boot_unmapped(const struct setup *setup, const struct tree *tree,
			  const struct generation *gen, const char *options)
{
	struct kernel kernel;

	if (kernel_boot(&kernel, setup, tree, gen, options))
		expect_unmapped(&kernel);
	kernel_shutdown(&kernel);
	if (test_failed())
		fail("with -o %s", options);
}

static void not_taken(const struct setup *setup, const struct tree *tree,
		      const struct generation *gen)
{
	boot_unmapped(setup, tree, gen, "fmap=off");
	/* No kernel can map an image. */
	boot_unmapped(setup, tree, gen, "fmap=auto");
	/* Start it without -o fmap=. */
	boot_unmapped(setup, tree, gen, "rw");
}

/* Bit 42 is for request timeouts since minor 43, and bit 43 is not in older kernels. */
static void other_bit(const struct setup *setup, const struct tree *tree,
		      const struct generation *gen)
{
	boot_unmapped(setup, tree, gen, gen->fmap_bit == 42 ? "fmap=pull" : "fmap=v2");
	boot_unmapped(setup, tree, gen,
		      gen->fmap_bit == 42 ? "fmap=push" : "fmap=v2,single_thread");
}

/* Offers no famfs, as to a user who lacks the capability: everything else is the same. */
static void not_offered(const struct setup *setup, const struct tree *tree,
			const struct generation *gen)
{
	struct generation poor = *gen;
	char options[32];

	poor.init_flags &= ~(UINT64_C(1) << gen->fmap_bit);
	snprintf(options, sizeof(options), "fmap=%s", gen->option);
	boot_unmapped(setup, tree, &poor, options);
}

static void stock_forced(const struct setup *setup, const struct tree *tree,
			 const struct generation *gen)
{
	struct generation uring = *gen;
	struct kernel kernel;

	boot_unmapped(setup, tree, gen, "fmap=v2");
	if (!(gen->init_flags >> 43 & 1)) {
		boot_unmapped(setup, tree, gen, "fmap=pull");
		boot_unmapped(setup, tree, gen, "fmap=push");
		return;
	}
	/* The bit is offered here with another meaning. The server follows its option, and the
	 * kernel never requests a map: nothing must break. */
	uring.fmap_bit = 43;
	if (kernel_boot(&kernel, setup, tree, &uring, "fmap=pull")) {
		expect(kernel.fmap, "what was asked for is not done");
		kernel.fmap = false;
		uring.fmap_bit = -1;
		expect_status(&kernel, "pull");
	}
	kernel_shutdown(&kernel);
}

const struct scenario scenarios_init[] = {
	{ "INIT takes famfs, and no other flag", taken, true, false, NULL },
	{ "INIT takes no flag that was not requested", not_taken, true, true, NULL },
	{ "INIT does not take another generation's bit", other_bit, true, false, NULL },
	{ "INIT takes no flag that was not offered", not_offered, true, false, NULL },
	{ "a forced profile does no harm on another kernel", stock_forced, false, true, NULL },
	{ NULL, NULL, false, false, NULL },
};
