/* SPDX-License-Identifier: Apache-2.0 */
#include "fs/mkfs.h"

#include "base/error.h"
#include "base/io.h"
#include "base/minmax.h"
#include "device/udev_notify.h"
#include "device/usage.h"
#include "fs/identity.h"
#include "fs/overwrite.h"
#include "shared/cleanup.h"
#include "shared/clock.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <uuid.h>

/* How long to wait for a process that uses the device. */
#define PATIENCE_NS NS_PER_S

struct mkfs {
	const char *name; /* as given by the caller; recorded in the superblock */
	const struct famfs_mkfs_params *params;
	struct famfs_mkfs_result *result;
	struct identity identity;
	struct device *dev; /* NULL in a dry run on a missing file */
	bool created;       /* this call created the image `made`, and removes it on failure */
	struct stat made;
};

static int write_flushed(struct device *dev, uint64_t offset, const void *buf, size_t length)
{
	int ret = device_write(dev, offset, buf, length);

	device_flush(dev, offset, length);
	return ret;
}

static int write_log(struct device *dev, uint64_t length)
{
	struct omf_log_header header;
	int ret = device_store(dev, OMF_LOG_OFFSET, NULL, length);

	/* Only a fence orders bulk stores before later stores to the same lines. */
	device_fence(dev);
	log_header_encode(&header, length);
	if (ret == 0)
		ret = write_flushed(dev, OMF_LOG_OFFSET, &header, sizeof(header));
	return ret;
}

/* After this there is no file system on the device, even if a later step fails. */
static int erase_magic(struct device *dev)
{
	const le64 none = le64_make(0);
	int ret = write_flushed(dev, 0, &none, sizeof(none));

	return ret < 0 ? ret : device_barrier(dev);
}

int mkfs_write(struct device *dev, const struct superblock *sb)
{
	struct omf_super raw;
	le64 magic;
	int ret = erase_magic(dev);

	superblock_encode(&raw, sb);
	magic = raw.magic;
	raw.magic = le64_make(0);
	/* Zero all of the first 2 MiB, where other file systems have their magics, so that no
	 * tool finds the old ones again. */
	if (ret == 0)
		ret = device_store(dev, 0, NULL, OMF_LOG_OFFSET);
	if (ret == 0)
		ret = write_log(dev, sb->log_length);
	if (ret == 0)
		ret = write_flushed(dev, 0, &raw, sizeof(raw));
	if (ret == 0)
		ret = device_barrier(dev);
	if (ret == 0)
		ret = write_flushed(dev, 0, &magic, sizeof(magic));
	return ret < 0 ? ret : device_barrier(dev);
}

static int check_params(const struct mkfs *mkfs, struct famfs_error *err)
{
	uint64_t log = mkfs->params->log_length;

	int ret = error_if_reserved(mkfs->params->reserved, 4, err);

	if (ret < 0)
		return ret;
	if (log && !log_length_is_valid(log))
		return error_set(
			err, -EINVAL,
			"log length %" PRIu64 " is not a power of two from 8 MiB to 16 GiB", log);
	if (mkfs->params->erase && (log || mkfs->params->size || !uuid_is_null(mkfs->params->uuid)))
		return error_set(err, -EINVAL,
				 "a file system is erased, so it takes no lengths and no UUID");
	return 0;
}

static int read_identity(struct mkfs *mkfs, struct famfs_error *err)
{
	int ret = identity_read("", &mkfs->identity, err);

	if (ret < 0 || mkfs->identity.source != FAMFS_SYSTEM_UUID_NONE)
		return ret;
	error_set(err, -ENOKEY, "this host has no identity, so it cannot be a master");
	error_remedy(err, FAMFS_REMEDY_SET_SYSTEM_UUID, NULL);
	return -ENOKEY;
}

/* Chooses the UUIDs of the new file system. */
static void choose_uuids(struct mkfs *mkfs)
{
	struct famfs_mkfs_result *result = mkfs->result;

	memcpy(result->uuid, mkfs->params->uuid, sizeof(result->uuid));
	if (uuid_is_null(result->uuid))
		uuid_generate(result->uuid);
	memcpy(result->system_uuid, mkfs->identity.uuid, sizeof(result->system_uuid));
	result->system_uuid_source = mkfs->identity.source;
}

/* Creates a missing image. It is empty until the checks have passed. Keeps the descriptor, since
 * the name may lead to another file by the time it is opened again. */
