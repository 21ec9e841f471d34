/* SPDX-License-Identifier: Apache-2.0 */
/* Invalid requests: the reply is an errno, never a wrong map, and the server continues. */
#include "badrequest.h"
#include "scenarios.h"
#include "tap.h"

#include <errno.h>
#include <unistd.h>

#define FILE_PATH "striped/3x2M"

struct survival {
	struct kernel kernel;
	const struct tree_file *file;
	uint64_t nodeid; /* number of the file */
};

static bool begin(struct survival *survival, const struct setup *setup, const struct tree *tree,
		  const struct generation *gen)
{
	struct inode *inode;

	survival->file = tree_find(tree, FILE_PATH);
	if (!kernel_boot(&survival->kernel, setup, tree, gen, NULL) ||
	    !expect(!vfs_walk(&survival->kernel, FILE_PATH, &inode), "no " FILE_PATH))
		return false;
	survival->nodeid = inode->nodeid;
	return true;
}

static void end(struct survival *survival)
{
	still_serves(&survival->kernel);
	kernel_shutdown(&survival->kernel);
}

static void lengths(const struct setup *setup, const struct tree *tree,
		    const struct generation *gen)
{
	static const uint32_t zero[8], page[8] = { PAGE, 0, 0, 0, 0, 0, 0, 0 };
	static const uint32_t *const args[] = { NULL, zero, page };
	struct survival survival;

	if (begin(&survival, setup, tree, gen))
		for (uint32_t length = IN_HEADER; length <= 64; length++)
			for (size_t i = 0; i < 3; i++)
				badrequest_try(
					&survival.kernel,
					&(struct badrequest_request){ .nodeid = survival.nodeid,
								      .length = length,
								      .arg = args[i] },
					survival.file);
	end(&survival);
}

static void sizes(const struct setup *setup, const struct tree *tree, const struct generation *gen)
{
	static const uint32_t sizes[] = {
		0,     1,       2,       3,         4,          5,         23,    24,
		31,    32,      33,      55,        56,         127,       128,   129,
		199,   200,     4095,    4096,      4097,       32767,     32768, 32769,
		65536, 1 << 24, 1 << 30, INT32_MAX, 0x80000000, UINT32_MAX
	};
	struct survival survival;

	if (begin(&survival, setup, tree, gen))
		for (size_t i = 0; i < sizeof(sizes) / sizeof(sizes[0]); i++)
			for (uint32_t padding = 0; padding < 2; padding++) {
				const uint32_t arg[2] = { sizes[i], padding };

				badrequest_try(
					&survival.kernel,
					&(struct badrequest_request){ .nodeid = survival.nodeid,
								      .length = IN_HEADER + 8,
								      .arg = arg },
					survival.file);
			}
	end(&survival);
}

/* Test both forms of the request. */
static void try_node(struct kernel *kernel, uint64_t nodeid, const struct tree_file *file)
{
	static const uint32_t arg[2] = { PAGE, 0 };

	badrequest_try(kernel,
		       &(struct badrequest_request){ .nodeid = nodeid, .length = IN_HEADER }, file);
	badrequest_try(kernel,
		       &(struct badrequest_request){
			       .nodeid = nodeid, .length = IN_HEADER + 8, .arg = arg },
		       file);
}

static void nodes(const struct setup *setup, const struct tree *tree, const struct generation *gen)
{
	static const uint64_t unknown[] = { 0,
					    100000,
					    UINT32_MAX,
					    (UINT64_C(1) << 32) - 1,
					    UINT64_C(1) << 32,
					    (UINT64_C(1) << 32) + 100,
					    UINT64_C(1) << 33,
					    UINT64_C(1) << 63,
					    UINT64_MAX };
	static const char *const no_files[] = { "", "striped", ".meta", ".meta/.io" };
	struct survival survival;
	struct inode *inode;

	if (begin(&survival, setup, tree, gen)) {
		for (size_t i = 0; i < sizeof(unknown) / sizeof(unknown[0]); i++)
			try_node(&survival.kernel, unknown[i], NULL);
		/* A number with other upper bits does not name the file. */
		for (int bit = 32; bit < 64; bit++)
			try_node(&survival.kernel, survival.nodeid | UINT64_C(1) << bit, NULL);
		for (size_t i = 0; i < sizeof(no_files) / sizeof(no_files[0]); i++)
			if (expect(!vfs_walk(&survival.kernel, no_files[i], &inode), "no '%s'",
				   no_files[i]))
				try_node(&survival.kernel, inode->nodeid, NULL);
		inode = vfs_inode(&survival.kernel, survival.nodeid);
		vfs_forget(&survival.kernel, inode);
		/* A forgotten node still exists: the file has the same number. */
		try_node(&survival.kernel, survival.nodeid, survival.file);
	}
	end(&survival);
}

