/* SPDX-License-Identifier: Apache-2.0 */
#include "fs/mkfs.h"

#include "base/cleanup.h"
#include "base/clock.h"
#include "base/error.h"
#include "device/announce.h"
#include "device/probe.h"
#include "device/usage.h"
#include "fs/volume.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <uuid.h>

/* How long a reader of the device may take. */
#define PATIENCE_NS NS_PER_S

struct mkfs {
	const char *name; /* as the caller gave it: it goes into the superblock */
	const struct famfs_mkfs_params *params;
	struct famfs_mkfs_result *result;
	struct identity identity;
	struct device *dev; /* NULL in a dry run on a file that is not there */
	bool created;       /* the image file is ours to remove on failure */
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

	/* Only a fence orders bulk stores with others to the same lines. */
	device_fence(dev);
	log_header_encode(&header, length);
	if (ret == 0)
		ret = write_flushed(dev, OMF_LOG_OFFSET, &header, sizeof(header));
	return ret;
}

int mkfs_write(struct device *dev, const struct superblock *sb)
{
	struct omf_super raw;
	le64 magic, none = le64_make(0);
	int ret = write_flushed(dev, 0, &none, sizeof(none));

	device_fence(dev);
	superblock_encode(&raw, sb);
	magic = raw.magic;
	raw.magic = none;
	/* All of the first 2 MiB, where other file systems have their magics: what was there must
	 * not be found again. */
	if (ret == 0)
		ret = device_store(dev, 0, NULL, OMF_LOG_OFFSET);
	if (ret == 0)
		ret = write_log(dev, sb->log_length);
	if (ret == 0)
		ret = write_flushed(dev, 0, &raw, sizeof(raw));
	device_fence(dev);
	if (ret == 0)
		ret = write_flushed(dev, 0, &magic, sizeof(magic));
	device_fence(dev);
	return ret;
}

static int check_params(const struct mkfs *mkfs, struct famfs_error *err)
{
	uint64_t log = mkfs->params->log_length;

	int ret = error_if_reserved(mkfs->params->reserved, 4, err);

	if (ret < 0)
		return ret;
	if (log && (log < OMF_LOG_LENGTH_MIN || log > OMF_LOG_LENGTH_MAX || (log & (log - 1))))
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

	if (ret < 0 || mkfs->identity.source != FAMFS_IDENTITY_NONE)
		return ret;
	error_set(err, -ENOKEY, "this host has no identity, so it cannot be a master");
	error_hint(err, "run: sudo install -D -m 0444 /proc/sys/kernel/random/uuid "
			"/etc/famfs/system_uuid");
	return -ENOKEY;
}

/* Makes a missing image, empty for now: its size comes after the checks. */
static int open_target(struct mkfs *mkfs, struct famfs_error *err)
{
	const struct famfs_mkfs_params *params = mkfs->params;
	cleanup_fd int fd = -1;

	if (params->size && access(mkfs->name, F_OK) < 0 && errno == ENOENT) {
		if (params->dry_run)
			return 0;
		fd = open(mkfs->name, O_RDWR | O_CREAT | O_EXCL | O_CLOEXEC, 0666);
		if (fd < 0)
			return error_errno(err, -errno, "cannot create '%s'", mkfs->name);
		mkfs->created = true;
	}
	return device_open(mkfs->name, params->dry_run ? DEVICE_READ : DEVICE_WRITE, &mkfs->dev,
			   err);
}

static int in_use(const struct mkfs *mkfs, const struct usage_text *user, struct famfs_error *err)
{
	error_refuse(err, -EBUSY, "'%s' is %s", mkfs->name, user->text);
	usage_hint(user, err);
	return -EBUSY;
}

/* 1 when somebody uses the device, and who; else 0 with the device locked, or -errno. */
static int find_user(const struct mkfs *mkfs, struct usage_text *user)
{
	uint64_t end;
	int ret;

	*user = (struct usage_text){ 0 };
	ret = device_usage(mkfs->dev, user);
	if (ret != 0)
		return ret;
	if (mkfs->params->dry_run)
		ret = device_lock_conflict(mkfs->dev, 0, 1, &end) > 0 ? -EAGAIN : 0;
	else
		ret = device_lock(mkfs->dev, DEVICE_EXCLUSIVE, 0, 1, false);
	if (ret != -EAGAIN)
		return ret;
	(void)device_lock_holder(mkfs->dev, 0, 1, "in use", user);
	return 1;
}

