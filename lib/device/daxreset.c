/* SPDX-License-Identifier: Apache-2.0 */
#include "base/error.h"
#include "device/daxmode.h"

#include <errno.h>
#include <limits.h>
#include <stdlib.h>
#include <unistd.h>

int famfs_reset_mode(const char *device, const struct famfs_reset_mode_params *params,
		     enum famfs_dax_mode *was, struct famfs_error *err)
{
	enum famfs_dax_mode ignored;
	char path[PATH_MAX];
	struct dax_node node;
	int ret = error_if_reserved(params->reserved,
				    sizeof(params->reserved) / sizeof(params->reserved[0]), err);

	if (ret < 0)
		return ret;
	/* The mount table has the resolved path of the device. */
	ret = realpath(device, path) ? dax_node_at(path, &node) : -errno;
	if (ret == -ENOTTY)
		return error_set(err, -ENOTSUP, "'%s' is not a DAX device", device);
	if (ret < 0)
		return error_errno(err, ret, "cannot switch the mode of '%s'", device);
	/* Only root can see the processes of other users. */
	if (geteuid() != 0)
		return error_set(err, -EPERM, "cannot switch the mode of '%s': only root can",
				 device);
	return daxmode_reset(&node, params->dry_run, was ? was : &ignored, err);
}
