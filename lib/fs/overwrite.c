/* SPDX-License-Identifier: Apache-2.0 */
#include "fs/overwrite.h"

#include "base/error.h"
#include "base/minmax.h"
#include "device/signature.h"
#include "fs/volume.h"

#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>
#include <uuid.h>

static int refuse(const struct overwrite *overwrite, const char *what, bool foreign,
		  struct famfs_error *err)
{
	snprintf(overwrite->found, overwrite->found_size, "%s", what);
	if (overwrite->force && (overwrite->force_foreign || !foreign))
		return 0;
	error_refuse(err, -EEXIST, "'%s' already holds %s", overwrite->name, what);
	error_remedy(err, foreign ? FAMFS_REMEDY_FORCE_FOREIGN : FAMFS_REMEDY_FORCE, NULL);
	return -EEXIST;
}

static int refuse_famfs(const struct overwrite *overwrite, const struct famfs_info *info,
			struct famfs_error *err)
{
	bool foreign = info->role != FAMFS_ROLE_MASTER;
	char uuid[37], master[37], what[256];

	uuid_unparse_lower(info->uuid, uuid);
	uuid_unparse_lower(info->master_uuid, master);
	snprintf(what, sizeof(what),
		 "a famfs file system%s (uuid %s, master %s%s, %" PRIu64 " files, %" PRIu64
		 " bytes)",
		 foreign ? " of another master" : "", uuid, master, foreign ? "" : ", this host",
		 info->files, info->file_bytes);
	return refuse(overwrite, what, foreign, err);
}

/* A famfs that cannot be opened here may still be in use by another host with a newer program.
 * The owner has the same offset in every version. */
static int refuse_unusable(const struct overwrite *overwrite, struct device *dev, const char *state,
			   struct famfs_error *err)
{
	char uuid[37], master[37], what[256];
	struct omf_super raw;
	bool foreign;
	int ret = device_read(dev, 0, &raw, sizeof(raw));

	if (ret < 0)
		return error_errno(err, ret, "cannot read '%s'", overwrite->name);
	foreign = memcmp(raw.system_uuid, overwrite->system_uuid, sizeof(raw.system_uuid)) != 0;
	uuid_unparse_lower(raw.uuid, uuid);
	uuid_unparse_lower(raw.system_uuid, master);
	snprintf(what, sizeof(what), "a famfs file system%s that is %s (uuid %s, master %s%s)",
		 foreign ? " of another master" : "", state, uuid, master,
		 foreign ? "" : ", this host");
	return refuse(overwrite, what, foreign, err);
}

static int refuse_other(const struct overwrite *overwrite, const char *what,
			struct famfs_error *err)
{
	if (!overwrite->famfs_only)
		return refuse(overwrite, what, false, err);
	return error_set(err, -EMEDIUMTYPE, "'%s' does not hold a famfs file system, but %s",
			 overwrite->name, what);
}

/* Finds a log without its superblock: the files and their metadata still exist. */
static int check_log(const struct overwrite *overwrite, struct device *dev, struct famfs_error *err)
{
	struct omf_log_header header;
	char what[96];
	int ret;

	if (dev->size < OMF_LOG_OFFSET + sizeof(header))
		return 0;
	ret = device_read(dev, OMF_LOG_OFFSET, &header, sizeof(header));
	if (ret < 0)
		return error_errno(err, ret, "cannot read '%s'", overwrite->name);
	if (log_header_check(&header, le64_get(header.length), NULL) != FAMFS_FAULT_NONE ||
	    le64_get(header.next_index) == 0)
		return 0;
	snprintf(what, sizeof(what), "a famfs log without its superblock (%" PRIu64 " entries)",
		 le64_get(header.next_index));
	return refuse(overwrite, what, false, err);
}

/* Bytes in hexadecimal and, where they are printable, as text. */
static void describe_bytes(const unsigned char *bytes, size_t length, char *out, size_t size)
{
	size_t used = 0;

	for (size_t i = 0; i < length && used < size; i++)
		used += (size_t)snprintf(out + used, size - used, "%02x ", bytes[i]);
	if (used < size)
		used += (size_t)snprintf(out + used, size - used, "\"");
	for (size_t i = 0; i < length && used < size; i++)
		used += (size_t)snprintf(out + used, size - used, "%c",
					 bytes[i] >= ' ' && bytes[i] <= '~' ? bytes[i] : '.');
	if (used < size)
		snprintf(out + used, size - used, "\"");
}

static int check_data(const struct overwrite *overwrite, struct device *dev,
		      struct famfs_error *err)
{
	char bytes_text[80], what[160];
	unsigned char bytes[16];
	uint64_t offset, length;
	int ret = device_find_data(dev, &offset);

	if (ret > 0) {
		length = min_u64(dev->size - offset, sizeof(bytes));
		ret = device_read(dev, offset, bytes, length);
		ret = ret < 0 ? ret : 1;
	}
	if (ret < 0)
		return error_errno(err, ret, "cannot read '%s'", overwrite->name);
	if (ret == 0)
		return 0;
	describe_bytes(bytes, length, bytes_text, sizeof(bytes_text));
	snprintf(what, sizeof(what), "data of an unknown kind (at offset %" PRIu64 ": %s)", offset,
		 bytes_text);
	return refuse_other(overwrite, what, err);
}

/* Memory without a signature holds leftovers, but data in an image file was written on purpose,
 * so only images are searched for other data. */
static int check_others(const struct overwrite *overwrite, struct device *dev,
			struct famfs_error *err)
{
	char signature[80], what[96];
	int ret = device_find_signature(dev, signature, sizeof(signature));

	if (ret < 0)
		return error_errno(err, ret, "cannot look for signatures on '%s'", overwrite->name);
	if (ret > 0) {
		snprintf(what, sizeof(what), "a signature of %s", signature);
		return refuse_other(overwrite, what, err);
	}
	if (device_is_dax(dev))
		return 0;
	ret = check_log(overwrite, dev, err);
	return ret < 0 || overwrite->found[0] ? ret : check_data(overwrite, dev, err);
}

/* Reads the facts of the existing file system through `dev`, which stays open. */
static int read_info(struct device *dev, struct famfs_info *info, struct famfs_error *why)
{
	const struct volume_params params = { .access = DEVICE_READ };
	struct famfs_volume *vol = volume_create(dev, &params);
	int ret;

	if (!vol)
		return error_set(why, -ENOMEM, "out of memory");
	ret = volume_load_superblock(vol, &params, why);
	if (ret == 0)
		ret = volume_load_log(vol, why);
	if (ret == 0)
		famfs_info(vol, info);
	(void)volume_release_device(vol);
	return ret;
}

int overwrite_check(const struct overwrite *overwrite, struct device *dev, struct famfs_error *err)
{
	struct famfs_error why;
	struct famfs_info info;
	int ret = read_info(dev, &info, &why);

	switch (ret) {
	case 0: return refuse_famfs(overwrite, &info, err);
	case -EMEDIUMTYPE: return check_others(overwrite, dev, err);
	case -ENOTSUP: return refuse_unusable(overwrite, dev, "of another format", err);
	case -EUCLEAN: return refuse_unusable(overwrite, dev, "damaged", err);
	}
	if (err)
		*err = why;
	return ret;
}