static int create_image(struct mkfs *mkfs, struct famfs_error *err)
{
	cleanup_fd int fd = open(mkfs->name, O_RDWR | O_CREAT | O_EXCL | O_CLOEXEC, 0600);

	if (fd < 0)
		return error_errno(err, -errno, "cannot create '%s'", mkfs->name);
	if (fstat(fd, &mkfs->made) < 0) {
		int ret = error_errno(err, -errno, "cannot stat '%s'", mkfs->name);

		/* Without `made`, remove_created() could not tell the image from another file. */
		(void)unlink(mkfs->name);
		return ret;
	}
	mkfs->created = true;
	return device_adopt(mkfs->name, steal_fd(&fd), &mkfs->dev, err);
}

static int open_target(struct mkfs *mkfs, struct famfs_error *err)
{
	const struct famfs_mkfs_params *params = mkfs->params;

	if (params->size && access(mkfs->name, F_OK) < 0 && errno == ENOENT)
		return params->dry_run ? 0 : create_image(mkfs, err);
	return device_open(mkfs->name, params->dry_run ? DEVICE_READ : DEVICE_WRITE, &mkfs->dev,
			   err);
}

static int in_use(const struct mkfs *mkfs, const struct usage_text *user, struct famfs_error *err)
{
	error_refuse(err, -EBUSY, "'%s' is %s", mkfs->name, user->text);
	usage_remedy(user, err);
	return -EBUSY;
}

static int lock(const struct mkfs *mkfs)
{
	uint64_t end;
	int ret;

	if (!mkfs->params->dry_run)
		return device_lock(mkfs->dev, DEVICE_EXCLUSIVE, 0, 1, false);
	ret = device_lock_conflict(mkfs->dev, 0, 1, &end);
	return ret > 0 ? -EAGAIN : ret;
}

/* Returns 1 if the device is in use, with its user in *user; 0 with the device locked; or
 * -errno. Takes the lock first, so that no mount can start in between. */
static int find_user(const struct mkfs *mkfs, struct usage_text *user, struct famfs_error *err)
{
	int ret = lock(mkfs), used;

	*user = (struct usage_text){ 0 };
	if (ret < 0 && ret != -EAGAIN)
		return error_errno(err, ret, "cannot lock '%s'", mkfs->name);
	used = device_usage(mkfs->dev, user);
	if (used != 0 && ret == 0)
		(void)device_lock(mkfs->dev, DEVICE_UNLOCK, 0, 1, false);
	if (used < 0)
		return error_errno(err, used, "cannot find out who uses '%s'", mkfs->name);
	if (used > 0)
		return 1;
	if (ret < 0)
		(void)device_lock_holder(mkfs->dev, 0, 1, "in use", user);
	return ret < 0;
}

static int check_unused(const struct mkfs *mkfs, struct famfs_error *err)
{
	const struct timespec step = { 0, 20000000 };
	const uint64_t start = now_ns();
	struct usage_text user;
	int ret;

	if (!mkfs->dev)
		return 0;
	/* Some users are brief: udev reads a device that was just formatted. */
	while ((ret = find_user(mkfs, &user, err)) > 0 &&
	       device_mounts(mkfs->dev->path, NULL) == 0 && now_ns() - start < PATIENCE_NS)
		nanosleep(&step, NULL);
	if (ret > 0)
		return in_use(mkfs, &user, err);
	if (ret < 0)
		return ret;
	/* Under the lock, no other mkfs can resize it. */
	ret = device_reload_size(mkfs->dev);
	return ret < 0 ? error_errno(err, ret, "cannot read '%s'", mkfs->name) : 0;
}

/* Computes the sizes in the result, and checks them. */
static int check_size(struct mkfs *mkfs, struct famfs_error *err)
{
	struct famfs_mkfs_result *result = mkfs->result;
	uint64_t real = mkfs->dev ? mkfs->dev->size : 0, least;

	result->device_size = mkfs->params->size ? mkfs->params->size : real;
	result->log_length = mkfs->params->log_length ? mkfs->params->log_length
						      : log_length_default(result->device_size);
	result->data_offset = OMF_LOG_OFFSET + result->log_length;
	least = result->data_offset + OMF_ALLOC_UNIT;
	if (result->device_size < least || least < result->log_length)
		return error_set(err, -ENOSPC,
				 "'%s' has %" PRIu64 " bytes, at least %" PRIu64
				 " are needed for a log of %" PRIu64 " bytes",
				 mkfs->name, result->device_size, least, result->log_length);
	if (result->device_size > OMF_DEVICE_MAX)
		return error_set(err, -EFBIG,
				 "'%s' has %" PRIu64 " bytes, at most %" PRIu64 " can be used",
				 mkfs->name, result->device_size, OMF_DEVICE_MAX);
	result->log_entries = omf_log_capacity(result->log_length);
	result->data_length =
		(result->device_size - result->data_offset) / OMF_ALLOC_UNIT * OMF_ALLOC_UNIT;
	return 0;
}