static int check_unused(const struct mkfs *mkfs, struct famfs_error *err)
{
	const struct timespec step = { 0, 20000000 };
	const uint64_t start = now_ns();
	struct usage_text user;
	int ret;

	if (!mkfs->dev)
		return 0;
	/* Readers come and go: udev itself looks at a device that was just formatted. */
	while ((ret = find_user(mkfs, &user)) > 0 && device_mounts(mkfs->dev->path, NULL) == 0 &&
	       now_ns() - start < PATIENCE_NS)
		nanosleep(&step, NULL);
	if (ret > 0)
		return in_use(mkfs, &user, err);
	return ret < 0 ? error_errno(err, ret, "cannot lock '%s'", mkfs->name) : 0;
}

/* Sizes, in the result. */
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

/* What is there goes into the result, and stays unless it was asked to go. */
static int refuse(struct mkfs *mkfs, const char *what, bool foreign, struct famfs_error *err)
{
	const struct famfs_mkfs_params *params = mkfs->params;

	snprintf(mkfs->result->replaced, sizeof(mkfs->result->replaced), "%s", what);
	if (params->force && (params->force_foreign || !foreign))
		return 0;
	error_refuse(err, -EEXIST, "'%s' already holds %s", mkfs->name, what);
	error_hint(err,
		   foreign ? "use --force --force-foreign to destroy it; mounts on other hosts "
			     "cannot be seen from here"
			   : "use --force to destroy it");
	return -EEXIST;
}

static int refuse_famfs(struct mkfs *mkfs, const struct famfs_info *info, struct famfs_error *err)
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
	return refuse(mkfs, what, foreign, err);
}

/* A famfs that cannot be opened may all the same be the living one of another host, which knows
 * more than we do. The owner has been in the same place in every version. */
static int refuse_unusable(struct mkfs *mkfs, const char *state, struct famfs_error *err)
{
	char uuid[37], master[37], what[256];
	struct omf_super raw;
	bool foreign;
	int ret = device_read(mkfs->dev, 0, &raw, sizeof(raw));

	if (ret < 0)
		return error_errno(err, ret, "cannot read '%s'", mkfs->name);
	foreign = memcmp(raw.system_uuid, mkfs->identity.uuid, sizeof(raw.system_uuid)) != 0;
	uuid_unparse_lower(raw.uuid, uuid);
	uuid_unparse_lower(raw.system_uuid, master);
	snprintf(what, sizeof(what), "a famfs file system%s that is %s (uuid %s, master %s%s)",
		 foreign ? " of another master" : "", state, uuid, master,
		 foreign ? "" : ", this host");
	return refuse(mkfs, what, foreign, err);
}

static int check_signature(struct mkfs *mkfs, struct famfs_error *err)
{
	char found[80], what[96];
	int ret = device_probe(mkfs->dev, found, sizeof(found));

	if (ret < 0)
		return error_errno(err, ret, "cannot look for signatures on '%s'", mkfs->name);
	if (ret == 0)
		return 0;
	snprintf(what, sizeof(what), "a signature of %s", found);
	if (mkfs->params->erase)
		return error_set(err, -EMEDIUMTYPE,
				 "'%s' does not hold a famfs file system, but %s", mkfs->name,
				 what);
	return refuse(mkfs, what, false, err);
}

/* What is checked must be what is locked, and will be written. Closes `dev` when it is not. */
static int check_same(const struct mkfs *mkfs, struct device *dev, struct famfs_error *err)
{
	struct stat locked, opened;

	/* One that is no file cannot be another. */
	if (mkfs->dev->fd < 0)
		return 0;
	if (fstat(mkfs->dev->fd, &locked) == 0 && fstat(dev->fd, &opened) == 0 &&
	    locked.st_dev == opened.st_dev && locked.st_ino == opened.st_ino)
		return 0;
	device_close(dev);
	return error_set(err, -ESTALE, "'%s' is another file now", mkfs->name);
}

/* What is on the device now, and whether it may go. */
static int check_contents(struct mkfs *mkfs, struct famfs_error *err)
{
	const struct volume_params params = { .access = DEVICE_READ };
	cleanup_volume struct famfs_volume *vol = NULL;
	struct famfs_error why;
	struct famfs_info info;
	struct device *dev;
	int ret;

	if (!mkfs->dev || mkfs->dev->size == 0)
		return 0;
	/* A handle of its own, since the volume closes it. */
	ret = device_open(mkfs->name, DEVICE_READ, &dev, err);
	if (ret == 0)
		ret = check_same(mkfs, dev, err);
	if (ret < 0)
		return ret;
	ret = volume_open(dev, &params, &vol, &why);
	if (ret == -EMEDIUMTYPE)
		return check_signature(mkfs, err);
	if (ret == -ENOTSUP || ret == -EUCLEAN)
		return refuse_unusable(mkfs, ret == -EUCLEAN ? "damaged" : "of another format",
				       err);
	if (ret < 0) {
		if (err)
			*err = why;
		return ret;
	}
	famfs_info(vol, &info);
	return refuse_famfs(mkfs, &info, err);
}

