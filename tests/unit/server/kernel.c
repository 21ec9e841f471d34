/* SPDX-License-Identifier: Apache-2.0 */
#include "support.h"

#include "server/kernel.h"

#include <errno.h>
#include <string.h>

#define NO_ROOT "no-such-directory"

#define BIT(n)    (UINT64_C(1) << (n))
#define HAS(fact) (UINT32_C(1) << (fact))

/* The evidence that whole kernels give. */
#define BTF_V2    (HAS(FACT_FUSE_OPCODE) | HAS(FACT_FAMFS_IOMAP) | HAS(FACT_GET_FMAP))
#define BTF_PULL  (BTF_V2 | HAS(FACT_GET_DAXDEV))
#define BTF_PUSH  (BTF_V2 | HAS(FACT_DAXDEV_INDEX))
#define BTF_STOCK HAS(FACT_FUSE_OPCODE)
#define BTF_IOMAP (BTF_STOCK | HAS(FACT_IOMAP_BEGIN))
#define IOCTL     HAS(FACT_DAXDEV_OPEN)

struct choice_case {
	const char *title;
	uint32_t minor;
	uint64_t flags;
	const char *word; /* value of the fmap option; NULL: auto */
	uint32_t found;
	unsigned int unreadable;
	uint32_t ops[2]; /* in BTF */
	enum famfs_fmap_profile want;
	const char *why;
};

