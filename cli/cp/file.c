/* SPDX-License-Identifier: Apache-2.0 */
#include "core/cleanup.h"
#include "core/common.h"
#include "core/device.h"
#include "core/session.h"
#include "cp/cp.h"

#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>
#include <sys/vfs.h>

#define FUSE_SUPER_MAGIC 0x65735546

uint32_t cp_mode(const struct cp *cp, const struct stat *st)
{
	if (cp->options->preserve)
		return st->st_mode & 07777;
	return st->st_mode & 0777 & ~cp->umask;
}

uint32_t cp_uid(const struct cp *cp, const struct stat *st)
{
	if (cp->options->attrs.has_uid)
		return cp->options->attrs.uid;
	return cp->options->preserve ? st->st_uid : cp->uid;
}

uint32_t cp_gid(const struct cp *cp, const struct stat *st)
{
	if (cp->options->attrs.has_gid)
		return cp->options->attrs.gid;
	return cp->options->preserve ? st->st_gid : cp->gid;
}

bool cp_is_same(const struct cp *cp, const char *source, const struct stat *st, const char *path)
{
	cleanup_target struct famfs_target *target = NULL;
	struct famfs_stat there;
	struct statfs fs;

	/* Inode numbers come from the log, so that few sources need the slower comparison. */
	if (famfs_stat(cp->volume, path, &there, NULL) < 0 || there.inode != st->st_ino)
		return false;
	if (statfs(source, &fs) < 0 || fs.f_type != FUSE_SUPER_MAGIC)
		return false;
	if (famfs_target_resolve(source, &target, NULL) < 0 || !target->mountpoint)
		return false;
	return strcmp(target->path, path) == 0 && same_device(target->device, cp->device);
}

struct cp_file *cp_file_new(struct cp *cp, const char *source, const char *destination)
{
	struct cp_file *file = calloc(1, sizeof(*file));

	if (!file)
		return NULL;
	file->cp = cp;
	file->fd = -1;
	file->source = strdup(source);
	file->destination = strdup(destination);
	if (file->source && file->destination)
		return file;
	cp_file_free(file);
	return NULL;
}

void cp_file_free(struct cp_file *file)
{
	if (file->fd >= 0)
		close(file->fd);
	free(file->source);
	free(file->destination);
	free(file);
}

struct transfer {
	struct cp *cp;
	uint64_t done;
};

static int on_bytes(void *arg, uint64_t bytes)
{
	struct transfer *transfer = arg;

	transfer->done += bytes;
	progress_add_bytes(&transfer->cp->progress, bytes);
	return cp_stopped(transfer->cp);
}

/* The library knows only the descriptor, so add the name of the source. */
static int name_source(const struct cp_file *file, int ret, const struct famfs_error *why,
		       struct famfs_error *err)
{
	if (ret == 0)
		return 0;
	return error_fill(err, ret, "cannot copy '%s': %.500s", file->source, why->message);
}

/* For --compare: nothing is created or written. */
static int compare(const struct cp_file *file, struct transfer *transfer, struct famfs_error *err)
{
	const char *path = file->destination;
	cleanup_file struct famfs_file *copy = NULL;
	struct famfs_error why;
	uint64_t size;
	int ret = famfs_file_open(file->cp->volume, path, &copy, err);

	if (ret < 0)
		return ret;
	size = famfs_file_size(copy);
	if (size != (uint64_t)file->st.st_size)
		return error_fill(err, -EBADMSG,
				  "'%s' differs: it has %" PRIu64 " bytes, '%s' has %" PRIu64, path,
				  size, file->source, (uint64_t)file->st.st_size);
	ret = famfs_file_compare(copy, file->fd, on_bytes, transfer, &why);
	if (ret == -EBADMSG)
		return error_fill(err, ret, "'%s' differs from '%s': %.500s", path, file->source,
				  why.message);
	if (ret < 0)
		return error_fill(err, ret, "cannot compare '%s' with '%s': %.500s", path,
				  file->source, why.message);
	cp_did(file->cp, CP_SAME, file->source, path, 0);
	return 0;
}

static int fill(const struct cp_file *file, struct famfs_file *to, struct transfer *transfer,
		struct famfs_error *err)
{
	struct famfs_error why;
	int ret;

	if (common.dry_run)
		return 0;
	ret = famfs_file_copy(to, file->fd, on_bytes, transfer, &why);
	if (ret == 0 && file->cp->options->verify)
		ret = famfs_file_compare(to, file->fd, on_bytes, transfer, &why);
	return name_source(file, ret, &why, err);
}

