/* SPDX-License-Identifier: Apache-2.0 */
#include "core/attrs.h"
#include "core/cleanup.h"
#include "core/commands.h"
#include "core/common.h"
#include "core/options.h"
#include "core/parse.h"
#include "core/reference.h"
#include "core/report.h"
#include "core/session.h"
#include "famfs.h"
#include "output/output.h"
#include "output/text.h"

#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>

#define FILL_LENGTH (1u << 20) /* a multiple of 4, as famfs_random_fill() requires */

/* A file to make: -M, or --size and an argument. */
struct plan {
	char *name;
	uint64_t size;
	bool random;
	uint32_t seed;
};

static struct {
	uint64_t size;
	int random;
	bool has_seed;
	uint32_t seed;
	int no_zero;
	struct attrs attrs;
	struct striping striping;
	struct plan *plans; /* of -M */
	size_t count;
	size_t capacity;
} opt;

static const struct poptOption options[] = {
	{ "size", 's', POPT_ARG_STRING, NULL, 's',
	  "size of the file; required for a new one without -M", "SIZE" },
	{ NULL, 0, POPT_ARG_INCLUDE_TABLE, (void *)(uintptr_t)attrs_options, 0, NULL, NULL },
	{ NULL, 0, POPT_ARG_INCLUDE_TABLE, (void *)(uintptr_t)striping_options, 0, NULL, NULL },
	{ "randomize", 'r', POPT_ARG_NONE, &opt.random, 0,
	  "fill with the stream of --seed, or of seed 0", NULL },
	{ "seed", 'S', POPT_ARG_STRING, NULL, 'S',
	  "fill with this seed's stream (32 bits), also an existing file; implies -r", "SEED" },
	{ "multi", 'M', POPT_ARG_STRING, NULL, 'M',
	  "make this file, in DIR if given; may be repeated", "NAME,SIZE[,SEED]" },
	{ "no-zero", 0, POPT_ARG_NONE, &opt.no_zero, 0,
	  "keep the old contents of the memory, which other users may have written", NULL },
	REFERENCE_HIDDEN("threadct", 't', 't'),
	POPT_TABLEEND,
};

static struct plan *new_plan(void)
{
	if (opt.count == opt.capacity) {
		size_t capacity = opt.capacity ? 2 * opt.capacity : 16;
		struct plan *grown = reallocarray(opt.plans, capacity, sizeof(*grown));

		if (!grown)
			return NULL;
		opt.plans = grown;
		opt.capacity = capacity;
	}
	opt.plans[opt.count] = (struct plan){ 0 };
	return &opt.plans[opt.count];
}

static bool parse_plan(char *spec, struct plan *plan)
{
	char *size = strchr(spec, ','), *seed;
	uint64_t number;

	if (!size || size == spec)
		return false;
	*size++ = '\0';
	seed = strchr(size, ',');
	if (seed) {
		*seed++ = '\0';
		if (!parse_number(seed, UINT32_MAX, &number))
			return false;
		plan->random = true;
		plan->seed = (uint32_t)number;
	}
	return famfs_parse_size(size, &plan->size) && plan->size > 0;
}

static int add_plan(const char *value)
{
	cleanup_free char *spec = strdup(value);
	struct plan *plan = new_plan();

	if (!spec || !plan)
		return report_no_memory();
	if (!parse_plan(spec, plan))
		return report_usage("--multi expects NAME,SIZE[,SEED] such as a,64M,42, got '%s'",
				    value);
	plan->name = steal_ptr(&spec);
	opt.count++;
	return EXIT_DONE;
}

static int take_option(int val, const char *name, const char *value)
{
	uint64_t unused;
	int ret;

	switch (val) {
	case 't': return option_number(name, value, 0, REFERENCE_MAX_THREADS, &unused);
	case 's': return option_size(name, value, &opt.size);
	case 'M': return add_plan(value);
	case 'S': opt.has_seed = true; return option_seed(name, value, &opt.seed);
	default: break;
	}
	ret = attrs_take_option(&opt.attrs, val, name, value);
	if (ret == OPTION_UNKNOWN)
		ret = striping_take_option(&opt.striping, val, name, value);
	return ret;
}

