/* SPDX-License-Identifier: Apache-2.0 */
#include "device/probe.h"

#include <blkid.h>
#include <errno.h>
#include <stdio.h>

static int describe(blkid_probe probe, char *name, size_t size)
{
	const char *value, *label = NULL;

	if (blkid_probe_lookup_value(probe, "TYPE", &value, NULL) == 0) {
		(void)blkid_probe_lookup_value(probe, "LABEL", &label, NULL);
		snprintf(name, size, label ? "%s '%s'" : "%s", value, label);
		return 1;
	}
	if (blkid_probe_lookup_value(probe, "PTTYPE", &value, NULL) == 0) {
		snprintf(name, size, "%s partition table", value);
		return 1;
	}
	return 0;
}

int device_probe(struct device *dev, char *name, size_t size)
{
	blkid_probe probe = blkid_new_probe();
	int ret;

	if (!probe)
		return -ENOMEM;
	ret = blkid_probe_set_device(probe, dev->fd, 0, (blkid_loff_t)dev->size);
	if (ret < 0) {
		blkid_free_probe(probe);
		return -EIO;
	}
	blkid_probe_enable_superblocks(probe, 1);
	blkid_probe_set_superblocks_flags(probe, BLKID_SUBLKS_TYPE | BLKID_SUBLKS_LABEL |
							 BLKID_SUBLKS_MAGIC);
	blkid_probe_enable_partitions(probe, 1);
	/* 0: found; 1: nothing; -2: several, which is something to keep all the same. */
	ret = blkid_do_safeprobe(probe);
	if (ret == -2) {
		snprintf(name, size, "several signatures");
		ret = 1;
	} else if (ret == 0) {
		ret = describe(probe, name, size);
	} else {
		ret = ret < 0 ? -EIO : 0;
	}
	blkid_free_probe(probe);
	return ret;
}
