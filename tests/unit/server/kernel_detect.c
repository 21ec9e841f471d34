/* SPDX-License-Identifier: Apache-2.0 */
/* Kernels made of files below the current directory. */
#include "support.h"

#include "server/kernel_detect.h"
#include "server/make_btf.h"

#include <libdeflate.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/utsname.h>

#define NO_ROOT "no-such-directory"

static void write_file(const char *root, const char *name, const void *data, size_t length)
{
	char path[512];
	FILE *file;

	snprintf(path, sizeof(path), "%s%s", root, name);
	for (char *slash = path + 1; (slash = strchr(slash, '/')); *slash++ = '/') {
		*slash = '\0';
		mkdir(path, 0755);
	}
	file = fopen(path, "w");
	assert_non_null(file);
	assert_int_equal(fwrite(data, 1, length, file), length);
	assert_int_equal(fclose(file), 0);
}

static void write_text(const char *root, const char *name, const char *text)
{
	write_file(root, name, text, strlen(text));
}

static size_t pack(const char *text, unsigned char *packed, size_t room)
{
	struct libdeflate_compressor *compressor = libdeflate_alloc_compressor(6);
	size_t length = libdeflate_gzip_compress(compressor, text, strlen(text), packed, room);

	libdeflate_free_compressor(compressor);
	assert_true(length > 18);
	return length;
}

static void write_config_gz(const char *root, const char *text)
{
	unsigned char packed[1024];

	write_file(root, "/proc/config.gz", packed, pack(text, packed, sizeof(packed)));
}

static void write_boot_config(const char *root, const char *text)
{
	struct utsname system;
	char name[128];

	uname(&system);
	snprintf(name, sizeof(name), "/boot/config-%s", system.release);
	write_text(root, name, text);
}

static uint32_t only(enum kernel_fact fact)
{
	return 1u << fact;
}

static void nothing(void **state)
{
	struct kernel_detection detection = { .root = NO_ROOT };

	(void)state;
	kernel_gather(&detection, KERNEL_ALL);
	assert_int_equal(detection.asked, KERNEL_ALL);
	assert_int_equal(detection.readable, 0);
	assert_int_equal(detection.found, 0);
}

static void on_demand(void **state)
{
	static const struct {
		enum kernel_fact fact;
		enum kernel_part part;
	} demands[] = {
		{ FACT_DAXDEV_OPEN, KERNEL_IOCTL },
		{ FACT_CONFIG, KERNEL_CONFIG },
		{ FACT_FAMFS_IOMAP, KERNEL_BTF },
		{ FACT_TEARDOWN, KERNEL_SYMBOLS },
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(demands); i++) {
		struct kernel_detection detection = { .root = NO_ROOT };

		assert_false(kernel_has(&detection, demands[i].fact));
		assert_int_equal(detection.asked, demands[i].part);
	}
}

static void once(void **state)
{
	struct kernel_detection detection = { .root = "once" };

	(void)state;
	assert_false(kernel_has(&detection, FACT_CONFIG));
	write_config_gz("once", "CONFIG_FUSE_FAMFS_DAX=y\n");
	assert_false(kernel_has(&detection, FACT_CONFIG));
	detection.asked = 0;
	assert_true(kernel_has(&detection, FACT_CONFIG));
}

static bool config_has(const char *root)
{
	struct kernel_detection detection = { .root = root };
	bool has = kernel_has(&detection, FACT_CONFIG);

	assert_int_equal(detection.readable, KERNEL_CONFIG);
	return has;
}

static void config(void **state)
{
	static const struct {
		const char *text;
		bool has;
	} configs[] = {
		{ "CONFIG_FUSE_FAMFS_DAX=y\n", true },
		{ "CONFIG_FUSE_FS=y\nCONFIG_FUSE_FAMFS_DAX=y\nCONFIG_X=m\n", true },
		{ "CONFIG_FUSE_FS=y\nCONFIG_FUSE_FAMFS_DAX=y", true },
		{ "CONFIG_FUSE_FS=y\n", false },
		{ "# CONFIG_FUSE_FAMFS_DAX is not set\n", false },
		{ "# CONFIG_FUSE_FAMFS_DAX=y\n", false },
		{ "CONFIG_FUSE_FAMFS_DAX=n\n", false },
		{ "CONFIG_FUSE_FAMFS_DAX_DEBUG=y\n", false },
		{ "CONFIG_FUSE_FAMFS=y\n", false },
		{ "\n=y\ny\n\n", false },
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(configs); i++) {
		write_config_gz("packed", configs[i].text);
		assert_int_equal(config_has("packed"), configs[i].has);
		write_boot_config("boot", configs[i].text);
		assert_int_equal(config_has("boot"), configs[i].has);
	}
}