static int fill(struct famfs_file *file, uint32_t seed, struct famfs_error *err)
{
	static unsigned char buf[FILL_LENGTH];
	uint64_t size = famfs_file_size(file);
	struct famfs_random random;
	int ret = 0;

	famfs_random_init(&random, seed);
	for (uint64_t offset = 0; ret == 0 && offset < size; offset += FILL_LENGTH) {
		size_t length = size - offset < FILL_LENGTH ? size - offset : FILL_LENGTH;

		famfs_random_fill(&random, buf, length);
		ret = famfs_file_write(file, offset, buf, length, err);
	}
	return ret;
}

static uint32_t seed_of(const struct plan *plan)
{
	return plan->random ? plan->seed : opt.seed;
}

static bool is_seeded(const struct plan *plan)
{
	return plan->random || opt.has_seed;
}

static int refill(struct famfs_volume *volume, const char *path, struct plan *plan,
		  struct famfs_error *err)
{
	cleanup_file struct famfs_file *file = NULL;
	uint64_t size;
	int ret = famfs_file_open(volume, path, &file, err);

	if (ret < 0)
		return ret;
	size = famfs_file_size(file);
	if (plan->size && plan->size != size)
		return error_fill(err, -EEXIST,
				  "cannot fill '%s': it has %" PRIu64 " bytes, and not %" PRIu64,
				  path, size, plan->size);
	plan->size = size;
	return common.dry_run ? 0 : fill(file, seed_of(plan), err);
}

static int create(struct famfs_volume *volume, const char *path, const struct plan *plan,
		  struct famfs_error *err)
{
	bool random = opt.random || is_seeded(plan);
	struct famfs_create_params params = {
		.size = plan->size,
		.mode = opt.attrs.mode,
		.uid = opt.attrs.uid,
		.gid = opt.attrs.gid,
		.raw_names = opt.attrs.raw_names,
		.no_zero = opt.no_zero || random,
	};
	cleanup_file struct famfs_file *file = NULL;
	int ret;

	striping_apply(&opt.striping, &params);
	if (params.no_zero && !random)
		return famfs_create_unfilled(volume, path, &params, err);

	ret = famfs_create(volume, path, &params, &file, err);
	if (ret == 0 && random && !common.dry_run)
		ret = fill(file, seed_of(plan), err);
	if (ret == 0)
		ret = famfs_file_publish(steal_ptr(&file), err);
	return ret;
}

/* With a seed, fills an existing file again in place and sets *filled. */
static int create_or_refill(struct famfs_volume *volume, const char *path, struct plan *plan,
			    bool *filled, struct famfs_error *err)
{
	int ret;

	/* check_usage() ensures that there is a seed. */
	if (!plan->size) {
		*filled = true;
		ret = refill(volume, path, plan, err);
		return ret == -ENOENT
			       ? error_fill(err, ret, "cannot create '%s': a new file needs --size",
					    path)
			       : ret;
	}
	ret = create(volume, path, plan, err);
	if (ret != -EEXIST)
		return ret;
	if (!is_seeded(plan))
		return ret;
	*filled = true;
	return refill(volume, path, plan, err);
}

/* `arg` is the name for messages. After most failures the next files can still be made; *over is
 * set if they would fail for the same reason. */
static int create_reported(struct famfs_volume *volume, const char *arg, const char *path,
			   struct plan plan, bool *over)
{
	struct famfs_error err = { 0 };
	char size[TEXT_SIZE_LENGTH];
	bool filled = false;
	int ret = create_or_refill(volume, path, &plan, &filled, &err);

