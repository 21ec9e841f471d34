/* SPDX-License-Identifier: Apache-2.0 */
/* Media and machines whose files a kernel cannot map, in front of a real mount. */
#include "sandbox.h"
#include "scen_mounted.h"
#include "tap.h"
#include "tree.h"

#include <stdlib.h>

/* With a log of 8 MiB, the first file lies directly after superblock and log. */
#define FIRST_FILE (MIB(2) + MIB(8))

/* On the second half of the first file. */
static void append_alias(void)
{
	static uint8_t used[4096];
	struct tree scratch = { .used = used };
	struct tree_file alias = { .path = "alias", .size = MIB(2), .count = 1 };

	alias.parts[0].offset = FIRST_FILE + MIB(2);
	alias.parts[0].length = MIB(2);
	log_append_file(&scratch, setup.image_fd, &alias);
}

/* The kernel opens neither file; famfsctl reads them without the kernel's maps. */
void shared_space(const struct generation *gen)
{
	format("fsdev_dax");
	works("$F creat -s 4M -S 1 $I:/first && $F creat -s 2M -S 2 $I:/other");
	works("$F cat $I:/first | tail -c 2M >$M.tail");
	append_alias();
	if (begin(gen, "")) {
		ends_with(1, "Structure needs cleaning", "cat $M/first");
		ends_with(1, "Structure needs cleaning", "cat $M/alias");
		ends_with(1, "Structure needs cleaning",
			  "dd if=/dev/zero of=$M/alias conv=notrunc count=1");
		works("$F verify -S 2 $M/other && cat $M/other >/dev/null");
		works("$F cat $M/first | tail -c 2M | cmp - $M.tail");
		works("$F cat $M/alias | cmp - $M.tail");
	}
	unmount();
}

/* A kernel with pages of 64 KiB maps 512 MiB at once, and no file is aligned to that. */
void large_pages(const struct generation *gen)
{
	format("device_dax");
	setenv("FUSEKERNEL_PAGE", "65536", 1);
	(void)gen;
	works("$F mount -o fmap=pull $D $M");
	expect(sandbox_bound("device_dax"), "the device is switched");
	ends_with(0,
		  "since the kernel, with pages of 64 KiB, maps units of 512 MiB, and files lie in "
		  "units of 2 MiB",
		  "$F info $M");
	works("$F cp $S/fmap.c $M/file && cmp $S/fmap.c $M/file && $F cat $M/file | cmp - "
	      "$S/fmap.c");
	works("$F creat -s 9M -N 2 -B 3 -C 2M -S 7 $M/striped && $F verify -S 7 $M/striped");
	works("$F umount $M && test ! -s " SANDBOX_CLAIM " && $F fsck $D");
	/* A failed test must not leave a mount. */
	if (test_failed())
		(void)shell("$F umount $M");
	unsetenv("FUSEKERNEL_PAGE");
}

/* Push kernels that accept any alignment cannot be distinguished from others, so the server tries
 * if the option names the profile. */
static void large_pages_tried(const struct generation *gen)
{
	struct generation large = *gen;

	format("device_dax");
	setenv("FUSEKERNEL_PAGE", "65536", 1);
	large.align = MIB(512);
	if (begin(&large, "")) {
		expect(server_logged(&mounted.kernel.server, "cannot map the files",
				     "maps units of 512 MiB"),
		       "the first mount does not end for the map that is refused");
		expect(sandbox_bound("device_dax"), "the device is not switched back");
		ends_with(0, "since the kernel did not take it in famfs mode", "$F info $M");
		works("$F cp $S/fmap.c $M/file && cmp $S/fmap.c $M/file");
	}
	unmount();
	works("test ! -s " SANDBOX_CLAIM " && $F fsck $I");
	unsetenv("FUSEKERNEL_PAGE");
}

void large_pages_tried_by_push(const struct generation *gen)
{
	(void)gen;
	large_pages_tried(&generations[GEN_PUSH_1]);
}
