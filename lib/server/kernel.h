/* SPDX-License-Identifier: Apache-2.0 */
/* Detects whether the running kernel has famfs, and of which generation: docs/PROTOCOL.md, "When
 * the capability is taken". */
#ifndef SERVER_KERNEL_H
#define SERVER_KERNEL_H

#include "famfs_inspect.h"

#include "server/kernel_detect.h"
#include "server/profile.h"

/* The facts of the kernel's INIT. */
struct kernel_init {
	uint32_t minor; /* of the protocol, whose major is 7 */
	uint64_t flags; /* flags2 is the upper half */
};

struct kernel_choice {
	const struct fmap_profile *profile; /* the row of FAMFS_PROFILE_OFF: serve without maps */
	uint32_t op_fmap;                   /* of this kernel, perhaps other than the row's */
	uint32_t op_daxdev;                 /* 0: the kernel has none */
	char why[200];                      /* for a log; lower case, no full stop */
};

/*
 * Parses the value of the mount option fmap=: auto, off, v2, pull or push. *forced is NULL for
 * auto. Returns -EINVAL for another word. There is no v1: the first request for a map distinguishes
 * it from v2.
 */
int kernel_forced_profile(const char *word, const struct fmap_profile **forced);

/*
 * Decides what to answer to INIT. `forced` (NULL: none) is taken where the kernel offered the bit
 * and the bit can mean famfs; otherwise the answer is FAMFS_PROFILE_OFF. Reads the sources of
 * kernel_detect.h only if the kernel offered the bit, and stops as soon as the decision is clear.
 *
 * v2 stands for v1 too, and a push kernel may look like a pull one: fmap_profile_refine()
 * distinguishes them by the first request. The opcodes hold for the refined row as well.
 */
void kernel_choose(const struct kernel_init *init, const struct fmap_profile *forced,
		   struct kernel_detection *detection, struct kernel_choice *out);

/*
 * Whether the mapping unit of the kernel is larger than the allocation unit of files; `why` is then
 * the reason. A kernel maps the range of one entry of a page directory: 2 MiB with pages of 4 KiB,
 * 512 MiB with pages of 64 KiB, and refuses other maps. Only the later push kernels map single
 * pages, and cannot be told from the first ones. `page`: bytes; 0: that of the running kernel.
 */
bool kernel_units_too_large(uint64_t page, char *why, size_t size);

/* Predicts, without a mount, how the kernel will treat one: generation, support and verdict of
 * *out. */
void kernel_predict(struct kernel_detection *detection, struct famfs_kernel_info *out);

#endif