static void config_of_the_running_kernel_first(void **state)
{
	(void)state;
	write_config_gz("both", "CONFIG_FUSE_FS=y\n");
	write_boot_config("both", "CONFIG_FUSE_FAMFS_DAX=y\n");
	assert_false(config_has("both"));
}

static void damaged_config(void **state)
{
	unsigned char packed[1024];
	size_t length = pack("CONFIG_FUSE_FAMFS_DAX=y\n", packed, sizeof(packed));
	struct rng rng = { .state = 5 };

	(void)state;
	for (size_t cut = 1; cut < length; cut++) {
		struct kernel_detection detection = { .root = "cut" };

		write_file("cut", "/proc/config.gz", packed, cut);
		assert_false(kernel_has(&detection, FACT_CONFIG));
		assert_int_equal(detection.readable, 0);
	}
	for (int round = 0; round < 500; round++) {
		struct kernel_detection detection = { .root = "cut" };
		unsigned char bad[sizeof(packed)];

		memcpy(bad, packed, length);
		bad[rng_below(&rng, length)] ^= 1 + (unsigned char)rng_below(&rng, 255);
		write_file("cut", "/proc/config.gz", bad, length);
		kernel_gather(&detection, KERNEL_CONFIG);
	}
	write_boot_config("cut", "CONFIG_FUSE_FAMFS_DAX=y\n");
	write_file("cut", "/proc/config.gz", packed, length - 1);
	assert_true(config_has("cut"));
}

static void symbols(void **state)
{
	struct kernel_detection detection = { .root = "pull" };

	(void)state;
	write_text("pull", "/proc/kallsyms",
		   "ffffffff81000000 T _stext\n"
		   "0000000000000000 T famfs_file_init_dax\t[fuse]\n"
		   "0000000000000000 t famfs_teardown.isra.0\t[fuse]\n"
		   "0000000000000000 T fuse_get_fmap\n"
		   "0000000000000000 T __pfx_famfs_daxdev_open\n"
		   "0000000000000000 T famfs_daxdev_opened\n"
		   "0000000000000000 T famfs_daxdev_ope\n"
		   "0000000000000000 T other\t[famfs_daxdev_open]\n");
	kernel_gather(&detection, KERNEL_SYMBOLS);
	assert_int_equal(detection.readable, KERNEL_SYMBOLS);
	assert_int_equal(detection.found,
			 only(FACT_FILE_INIT_DAX) | only(FACT_TEARDOWN) | only(FACT_FUSE_GET_FMAP));

	detection = (struct kernel_detection){ .root = "push" };
	write_text("push", "/proc/kallsyms", "0000000000000000 T famfs_daxdev_open");
	assert_true(kernel_has(&detection, FACT_PUSH_OPEN));
}

static void symbols_without_names(void **state)
{
	static const char *const texts[] = { "\n",   "x\n",   "famfs_teardown\n",
					     "0 \n", "0 T\n", "0 TT famfs_teardown\n",
					     " " };

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(texts); i++) {
		struct kernel_detection detection = { .root = "hidden" };

		write_text("hidden", "/proc/kallsyms", texts[i]);
		kernel_gather(&detection, KERNEL_SYMBOLS);
		assert_int_equal(detection.readable, 0);
		assert_int_equal(detection.found, 0);
	}
}

static void write_btf(const char *root, const char *name, const struct make_btf *make)
{
	struct made_btf made;

	make_finish(make, &made);
	write_file(root, name, made.data, made.length);
}

static void built_in(void **state)
{
	struct kernel_detection detection = { .root = "built-in" };
	struct make_btf make;

	(void)state;
	make_start(&make, 0);
	make_name(&make, "famfs_iomap");
	make_name(&make, "famfs_iomap_ops");
	make_name(&make, "my_daxdev_index");
	make_opcodes(&make, 57, 58);
	write_btf("built-in", "/sys/kernel/btf/vmlinux", &make);
	kernel_gather(&detection, KERNEL_BTF);
	assert_int_equal(detection.readable, KERNEL_BTF);
	assert_int_equal(detection.found, only(FACT_FUSE_OPCODE) | only(FACT_FAMFS_IOMAP) |
						  only(FACT_GET_FMAP) | only(FACT_GET_DAXDEV));
	assert_int_equal(detection.op_fmap, 57);
	assert_int_equal(detection.op_daxdev, 58);
}

