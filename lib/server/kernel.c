/* SPDX-License-Identifier: Apache-2.0 */
#include "server/kernel.h"

#include "base/error.h"

#include <errno.h>
#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <sys/utsname.h>
#include <unistd.h>

/* Minors of the protocol, and bits of INIT, that have another meaning in other kernels. */
enum {
	LAST_MINOR_OF_BIT_42 = 42,   /* from the next on: request timeouts */
	FIRST_MINOR_OF_BUFPOOL = 46, /* bit 43, for io_uring, is offered together with bit 41 */
	MINOR_OF_FUSE_IOMAP = 99,    /* bit 43 there switches on another protocol */
	BIT_IO_URING = 41,
};

/* No generation had lower opcodes, and libfuse uses higher ones itself. */
enum {
	LOWEST_OPCODE = 53,
	HIGHEST_OPCODE = 4095,
};

int kernel_forced_profile(const char *word, const struct fmap_profile **forced)
{
	bool automatic = strcmp(word, "auto") == 0;

	*forced = automatic ? NULL : fmap_profile_named(word);
	if (automatic || (*forced && (*forced)->generation != FAMFS_PROFILE_V1))
		return 0;
	return -EINVAL;
}

__attribute__((format(printf, 3, 4))) static void set_choice(struct kernel_choice *out,
							     enum famfs_fmap_profile generation,
							     const char *format, ...)
{
	va_list args;

	out->profile = fmap_profile(generation);
	out->op_fmap = out->profile->op_fmap;
	out->op_daxdev = out->profile->op_daxdev;
	va_start(args, format);
	vsnprintf(out->why, sizeof(out->why), format, args);
	va_end(args);
}

static bool has_famfs(struct kernel_detection *detection)
{
	/* The cheapest source first. */
	static const enum kernel_fact proofs[] = {
		FACT_CONFIG,   FACT_FAMFS_IOMAP,   FACT_GET_FMAP,  FACT_FILE_INIT_DAX,
		FACT_TEARDOWN, FACT_FUSE_GET_FMAP, FACT_FUSE_MMAP, FACT_PUSH_OPEN,
	};

	for (size_t i = 0; i < sizeof(proofs) / sizeof(proofs[0]); i++)
		if (kernel_has(detection, proofs[i]))
			return true;
	return false;
}

static bool has_bpf_prototype(struct kernel_detection *detection)
{
	return kernel_has(detection, FACT_DAX_FMAP_OPS) ||
	       kernel_has(detection, FACT_FUSE_DAX_FMAP_OPS);
}

static bool has_only_fuse_iomap(struct kernel_detection *detection)
{
	return kernel_has(detection, FACT_IOMAP_BEGIN) && !has_famfs(detection);
}

/* The ioctl decides, unless it could not be tried. */
static bool takes_devices(struct kernel_detection *detection)
{
	if (kernel_has(detection, FACT_DAXDEV_OPEN))
		return true;
	if (detection->readable & KERNEL_IOCTL)
		return false;
	return kernel_has(detection, FACT_DAXDEV_INDEX) || kernel_has(detection, FACT_PUSH_OPEN);
}

static bool offers(const struct kernel_init *init, unsigned int bit)
{
	return init->flags >> bit & 1;
}

/* The reason why this bit cannot mean famfs in this version of the protocol; NULL when it can. */
static const char *other_meaning(const struct kernel_init *init, unsigned int bit)
{
	if (init->minor == MINOR_OF_FUSE_IOMAP)
		return "is part of fuse-iomap there";
	if (bit == fmap_profile(FAMFS_PROFILE_V2)->init_bit && init->minor > LAST_MINOR_OF_BIT_42)
		return "is for request timeouts there";
	return NULL;
}

static void choose_by_facts(const struct kernel_init *init, struct kernel_detection *detection,
			    struct kernel_choice *out)
{
	bool ambiguous = init->minor >= FIRST_MINOR_OF_BUFPOOL && offers(init, BIT_IO_URING);