/* A file system that loses its end must not be taken for a whole one, should we not get further. */
static int erase_before_cut(const struct mkfs *mkfs, struct famfs_error *err)
{
	const le64 none = le64_make(0);
	int ret;

	if (mkfs->params->size >= mkfs->dev->size || mkfs->dev->size < sizeof(none))
		return 0;
	ret = write_flushed(mkfs->dev, 0, &none, sizeof(none));
	device_fence(mkfs->dev);
	if (ret == 0)
		ret = device_sync(mkfs->dev);
	return ret < 0 ? error_errno(err, ret, "cannot write '%s'", mkfs->name) : 0;
}

static int resize(struct mkfs *mkfs, struct famfs_error *err)
{
	int ret;

	if (mkfs->params->size == 0 || mkfs->params->size == mkfs->dev->size)
		return 0;
	if (mkfs->dev->ops->dax)
		return error_set(err, -EINVAL,
				 "'%s' has %" PRIu64 " bytes, and only images can be resized",
				 mkfs->name, mkfs->dev->size);
	ret = erase_before_cut(mkfs, err);
	if (ret < 0)
		return ret;
	if (ftruncate(mkfs->dev->fd, (off_t)mkfs->params->size) < 0)
		return error_errno(err, -errno, "cannot resize '%s' to %" PRIu64 " bytes",
				   mkfs->name, mkfs->params->size);
	mkfs->dev->size = mkfs->params->size;
	return 0;
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

/* What memory holds is what was meant. */
static int read_back(const struct mkfs *mkfs, const struct superblock *sb, struct famfs_error *err)
{
	struct omf_super want, got;
	struct omf_log_header header;
	struct famfs_error why;
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
	if (log_header_check(&header, sb->log_length, &why) < 0)
		return error_set(err, -EIO, "'%s' does not hold the log that was written: %s",
				 mkfs->name, why.message);
	return 0;
}

static int format(struct mkfs *mkfs, struct famfs_error *err)
{
	struct superblock sb;
	int ret = resize(mkfs, err);

	if (ret < 0)
		return ret;
	fill_superblock(mkfs, &sb);
	ret = mkfs_write(mkfs->dev, &sb);
	if (ret == 0)
		ret = device_sync(mkfs->dev);
	if (ret < 0)
		return error_errno(err, ret, "cannot write '%s'", mkfs->name);
	return read_back(mkfs, &sb, err);
}

/* The magic goes first, so that a crash leaves no superblock rather than half of one. */
static int erase(const struct mkfs *mkfs, struct famfs_error *err)
{
	const le64 none = le64_make(0);
	struct device *dev = mkfs->dev;
	int ret;

	if (!*mkfs->result->replaced)
		return 0;
	ret = write_flushed(dev, 0, &none, sizeof(none));
	device_fence(dev);
	if (ret == 0)
		ret = device_store(dev, 0, NULL, OMF_LOG_OFFSET);
	device_fence(dev);
	if (ret == 0)
		ret = device_sync(dev);
	return ret < 0 ? error_errno(err, ret, "cannot write '%s'", mkfs->name) : 0;
}

static int run(struct mkfs *mkfs, struct famfs_error *err)
{
	int ret = check_params(mkfs, err);

	if (ret == 0)
		ret = read_identity(mkfs, err);
	if (ret == 0 && mkfs->params->size == 0 && access(mkfs->name, F_OK) < 0) {
		ret = error_errno(err, -errno, "cannot open '%s'", mkfs->name);
		if (!mkfs->params->erase)
			error_hint(err, "give --size to make an image file");
	}
	/* The size first: a file must not be left behind for a size that cannot work. */
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

int famfs_mkfs(const char *device, const struct famfs_mkfs_params *params,
	       struct famfs_mkfs_result *result, struct famfs_error *err)
{
	struct famfs_mkfs_result own;
	struct mkfs mkfs = { .name = device, .params = params, .result = result ? result : &own };
	struct stat st;
	int ret;

	memset(mkfs.result, 0, sizeof(*mkfs.result));
	memcpy(mkfs.result->uuid, params->uuid, sizeof(params->uuid));
	if (uuid_is_null(params->uuid))
		uuid_generate(mkfs.result->uuid);
	ret = run(&mkfs, err);
	memcpy(mkfs.result->system_uuid, mkfs.identity.uuid, sizeof(mkfs.identity.uuid));
	mkfs.result->identity = mkfs.identity.source;
	device_close(mkfs.dev);
	if (ret < 0 && mkfs.created)
		unlink(device);
	if (ret == 0 && !params->dry_run && stat(device, &st) == 0 && S_ISCHR(st.st_mode))
		device_announce(st.st_rdev);
	return ret;
}