static void expect_error(struct kernel *kernel, uint32_t opcode, const char *when)
{
	static const uint32_t arg[2] = { PAGE, 0 };
	const struct request forms[2] = {
		{ .opcode = opcode, .nodeid = FUSE_ROOT_ID + 1 },
		{ .opcode = opcode, .nodeid = FUSE_ROOT_ID + 1, .arg = arg, .size = sizeof(arg) },
	};
	struct reply reply;

	for (int i = 0; i < 2; i++)
		if (kernel_call(kernel, &forms[i], &reply))
			expect(reply.error, "opcode %u %s: a reply of %zu bytes", opcode, when,
			       reply.size);
}

static void before_init(const struct setup *setup, const struct tree *tree,
			const struct generation *gen)
{
	struct kernel kernel;

	kernel_boot_silent(&kernel, setup, tree, gen, NULL);
	for (uint32_t opcode = 53; opcode <= 55; opcode++)
		expect_error(&kernel, opcode, "before INIT");
	if (!test_failed() && kernel_greet(&kernel) && has_famfs(gen))
		still_serves(&kernel);
	kernel_shutdown(&kernel);
}

static void after_destroy(const struct setup *setup, const struct tree *tree,
			  const struct generation *gen)
{
	const struct request destroy = { .opcode = FUSE_DESTROY };
	struct survival survival;
	struct reply reply;

	if (begin(&survival, setup, tree, gen)) {
		try_node(&survival.kernel, survival.nodeid, survival.file);
		if (kernel_call(&survival.kernel, &destroy, &reply))
			expect(!reply.error, "DESTROY fails with %d", reply.error);
		for (uint32_t opcode = 53; opcode <= 55; opcode++)
			expect_error(&survival.kernel, opcode, "after DESTROY");
		try_node(&survival.kernel, survival.nodeid, NULL);
	}
	kernel_shutdown(&survival.kernel);
}

/* Kernels send one INIT; another one, which offers nothing, must not change the settings in use. */
static void second_init(const struct setup *setup, const struct tree *tree,
			const struct generation *gen)
{
	struct generation poor = *gen;
	struct survival survival;
	struct reply reply;

	poor.init_flags &= ~(UINT64_C(1) << gen->fmap_bit);
	if (begin(&survival, setup, tree, gen)) {
		survival.kernel.gen = &poor;
		if (kernel_greet_with(&survival.kernel, &reply))
			expect(reply.error, "a second INIT succeeds");
		survival.kernel.gen = gen;
	}
	end(&survival);
}

static void resend(const struct setup *setup, const struct tree *tree, const struct generation *gen)
{
	const uint32_t arg[2] = { PAGE, 0 };
	struct badrequest_request request = { .length = IN_HEADER + (gen->has_size ? 8 : 0),
					      .arg = arg };
	struct survival survival;
	struct reply reply;

	if (begin(&survival, setup, tree, gen)) {
		struct kernel *kernel = &survival.kernel;
		uint64_t first, last = 0;

		request.nodeid = survival.nodeid;
		first = badrequest_send(kernel, &request);
		request.unique = first | UNIQUE_RESEND;
		badrequest_send(kernel, &request);
		/* Each request is answered once with the map, in any order. */
		for (int i = 0; i < 2 && kernel_wait_any(kernel, &reply); i++) {
			expect(reply.unique == first || reply.unique == request.unique,
			       "a reply to %#llx", (unsigned long long)reply.unique);
			expect(reply.unique != last, "two replies to %#llx",
			       (unsigned long long)last);
			last = reply.unique;
			expect(badrequest_check(kernel, &request, &reply, survival.file),
			       "no map for a request that is sent %s, but %d",
			       reply.unique == first ? "first" : "again", reply.error);
		}
		expect_error(kernel, FUSE_LOOKUP + 100, "in between");
		kernel_expect_silence(kernel);
	}
	end(&survival);
}

#define INTERRUPTS 20

/* libfuse keeps interrupts that it cannot assign, answers one with each later request, and does not
 * free the rest at the end. */
static void drain_interrupts(struct survival *survival)
{
	struct inode *inode = vfs_inode(&survival->kernel, survival->nodeid);

	for (int i = 0; i < INTERRUPTS + 1 && !test_failed(); i++)
		expect(!vfs_getattr(&survival->kernel, inode), "GETATTR fails");
}

static void interrupt(const struct setup *setup, const struct tree *tree,
		      const struct generation *gen)
{
	const uint32_t arg[2] = { PAGE, 0 };
	struct badrequest_request request = { .length = IN_HEADER + (gen->has_size ? 8 : 0),
					      .arg = arg };
	struct survival survival;
	struct reply reply;

	if (begin(&survival, setup, tree, gen)) {
		for (int i = 0; i < INTERRUPTS && !test_failed(); i++) {
			struct kernel *kernel = &survival.kernel;
			struct fuse_interrupt_in in;
			uint64_t unique;

			request.nodeid = survival.nodeid;
			unique = badrequest_send(kernel, &request);
			in.unique = unique;
			kernel_send(kernel,
				    &(struct request){ .opcode = FUSE_INTERRUPT,
						       .arg = &in,
						       .size = sizeof(in),
						       .unique = unique | UNIQUE_INTERRUPT });
			if (kernel_wait(kernel, unique, &reply))
				expect(badrequest_check(kernel, &request, &reply, survival.file),
				       "an interrupted request gets no map, but %d", reply.error);
		}
		drain_interrupts(&survival);
	}
	end(&survival);
}