	if (has_bpf_prototype(detection))
		set_choice(out, FAMFS_PROFILE_OFF,
			   "the kernel has the BPF prototype of famfs, which has maps "
			   "of another kind");
	else if (has_only_fuse_iomap(detection))
		set_choice(out, FAMFS_PROFILE_OFF,
			   "the kernel has fuse-iomap and no famfs support");
	else if (ambiguous && !has_famfs(detection))
		set_choice(out, FAMFS_PROFILE_OFF,
			   "bit 43 is for io_uring in FUSE 7.%" PRIu32
			   ", and nothing else in the kernel tells of famfs",
			   init->minor);
	else if (init->minor <= LAST_MINOR_OF_BIT_42)
		set_choice(out, FAMFS_PROFILE_V2, "the kernel offered bit 42 of FUSE 7.%" PRIu32,
			   init->minor);
	else if (takes_devices(detection))
		set_choice(out, FAMFS_PROFILE_PUSH,
			   "the kernel offered bit 43 of FUSE 7.%" PRIu32 " and takes devices",
			   init->minor);
	else
		set_choice(out, FAMFS_PROFILE_PULL,
			   "the kernel offered bit 43 of FUSE 7.%" PRIu32 " and asks for devices",
			   init->minor);
}

static bool plausible(uint32_t opcode)
{
	return opcode >= LOWEST_OPCODE && opcode <= HIGHEST_OPCODE;
}

/* Uses the opcodes of BTF if it has them, since no standard reserves those of the patches. */
static void take_opcodes(struct kernel_detection *detection, struct kernel_choice *out)
{
	uint32_t op_daxdev = out->op_daxdev;

	kernel_gather(detection, KERNEL_BTF);
	if (!plausible(detection->op_fmap))
		return;
	if (plausible(detection->op_daxdev))
		op_daxdev = detection->op_daxdev;
	else if (out->profile->push)
		op_daxdev = 0;
	if (op_daxdev == detection->op_fmap)
		return;
	out->op_fmap = detection->op_fmap;
	out->op_daxdev = op_daxdev;
}

void kernel_choose(const struct kernel_init *init, const struct fmap_profile *forced,
		   struct kernel_detection *detection, struct kernel_choice *out)
{
	bool old = init->minor <= LAST_MINOR_OF_BIT_42;
	const struct fmap_profile *row =
		forced ? forced : fmap_profile(old ? FAMFS_PROFILE_V2 : FAMFS_PROFILE_PULL);
	const char *other = other_meaning(init, row->init_bit);

	if (row->generation == FAMFS_PROFILE_OFF)
		set_choice(out, FAMFS_PROFILE_OFF, "fmap=off was asked for");
	else if (!offers(init, row->init_bit))
		set_choice(out, FAMFS_PROFILE_OFF,
			   "the kernel did not offer FUSE_DAX_FMAP (bit %u of FUSE 7.%" PRIu32
			   "): it has no famfs support, or the mounter lacks CAP_SYS_RAWIO",
			   row->init_bit, init->minor);
	else if (other)
		set_choice(out, FAMFS_PROFILE_OFF,
			   "the kernel offered bit %u of FUSE 7.%" PRIu32 ", which %s",
			   row->init_bit, init->minor, other);
	else if (forced)
		set_choice(
			out, forced->generation,
			"fmap=%s was asked for, and the kernel offered bit %u of FUSE 7.%" PRIu32,
			forced->name, row->init_bit, init->minor);
	else
		choose_by_facts(init, detection, out);
	if (out->profile->generation != FAMFS_PROFILE_OFF)
		take_opcodes(detection, out);
}

bool kernel_units_too_large(uint64_t page, char *why, size_t size)
{
	uint64_t unit;

	if (!page)
		page = (uint64_t)sysconf(_SC_PAGESIZE);
	/* A directory is a page of entries of 8 bytes each. */
	unit = page * (page / sizeof(uint64_t));
	if (unit <= FAMFS_ALLOC_UNIT)
		return false;
	snprintf(why, size,
		 "the kernel, with pages of %" PRIu64 " KiB, maps units of %" PRIu64
		 " MiB, and files lie in units of %" PRIu64 " MiB",
		 page >> 10, unit >> 20, (uint64_t)FAMFS_ALLOC_UNIT >> 20);
	return true;
}

