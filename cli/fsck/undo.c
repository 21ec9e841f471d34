/* SPDX-License-Identifier: Apache-2.0 */
#include "fsck/undo.h"
#include "core/cleanup.h"
#include "core/session.h"
#include "output/newfile.h"
#include "shared/io.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#define MAX_FILES 1000

static const char header[] =
	"# famfsctl fsck: the bytes of a device before its repair, a line for each range:\n"
	"# OFFSET LENGTH HEX, offsets and lengths in bytes, decimal. To restore them,\n"
	"# from the last line to the first:\n"
	"#   printf HEX | xxd -r -p | dd of=DEVICE bs=1 seek=OFFSET conv=notrunc\n";

void undo_init(struct undo *undo, const char *device, const char *wanted)
{
	*undo = (struct undo){ .device = device, .wanted = wanted, .fd = -1 };
}

/* The n-th name to try: an older undo file is never overwritten. */
static char *make_name(const struct undo *undo, unsigned n)
{
	char *name;

	if (undo->wanted)
		return strdup(undo->wanted);
	if (n == 0 ? asprintf(&name, "famfs-fsck-%s.undo", basename(undo->device)) < 0
		   : asprintf(&name, "famfs-fsck-%s.%u.undo", basename(undo->device), n) < 0)
		return NULL;
	return name;
}

/* Sync the directory, so that the file exists after a crash during the repairs. */
static int try_name(struct undo *undo)
{
	const char *name;
	cleanup_fd int dir = new_file_directory(undo->name, &name, &undo->error);
	int ret;

	if (dir < 0)
		return dir;
	undo->fd = openat(dir, name, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
	if (undo->fd < 0)
		return -errno;
	ret = io_write_all(undo->fd, header, strlen(header));
	return ret < 0 ? ret : io_sync_directory(dir, ".");
}

static int create_file(struct undo *undo)
{
	int ret = -EEXIST;

	for (unsigned n = 0; ret == -EEXIST && n < (undo->wanted ? 1 : MAX_FILES); n++) {
		free(undo->name);
		undo->name = make_name(undo, n);
		ret = undo->name ? try_name(undo) : -ENOMEM;
	}
	return ret;
}

static char *make_line(uint64_t offset, const unsigned char *old, size_t length)
{
	size_t size = 48 + 2 * length;
	char *line = malloc(size), *p = line;

	if (!line)
		return NULL;
	p += snprintf(line, size, "%" PRIu64 " %zu ", offset, length);
	for (size_t i = 0; i < length; i++)
		p += sprintf(p, "%02x", old[i]);
	*p++ = '\n';
	*p = '\0';
	return line;
}

static int save(struct undo *undo, uint64_t offset, const void *old, size_t length)
{
	cleanup_free char *line = make_line(offset, old, length);
	int ret = 0;

	if (!line)
		return -ENOMEM;
	if (undo->fd < 0)
		ret = create_file(undo);
	if (ret == 0)
		ret = io_write_all(undo->fd, line, strlen(line));
	if (ret == 0 && fsync(undo->fd) < 0)
		ret = -errno;
	return ret;
}

int undo_save(struct undo *undo, uint64_t offset, const void *old, size_t length)
{
	int ret = save(undo, offset, old, length);

	if (ret < 0 && !undo->error.refused)
		error_fill(&undo->error, ret, "cannot save the old bytes to '%s': %s",
			   undo->name ? undo->name : "", strerror(-ret));
	return ret;
}

const char *undo_name(const struct undo *undo)
{
	return undo->fd < 0 ? NULL : undo->name;
}

void undo_close(struct undo *undo)
{
	if (undo->fd >= 0)
		close(undo->fd);
	free(undo->name);
	undo->fd = -1;
	undo->name = NULL;
}
