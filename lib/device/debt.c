/* SPDX-License-Identifier: Apache-2.0 */
#include "device/debt.h"

#include "base/cleanup.h"
#include "device/connections.h"
#include "device/holders.h"
#include "device/rundir.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>

int debt_take(const struct dax_node *node, const char *name, int flags, struct debt *out)
{
	cleanup_fd int fd = rundir_open(node->root, name, "", flags, S_IRUSR | S_IWUSR);

	if (fd < 0)
		return steal_fd(&fd);
	if (flock(fd, LOCK_EX | LOCK_NB) < 0)
		return errno == EWOULDBLOCK ? -EAGAIN : -errno;
	*out = (struct debt){ .fd = steal_fd(&fd) };
	return 0;
}

int debt_holder(const struct dax_node *node, const char *name, struct usage_text *out)
{
	cleanup_fd int fd = rundir_open(node->root, name, "", O_RDONLY, 0);

	return fd >= 0 && holders_of_lock(fd, out) > 0;
}

int debt_write(struct debt *debt, const char *root, dev_t files)
{
	char text[96] = "devdax\n";
	size_t length;

	debt->files = files;
	debt->fusectl = 0;
	if (files && connection_shown(root, files, &debt->fusectl))
		snprintf(text, sizeof(text), "devdax %u:%u fusectl %u:%u\n", major(files),
			 minor(files), major(debt->fusectl), minor(debt->fusectl));
	else if (files)
		snprintf(text, sizeof(text), "devdax %u:%u\n", major(files), minor(files));
	length = strlen(text);
	/* In this order: there is no moment without the debt. */
	if (pwrite(debt->fd, text, length, 0) != (ssize_t)length)
		return -EIO;
	return ftruncate(debt->fd, (off_t)length) < 0 ? -errno : 0;
}

bool debt_read(struct debt *debt)
{
	unsigned int files[2], fusectl[2];
	char text[96];
	ssize_t n = pread(debt->fd, text, sizeof(text) - 1, 0);
	int found;

	debt->files = debt->fusectl = 0;
	if (n <= 0)
		return false;
	text[n] = '\0';
	found = sscanf(text, "devdax %u:%u fusectl %u:%u", &files[0], &files[1], &fusectl[0],
		       &fusectl[1]);
	if (found >= 2)
		debt->files = makedev(files[0], files[1]);
	if (found == 4)
		debt->fusectl = makedev(fusectl[0], fusectl[1]);
	return true;
}

int debt_clear(const struct debt *debt)
{
	return ftruncate(debt->fd, 0) < 0 ? -errno : 0;
}

int debt_files_remain(const struct debt *debt, const struct dax_node *node)
{
	dev_t fusectl;
	int reused;

	if (!debt->files)
		return 0;
	/* Where it was mounted when the debt was written, it shows whatever connection lives. */
	if (debt->fusectl && connections_shown(node->root, debt->fusectl) &&
	    !connection_shown(node->root, debt->files, &fusectl))
		return 0;
	reused = holders_reuse_number(node->path, debt->files);
	return reused < 0 ? reused : !reused;
}

bool debt_files_shown(const struct debt *debt, const struct dax_node *node)
{
	dev_t fusectl;

	return debt->files && connection_shown(node->root, debt->files, &fusectl);
}