static const struct choice_case cases[] = {
	/* Each generation, with the evidence of its kernel. */
	{ "RFC v1 and v2", 42, BIT(42), .found = BTF_V2, .ops = { 53, 54 },
	  .want = FAMFS_PROFILE_V2, .why = "bit 42 of FUSE 7.42" },
	{ "v3 to v10", 45, BIT(43), .found = BTF_PULL, .ops = { 54, 55 },
	  .want = FAMFS_PROFILE_PULL, .why = "bit 43 of FUSE 7.45 and asks" },
	{ "v10 with other bits", 45, BIT(43) | BIT(41) | BIT(42) | 0xffff, .found = BTF_PULL,
	  .want = FAMFS_PROFILE_PULL, .why = "" },
	{ "push", 45, BIT(43), .found = BTF_PUSH | IOCTL, .ops = { 54 }, .want = FAMFS_PROFILE_PUSH,
	  .why = "bit 43 of FUSE 7.45 and takes" },
	{ "pull at 43", 43, BIT(43), .want = FAMFS_PROFILE_PULL, .why = "" },
	/* INIT alone is enough up to minor 45: no other feature offers these bits there. */
	{ "v2, nothing readable", 42, BIT(42), .unreadable = KERNEL_ALL, .want = FAMFS_PROFILE_V2,
	  .why = "" },
	{ "v2 of an older base", 40, BIT(42), .want = FAMFS_PROFILE_V2, .why = "" },
	{ "pull, nothing readable", 45, BIT(43), .unreadable = KERNEL_ALL,
	  .want = FAMFS_PROFILE_PULL, .why = "" },
	/* Mainline. */
	{ "7.3.4, rings off", 46, 0, .found = BTF_STOCK, .want = FAMFS_PROFILE_OFF,
	  .why = "did not offer FUSE_DAX_FMAP (bit 43 of FUSE 7.46): it has no famfs support, or "
		 "the mounter lacks CAP_SYS_RAWIO" },
	{ "7.3.4, rings on", 46, BIT(41) | BIT(42) | BIT(43), .found = BTF_STOCK,
	  .want = FAMFS_PROFILE_OFF, .why = "bit 43 is for io_uring in FUSE 7.46" },
	{ "7.3.4, nothing readable", 46, BIT(41) | BIT(43), .unreadable = KERNEL_ALL,
	  .want = FAMFS_PROFILE_OFF, .why = "bit 43 is for io_uring" },
	{ "6.18", 45, BIT(41) | BIT(42), .found = BTF_STOCK, .want = FAMFS_PROFILE_OFF,
	  .why = "did not offer" },
	{ "45 with bit 42 only", 45, BIT(42), .want = FAMFS_PROFILE_OFF, .why = "did not offer" },
	{ "42 with bit 43 only", 42, BIT(43), .want = FAMFS_PROFILE_OFF,
	  .why = "(bit 42 of FUSE 7.42)" },
	{ "43 with bit 42 only", 43, BIT(42), .want = FAMFS_PROFILE_OFF, .why = "did not offer" },
	{ "an old kernel", 31, UINT32_MAX, .want = FAMFS_PROFILE_OFF, .why = "did not offer" },
	{ "the mounter lacks CAP_SYS_RAWIO", 45, 0, .found = BTF_PULL, .want = FAMFS_PROFILE_OFF,
	  .why = "lacks CAP_SYS_RAWIO" },
	/* A famfs on a base that has bit 43 for something else. */
	{ "rebased, without rings", 46, BIT(43), .found = BTF_STOCK, .want = FAMFS_PROFILE_PULL,
	  .why = "" },
	{ "rebased, by BTF", 47, BIT(41) | BIT(43), .found = BTF_PULL, .want = FAMFS_PROFILE_PULL,
	  .why = "" },
	{ "rebased, by configuration", 46, BIT(41) | BIT(43), .found = HAS(FACT_CONFIG),
	  .want = FAMFS_PROFILE_PULL, .why = "" },
	{ "rebased, by a symbol", 46, BIT(41) | BIT(43), .found = HAS(FACT_FUSE_MMAP),
	  .want = FAMFS_PROFILE_PULL, .why = "" },
	{ "rebased push", 46, BIT(41) | BIT(43), .found = BTF_PUSH | IOCTL,
	  .want = FAMFS_PROFILE_PUSH, .why = "" },
	/* Features that resemble famfs. */
	{ "fuse-iomap", 99, BIT(43) | BIT(44), .found = BTF_IOMAP, .want = FAMFS_PROFILE_OFF,
	  .why = "fuse-iomap" },
	{ "fuse-iomap, nothing readable", 99, BIT(43), .unreadable = KERNEL_ALL,
	  .want = FAMFS_PROFILE_OFF, .why = "bit 43 of FUSE 7.99, which is part of fuse-iomap" },
	{ "fuse-iomap by BTF", 45, BIT(43), .found = BTF_IOMAP, .want = FAMFS_PROFILE_OFF,
	  .why = "has fuse-iomap and no famfs support" },
	{ "fuse-iomap and famfs", 45, BIT(43), .found = BTF_IOMAP | BTF_PULL,
	  .want = FAMFS_PROFILE_PULL, .why = "" },
	{ "the BPF prototype", 45, BIT(43), .found = BTF_PUSH | HAS(FACT_FUSE_DAX_FMAP_OPS),
	  .want = FAMFS_PROFILE_OFF, .why = "BPF prototype" },
	{ "the BPF prototype by its other name", 46, BIT(43), .found = HAS(FACT_DAX_FMAP_OPS),
	  .want = FAMFS_PROFILE_OFF, .why = "BPF prototype" },
	/* A push kernel whose /dev/fuse may not be opened. */
	{ "push by BTF", 45, BIT(43), .found = BTF_PUSH, .unreadable = KERNEL_IOCTL,
	  .want = FAMFS_PROFILE_PUSH, .why = "" },
	{ "push by a symbol", 45, BIT(43), .found = HAS(FACT_PUSH_OPEN),
	  .unreadable = KERNEL_IOCTL | KERNEL_BTF, .want = FAMFS_PROFILE_PUSH, .why = "" },
	{ "the ioctl's no counts before BTF", 45, BIT(43), .found = BTF_PUSH,
	  .want = FAMFS_PROFILE_PULL, .why = "" },
	/* Overrides. */
	{ "off", 45, BIT(43), "off", BTF_PULL, .want = FAMFS_PROFILE_OFF,
	  .why = "fmap=off was asked for" },
	{ "auto", 45, BIT(43), "auto", BTF_PULL, .want = FAMFS_PROFILE_PULL, .why = "" },
	{ "pull on a push kernel", 45, BIT(43), "pull", BTF_PUSH | IOCTL,
	  .want = FAMFS_PROFILE_PULL, .why = "fmap=pull was asked for" },
	{ "push on a pull kernel", 45, BIT(43), "push", BTF_PULL, .want = FAMFS_PROFILE_PUSH,
	  .why = "fmap=push was asked for" },
	{ "v2 on a v2 kernel", 42, BIT(42), "v2", BTF_V2, .want = FAMFS_PROFILE_V2,
	  .why = "fmap=v2" },
	{ "pull on 7.3.4, rings on", 46, BIT(41) | BIT(43), "pull", BTF_STOCK,
	  .want = FAMFS_PROFILE_PULL,
	  .why = "fmap=pull was asked for, and the kernel offered bit 43 of FUSE 7.46" },
	{ "pull where it is not offered", 46, BIT(41) | BIT(42), "pull", BTF_PULL,
	  .want = FAMFS_PROFILE_OFF, .why = "did not offer FUSE_DAX_FMAP (bit 43" },
	{ "push where it is not offered", 42, BIT(42), "push", .want = FAMFS_PROFILE_OFF,
	  .why = "did not offer FUSE_DAX_FMAP (bit 43" },
	{ "v2 where it is not offered", 42, BIT(43), "v2", .want = FAMFS_PROFILE_OFF,
	  .why = "did not offer FUSE_DAX_FMAP (bit 42" },
	{ "v2 where bit 42 is for timeouts", 43, BIT(42) | BIT(43), "v2", .want = FAMFS_PROFILE_OFF,
	  .why = "bit 42 of FUSE 7.43, which is for request timeouts" },
	{ "v2 on mainline", 46, BIT(41) | BIT(42) | BIT(43), "v2", .want = FAMFS_PROFILE_OFF,
	  .why = "request timeouts" },
	{ "pull on fuse-iomap", 99, BIT(43), "pull", .want = FAMFS_PROFILE_OFF,
	  .why = "fuse-iomap" },
	{ "pull on the BPF prototype", 45, BIT(43), "pull", HAS(FACT_DAX_FMAP_OPS),
	  .want = FAMFS_PROFILE_PULL, .why = "" },
};