__attribute__((format(printf, 3, 4))) static void set_verdict(struct famfs_kernel_info *out,
							      enum famfs_kernel_support support,
							      const char *format, ...)
{
	va_list args;

	out->support = support;
	va_start(args, format);
	vsnprintf(out->verdict, sizeof(out->verdict), format, args);
	va_end(args);
}

/* Guesses the generation without an INIT, from the ioctl and the opcodes. */
static enum famfs_fmap_profile likely_generation(struct kernel_detection *detection)
{
	if (takes_devices(detection))
		return FAMFS_PROFILE_PUSH;
	if (detection->op_fmap == fmap_profile(FAMFS_PROFILE_V2)->op_fmap)
		return FAMFS_PROFILE_V2;
	return FAMFS_PROFILE_PULL;
}

void kernel_predict(struct kernel_detection *detection, struct famfs_kernel_info *out)
{
	char why[120];

	kernel_gather(detection, KERNEL_ALL);
	out->generation = NULL;
	if (has_bpf_prototype(detection)) {
		set_verdict(out, FAMFS_KERNEL_OTHER,
			    "this kernel has the BPF prototype of famfs, which has maps of another "
			    "kind: mounts are served by the server");
	} else if (has_famfs(detection)) {
		out->generation = fmap_profile(likely_generation(detection))->name;
		if (kernel_units_too_large(detection->page, why, sizeof(why)))
			set_verdict(
				out, FAMFS_KERNEL_FAMFS,
				"mounts are served by the server, although this kernel has famfs "
				"support: %s",
				why);
		else
			set_verdict(out, FAMFS_KERNEL_FAMFS,
				    "this kernel has famfs support: it maps files of a mount whose "
				    "mounter has CAP_SYS_RAWIO, if the device is in famfs mode");
	} else if (kernel_has(detection, FACT_IOMAP_BEGIN)) {
		set_verdict(out, FAMFS_KERNEL_OTHER,
			    "this kernel has fuse-iomap and no famfs support: mounts are served by "
			    "the server");
	} else if (!(detection->readable & ~(unsigned int)KERNEL_IOCTL)) {
		set_verdict(
			out, FAMFS_KERNEL_UNKNOWN,
			"neither BTF nor symbols nor configuration of this kernel can be read: a "
			"mount finds out what it can do");
	} else {
		set_verdict(out, FAMFS_KERNEL_NONE,
			    "this kernel has no famfs support: mounts are served by the server");
	}
}

static void describe(const struct kernel_detection *detection, enum kernel_fact fact,
		     struct famfs_kernel_fact *out)
{
	enum kernel_part part = kernel_fact_part(fact);

	out->source = part == KERNEL_IOCTL    ? "/dev/fuse"
		      : part == KERNEL_CONFIG ? "configuration"
		      : part == KERNEL_BTF    ? "BTF"
					      : "symbols";
	out->name = kernel_fact_name(fact);
	out->found = detection->found >> fact & 1;
	out->known = out->found || detection->readable & part;
	out->number = fact == FACT_GET_FMAP     ? detection->op_fmap
		      : fact == FACT_GET_DAXDEV ? detection->op_daxdev
						: 0;
}

int famfs_kernel_info(struct famfs_kernel_info *out, struct famfs_error *err)
{
	struct kernel_detection detection = { .root = "" };
	struct utsname system;

	_Static_assert((int)KERNEL_FACTS <= FAMFS_KERNEL_FACTS, "public array of facts");
	memset(out, 0, sizeof(*out));
	if (uname(&system) < 0)
		return error_errno(err, -errno, "cannot name the running kernel");
	snprintf(out->release, sizeof(out->release), "%s", system.release);
	kernel_predict(&detection, out);
	for (enum kernel_fact i = 0; i < KERNEL_FACTS; i++)
		describe(&detection, i, &out->facts[out->nfacts++]);
	return 0;
}
