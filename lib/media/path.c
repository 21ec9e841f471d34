/* SPDX-License-Identifier: Apache-2.0 */
#include "media/path.h"

#include "base/error.h"
#include "media/format.h"

#include <errno.h>
#include <string.h>

static const char *component_fault(const char *name, size_t length)
{
	if (length == 0)
		return "has an empty component";
	if (name[0] != '.')
		return NULL;
	if (length == 1)
		return "has a '.' component";
	if (length == 2 && name[1] == '.')
		return "has a '..' component";
	return NULL;
}

const char *path_fault(const char *path, size_t length)
{
	const char *fault;
	size_t start = 0;

	if (length == 0)
		return "is empty";
	if (path[0] == '/')
		return "is absolute";
	for (size_t i = 0; i <= length; i++) {
		if (i < length && path[i] != '/')
			continue;
		fault = component_fault(path + start, i - start);
		if (fault)
			return fault;
		if (start == 0 && i == strlen(META_DIR) && memcmp(path, META_DIR, i) == 0)
			return "collides with " META_DIR;
		start = i + 1;
	}
	return NULL;
}

size_t path_leaf(const char *path, size_t length)
{
	const char *slash = memrchr(path, '/', length);

	return slash ? (size_t)(slash - path) + 1 : 0;
}

int famfs_path_check(const char *path, struct famfs_error *err)
{
	size_t length = strlen(path);
	const char *fault;

	if (length > FAMFS_MAX_PATH)
		return error_set(err, -ENAMETOOLONG,
				 "path '%.*s%s' has %zu bytes, the limit is %d bytes", 100, path,
				 length > 100 ? "..." : "", length, FAMFS_MAX_PATH);
	fault = path_fault(path, length);
	if (fault)
		return error_set(err, -EINVAL, "path '%s' %s", path, fault);
	return 0;
}
