/* SPDX-License-Identifier: Apache-2.0 */
#include "media/path.h"

#include "base/error.h"

#include <errno.h>
#include <string.h>

static bool is_here(const char *name, size_t length)
{
	return length == 1 && name[0] == '.';
}

static bool is_up(const char *name, size_t length)
{
	return length == 2 && name[0] == '.' && name[1] == '.';
}

/* Bytes up to the next slash or the end. */
static size_t component_length(const char *path, size_t length)
{
	const char *slash = memchr(path, '/', length);

	return slash ? (size_t)(slash - path) : length;
}

ssize_t path_normalise(const char *path, size_t length, char *out)
{
	size_t used = 0;

	for (size_t start = 0, name; start < length; start += name + 1) {
		name = component_length(path + start, length - start);
		if (name == 0 || is_here(path + start, name))
			continue;
		if (is_up(path + start, name)) {
			if (used == 0)
				return -1;
			used = path_leaf(out, used);
			used -= used > 0; /* the slash before the leaf */
			continue;
		}
		/* If `out` is `path`, this only overwrites bytes that were read already. */
		if (used > 0)
			out[used++] = '/';
		memmove(out + used, path + start, name);
		used += name;
	}
	out[used] = '\0';
	return (ssize_t)used;
}

struct path_reading path_read(const char *field, char out[OMF_PATH_SIZE])
{
	struct path_reading reading = { .recorded = strnlen(field, OMF_PATH_SIZE) };
	ssize_t length = 0;

	if (reading.recorded == OMF_PATH_SIZE)
		reading.fault = "has no end";
	else if (reading.recorded == 0)
		reading.fault = "is empty";
	else
		length = path_normalise(field, reading.recorded, out);
	if (length < 0)
		reading.fault = "climbs above the root";
	if (reading.fault)
		out[0] = '\0';
	else
		reading.length = (size_t)length;
	return reading;
}

bool path_is_meta(const char *path, size_t length)
{
	const size_t meta = strlen(META_DIR);

	return component_length(path, length) == meta && memcmp(path, META_DIR, meta) == 0;
}

static const char *component_fault(const char *name, size_t length)
{
	if (length == 0)
		return "has an empty component";
	if (is_here(name, length))
		return "has a '.' component";
	return is_up(name, length) ? "has a '..' component" : NULL;
}

const char *path_fault(const char *path, size_t length)
{
	if (length == 0)
		return "is empty";
	if (path[0] == '/')
		return "is absolute";
	/* A slash at the end is followed by an empty component. */
	for (size_t start = 0, name; start <= length; start += name + 1) {
		const char *fault;

		name = component_length(path + start, length - start);
		fault = component_fault(path + start, name);
		if (fault)
			return fault;
	}
	return path_is_meta(path, length) ? "collides with " META_DIR : NULL;
}

size_t path_leaf(const char *path, size_t length)
{
	const char *slash = memrchr(path, '/', length);

	return slash ? (size_t)(slash - path) + 1 : 0;
}

/* A name that is not UTF-8 stops the replay of the reference implementation. */
static int check_utf8(const char *path, struct famfs_error *err)
{
	size_t good = 0, length;

	while (path[good]) {
		length = famfs_utf8_length(path + good);
		if (!length) {
			error_set(err, -EILSEQ, "path '%s' is not UTF-8: byte 0x%02x at offset %zu",
				  path, (unsigned char)path[good], good);
			error_remedy(err, FAMFS_REMEDY_RAW_NAMES, NULL);
			return -EILSEQ;
		}
		good += length;
	}
	return 0;
}

int path_check(const char *path, bool raw_names, struct famfs_error *err)
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
	return raw_names ? 0 : check_utf8(path, err);
}

int famfs_path_check(const char *path, struct famfs_error *err)
{
	return path_check(path, false, err);
}