static struct kernel_choice choose(const struct choice_case *c)
{
	struct kernel_detection detection = { .root = NO_ROOT,
					      .asked = KERNEL_ALL,
					      .readable = KERNEL_ALL & ~c->unreadable,
					      .found = c->found,
					      .op_fmap = c->ops[0],
					      .op_daxdev = c->ops[1] };
	const struct kernel_init init = { .minor = c->minor, .flags = c->flags };
	const struct fmap_profile *forced;
	struct kernel_choice choice;

	assert_int_equal(kernel_forced_profile(c->word ? c->word : "auto", &forced), 0);
	memset(&choice, 0xa5, sizeof(choice));
	kernel_choose(&init, forced, &detection, &choice);
	return choice;
}

static void choices(void **state)
{
	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		const struct choice_case *c = &cases[i];
		struct kernel_choice choice = choose(c);

		if (choice.profile != fmap_profile(c->want) || !strstr(choice.why, c->why) ||
		    choice.why[0] == '\0')
			fail_msg("%s: chose %s, because %s", c->title, choice.profile->name,
				 choice.why);
		assert_true(strlen(choice.why) < sizeof(choice.why) - 1);
	}
}

/* The reply sets only a bit that was offered, and bit 42 only where it means famfs: for any INIT of
 * a kernel. */