static void in_a_module(void **state)
{
	struct kernel_detection detection = { .root = "module" };
	struct make_btf kernel, module;

	(void)state;
	make_start(&kernel, 0);
	make_name(&kernel, "dax_fmap_ops");
	write_btf("module", "/sys/kernel/btf/vmlinux", &kernel);
	make_start(&module, kernel.strings_length);
	make_name(&module, "daxdev_index");
	make_name(&module, "fuse_iomap_begin_in");
	make_opcodes(&module, 54, 0);
	write_btf("module", "/sys/kernel/btf/fuse", &module);
	kernel_gather(&detection, KERNEL_BTF);
	assert_int_equal(detection.readable, KERNEL_BTF);
	assert_int_equal(detection.found, only(FACT_FUSE_OPCODE) | only(FACT_DAX_FMAP_OPS) |
						  only(FACT_DAXDEV_INDEX) | only(FACT_IOMAP_BEGIN) |
						  only(FACT_GET_FMAP));
	assert_int_equal(detection.op_fmap, 54);
	assert_int_equal(detection.op_daxdev, 0);
}

static void btf_without_fuse(void **state)
{
	struct kernel_detection detection = { .root = "no-fuse" };
	struct make_btf make;

	(void)state;
	make_start(&make, 0);
	make_name(&make, "list_head");
	write_btf("no-fuse", "/sys/kernel/btf/vmlinux", &make);
	write_text("no-fuse", "/sys/kernel/btf/fuse", "not BTF");
	kernel_gather(&detection, KERNEL_BTF);
	assert_int_equal(detection.readable, 0);
}

static void ioctl_of_another_file(void **state)
{
	struct kernel_detection detection = { .root = "stock" };

	(void)state;
	write_text("stock", "/dev/fuse", "");
	assert_false(kernel_has(&detection, FACT_DAXDEV_OPEN));
	assert_int_equal(detection.readable, KERNEL_IOCTL);
}

static void odd_roots(void **state)
{
	static char root[2 * 4096];
	struct kernel_detection detection = { .root = root };

	(void)state;
	memset(root, 'x', sizeof(root) - 1);
	kernel_gather(&detection, KERNEL_ALL);
	assert_int_equal(detection.readable, 0);

	detection = (struct kernel_detection){ .root = "odd" };
	mkdir("odd", 0755);
	mkdir("odd/proc", 0755);
	mkdir("odd/proc/config.gz", 0755);
	mkdir("odd/proc/kallsyms", 0755);
	kernel_gather(&detection, KERNEL_ALL);
	assert_int_equal(detection.readable, 0);
}

static void facts(void **state)
{
	(void)state;
	for (enum kernel_fact i = 0; i < KERNEL_FACTS; i++) {
		assert_true(kernel_fact_part(i) & KERNEL_ALL);
		assert_true(strlen(kernel_fact_name(i)) > 0);
	}
#if defined(__x86_64__) || defined(__aarch64__)
	assert_int_equal(KERNEL_DAXDEV_OPEN, 0x4010e504);
#endif
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST("a host without readable sources has no facts", nothing),
		TEST("a query reads only the source of its fact", on_demand),
		TEST("each source is read once", once),
		TEST("the option is recognised only as a whole line of the configuration", config),
		TEST("the running kernel's own configuration has precedence over that in /boot",
		     config_of_the_running_kernel_first),
		TEST("a damaged config.gz counts as no configuration", damaged_config),
		TEST("symbols match as whole names, with or without a module and a suffix",
		     symbols),
		TEST("a symbol list without names leaves the fact unknown", symbols_without_names),
		TEST("BTF of the kernel has the opcodes of a built-in FUSE", built_in),
		TEST("BTF of a FUSE module extends the kernel's", in_a_module),
		TEST("BTF without FUSE leaves the fact unknown", btf_without_fuse),
		TEST("ENOTTY means that the kernel does not accept devices", ioctl_of_another_file),
		TEST("paths that are too long and directories cannot be read", odd_roots),
		TEST("each fact has a source and a name", facts),
	};

	return run_group(tests);
}