/* Describes the existing data in the result, and keeps it unless the caller asked to overwrite it.
 */
static int check_contents(struct mkfs *mkfs, struct famfs_error *err)
{
	struct famfs_mkfs_result *result = mkfs->result;
	const struct overwrite overwrite = { .name = mkfs->name,
					     .system_uuid = mkfs->identity.uuid,
					     .force = mkfs->params->force,
					     .force_foreign = mkfs->params->force_foreign,
					     .famfs_only = mkfs->params->erase,
					     .found = result->replaced,
					     .found_size = sizeof(result->replaced) };

	if (!mkfs->dev || mkfs->dev->size == 0)
		return 0;
	return overwrite_check(&overwrite, mkfs->dev, err);
}

/* Checks that the name still leads to the file that was locked and checked. */
static int check_named(const struct mkfs *mkfs, struct famfs_error *err)
{
	struct stat locked, named;

	/* A device without a descriptor cannot be replaced by another file. */
	if (mkfs->dev->fd < 0)
		return 0;
	if (fstat(mkfs->dev->fd, &locked) == 0 && stat(mkfs->name, &named) == 0 &&
	    locked.st_dev == named.st_dev && locked.st_ino == named.st_ino)
		return 0;
	return error_set(err, -ESTALE, "'%s' is another file now", mkfs->name);
}

static int resize(struct mkfs *mkfs, struct famfs_error *err)
{
	uint64_t size = mkfs->params->size, old = mkfs->dev->size;
	int ret = 0;

	if (size == 0 || size == old)
		return 0;
	if (device_is_dax(mkfs->dev))
		return error_set(err, -EINVAL,
				 "'%s' has %" PRIu64 " bytes, and only images can be resized",
				 mkfs->name, old);
	/* If mkfs is interrupted after the image was truncated, no tool may find the old file
	 * system in it. */
	if (size < old && old >= sizeof(le64))
		ret = erase_magic(mkfs->dev);
	if (ret < 0)
		return error_errno(err, ret, "cannot write '%s'", mkfs->name);
	ret = device_resize(mkfs->dev, size);
	return ret < 0 ? error_errno(err, ret, "cannot resize '%s' to %" PRIu64 " bytes",
				     mkfs->name, size)
		       : 0;
}

static void fill_superblock(const struct mkfs *mkfs, struct superblock *sb)
{
	memset(sb, 0, sizeof(*sb));
	sb->version = OMF_SUPER_VERSION;
	sb->major = OMF_MAJOR;
	sb->minor = OMF_MINOR;
	sb->log_length = mkfs->result->log_length;
	sb->alloc_unit = OMF_ALLOC_UNIT;
	sb->recorded_size = mkfs->result->device_size;
	memcpy(sb->uuid, mkfs->result->uuid, sizeof(sb->uuid));
	uuid_generate(sb->dev_uuid);
	memcpy(sb->system_uuid, mkfs->identity.uuid, sizeof(sb->system_uuid));
	snprintf(sb->name, sizeof(sb->name), "%.*s", OMF_NAME_SIZE, mkfs->name);
}

/* Checks that memory holds the structures that were written. */
static int read_back(const struct mkfs *mkfs, const struct superblock *sb, struct famfs_error *err)
{
	struct omf_super want, got;
	struct omf_log_header header;
	struct fault_text why;
	int ret;

	superblock_encode(&want, sb);
	device_invalidate(mkfs->dev, 0, sizeof(got));
	device_invalidate(mkfs->dev, OMF_LOG_OFFSET, sizeof(header));
	ret = device_read(mkfs->dev, 0, &got, sizeof(got));
	if (ret == 0)
		ret = device_read(mkfs->dev, OMF_LOG_OFFSET, &header, sizeof(header));
	if (ret < 0)
		return error_errno(err, ret, "cannot read '%s' back", mkfs->name);
	if (memcmp(&want, &got, sizeof(got)) != 0)
		return error_set(err, -EIO, "'%s' does not hold the superblock that was written",
				 mkfs->name);
	if (log_header_check(&header, sb->log_length, &why) != FAMFS_FAULT_NONE)
		return error_set(err, -EIO, "'%s' does not hold the log that was written: %s",
				 mkfs->name, why.text);
	return 0;
}