static void only_what_was_offered(void **state)
{
	static const char *const words[] = { "auto", "off", "v2", "pull", "push" };
	struct rng rng = { .state = 11 };

	(void)state;
	for (int round = 0; round < 100000; round++) {
		const struct choice_case c = { .minor = (uint32_t)rng_below(&rng, 101),
					       .flags = rng_next(&rng),
					       .word = words[rng_below(&rng, 5)],
					       .found = (uint32_t)rng_next(&rng) &
							(HAS(KERNEL_FACTS) - 1),
					       .unreadable = (unsigned int)rng_next(&rng) };
		const struct fmap_profile *profile = choose(&c).profile;

		if (profile->generation == FAMFS_PROFILE_OFF)
			continue;
		assert_true(c.flags >> profile->init_bit & 1);
		assert_true(profile->init_bit == 43 || c.minor <= 42);
		assert_true(c.minor != 99);
		assert_string_not_equal(c.word, "off");
	}
}

static void opcodes(void **state)
{
	static const struct {
		const char *word;
		uint32_t in_btf[2];
		uint32_t want[2];
	} numbers[] = {
		{ "pull", { 0, 0 }, { 54, 55 } },
		{ "pull", { 54, 55 }, { 54, 55 } },
		{ "pull", { 57, 58 }, { 57, 58 } },
		{ "pull", { 57, 0 }, { 57, 55 } },
		{ "pull", { 55, 56 }, { 55, 56 } },
		{ "pull", { 55, 0 }, { 54, 55 } }, /* both the same: no */
		{ "pull", { 57, 57 }, { 54, 55 } },
		{ "pull", { 0, 58 }, { 54, 55 } },
		{ "pull", { 1, 55 }, { 54, 55 } }, /* FUSE's own */
		{ "pull", { 52, 55 }, { 54, 55 } },
		{ "pull", { 4096, 55 }, { 54, 55 } },
		{ "pull", { UINT32_MAX, 55 }, { 54, 55 } },
		{ "pull", { 57, 26 }, { 57, 55 } },
		{ "push", { 0, 0 }, { 54, 55 } },
		{ "push", { 54, 0 }, { 54, 0 } },
		{ "push", { 56, 0 }, { 56, 0 } },
		{ "push", { 56, 57 }, { 56, 57 } },
		{ "off", { 57, 58 }, { 0, 0 } },
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(numbers); i++) {
		const struct choice_case c = { .minor = 45,
					       .flags = BIT(43),
					       .word = numbers[i].word,
					       .found = BTF_PULL,
					       .ops = { numbers[i].in_btf[0],
							numbers[i].in_btf[1] } };
		struct kernel_choice choice = choose(&c);

		assert_int_equal(choice.op_fmap, numbers[i].want[0]);
		assert_int_equal(choice.op_daxdev, numbers[i].want[1]);
	}
}

static unsigned int asked_for(uint32_t minor, uint64_t flags, const char *word)
{
	struct kernel_detection detection = { .root = NO_ROOT };
	const struct kernel_init init = { .minor = minor, .flags = flags };
	const struct fmap_profile *forced;
	struct kernel_choice choice;

	assert_int_equal(kernel_forced_profile(word, &forced), 0);
	kernel_choose(&init, forced, &detection, &choice);
	return detection.asked;
}

static void as_little_as_possible(void **state)
{
	(void)state;
	/* A kernel without famfs costs no search. */
	assert_int_equal(asked_for(45, BIT(41) | BIT(42), "auto"), 0);
	assert_int_equal(asked_for(46, BIT(41) | BIT(42), "auto"), 0);
	assert_int_equal(asked_for(99, BIT(43), "auto"), 0);
	assert_int_equal(asked_for(45, BIT(43), "off"), 0);
	assert_int_equal(asked_for(46, BIT(42), "v2"), 0);
	assert_int_equal(asked_for(42, BIT(42), "pull"), 0);
	/* BTF can rule famfs out, and has the opcodes. */
	assert_int_equal(asked_for(42, BIT(42), "auto"), KERNEL_BTF);
	assert_int_equal(asked_for(45, BIT(43), "push"), KERNEL_BTF);
	/* The symbols are read only if no other source decides. */
	assert_int_equal(asked_for(46, BIT(41) | BIT(43), "auto"),
			 KERNEL_BTF | KERNEL_CONFIG | KERNEL_SYMBOLS);
}

