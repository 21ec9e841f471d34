/* SPDX-License-Identifier: Apache-2.0 */
/* Devices: the kernel asks for them, or the server hands them over before a map needs them. */
#include "scenarios.h"
#include "tap.h"
#include "verify.h"
#include "vfs.h"

#include <errno.h>

static const char *const some[] = { "simple/odd", "striped/3x2M", "hand/2", "simple/1" };

#define SOME (sizeof(some) / sizeof(some[0]))

static void open_some(struct kernel *kernel)
{
	struct file file;

	for (size_t i = 0; i < SOME && !test_failed(); i++) {
		int error = vfs_open_path(kernel, some[i], &file);

		if (!expect(!error, "%s: open fails with %d", some[i], error))
			return;
		expect(file.inode->mapped, "%s is not mapped", some[i]);
		vfs_release(kernel, &file);
	}
}

static void asked_once(const struct setup *setup, const struct tree *tree,
		       const struct generation *gen)
{
	struct kernel kernel;

	if (kernel_boot(&kernel, setup, tree, gen, NULL)) {
		open_some(&kernel);
		expect(kernel.daxdev_requests == 1, "%u requests for the device",
		       kernel.daxdev_requests);
		expect(kernel.hand_overs == 0, "a device is handed over to a kernel that asks");
	}
	kernel_shutdown(&kernel);
}

static bool asks(const struct generation *gen)
{
	return !gen->push;
}

static bool pushes(const struct generation *gen)
{
	return gen->push;
}

static void handed_over(const struct setup *setup, const struct tree *tree,
			const struct generation *gen)
{
	struct kernel kernel;

	if (kernel_boot(&kernel, setup, tree, gen, NULL)) {
		open_some(&kernel);
		expect(kernel.hand_overs == 1, "the device is handed over %u times",
		       kernel.hand_overs);
		expect(kernel.daxdevs[0].valid, "device 0 is not there");
	}
	kernel_shutdown(&kernel);
}

/* The kernel refuses the device for good: no map may name it, and the server continues. */
static void refused_with(const struct setup *setup, const struct tree *tree,
			 const struct generation *gen, int refusal)
{
	struct kernel kernel;
	struct inode *inode;
	struct file file;
	int error;

	if (kernel_boot(&kernel, setup, tree, gen, NULL)) {
		kernel.hand_over_error = refusal;
		error = vfs_open_path(&kernel, "simple/odd", &file);
		expect(error == refusal, "open fails with %d, and the ioctl with %d", error,
		       refusal);
		error = vfs_open_path(&kernel, "striped/3x2M", &file);
		expect(error == EIO || error == refusal, "the next open fails with %d", error);
		error = vfs_walk(&kernel, "simple/odd", &inode);
		expect(!error && !inode->mapped && vfs_getattr(&kernel, inode) == 0,
		       "the server does not go on: %d", error);
		expect(server_logged(&kernel.server, setup->image, "cannot use"),
		       "no message names the device");
	}
	kernel_shutdown(&kernel);
}

static void refused(const struct setup *setup, const struct tree *tree,
		    const struct generation *gen)
{
	refused_with(setup, tree, gen, EBUSY);
	refused_with(setup, tree, gen, EOPNOTSUPP);
	refused_with(setup, tree, gen, ENODEV);
}

static void expect_no_device(struct kernel *kernel, uint64_t nodeid, const void *arg, size_t size,
			     int wanted)
{
	const struct request request = {
		.opcode = kernel->gen->op_daxdev, .nodeid = nodeid, .arg = arg, .size = size
	};
	struct reply reply;

	if (kernel_call(kernel, &request, &reply))
		expect(reply.error && (!wanted || reply.error == wanted),
		       "GET_DAXDEV of %llu with %zu bytes of argument: %d, %zu bytes",
		       (unsigned long long)nodeid, size, reply.error, reply.size);
}

static void unknown(const struct setup *setup, const struct tree *tree,
		    const struct generation *gen)
{
	static const uint64_t indexes[] = { 1,
					    2,
					    23,
					    24,
					    63,
					    64,
					    65535,
					    65536,
					    UINT64_C(1) << 32,
					    UINT32_MAX,
					    UINT64_MAX,
					    (UINT64_C(1) << 32) + 65536,
					    UINT64_C(1) << 63 };
	struct kernel kernel;

	if (kernel_boot(&kernel, setup, tree, gen, NULL)) {
		for (size_t i = 0; i < sizeof(indexes) / sizeof(indexes[0]); i++)
			expect_no_device(&kernel, indexes[i], NULL, 0, ENODEV);
		open_some(&kernel);
	}
	kernel_shutdown(&kernel);
}

/* The BPF prototype requests node 0 with an argument, and expects only a name of 256 bytes. */
static void other_forms(const struct setup *setup, const struct tree *tree,
			const struct generation *gen)
{
	static const uint32_t in[4] = { 0, 0, 0, 0 }, one[2] = { 1, 0 };
	struct generation form = *gen;
	struct kernel kernel;

	if (kernel_boot(&kernel, setup, tree, &form, NULL)) {
		form.op_daxdev = gen->op_fmap + 1;
		expect_no_device(&kernel, 0, in, 8, 0);
		expect_no_device(&kernel, 0, one, 8, 0);
		expect_no_device(&kernel, 1, in, 8, 0);
		for (size_t size = 1; size <= sizeof(in); size++)
			expect_no_device(&kernel, 0, in, size, 0);
		form.op_daxdev = gen->op_daxdev;
		open_some(&kernel);
	}
	kernel_shutdown(&kernel);
}

const struct scenario scenarios_devices[] = {
	{ "the device is requested once, and named by its path", asked_once, true, false, asks },
	{ "GET_DAXDEV of an unknown device gets ENODEV", unknown, true, false, asks },
	{ "GET_DAXDEV in another form gets an errno", other_forms, true, false, NULL },
	{ "the device is handed over once, before a map names it", handed_over, true, false,
	  pushes },
	{ "a device that the kernel refuses gets no map, and the server continues", refused, true,
	  false, pushes },
	{ NULL, NULL, false, false, NULL },
};