/* A new image is durable only once its directory is synced. */
static int sync_name(const struct mkfs *mkfs, struct famfs_error *err)
{
	int ret = mkfs->created ? io_sync_parent(mkfs->dev->path) : 0;

	return ret < 0 ? error_errno(err, ret, "cannot sync the directory of '%s'", mkfs->name) : 0;
}

static int format(struct mkfs *mkfs, struct famfs_error *err)
{
	struct superblock sb;
	int ret = check_named(mkfs, err);

	if (ret == 0)
		ret = resize(mkfs, err);
	if (ret < 0)
		return ret;
	fill_superblock(mkfs, &sb);
	ret = mkfs_write(mkfs->dev, &sb);
	if (ret < 0)
		return error_errno(err, ret, "cannot write '%s'", mkfs->name);
	ret = read_back(mkfs, &sb, err);
	return ret < 0 ? ret : sync_name(mkfs, err);
}

/* Erases the magic first, so that a crash leaves no superblock rather than half of one. Erases
 * the log header too, so that no tool finds the log again. */
static int erase(const struct mkfs *mkfs, struct famfs_error *err)
{
	const uint64_t header_end = OMF_LOG_OFFSET + sizeof(struct omf_log_header);
	int ret = check_named(mkfs, err);

	if (ret < 0 || !*mkfs->result->replaced)
		return ret;
	ret = erase_magic(mkfs->dev);
	/* The image may end before the log header. */
	if (ret == 0)
		ret = device_store(mkfs->dev, 0, NULL, min_u64(mkfs->dev->size, header_end));
	if (ret == 0)
		ret = device_barrier(mkfs->dev);
	return ret < 0 ? error_errno(err, ret, "cannot write '%s'", mkfs->name) : 0;
}

static int run(struct mkfs *mkfs, struct famfs_error *err)
{
	int ret = check_params(mkfs, err);

	if (ret == 0)
		ret = read_identity(mkfs, err);
	if (ret == 0 && !mkfs->params->erase)
		choose_uuids(mkfs);
	if (ret == 0 && mkfs->params->size == 0 && access(mkfs->name, F_OK) < 0) {
		ret = error_errno(err, -errno, "cannot open '%s'", mkfs->name);
		if (!mkfs->params->erase)
			error_remedy(err, FAMFS_REMEDY_SET_SIZE, NULL);
	}
	/* Check the size first, so that no image is created for an invalid one. */
	if (ret == 0 && mkfs->params->size)
		ret = check_size(mkfs, err);
	if (ret == 0)
		ret = open_target(mkfs, err);
	if (ret == 0)
		ret = check_unused(mkfs, err);
	if (ret == 0 && !mkfs->params->erase)
		ret = check_size(mkfs, err);
	if (ret == 0)
		ret = check_contents(mkfs, err);
	if (ret < 0 || mkfs->params->dry_run)
		return ret;
	return mkfs->params->erase ? erase(mkfs, err) : format(mkfs, err);
}

/* Removes the image that was created, unless another file has its name by now, or another mkfs
 * has locked it. */
static void remove_created(const struct mkfs *mkfs)
{
	struct stat named;

	if (mkfs->created && lstat(mkfs->name, &named) == 0 && named.st_dev == mkfs->made.st_dev &&
	    named.st_ino == mkfs->made.st_ino &&
	    (!mkfs->dev || device_lock(mkfs->dev, DEVICE_EXCLUSIVE, 0, 1, false) == 0))
		(void)unlink(mkfs->name);
}

int famfs_mkfs(const char *device, const struct famfs_mkfs_params *params,
	       struct famfs_mkfs_result *result, struct famfs_error *err)
{
	struct famfs_mkfs_result own;
	struct mkfs mkfs = { .name = device, .params = params, .result = result ? result : &own };
	struct stat st;
	int ret;

	memset(mkfs.result, 0, sizeof(*mkfs.result));
	ret = run(&mkfs, err);
	if (ret < 0)
		remove_created(&mkfs);
	device_close(mkfs.dev);
	if (ret == 0 && !params->dry_run && stat(device, &st) == 0 && S_ISCHR(st.st_mode))
		udev_notify(st.st_rdev);
	return ret;
}
