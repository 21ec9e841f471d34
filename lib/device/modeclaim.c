/* SPDX-License-Identifier: Apache-2.0 */
#include "device/modeclaim.h"

#include "device/connections.h"
#include "device/holders.h"
#include "device/rundir.h"
#include "shared/cleanup.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>

int mode_claim_take(const struct dax_node *node, const char *name, int flags,
		    struct mode_claim *out)
{
	cleanup_fd int fd = rundir_open(node->root, name, "", flags, S_IRUSR | S_IWUSR);

	if (fd < 0)
		return steal_fd(&fd);
	if (flock(fd, LOCK_EX | LOCK_NB) < 0)
		return errno == EWOULDBLOCK ? -EAGAIN : -errno;
	*out = (struct mode_claim){ .fd = steal_fd(&fd) };
	return 0;
}

void mode_claim_unlock(const struct mode_claim *claim)
{
	if (claim->fd >= 0)
		(void)flock(claim->fd, LOCK_UN);
}

int mode_claim_holder(const struct dax_node *node, const char *name, struct usage_text *out)
{
	cleanup_fd int fd = rundir_open(node->root, name, "", O_RDONLY, 0);

	return fd >= 0 && holders_of_lock(fd, out) > 0;
}

int mode_claim_write(struct mode_claim *claim, const char *root, dev_t files)
{
	char text[96] = "devdax\n";
	size_t length;
	ssize_t n;

	claim->files = files;
	claim->fusectl = 0;
	if (files && connection_shown(root, files, &claim->fusectl))
		snprintf(text, sizeof(text), "devdax %u:%u fusectl %u:%u\n", major(files),
			 minor(files), major(claim->fusectl), minor(claim->fusectl));
	else if (files)
		snprintf(text, sizeof(text), "devdax %u:%u\n", major(files), minor(files));
	length = strlen(text);
	/* Truncate last, so that the record exists at every moment. */
	n = pwrite(claim->fd, text, length, 0);
	if (n != (ssize_t)length)
		return n < 0 ? -errno : -EIO;
	return ftruncate(claim->fd, (off_t)length) < 0 ? -errno : 0;
}

bool mode_claim_read(struct mode_claim *claim)
{
	unsigned int files[2], fusectl[2];
	char text[96];
	ssize_t n = pread(claim->fd, text, sizeof(text) - 1, 0);
	int found;

	claim->files = claim->fusectl = 0;
	if (n <= 0)
		return false;
	text[n] = '\0';
	found = sscanf(text, "devdax %u:%u fusectl %u:%u", &files[0], &files[1], &fusectl[0],
		       &fusectl[1]);
	if (found >= 2)
		claim->files = makedev(files[0], files[1]);
	if (found == 4)
		claim->fusectl = makedev(fusectl[0], fusectl[1]);
	return true;
}

int mode_claim_clear(const struct mode_claim *claim)
{
	return ftruncate(claim->fd, 0) < 0 ? -errno : 0;
}

int mode_claim_files_remain(const struct mode_claim *claim, const struct dax_node *node)
{
	dev_t fusectl;
	int reused;

	if (!claim->files)
		return 0;
	/* If the same fusectl is still mounted, it lists every live connection, so a connection
	 * that it does not list has ended. */
	if (claim->fusectl && fusectl_still_mounted(node->root, claim->fusectl) &&
	    !connection_shown(node->root, claim->files, &fusectl))
		return 0;
	reused = holders_reuse_number(node->path, claim->files);
	return reused < 0 ? reused : !reused;
}

bool mode_claim_files_shown(const struct mode_claim *claim, const struct dax_node *node)
{
	dev_t fusectl;

	return claim->files && connection_shown(node->root, claim->files, &fusectl);
}