static void opcodes(const struct setup *setup, const struct tree *tree,
		    const struct generation *gen)
{
	static const uint32_t unknown[] = { 0,    53,    54,         55,         56,
					    57,   63,    64,         255,        256,
					    4089, 4092,  4093,       4094,       4095,
					    4097, 65590, 0x10000036, 0x80000036, UINT32_MAX };
	struct kernel kernel;

	if (kernel_boot(&kernel, setup, tree, gen, NULL)) {
		for (size_t i = 0; i < sizeof(unknown) / sizeof(unknown[0]); i++)
			if (!has_famfs(gen) ||
			    (unknown[i] != gen->op_fmap && unknown[i] != gen->op_fmap + 1))
				expect_error(&kernel, unknown[i], "is unknown");
		if (kernel.fmap)
			still_serves(&kernel);
	}
	kernel_shutdown(&kernel);
}

/* Bytes beyond the message would come from the server's memory and be written to the file. */
static void long_writes(const struct setup *setup, const struct tree *tree,
			const struct generation *gen)
{
	static const uint32_t sizes[] = { 1, 4096, 1 << 21, INT32_MAX, UINT32_MAX };
	struct survival survival;
	struct reply reply;

	if (begin(&survival, setup, tree, gen))
		for (size_t i = 0; i < sizeof(sizes) / sizeof(sizes[0]); i++) {
			const struct fuse_write_in in = { .size = sizes[i] };
			const struct request request = { .opcode = FUSE_WRITE,
							 .nodeid = survival.nodeid,
							 .arg = &in,
							 .size = sizeof(in) };

			if (kernel_call(&survival.kernel, &request, &reply))
				expect(reply.error == EINVAL, "WRITE of %u bytes without one: %d",
				       sizes[i], reply.error);
		}
	end(&survival);
}

/* Another file system was made on the device, as the first line of the superblock shows: a map of
 * the old one would show the bytes of one file in another. */
static void made_anew(const struct setup *setup, const struct tree *tree,
		      const struct generation *gen)
{
	static const uint32_t arg[2] = { PAGE, 0 };
	uint8_t line[64], other[64];
	struct survival survival;
	struct request request = { .opcode = gen->op_fmap,
				   .arg = arg,
				   .size = gen->has_size ? sizeof(arg) : 0 };
	struct reply reply;

	if (begin(&survival, setup, tree, gen) &&
	    expect(pread(setup->image_fd, line, sizeof(line), 0) == (ssize_t)sizeof(line),
		   "no superblock")) {
		struct kernel *kernel = &survival.kernel;

		memcpy(other, line, sizeof(other));
		other[40] ^= 0xff;
		expect(pwrite(setup->image_fd, other, sizeof(other), 0) > 0, "cannot write it");
		request.nodeid = survival.nodeid;
		if (kernel_call(kernel, &request, &reply))
			expect(reply.error == ESTALE, "GET_FMAP gives %d", reply.error);
		request = (struct request){ .opcode = gen->op_daxdev };
		if (gen->op_daxdev && kernel_call(kernel, &request, &reply))
			expect(reply.error == ESTALE, "GET_DAXDEV gives %d", reply.error);
		expect(pwrite(setup->image_fd, line, sizeof(line), 0) > 0, "cannot write it");
	}
	kernel_shutdown(&survival.kernel);
}

const struct scenario scenarios_survival[] = {
	{ "GET_FMAP of 40 to 64 bytes gets a map or an errno", lengths, true, false, NULL },
	{ "GET_FMAP with sizes from 0 to 4 GiB gets what fits", sizes, true, false, NULL },
	{ "GET_FMAP for a node that is not a file, or forgotten, is answered", nodes, true, false,
	  NULL },
	{ "GET_FMAP and GET_DAXDEV before INIT get an errno", before_init, true, true, NULL },
	{ "GET_FMAP and GET_DAXDEV after DESTROY get an errno", after_destroy, true, false, NULL },
	{ "a second INIT changes nothing", second_init, true, false, NULL },
	{ "GET_FMAP that is sent again, with bit 63, is answered", resend, true, false, NULL },
	{ "GET_FMAP that is interrupted is answered", interrupt, true, false, NULL },
	{ "GET_FMAP and GET_DAXDEV get an errno when another file system was made", made_anew, true,
	  false, NULL },
	{ "WRITE with fewer bytes than it says is refused", long_writes, true, false, NULL },
	{ "unknown opcodes get an errno", opcodes, true, true, NULL },
	{ NULL, NULL, false, false, NULL },
};
