/* SPDX-License-Identifier: Apache-2.0 */
#include "device/signature.h"

#include "base/minmax.h"
#include "shared/cleanup.h"

#include <blkid.h>
#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>

/* Bytes at either end that contain the magics of all known formats. */
#define PROBED_BYTES (UINT64_C(1) << 20)

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

/* libblkid reads only files and block devices: so both ends of a mapped device are copied to a
 * sparse file in memory that is as large as the device. */
static int copy_range(struct device *dev, uint64_t offset, uint64_t length, int fd)
{
	cleanup_free char *buf = malloc(length);
	int ret = buf ? 0 : -ENOMEM;

	if (ret == 0)
		device_invalidate(dev, offset, length);
	if (ret == 0)
		ret = device_read(dev, offset, buf, length);
	if (ret == 0 && pwrite(fd, buf, length, (off_t)offset) != (ssize_t)length)
		ret = -EIO;
	return ret;
}

static int copy_ends(struct device *dev, int *fd)
{
	uint64_t length = min_u64(dev->size, PROBED_BYTES);
	int ret;

	*fd = memfd_create("probe", MFD_CLOEXEC);
	if (*fd < 0 || ftruncate(*fd, (off_t)dev->size) < 0)
		return -errno;
	ret = copy_range(dev, 0, length, *fd);
	return ret < 0 ? ret : copy_range(dev, dev->size - length, length, *fd);
}

/* PMDK pools are found on DAX devices, but libblkid does not know them. */
static int probe_pools(struct device *dev, char *name, size_t size)
{
	static const char *const pools[] = { "PMEMOBJ", "PMEMBLK", "PMEMLOG", "PMEMPOOLSET" };
	char magic[16] = "";
	int ret = device_read(dev, 0, magic, min_u64(dev->size, sizeof(magic) - 1));

	if (ret < 0)
		return ret;
	for (size_t i = 0; i < sizeof(pools) / sizeof(pools[0]); i++)
		if (strncmp(magic, pools[i], strlen(pools[i])) == 0) {
			snprintf(name, size, "PMDK pool (%s)", pools[i]);
			return 1;
		}
	return 0;
}

static int probe_fd(int fd, uint64_t length, char *name, size_t size)
{
	blkid_probe probe = blkid_new_probe();
	int ret;

	if (!probe)
		return -ENOMEM;
	ret = blkid_probe_set_device(probe, fd, 0, (blkid_loff_t)length);
	if (ret < 0) {
		blkid_free_probe(probe);
		return -EIO;
	}
	blkid_probe_enable_superblocks(probe, 1);
	blkid_probe_set_superblocks_flags(probe, BLKID_SUBLKS_TYPE | BLKID_SUBLKS_LABEL |
							 BLKID_SUBLKS_MAGIC);
	blkid_probe_enable_partitions(probe, 1);
	/* 0: found; 1: nothing; -2: several signatures, which also count as found. */
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

int device_find_signature(struct device *dev, char *name, size_t size)
{
	cleanup_fd int copy = -1;
	struct stat st;
	int ret = probe_pools(dev, name, size);

	if (ret != 0)
		return ret;
	if (fstat(dev->fd, &st) < 0)
		return -errno;
	if (S_ISREG(st.st_mode))
		return probe_fd(dev->fd, dev->size, name, size);
	ret = copy_ends(dev, &copy);
	return ret < 0 ? ret : probe_fd(copy, dev->size, name, size);
}

/* Reads the bytes: SEEK_DATA would not help, since allocated blocks may be zeros. */
static int find_in(struct device *dev, uint64_t start, uint64_t end, uint64_t *offset)
{
	enum { BLOCK = 1 << 16 };
	cleanup_free char *buf = malloc(BLOCK);

	if (!buf)
		return -ENOMEM;
	for (uint64_t at = start; at < end; at += BLOCK) {
		size_t length = (size_t)min_u64(end - at, BLOCK);
		int ret = device_read(dev, at, buf, length);

		if (ret < 0)
			return ret;
		for (size_t i = 0; i < length; i++)
			if (buf[i]) {
				*offset = at + i;
				return 1;
			}
	}
	return 0;
}

int device_find_data(struct device *dev, uint64_t *offset)
{
	uint64_t ends = min_u64(dev->size, PROBED_BYTES);
	int ret = find_in(dev, 0, ends, offset);

	return ret ? ret : find_in(dev, dev->size - ends, dev->size, offset);
}
