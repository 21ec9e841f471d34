/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Checks that the checks are strict: a genuine reply passes them, and the same reply with a fault,
 * inserted between the server and the checks, does not.
 */
#include "mutations.h"
#include "scenarios.h"
#include "tap.h"
#include "verify.h"
#include "vfs.h"

#include <errno.h>

struct specimen {
	const struct setup *setup;
	const struct generation *gen;
	enum mutation_reply kind;
	struct tree_file file;
	uint64_t unique;
	uint32_t room;
	uint8_t raw[8192];
	size_t size;
};

/* The checks, in the order of the kernel. */

static bool judge_map(const struct specimen *specimen, const struct reply *reply,
		      struct verdict *verdict)
{
	uint32_t room = specimen->room;
	bool ok = false;
	struct fmap map;

	switch (fmap_accept(specimen->gen, reply->data, reply->size, false, &room, &map, verdict)) {
	case FMAP_TAKEN:
		/* Kernels with one device read the bytes of that device; the other one does not
		 * exist. */
		ok = fmap_strict(specimen->gen, reply->data, reply->size, &map, verdict) &&
		     verify_places(specimen->gen, &specimen->file, &map, verdict) &&
		     (specimen->file.dev ||
		      verify_bytes(specimen->setup->image_fd, &specimen->file, &map, verdict));
		fmap_free(&map);
		break;
	case FMAP_AGAIN: ok = specimen->kind == MUTATE_MORE; break;
	case FMAP_REFUSED: return false;
	}
	return ok || object(verdict, EPROTO, "not what was asked for");
}

static bool judge(const struct specimen *specimen, const uint8_t *raw, size_t size,
		  struct verdict *verdict)
{
	struct reply reply;
	bool taken;

	if (!reply_parse(raw, size, specimen->unique, &reply, verdict))
		return false;
	switch (specimen->kind) {
	case MUTATE_INIT:
		return init_check(specimen->gen, &reply, &taken, verdict) &&
		       (taken || object(verdict, EPROTO, "famfs is not taken"));
	case MUTATE_ERROR: return reply.error || object(verdict, EPROTO, "a directory has a map");
	case MUTATE_DAXDEV: return daxdev_check(specimen->setup, &reply, 0, verdict);
	case MUTATE_MAP:
	case MUTATE_MORE:
	case MUTATE_RESEND: break;
	}
	if (reply.error)
		return object(verdict, reply.error, "error %d", reply.error);
	return judge_map(specimen, &reply, verdict);
}

static bool keep(struct specimen *specimen, const struct reply *reply)
{
	if (!expect(reply->raw_size + 64 <= sizeof(specimen->raw), "a reply of %zu bytes",
		    reply->raw_size))
		return false;
	memcpy(specimen->raw, reply->raw, reply->raw_size);
	specimen->size = reply->raw_size;
	specimen->unique = reply->unique;
	return true;
}

static bool fetch_map(struct kernel *kernel, struct specimen *specimen, const char *path)
{
	const uint32_t in[2] = { specimen->room, 0 };
	struct request request = { .opcode = kernel->gen->op_fmap,
				   .arg = in,
				   .size = kernel->gen->has_size ? sizeof(in) : 0 };
	struct inode *inode;
	struct reply reply;

	if (!expect(!vfs_walk(kernel, path, &inode), "no '%s'", path))
		return false;
	request.nodeid = inode->nodeid;
	if (specimen->kind == MUTATE_RESEND)
		request.unique = UNIQUE_RESEND | 4444;
	return kernel_call(kernel, &request, &reply) && keep(specimen, &reply);
}

static bool fetch_daxdev(struct kernel *kernel, struct specimen *specimen)
{
	const struct request request = { .opcode = kernel->gen->op_daxdev };
	struct reply reply;

	return kernel_call(kernel, &request, &reply) && keep(specimen, &reply);
}

static bool fetch_init(struct kernel *kernel, struct specimen *specimen)
{
	struct reply reply;

	return kernel_greet_with(kernel, &reply) && keep(specimen, &reply);
}

static bool fetch(struct kernel *kernel, struct specimen *specimen, const struct mutation *mutation)
{
	bool ok;

	if (mutation->reply == MUTATE_INIT)
		return fetch_init(kernel, specimen);
	if (!kernel_greet(kernel))
		return false;
	if (mutation->reply == MUTATE_DAXDEV)
		return fetch_daxdev(kernel, specimen);
	ok = fetch_map(kernel, specimen, mutation->path ? mutation->path : "striped");
	if (ok && mutation->prepare) {
		mutation->prepare(specimen->raw);
		specimen->file.dev = 1;
	}
	return ok;
}

static void try_mutation(const struct setup *setup, const struct tree *tree,
			 const struct mutation *mutation)
{
	static struct specimen specimen;
	struct verdict genuine = { 0 }, mutated = { 0 };
	struct kernel kernel;

	memset(&specimen, 0, sizeof(specimen));
	specimen.setup = setup;
	specimen.gen = &generations[mutation->gen];
	specimen.kind = mutation->reply;
	specimen.room = mutation->reply == MUTATE_MORE ? 64 : PAGE;
	if (mutation->path)
		specimen.file = *tree_find(tree, mutation->path);
	kernel_boot_silent(&kernel, setup, tree, specimen.gen, NULL);
	if (fetch(&kernel, &specimen, mutation)) {
		expect(judge(&specimen, specimen.raw, specimen.size, &genuine),
		       "the genuine reply is refused: %s", genuine.text);
		mutation->mutate(specimen.raw, &specimen.size);
		expect(!judge(&specimen, specimen.raw, specimen.size, &mutated) && *mutated.text,
		       "no check notices");
	}
	kernel_shutdown(&kernel);
	if (!test_failed())
		test_note("noticed: %s", mutated.text);
}

void mutations_run(const struct setup *setup, const struct tree *tree)
{
	for (const struct mutation *mutation = mutations; mutation->title; mutation++) {
		test_begin("mutation, %s: %s is noticed", generations[mutation->gen].name,
			   mutation->title);
		try_mutation(setup, tree, mutation);
		test_end();
	}
}