static void enough_is_enough(void **state)
{
	struct kernel_detection detection = { .root = NO_ROOT,
					      .asked = KERNEL_BTF | KERNEL_IOCTL,
					      .readable = KERNEL_BTF | KERNEL_IOCTL,
					      .found = BTF_PULL };
	const struct kernel_init init = { .minor = 46, .flags = BIT(41) | BIT(43) };
	struct kernel_choice choice;

	(void)state;
	kernel_choose(&init, NULL, &detection, &choice);
	assert_int_equal(choice.profile->generation, FAMFS_PROFILE_PULL);
	assert_false(detection.asked & KERNEL_SYMBOLS);
}

static void words(void **state)
{
	static const char *const bad[] = { "", "v1", "on", "force", "Auto", "pull ", "v10" };
	const struct fmap_profile *forced = fmap_profile(FAMFS_PROFILE_PUSH);

	(void)state;
	assert_int_equal(kernel_forced_profile("auto", &forced), 0);
	assert_null(forced);
	assert_int_equal(kernel_forced_profile("off", &forced), 0);
	assert_int_equal(forced->generation, FAMFS_PROFILE_OFF);
	assert_int_equal(kernel_forced_profile("v2", &forced), 0);
	assert_int_equal(forced->generation, FAMFS_PROFILE_V2);
	assert_int_equal(kernel_forced_profile("pull", &forced), 0);
	assert_int_equal(forced->generation, FAMFS_PROFILE_PULL);
	assert_int_equal(kernel_forced_profile("push", &forced), 0);
	assert_int_equal(forced->generation, FAMFS_PROFILE_PUSH);
	for (size_t i = 0; i < ARRAY_SIZE(bad); i++)
		assert_int_equal(kernel_forced_profile(bad[i], &forced), -EINVAL);
}

static void verdicts(void **state)
{
	static const struct {
		uint32_t found;
		unsigned int unreadable;
		uint32_t op_fmap;
		enum famfs_kernel_support support;
		const char *generation;
		const char *text;
	} wanted[] = {
		{ BTF_STOCK, 0, 0, FAMFS_KERNEL_NONE, NULL,
		  "no famfs support: mounts are served by the server" },
		{ 0, KERNEL_BTF | KERNEL_CONFIG, 0, FAMFS_KERNEL_NONE, NULL, "no famfs support" },
		{ 0, KERNEL_ALL & ~KERNEL_IOCTL, 0, FAMFS_KERNEL_UNKNOWN, NULL, "can be read" },
		{ 0, KERNEL_ALL, 0, FAMFS_KERNEL_UNKNOWN, NULL, "can be read" },
		{ BTF_V2, 0, 53, FAMFS_KERNEL_FAMFS, "v2", "CAP_SYS_RAWIO" },
		{ BTF_PULL, 0, 54, FAMFS_KERNEL_FAMFS, "pull", "CAP_SYS_RAWIO" },
		{ BTF_PUSH | IOCTL, 0, 54, FAMFS_KERNEL_FAMFS, "push", "CAP_SYS_RAWIO" },
		{ HAS(FACT_CONFIG), KERNEL_BTF, 0, FAMFS_KERNEL_FAMFS, "pull", "famfs support" },
		{ BTF_IOMAP, 0, 0, FAMFS_KERNEL_OTHER, NULL, "fuse-iomap" },
		{ BTF_PUSH | HAS(FACT_FUSE_DAX_FMAP_OPS), 0, 54, FAMFS_KERNEL_OTHER, NULL, "BPF" },
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(wanted); i++) {
		struct kernel_detection detection = { .root = NO_ROOT,
						      .page = 4096,
						      .asked = KERNEL_ALL,
						      .readable =
							      KERNEL_ALL & ~wanted[i].unreadable,
						      .found = wanted[i].found,
						      .op_fmap = wanted[i].op_fmap };
		struct famfs_kernel_info info;

		memset(&info, 0xa5, sizeof(info));
		kernel_predict(&detection, &info);
		assert_int_equal(info.support, wanted[i].support);
		assert_text(info.verdict, wanted[i].text);
		assert_true(strlen(info.verdict) < sizeof(info.verdict) - 1);
		if (wanted[i].generation)
			assert_string_equal(info.generation, wanted[i].generation);
		else
			assert_null(info.generation);
	}
}

