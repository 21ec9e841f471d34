/* SPDX-License-Identifier: Apache-2.0 */
/* Inserts faults into replies, and checks that the kernel of a real mount notices each broken
 * rule. */
#include "mounted.h"

#include "sandbox.h"
#include "tap.h"
#include "tree.h"

#include <stdlib.h>
#include <unistd.h>

#ifndef FOPEN_NOFLUSH
#define FOPEN_NOFLUSH (1 << 5)
#endif

static void no_noflush(uint8_t *raw, size_t *size)
{
	struct fuse_open_out *out = (void *)(raw + OUT_HEADER);

	if (*size == OUT_HEADER + sizeof(*out))
		out->open_flags &= ~(uint32_t)FOPEN_NOFLUSH;
}

/* Turns a refusal into a descriptor. */
static void whoever_asks(uint8_t *raw, size_t *size)
{
	struct fuse_open_out *out = (void *)(raw + OUT_HEADER);

	if (!get32(raw + 4))
		return;
	memset(out, 0, sizeof(*out));
	out->open_flags = FOPEN_NOFLUSH;
	*size = OUT_HEADER + sizeof(*out);
	put32(raw, (uint32_t)*size);
	put32(raw + 4, 0);
}

static void larger(uint8_t *raw, size_t *size)
{
	uint8_t *at = raw + OUT_HEADER + FMAP_FILE_SIZE;

	(void)size;
	put64(at, get64(at) + PAGE);
}

/* Maps the file onto the log, which the server has mapped. */
static void onto_the_log(uint8_t *raw, size_t *size)
{
	(void)size;
	put64(raw + OUT_HEADER + FMAP_HEADER + EXT_OFFSET, MIB(2));
}

static const struct {
	const char *title;
	uint32_t opcode; /* 0: GET_FMAP */
	void (*mutate)(uint8_t *raw, size_t *size);
	const char *command;
	const char *word; /* expected in the reason, to exclude failures of other rules */
} rules[] = {
	{ "an open without FOPEN_NOFLUSH", FUSE_OPEN, no_noflush,
	  "cat $M/.meta/.superblock >/dev/null", "without FOPEN_NOFLUSH" },
	{ "the whole device in other hands", FUSE_OPEN, whoever_asks,
	  "head -c 1 $M/.meta/.device >/dev/null", "opened by another program" },
	{ "a page mapped through two inodes", 0, onto_the_log, "cat $M/file >/dev/null 2>&1",
	  "which '.meta/.log' maps as well" },
	{ "another size in the map", 0, larger, "cat $M/file >/dev/null 2>&1",
	  "do not cover the file" },
};

void mounted_proof(struct mounted *mounted, const struct setup *setup, const struct tree *tree)
{
	const struct generation *gen = &generations[GEN_PULL];

	for (size_t i = 0; i < sizeof(rules) / sizeof(rules[0]); i++) {
		const char *reason = "";

		test_begin("rule, mounted: %s is noticed", rules[i].title);
		sandbox_bind("fsdev_dax");
		(void)!system("$F mkfs -f --size 4G $I >/dev/null && $F creat -s 2M $I:/file");
		if (mounted_begin(mounted, setup, tree, gen, "fmap=pull")) {
			pthread_mutex_lock(&mounted->lock);
			mounted->kernel.mutate_opcode =
				rules[i].opcode ? rules[i].opcode : gen->op_fmap;
			mounted->kernel.mutate = rules[i].mutate;
			pthread_mutex_unlock(&mounted->lock);
			(void)!system(rules[i].command);
			pthread_mutex_lock(&mounted->lock);
			mounted->kernel.mutate = NULL;
			if (test_caught(&reason) && strstr(reason, rules[i].word))
				test_note("noticed: %s", reason);
			else
				fail("no rule fails: %s", reason);
			pthread_mutex_unlock(&mounted->lock);
		}
		(void)!system("umount -l $M");
		mounted_end(mounted, 0);
		test_end();
	}
}
