/* SPDX-License-Identifier: Apache-2.0 */
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

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <string.h>
#include <sys/stat.h>

#define BLOCK_LENGTH (1u << 20) /* a multiple of 4, as famfs_random_fill() requires */

#define NOWHERE UINT64_MAX

/* A file to verify and the seed that it was filled with. */
struct check {
	const char *name;
	uint32_t seed;
};

static struct {
	bool has_seed;
	uint32_t seed;
	struct check *checks; /* of --multi */
	size_t count;
	char **names; /* of --filename */
	size_t nnames;
} opt;

static const struct poptOption options[] = {
	{ "seed", 'S', POPT_ARG_STRING, NULL, 'S', "seed that each FILE was filled with", "SEED" },
	{ "multi", 'm', POPT_ARG_STRING, NULL, 'm',
	  "verify this file with this seed; may be repeated", "FILE,SEED" },
	REFERENCE_HIDDEN("filename", 'f', 'f'),
	REFERENCE_HIDDEN("threadct", 't', 't'),
	POPT_TABLEEND,
};

/* The seed follows the last comma: a name may contain commas. */
static int add_check(const char *value)
{
	struct check *grown = reallocarray(opt.checks, opt.count + 1, sizeof(*grown));
	const char *comma = strrchr(value, ',');
	uint64_t seed;

	if (!grown)
		return report_no_memory();
	opt.checks = grown;
	if (!comma || comma == value || !parse_number(comma + 1, UINT32_MAX, &seed))
		return report_usage("--multi expects FILE,SEED such as /mnt/f/a,42, got '%s'",
				    value);
	grown[opt.count].name = strndup(value, (size_t)(comma - value));
	grown[opt.count].seed = (uint32_t)seed;
	return grown[opt.count++].name ? EXIT_DONE : report_no_memory();
}

static int add_name(const char *value)
{
	char **grown = reallocarray(opt.names, opt.nnames + 1, sizeof(*grown));

	if (!grown)
		return report_no_memory();
	opt.names = grown;
	grown[opt.nnames] = strdup(value);
	return grown[opt.nnames++] ? EXIT_DONE : report_no_memory();
}

static int take_option(int val, const char *name, const char *value)
{
	uint64_t unused;

	switch (val) {
	case 'm': return add_check(value);
	case 'f': return add_name(value);
	case 't': return option_number(name, value, 0, REFERENCE_MAX_THREADS, &unused);
	default: break;
	}
	opt.has_seed = true;
	return option_seed(name, value, &opt.seed);
}

/* An open file: in a volume, or an ordinary file, such as one in a mount. */
struct source {
	struct famfs_file *file;
	int fd;
	uint64_t size;
};

static int read_plain(int fd, uint64_t offset, unsigned char *buf, size_t length)
{
	while (length > 0) {
		ssize_t got = pread(fd, buf, length, (off_t)offset);

		if (got < 0 && errno == EINTR)
			continue;
		if (got <= 0)
			return got < 0 ? -errno : -ENODATA;
		buf += got;
		offset += (size_t)got;
		length -= (size_t)got;
	}
	return 0;
}

static int read_block(const struct source *source, const char *name, uint64_t offset,
		      unsigned char *buf, size_t length)
{
	struct famfs_error err = { 0 };
	int ret;

	if (source->file) {
		if (famfs_file_read(source->file, offset, buf, length, &err) < 0)
			return report_failure(&err);
		return EXIT_DONE;
	}
	ret = read_plain(source->fd, offset, buf, length);
	if (ret == 0)
		return EXIT_DONE;
	return report_errno(-ret, "cannot read '%s'", name);
}

/* Sets *differs_at to the first offset that differs. */
static int compare(const struct source *source, const struct check *check, uint64_t *differs_at)
{
	static unsigned char have[BLOCK_LENGTH], want[BLOCK_LENGTH];
	struct famfs_random random;

	famfs_random_init(&random, check->seed);
	for (uint64_t offset = 0; offset < source->size; offset += BLOCK_LENGTH) {
		uint64_t left = source->size - offset;
		size_t length = left < BLOCK_LENGTH ? left : BLOCK_LENGTH, i = 0;
		int ret = read_block(source, check->name, offset, have, length);

		if (ret != EXIT_DONE)
			return ret;
		famfs_random_fill(&random, want, length);
		if (memcmp(have, want, length) == 0)
			continue;
		while (have[i] == want[i])
			i++;
		*differs_at = offset + i;
		report_as(REPORT_DIFFERS, 0,
			  "'%s' differs from the stream of seed %" PRIu32 " at offset %" PRIu64,
			  check->name, check->seed, *differs_at);
		return EXIT_FAILED;
	}
	return EXIT_DONE;
}

