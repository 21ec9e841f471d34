/* SPDX-License-Identifier: Apache-2.0 */
/* Resolves a command-line argument: a device, a path inside one, or a path in a mount. */
#include "famfs.h"

#include "base/error.h"
#include "device/mountinfo.h"
#include "fs/find.h"
#include "media/path.h"
#include "shared/cleanup.h"

#include <errno.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

void famfs_target_free(struct famfs_target *target)
{
	if (!target)
		return;
	free(target->device);
	free(target->mountpoint);
	free(target->path);
	free(target);
}

static int make_target(const char *device, const char *mountpoint, const char *path,
		       struct famfs_target **out)
{
	struct famfs_target *target = calloc(1, sizeof(*target));

	if (!target)
		return -ENOMEM;
	target->device = strdup(device);
	target->mountpoint = mountpoint ? strdup(mountpoint) : NULL;
	target->path = path ? strdup(path) : NULL;
	if (!target->device || (mountpoint && !target->mountpoint) || (path && !target->path)) {
		famfs_target_free(target);
		return -ENOMEM;
	}
	*out = target;
	return 0;
}

/* Resolves '..' by name, in place, which is correct in a famfs since it has no symbolic links.
 * The result is relative. Returns false if '..' leads out of the file system. */
static bool normalise(char *path)
{
	return path_normalise(path, strlen(path), path) >= 0;
}

/* The absolute form of `arg`, computed without accessing the file; NULL if out of memory. */
static char *absolute(const char *arg)
{
	char cwd[PATH_MAX], *path = NULL;

	if (arg[0] == '/')
		return strdup(arg);
	/* Only the system call: the fallback of getcwd(3) may access the directory. */
	if (!getcwd(cwd, sizeof(cwd)) || asprintf(&path, "%s/%s", cwd, arg) < 0)
		return NULL;
	return path;
}

static int refuse_untrusted(const struct mount_place *place, const char *arg,
			    struct famfs_error *err)
{
	error_set(err, -EPERM,
		  "'%s' is in a mount of another user, who may have made up its device '%s'", arg,
		  place->source);
	error_remedy(err, FAMFS_REMEDY_NAME_DEVICE_OR_UNMOUNT, place->mountpoint);
	return -EPERM;
}

/* Returns 1 if the path is in a famfs mount, 0 if not, or -errno. */
static int search_mounts(const char *path, struct famfs_target **out, const char *arg,
			 struct famfs_error *err)
{
	struct mount_place place;
	int ret = mountinfo_find(path, &place);

	if (ret < 0)
		return error_errno(err, ret, "cannot read the mount table");
	if (!place.famfs)
		ret = 0;
	else if (!place.believed)
		ret = refuse_untrusted(&place, arg, err);
	else if (!normalise(place.inside))
		ret = error_set(err, -EINVAL, "'%s' leads out of the file system", arg);
	else
		ret = make_target(place.source, place.mountpoint, place.inside, out) < 0
			      ? error_set(err, -ENOMEM, "out of memory")
			      : 1;
	mount_place_clear(&place);
	return ret;
}

static bool has_dot_dot(const char *path)
{
	for (const char *p = path; (p = strstr(p, "..")); p++)
		if ((p == path || p[-1] == '/') && (p[2] == '/' || p[2] == '\0'))
			return true;
	return false;
}

/* Resolves the links in the part of the path that exists, and keeps the rest. */
static char *resolve_existing(const char *path)
{
	cleanup_free char *head = strdup(path);
	char real[PATH_MAX], *result = NULL;
	const char *tail;
	char *slash;

	while (head && !realpath(head, real)) {
		slash = strrchr(head, '/');
		if ((errno != ENOENT && errno != ENOTDIR) || !slash)
			return NULL;
		*slash = '\0';
		if (slash == head)
			return strdup(path);
	}
	if (!head)
		return NULL;
	tail = path + strlen(head);
	if (asprintf(&result, "%s%s", strcmp(real, "/") == 0 ? "" : real, tail) < 0)
		return NULL;
	return result;
}

/* Returns 1 if `arg` is in a famfs mount, 0 if not, or -errno. Compares names first, which does
 * not access a dead mount. */
static int resolve_mount(const char *arg, struct famfs_target **out, struct famfs_error *err)
{
	cleanup_free char *path = absolute(arg), *real = NULL;
	int ret = 0;

	if (!path)
		return error_set(err, -ENOMEM, "out of memory");
	if (!has_dot_dot(path)) {
		cleanup_free char *plain = strdup(path);

		if (!plain || !normalise(plain + 1))
			return error_set(err, -ENOMEM, "out of memory");
		ret = search_mounts(plain, out, arg, err);
	}
	if (ret != 0)
		return ret;
	real = resolve_existing(path);
	return real && strcmp(real, path) != 0 ? search_mounts(real, out, arg, err) : 0;
}

static bool is_device(const char *path)
{
	struct stat st;

	return stat(path, &st) == 0 && (S_ISREG(st.st_mode) || S_ISCHR(st.st_mode));
}

static int device_target(const char *device, const char *path, struct famfs_target **out,
			 struct famfs_error *err)
{
	char real[PATH_MAX];

	if (!realpath(device, real))
		return error_errno(err, -errno, "cannot open '%s'", device);
	if (make_target(real, NULL, path, out) < 0)
		return error_set(err, -ENOMEM, "out of memory");
	return 0;
}

/* Resolves DEVICE:/path, split at the last ":/" whose left side is a device. Returns 1 if there
 * is one, 0 if not, or -errno. */
static int resolve_inside(const char *arg, struct famfs_target **out, struct famfs_error *err)
{
	cleanup_free char *copy = strdup(arg);

	if (!copy)
		return error_set(err, -ENOMEM, "out of memory");
	for (size_t i = strlen(copy); i-- > 1;) {
		if (copy[i] != ':' || copy[i + 1] != '/')
			continue;
		copy[i] = '\0';
		if (is_device(copy)) {
			int ret;

			if (!normalise(copy + i + 1))
				return error_set(err, -EINVAL, "'%s' leads out of the file system",
						 arg);
			ret = device_target(copy, copy + i + 1, out, err);
			return ret < 0 ? ret : 1;
		}
		copy[i] = ':';
	}
	return 0;
}

static int resolve_name(const char *arg, struct famfs_target **out, struct famfs_error *err)
{
	cleanup_free char *device = NULL;
	int ret = find_device("", arg, &device, err);

	return ret < 0 ? ret : device_target(device, NULL, out, err);
}

int famfs_target_resolve(const char *arg, struct famfs_target **out, struct famfs_error *err)
{
	struct stat st;
	int ret;

	if (!*arg)
		return error_set(err, -ENOENT, "the path is empty");
	ret = resolve_mount(arg, out, err);
	if (ret != 0)
		return ret < 0 ? ret : 0;
	if (is_device(arg))
		return device_target(arg, NULL, out, err);
	if (stat(arg, &st) == 0) {
		error_set(err, -ENOTSUP,
			  "'%s' is neither an image file, nor a DAX device, nor in a famfs mount",
			  arg);
		return -ENOTSUP;
	}
	ret = resolve_inside(arg, out, err);
	if (ret != 0)
		return ret < 0 ? ret : 0;
	if (find_is_name(arg))
		return resolve_name(arg, out, err);
	return error_errno(err, stat(arg, &st) < 0 ? -errno : -ENOENT, "cannot open '%s'", arg);
}
