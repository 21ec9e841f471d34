/* SPDX-License-Identifier: Apache-2.0 */
#include "core/cleanup.h"
#include "core/report.h"
#include "cp/cp.h"

#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

char *cp_base_name(const char *source)
{
	size_t length = strlen(source);
	const char *start;

	while (length > 0 && source[length - 1] == '/')
		length--;
	start = memrchr(source, '/', length);
	start = start ? start + 1 : source;
	length -= (size_t)(start - source);
	if ((length == 1 && start[0] == '.') || (length == 2 && memcmp(start, "..", 2) == 0))
		length = 0;
	return strndup(start, length);
}

/* Returns the whole path for --parents: relative and without "."; NULL with errno set if ".." leads
 * out of the destination. */
static char *whole_name(const char *source)
{
	cleanup_free char *copy = strdup(source), *whole = strdup(source);
	char *save = NULL, *out = whole;

	if (!copy || !whole)
		return NULL;
	for (char *word = strtok_r(copy, "/", &save); word; word = strtok_r(NULL, "/", &save)) {
		if (strcmp(word, "..") == 0) {
			errno = EINVAL;
			return NULL;
		}
		if (strcmp(word, ".") != 0)
			out += sprintf(out, "%s%s", out > whole ? "/" : "", word);
	}
	*out = '\0';
	return steal_ptr(&whole);
}

static char *path_for(const struct cp *cp, const struct cp_destination *destination,
		      const char *source)
{
	cleanup_free char *name = NULL;
	const char *path = destination->path;
	char *joined;

	if (!destination->directory)
		name = strdup("");
	else
		name = cp->options->parents ? whole_name(source) : cp_base_name(source);
	if (!name || asprintf(&joined, "%s%s%s", path, *path && *name ? "/" : "", name) < 0)
		return NULL;
	return joined;
}

/* Creates the parent directories of a source, with the attributes of the originals. */
static bool make_parents(struct cp *cp, const struct cp_destination *destination,
			 const char *source, const char *path)
{
	size_t base = strlen(destination->path), skip = base ? base + 1 : 0;
	cleanup_free char *from = strdup(source), *to = strdup(path);
	char *from_end = from, *to_end = to ? to + (strlen(path) > skip ? skip : base) : NULL;
	struct stat st;

	while (from && to && (to_end = strchr(to_end, '/'))) {
		/* Both paths have the same components, but the source may have more between them.
		 */
		from_end += strspn(from_end, "/");
		while (strncmp(from_end, "./", 2) == 0)
			from_end += 1 + strspn(from_end + 1, "/");
		from_end += strcspn(from_end, "/");
		*to_end = *from_end = '\0';
		if (stat(from, &st) < 0) {
			cp_cannot(cp, "stat", from);
			return false;
		}
		if (cp_directory(cp, from, to, &st) < 0)
			return false;
		*to_end++ = *from_end = '/';
	}
	return from && to;
}

/* A file in an unmounted device cannot be a source: reading it is not implemented. */
static bool is_inside_device(struct cp *cp, const char *source)
{
	cleanup_target struct famfs_target *target = NULL;
	struct stat st;

	if (lstat(source, &st) == 0 || famfs_target_resolve(source, &target, NULL) < 0)
		return false;
	if (target->mountpoint || !target->path)
		return false;
	cp_error(cp, "cannot copy '%s': a source must be an ordinary path", source);
	report_hint("mount %s and copy from there", target->device);
	return true;
}

static void copy_source(struct cp *cp, const struct cp_destination *destination, const char *source,
			bool count)
{
	cleanup_free char *path = path_for(cp, destination, source);

	if (count) {
		if (path)
			cp_tree(cp, source, path, true);
	} else if (!path && errno == EINVAL) {
		cp_error(cp, "cannot copy '%s': with --parents a source must not have '..' in it",
			 source);
	} else if (!path) {
		cp_cannot(cp, "copy", source);
	} else if (!is_inside_device(cp, source)) {
		if (!cp->options->parents || make_parents(cp, destination, source, path))
			cp_tree(cp, source, path, false);
	}
}

static bool is_stdin(const char *name)
{
	return strcmp(name, "-") == 0;
}

static void copy_list(struct cp *cp, const struct cp_destination *destination, FILE *list,
		      bool count)
{
	const char *from = cp->options->files_from;
	cleanup_free char *name = NULL;
	size_t size = 0;

	for (uint64_t number = 1; !cp_stopped(cp); number++) {
		if (getdelim(&name, &size, '\0', list) < 0) {
			if (!feof(list) && !cp_stopped(cp) && !count)
				cp_cannot(cp, "read", from);
			break;
		}
		if (*name)
			copy_source(cp, destination, name, count);
		else if (!count)
			cp_error(cp, "name %" PRIu64 " in '%s' is empty", number, from);
	}
}

/* Only a regular file can be read twice; skip others in the counting pass. */
static bool copy_listed(struct cp *cp, const struct cp_destination *destination, bool count)
{
	const char *from = cp->options->files_from;
	struct stat st;
	off_t start;
	FILE *list;

	if ((is_stdin(from) ? fstat(STDIN_FILENO, &st) : stat(from, &st)) < 0 ||
	    (count && !S_ISREG(st.st_mode))) {
		if (!count)
			cp_cannot(cp, "open", from);
		return false;
	}
	list = is_stdin(from) ? stdin : fopen(from, "re");
	if (!list) {
		if (!count)
			cp_cannot(cp, "open", from);
		return false;
	}
	start = ftello(list);
	copy_list(cp, destination, list, count);
	if (!is_stdin(from))
		fclose(list);
	else if (count)
		fseeko(list, start, SEEK_SET);
	return true;
}

bool cp_sources(struct cp *cp, const struct cp_destination *destination, int nsources,
		const char *const *sources, bool count)
{
	for (int i = 0; i < nsources && !cp_stopped(cp); i++)
		copy_source(cp, destination, sources[i], count);
	return !cp->options->files_from || copy_listed(cp, destination, count);
}