/* Bytes that were read and already equal need no second comparison. */
static int update(const struct cp_file *file, struct famfs_file *to, struct transfer *transfer,
		  uint64_t *written, bool *differs, struct famfs_error *err)
{
	struct famfs_error why;
	int ret;

	if (common.dry_run) {
		/* A dry run knows whether bytes would be written, but not how many. */
		ret = famfs_file_compare(to, file->fd, on_bytes, transfer, &why);
		*differs = ret == -EBADMSG;
		return name_source(file, *differs ? 0 : ret, &why, err);
	}
	ret = famfs_file_update(to, file->fd, on_bytes, transfer, written, &why);
	*differs = *written > 0;
	if (ret == 0 && file->cp->options->verify && *written)
		ret = famfs_file_compare(to, file->fd, on_bytes, transfer, &why);
	else if (ret == 0 && file->cp->options->verify)
		on_bytes(transfer, famfs_file_size(to));
	return name_source(file, ret, &why, err);
}

/* A file has a fixed size, so only a file of the same size can be overwritten. */
static int check_existing(const struct cp_file *file, struct famfs_error *err)
{
	struct famfs_volume *volume = file->cp->volume;
	const char *path = file->destination;
	struct famfs_stat st;
	int ret = famfs_stat(volume, path, &st, err);

	if (ret < 0)
		return ret;
	if (S_ISDIR(st.mode))
		return error_fill(err, -EISDIR, "cannot overwrite directory '%s' with file '%s'",
				  path, file->source);
	if (st.size != (uint64_t)file->st.st_size)
		return error_fill(err, -EEXIST,
				  "cannot overwrite '%s': it has %" PRIu64
				  " bytes, '%s' has %" PRIu64,
				  path, st.size, file->source, (uint64_t)file->st.st_size);
	if (cp_is_same(file->cp, file->source, &file->st, path))
		return error_fill(err, -EINVAL, "'%s' and '%s' are the same file", file->source,
				  path);
	return 0;
}

static int copy_existing(const struct cp_file *file, struct transfer *transfer,
			 struct famfs_error *err)
{
	cleanup_file struct famfs_file *to = NULL;
	enum cp_event event = CP_OVERWRITTEN;
	bool differs = false;
	uint64_t written = (uint64_t)file->st.st_size;
	int ret = check_existing(file, err);

	if (ret == 0)
		ret = famfs_file_open(file->cp->volume, file->destination, &to, err);
	if (ret < 0)
		return ret;
	if (file->cp->options->resume) {
		written = 0;
		ret = update(file, to, transfer, &written, &differs, err);
		event = differs ? CP_UPDATED : CP_SAME;
	} else {
		ret = fill(file, to, transfer, err);
	}
	if (ret == 0)
		cp_did(file->cp, event, file->source, file->destination, written);
	return ret;
}

static int copy(const struct cp_file *file, struct transfer *transfer, struct famfs_error *err)
{
	const struct cp_options *options = file->cp->options;
	struct famfs_create_params params = {
		.size = (uint64_t)file->st.st_size,
		.mode = options->attrs.has_mode ? options->attrs.mode
						: cp_mode(file->cp, &file->st),
		.uid = cp_uid(file->cp, &file->st),
		.gid = cp_gid(file->cp, &file->st),
		.raw_names = options->attrs.raw_names,
		.no_zero = true, /* every byte is written: holes become zeros */
	};
	cleanup_file struct famfs_file *to = NULL;
	int ret;

	if (options->compare)
		return compare(file, transfer, err);
	striping_apply(&options->striping, &params);
	ret = famfs_create(file->cp->volume, file->destination, &params, &to, err);
	if (ret == -EEXIST && (options->overwrite || options->resume))
		return copy_existing(file, transfer, err);
	if (ret == 0)
		ret = fill(file, to, transfer, err);
	if (ret == 0)
		ret = famfs_file_publish(steal_ptr(&to), err);
	if (ret == 0)
		cp_did(file->cp, CP_COPIED, file->source, file->destination, params.size);
	return ret;
}

/* Suggests the options that use an existing file. */
static const char *hint_for(const struct cp_file *file, const struct famfs_error *err)
{
	const struct cp_options *options = file->cp->options;

	if (err->code != -EEXIST || options->compare || options->overwrite || options->resume ||
	    !session_has_file(file->cp->volume, file->destination, (uint64_t)file->st.st_size))
		return NULL;
	return "use --resume to continue an earlier copy, or --overwrite";
}

void cp_file_work(void *job)
{
	struct cp_file *file = job;
	struct cp *cp = file->cp;
	struct transfer transfer = { .cp = cp };
	struct famfs_error err = { 0 };

	if (cp_stopped(cp)) {
		/* Do not start this file; the summary says that the copy is incomplete. */
	} else if (copy(file, &transfer, &err) < 0) {
		progress_remove(&cp->progress, (uint64_t)file->st.st_size, transfer.done);
		cp_failed(cp, &err, hint_for(file, &err));
	} else {
		progress_add_file(&cp->progress);
	}
	cp_file_free(file);
}