/* Files lie in units of 2 MiB, the size that a kernel with pages of 4 KiB maps at once. */
static void page_sizes(void **state)
{
	struct kernel_detection detection = { .root = NO_ROOT,
					      .page = 65536,
					      .asked = KERNEL_ALL,
					      .readable = KERNEL_ALL,
					      .found = BTF_PULL,
					      .op_fmap = 54 };
	struct famfs_kernel_info info;
	char why[120];

	(void)state;
	assert_false(kernel_units_too_large(4096, why, sizeof(why)));
	assert_true(kernel_units_too_large(16384, why, sizeof(why)));
	assert_string_equal(why,
			    "the kernel, with pages of 16 KiB, maps units of 32 MiB, and files lie "
			    "in units of 2 MiB");
	assert_true(kernel_units_too_large(65536, why, sizeof(why)));
	assert_text(why, "units of 512 MiB");
	kernel_predict(&detection, &info);
	assert_int_equal(info.support, FAMFS_KERNEL_FAMFS);
	assert_text(info.verdict, "mounts are served by the server, although this kernel has famfs "
				  "support: the kernel, with pages of 64 KiB");
}

static void running_kernel(void **state)
{
	/* The default offer of this kernel, its complete offer, and that of a famfs kernel. */
	static const struct kernel_init inits[] = {
		{ 45, 0x73fffffb },
		{ 46, ~UINT64_C(0) },
	};
	struct famfs_kernel_info info;
	struct famfs_error err = { 0 };

	(void)state;
	assert_ok(famfs_kernel_info(&info, &err), &err);
	assert_int_equal(info.nfacts, KERNEL_FACTS);
	assert_true(info.release[0] != '\0' && info.verdict[0] != '\0');
	for (uint32_t i = 0; i < info.nfacts; i++) {
		assert_true(info.facts[i].known || !info.facts[i].found);
		assert_true(info.facts[i].found || info.facts[i].number == 0);
	}
	if (info.support != FAMFS_KERNEL_NONE)
		skip();
	for (size_t i = 0; i < ARRAY_SIZE(inits); i++) {
		struct kernel_detection detection = { .root = "" };
		struct kernel_choice choice;

		kernel_choose(&inits[i], NULL, &detection, &choice);
		assert_int_equal(choice.profile->generation, FAMFS_PROFILE_OFF);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST("each famfs kernel gets its generation, and other kernels get none", choices),
		TEST("the server sets only bits that were offered, and never bit 42 from minor 43 "
		     "on",
		     only_what_was_offered),
		TEST("the kernel's own opcodes are used if they are valid", opcodes),
		TEST("no evidence is read that the choice does not need", as_little_as_possible),
		TEST("the symbols are not read if BTF decides", enough_is_enough),
		TEST("the option accepts auto, off, v2, pull and push", words),
		TEST("the verdict follows from the evidence", verdicts),
		TEST("a kernel with large pages maps no files", page_sizes),
		TEST("a running kernel without famfs gets no maps", running_kernel),
	};

	return run_group(tests);
}
