/* SPDX-License-Identifier: Apache-2.0 */
#include "core/cleanup.h"
#include "core/commands.h"
#include "core/common.h"
#include "core/reference.h"
#include "core/report.h"
#include "core/session.h"
#include "famfs.h"
#include "output/output.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>

#define BLOCK_LENGTH (1u << 20)

#define NOWHERE UINT64_MAX

static const struct poptOption options[] = {
	REFERENCE_IGNORED("superblock", 's'),
	REFERENCE_IGNORED("log", 'l'),
	POPT_TABLEEND,
};

/* The two views of a file, read and mapped, through a mount or in an unmounted device. */
struct views {
	const char *name; /* for messages */
	uint64_t size;
	bool single; /* the file cannot be mapped, so there is nothing to compare */
	int fd;      /* the file in a mount, for read(2) */
	struct famfs_file *file;
	const char *mapped;
	uint64_t differs_at;
	int copier; /* a memfd: copying through it turns lost memory into an errno, not a
		       signal */
};

static int read_view(const struct views *views, uint64_t at, char *buf, size_t length)
{
	struct famfs_error err = { 0 };
	ssize_t n;

	if (views->file)
		return famfs_file_read(views->file, at, buf, length, &err) < 0
			       ? report_failure(&err)
			       : EXIT_DONE;
	n = pread(views->fd, buf, length, (off_t)at);
	if (n == (ssize_t)length)
		return EXIT_DONE;
	if (n < 0)
		return report_errno(errno, "cannot read '%s'", views->name);
	report_error("cannot read '%s': it ended at offset %" PRIu64, views->name,
		     at + (uint64_t)n);
	return EXIT_FAILED;
}

static int map_view(const struct views *views, uint64_t at, char *buf, size_t length)
{
	ssize_t n = pwrite(views->copier, views->mapped + at, length, 0);

	if (n == (ssize_t)length)
		n = pread(views->copier, buf, length, 0);
	if (n == (ssize_t)length)
		return EXIT_DONE;
	return report_errno(n < 0 && errno != EFAULT ? errno : EIO,
			    "cannot read the mapping of '%s'", views->name);
}

static int compare(struct views *views)
{
	static char read_block[BLOCK_LENGTH], map_block[BLOCK_LENGTH];

	for (uint64_t at = 0; at < views->size; at += BLOCK_LENGTH) {
		uint64_t left = views->size - at, i = 0;
		size_t length = left < BLOCK_LENGTH ? left : BLOCK_LENGTH;
		int ret = read_view(views, at, read_block, length);

		if (ret == EXIT_DONE)
			ret = map_view(views, at, map_block, length);
		if (ret != EXIT_DONE)
			return ret;
		if (memcmp(read_block, map_block, length) == 0)
			continue;
		while (read_block[i] == map_block[i])
			i++;
		views->differs_at = at + i;
		report_as(REPORT_DIFFERS, 0,
			  "'%s' reads differently from how it is mapped, at offset %" PRIu64,
			  views->name, views->differs_at);
		return EXIT_FAILED;
	}
	return EXIT_DONE;
}

static int check_mounted(struct views *views)
{
	struct stat st;
	void *addr;
	int ret;

	views->fd = open(views->name, O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY);
	if (views->fd < 0 || fstat(views->fd, &st) < 0)
		return report_errno(errno, "cannot open '%s'", views->name);
	if (!S_ISREG(st.st_mode)) {
		report_error("'%s' is not a regular file", views->name);
		return EXIT_FAILED;
	}
	views->size = (uint64_t)st.st_size;
	addr = mmap(NULL, views->size, PROT_READ, MAP_SHARED, views->fd, 0);
	/* A kernel without famfs cannot map the superblock and the log, which the server reads for
	 * it. */
	views->single = addr == MAP_FAILED && errno == ENODEV;
	if (views->single)
		return EXIT_DONE;
	if (addr == MAP_FAILED)
		return report_errno(errno, "cannot map '%s'", views->name);
	views->mapped = addr;
	ret = compare(views);
	munmap(addr, views->size);
	return ret;
}

static int check_unmounted(struct views *views, const struct session *session)
{
	const struct famfs_map_params params = { 0 };
	struct famfs_mapping *mapping = NULL;
	struct famfs_error err = { 0 };
	int ret = famfs_file_open(session->volume, session_path(session), &views->file, &err);

	if (ret == 0)
		ret = famfs_map(session->volume, session_path(session), &params, &mapping, &err);
	if (ret == 0)
		ret = famfs_invalidate(mapping, 0, famfs_mapping_size(mapping));
	if (ret == 0) {
		views->size = famfs_mapping_size(mapping);
		views->mapped = famfs_mapping_addr(mapping);
		ret = compare(views);
	} else {
		ret = err.code ? report_failure(&err)
			       : report_errno(-ret, "cannot read '%s'", views->name);
	}
	famfs_unmap(mapping);
	return ret;
}

static void print_result(struct output *out, const struct views *views, bool ok)
{
	bool compared = ok && !views->single;
	const struct field fields[] = {
		field_path("argument", NULL, views->name),
		field_bool("ok", NULL, ok),
		field_bool("compared", NULL, compared || views->differs_at != NOWHERE),
		field_when(views->differs_at != NOWHERE,
			   field_number("differs_at", NULL, views->differs_at)),
	};

	if (out->json)
		output_row(out, fields, COUNT_OF(fields));
	else if (ok && !common.quiet)
		output_note(out, "%s: %s", views->name,
			    compared ? "read and mmap match"
				     : "cannot be mapped here: nothing to compare");
}

static int check(struct session *session, struct output *out, const char *arg)
{
	struct views views = { .name = arg, .fd = -1, .copier = -1, .differs_at = NOWHERE };
	int ret = session_use(session, arg);

	if (ret == EXIT_DONE) {
		views.copier = memfd_create("famfsctl", MFD_CLOEXEC);
		if (views.copier < 0)
			ret = report_errno(errno, "cannot make a file in memory");
	}
	if (ret == EXIT_DONE)
		ret = session->target->mountpoint ? check_mounted(&views)
						  : check_unmounted(&views, session);
	if (views.fd >= 0)
		close(views.fd);
	if (views.copier >= 0)
		close(views.copier);
	famfs_file_close(views.file);
	print_result(out, &views, ret == EXIT_DONE);
	return ret;
}

static int run(int argc, const char *const *argv)
{
	cleanup_session struct session session = SESSION_READ;
	int result = EXIT_DONE;
	struct output out;

	output_begin(&out, common.json, "famfsctl.chkread/1");
	output_array_begin(&out, "files");
	for (int i = 0; i < argc; i++) {
		int ret = check(&session, &out, argv[i]);

		if (ret != EXIT_DONE)
			result = ret;
	}
	output_array_end(&out);
	output_end(&out);
	return result;
}

const struct command cmd_chkread = {
	.name = "chkread",
	.synopsis = "[OPTION...] FILE...",
	.summary = "Check that reading and mapping files give the same bytes",
	.example = "chkread /mnt/famfs/data/a",
	.flags = COMMAND_JSON,
	.options = options,
	.min_args = 1,
	.arg_kinds = { VALUE_PATH },
	.run = run,
};
