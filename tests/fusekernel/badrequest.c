/* SPDX-License-Identifier: Apache-2.0 */
#include "badrequest.h"

#include "tap.h"
#include "verify.h"

#include <errno.h>

#define PROBE "simple/odd"

uint64_t badrequest_send(struct kernel *kernel, const struct badrequest_request *request)
{
	static const uint32_t garbage[8] = { 0xdeadbeef, 0xffffffff, 1, 0x80000000,
					     0x10000,    0x11111111, 2, 3 };
	const struct request message = {
		.opcode = kernel->gen->op_fmap,
		.nodeid = request->nodeid,
		.arg = request->arg ? request->arg : garbage,
		.size = request->length - IN_HEADER,
		.unique = request->unique,
	};

	return kernel_send(kernel, &message);
}

/* The request determines the generation of the kernel and its buffer size. */
static const struct generation *sender(const struct generation *gen, bool has_size)
{
	if (gen->fmap_bit == 42)
		return &generations[has_size ? GEN_V2 : GEN_V1];
	if (!has_size)
		return &generations[GEN_PULL];
	return gen->push ? gen : &generations[GEN_PUSH_1];
}

bool badrequest_check(struct kernel *kernel, const struct badrequest_request *request,
		      const struct reply *reply, const struct tree_file *file)
{
	bool has_size = request->length == IN_HEADER + 8;
	const struct generation *gen = sender(kernel->gen, has_size);
	uint32_t room = has_size && request->arg ? request->arg[0] : UINT32_MAX;
	struct verdict verdict = { 0 };
	bool whole = false;
	struct fmap map;

	if (reply->error)
		return false;
	if (!file || (request->length != IN_HEADER && !has_size))
		return fail("a reply of %zu bytes to a request of %u for node %llu", reply->size,
			    request->length, (unsigned long long)request->nodeid);
	if (!has_size)
		room = gen->room;
	switch (fmap_accept(gen, reply->data, reply->size, false, &room, &map, &verdict)) {
	case FMAP_AGAIN: break;
	case FMAP_TAKEN:
		whole = fmap_strict(gen, reply->data, reply->size, &map, &verdict) &&
			verify_places(gen, file, &map, &verdict);
		fmap_free(&map);
		break;
	case FMAP_REFUSED: break;
	}
	if (verdict.error)
		fail("a request of %u bytes with room for %u: %s", request->length, room,
		     verdict.text);
	return whole;
}

bool badrequest_try(struct kernel *kernel, const struct badrequest_request *request,
		    const struct tree_file *file)
{
	struct reply reply;

	return kernel_wait(kernel, badrequest_send(kernel, request), &reply) &&
	       badrequest_check(kernel, request, &reply, file);
}

void still_serves(struct kernel *kernel)
{
	const struct tree_file *wanted = tree_find(kernel->tree, PROBE);
	struct verdict verdict = { 0 };
	struct inode *inode;
	struct file file;

	if (test_failed())
		return;
	/* A new inode, for which the kernel asks for the map again. */
	if (!vfs_walk(kernel, PROBE, &inode))
		vfs_forget(kernel, inode);
	if (!expect(!vfs_open_path(kernel, PROBE, &file), "afterwards, " PROBE " does not open"))
		return;
	if (!expect(file.inode->mapped, "afterwards, " PROBE " is not mapped") ||
	    !verify_places(kernel->gen, wanted, &file.inode->map, &verdict) ||
	    !verify_bytes(kernel->setup->image_fd, wanted, &file.inode->map, &verdict))
		fail("afterwards, the map of " PROBE " is wrong: %s", verdict.text);
	vfs_release(kernel, &file);
}