	if (ret == 0) {
		output_action(filled ? "fill" : "create", filled ? "filled" : "created",
			      "'%s' of %s", arg, text_size(size, plan.size));
		return EXIT_DONE;
	}
	*over = error_is_final(ret);
	if (ret == -EEXIST && !is_seeded(&plan) && session_has_file(volume, path, plan.size))
		return report_failure_hinted(&err, "give --seed to fill it again");
	return report_failure(&err);
}

/* NULL: out of memory. */
static char *join(const char *directory, const char *name)
{
	size_t length = strlen(directory);
	bool slash = length > 0 && directory[length - 1] != '/';
	char *joined;

	return asprintf(&joined, "%s%s%s", directory, slash ? "/" : "", name) < 0 ? NULL : joined;
}

static int create_in(struct session *session, const char *directory)
{
	int result = session_use(session, directory);
	bool over = result != EXIT_DONE;

	for (size_t i = 0; i < opt.count && !over; i++) {
		const char *name = opt.plans[i].name;
		cleanup_free char *path = join(session_path(session), name);
		cleanup_free char *arg = join(directory, name);
		int ret;

		if (!path || !arg)
			return report_no_memory();
		ret = create_reported(session->volume, arg, path, opt.plans[i], &over);
		if (ret != EXIT_DONE)
			result = ret;
	}
	return result;
}

static int create_at(struct session *session, const char *arg, const struct plan *plan, bool *over)
{
	int ret = session_use(session, arg);

	if (ret != EXIT_DONE)
		return ret;
	if (!*session_path(session)) {
		report_as(REPORT_FAILED, EISDIR, "'%s' names no file in the file system", arg);
		report_hint("name one, such as DEVICE:/NAME or MOUNTPOINT/NAME");
		return EXIT_FAILED;
	}
	return create_reported(session->volume, arg, session_path(session), *plan, over);
}

static int create_each(struct session *session, int argc, const char *const *argv)
{
	const struct plan plan = { .size = opt.size };
	int result = EXIT_DONE;
	bool over = false;

	for (int i = 0; i < argc && !over; i++) {
		int ret = create_at(session, argv[i], &plan, &over);

		if (ret != EXIT_DONE)
			result = ret;
	}
	for (size_t i = 0; i < opt.count && !over; i++) {
		int ret = create_at(session, opt.plans[i].name, &opt.plans[i], &over);

		if (ret != EXIT_DONE)
			result = ret;
	}
	return result;
}

static int check_usage(int argc)
{
	if (opt.count && opt.size)
		return report_usage("--size and --multi exclude each other");
	if (opt.count && argc > 1)
		return report_usage("--multi takes at most one directory");
	if (!opt.count && argc == 0)
		return report_usage("missing argument");
	if (!opt.count && !opt.size && !opt.has_seed)
		return report_usage("--size is required");
	return striping_complete(&opt.striping);
}

static void free_plans(void)
{
	for (size_t i = 0; i < opt.count; i++)
		free(opt.plans[i].name);
	free(opt.plans);
	opt.plans = NULL;
	opt.count = 0;
}

static int run(int argc, const char *const *argv)
{
	cleanup_session struct session session = SESSION_WRITE;
	int ret = check_usage(argc);

	if (ret == EXIT_DONE) {
		attrs_complete(&opt.attrs, 0666);
		if (opt.count && argc == 1)
			ret = create_in(&session, argv[0]);
		else
			ret = create_each(&session, argc, argv);
	}
	free_plans();
	return ret;
}

const struct command cmd_creat = {
	.name = "creat",
	.synopsis = "[OPTION...] -s SIZE FILE... | [OPTION...] -M NAME,SIZE[,SEED]... [DIR]",
	.summary = "Create files of a given size",
	.example = "creat -s 64M -S 42 fam.img:/data/a",
	.flags = COMMAND_DRY_RUN,
	.options = options,
	.take_option = take_option,
	.arg_kinds = { VALUE_PATH },
	.run = run,
};
