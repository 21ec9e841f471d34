/* SPDX-License-Identifier: Apache-2.0 */
#include "core/cleanup.h"
#include "core/commands.h"
#include "core/common.h"
#include "core/report.h"
#include "core/session.h"
#include "famfs.h"
#include "output/text.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

/* In a mount whose server reads and writes, the kernel caches pages. Write them to the device and
 * drop them, so that the next read asks the device. */
static int flush_pages(const char *arg)
{
	cleanup_fd int fd = open(arg, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
	int ret;

	if (fd < 0)
		return report_errno(errno, "cannot open '%s'", arg);
	if (fsync(fd) < 0)
		return report_errno(errno, "cannot write back '%s'", arg);
	ret = posix_fadvise(fd, 0, 0, POSIX_FADV_DONTNEED);
	return ret ? report_errno(ret, "cannot drop what is cached of '%s'", arg) : EXIT_DONE;
}

/* Write back what the CPU caches hold, and invalidate it. */
static int flush_lines(struct famfs_volume *volume, const char *path, uint64_t *size,
		       struct famfs_error *err)
{
	const struct famfs_map_params params = { 0 };
	struct famfs_mapping *mapping;
	int ret = famfs_map(volume, path, &params, &mapping, err);

	if (ret < 0)
		return ret;
	*size = famfs_mapping_size(mapping);
	ret = famfs_flush(mapping, 0, *size);
	if (ret == 0)
		ret = famfs_invalidate(mapping, 0, *size);
	famfs_unmap(mapping);
	return ret < 0 ? error_fill(err, ret, "cannot flush '%s': %s", path, strerror(-ret)) : 0;
}

static int flush(struct session *session, const char *arg)
{
	struct famfs_error err = { 0 };
	uint64_t size;
	int ret = session_use(session, arg);

	if (ret == EXIT_DONE && session->target->mountpoint)
		ret = flush_pages(arg);
	if (ret != EXIT_DONE)
		return ret;
	if (flush_lines(session->volume, session_path(session), &size, &err) < 0)
		return report_failure(&err);
	if (common.verbose) {
		cleanup_free char *shown = text_escape(arg);

		printf("%s: flushed %" PRIu64 " bytes\n", shown ? shown : "", size);
	}
	return EXIT_DONE;
}

static int run(int argc, const char *const *argv)
{
	cleanup_session struct session session = SESSION_READ;
	int result = EXIT_DONE;

	for (int i = 0; i < argc; i++) {
		int ret = flush(&session, argv[i]);

		if (ret != EXIT_DONE)
			result = ret;
	}
	return result;
}

const struct command cmd_flush = {
	.name = "flush",
	.synopsis = "[OPTION...] FILE...",
	.summary = "Write back cached stores to files, and drop stale cached data",
	.description =
		"Run it after a program stored into mapped files without flushing, before other\n"
		"hosts read them; and before reading what another host stored. The commands of\n"
		"famfsctl flush their own writes.",
	.example = "flush /mnt/famfs/data/a",
	.min_args = 1,
	.arg_kinds = { VALUE_PATH },
	.run = run,
};
