/* SPDX-License-Identifier: Apache-2.0 */
/* The image as a device that is plugged in, for tests that also plug in memories. */
#include "pagecache.h"

int __real_device_open(const char *path, enum device_access access, struct device **out,
		       struct famfs_error *err);

static struct device *make_image_device(void *arg)
{
	struct device *dev = NULL;
	struct famfs_error err;

	(void)arg;
	assert_ok(__real_device_open(IMAGE, DEVICE_WRITE, &dev, &err), &err);
	return dev;
}

void plug_image(void)
{
	plug(make_image_device, NULL);
}