static int verify_in_volume(struct session *session, const struct check *check,
			    uint64_t *differs_at)
{
	cleanup_file struct famfs_file *file = NULL;
	struct famfs_error err = { 0 };
	int ret = session_use(session, check->name);

	if (ret != EXIT_DONE)
		return ret;
	if (famfs_file_open(session->volume, session_path(session), &file, &err) < 0)
		return report_failure(&err);
	return compare(&(struct source){ .file = file, .fd = -1, .size = famfs_file_size(file) },
		       check, differs_at);
}

static int verify_plain(int fd, const struct check *check, uint64_t *differs_at)
{
	struct stat st;

	if (fstat(fd, &st) < 0)
		return report_errno(errno, "cannot read '%s'", check->name);
	if (!S_ISREG(st.st_mode)) {
		report_as(REPORT_FAILED, S_ISDIR(st.st_mode) ? EISDIR : EINVAL,
			  "'%s' is not a regular file", check->name);
		return EXIT_FAILED;
	}
	return compare(&(struct source){ .fd = fd, .size = (uint64_t)st.st_size }, check,
		       differs_at);
}

static void print_result(struct output *out, const char *arg, bool ok, uint64_t differs_at)
{
	const struct field fields[] = {
		field_path("argument", NULL, arg),
		field_bool("ok", NULL, ok),
		field_when(differs_at != NOWHERE, field_number("differs_at", NULL, differs_at)),
	};

	if (out->json)
		output_row(out, fields, COUNT_OF(fields));
	else if (ok && !common.quiet)
		output_note(out, "%s: ok", arg);
}

static int verify(struct session *session, struct output *out, const struct check *check)
{
	cleanup_fd int fd = open(check->name, O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY);
	uint64_t differs_at = NOWHERE;
	int ret, code = errno;

	if (fd >= 0)
		ret = verify_plain(fd, check, &differs_at);
	else if (code == ENOENT || code == ENOTDIR)
		ret = verify_in_volume(session, check, &differs_at);
	else
		ret = report_errno(code, "cannot open '%s'", check->name);
	print_result(out, check->name, ret == EXIT_DONE, differs_at);
	return ret;
}

static int verify_all(int argc, const char *const *argv)
{
	cleanup_session struct session session = SESSION_READ;
	size_t named = opt.nnames + (size_t)argc;
	struct output out;
	int result = EXIT_DONE;

	output_begin(&out, common.json, "famfsctl.verify/1");
	output_array_begin(&out, "files");
	for (size_t i = 0; i < named + opt.count; i++) {
		struct check check = { .seed = opt.seed };
		int ret;

		if (i < opt.nnames)
			check.name = opt.names[i];
		else if (i < named)
			check.name = argv[i - opt.nnames];
		else
			check = opt.checks[i - named];
		ret = verify(&session, &out, &check);
		if (ret != EXIT_DONE)
			result = ret;
	}
	output_array_end(&out);
	output_end(&out);
	return result;
}

static void free_names(void)
{
	for (size_t i = 0; i < opt.nnames; i++)
		free(opt.names[i]);
	for (size_t i = 0; i < opt.count; i++)
		free((char *)(uintptr_t)opt.checks[i].name);
	free(opt.names);
	free(opt.checks);
}

static int run(int argc, const char *const *argv)
{
	size_t named = opt.nnames + (size_t)argc;
	int ret;

	if (!named && !opt.count)
		ret = report_usage("missing argument");
	else if (named && !opt.has_seed)
		ret = report_usage("--seed is required");
	else
		ret = verify_all(argc, argv);
	free_names();
	return ret;
}

const struct command cmd_verify = {
	.name = "verify",
	.synopsis = "[OPTION...] -S SEED FILE... | [OPTION...] -m FILE,SEED...",
	.summary = "Check that files hold the stream of a seed, as creat --seed writes it",
	.example = "verify -S 42 fam.img:/data/a",
	.flags = COMMAND_JSON,
	.options = options,
	.take_option = take_option,
	.arg_kinds = { VALUE_SOURCE },
	.run = run,
};
