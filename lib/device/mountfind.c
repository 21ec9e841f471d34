/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Repeats the kernel's walk along a path, from mount to mount, by name on the mount table: an
 * access to the path itself could hang on a mount whose server does not answer.
 */
#include "device/mountinfo.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

struct candidate {
	int id, parent;
	size_t length; /* of the mountpoint */
	struct mount_place place;
};

/* The mounts whose mountpoints lie on the path. */
struct candidates {
	const char *path;
	struct candidate *list;
	size_t count;
};

void mount_place_clear(struct mount_place *place)
{
	free(place->source);
	free(place->mountpoint);
	free(place->inside);
	memset(place, 0, sizeof(*place));
}

/* Returns the part of the path after the mountpoint, or NULL if the path is not below it. */
static const char *below(const char *path, const char *mountpoint)
{
	size_t length = strlen(mountpoint);

	if (strcmp(mountpoint, "/") == 0)
		return path;
	if (strncmp(path, mountpoint, length) != 0)
		return NULL;
	return path[length] == '/' || path[length] == '\0' ? path + length : NULL;
}

static int copy_place(const struct mount_entry *entry, const char *rest, struct mount_place *out)
{
	out->famfs = mount_is_famfs(entry);
	out->believed = mount_is_believed(entry);
	out->source = strdup(entry->source);
	out->mountpoint = strdup(entry->mountpoint);
	/* A bind mount shows a part of the file system. */
	if (asprintf(&out->inside, "%s/%s", entry->root, rest) < 0)
		out->inside = NULL;
	return out->source && out->mountpoint && out->inside ? 0 : -ENOMEM;
}

static int collect(void *arg, const struct mount_entry *entry)
{
	struct candidates *found = arg;
	const char *rest = below(found->path, entry->mountpoint);
	struct candidate *grown;

	if (!rest)
		return 0;
	grown = reallocarray(found->list, found->count + 1, sizeof(*grown));
	if (!grown)
		return -ENOMEM;
	found->list = grown;
	grown = &found->list[found->count++];
	*grown = (struct candidate){ .id = entry->id,
				     .parent = entry->parent,
				     .length = strlen(entry->mountpoint) };
	return copy_place(entry, rest, &grown->place);
}

/* Whether the walk goes from `from` into `to`. With `from` NULL, at the start of the walk, whether
 * the parent of `to` is not in the table. */
static bool leads(const struct candidates *found, const struct candidate *from,
		  const struct candidate *to)
{
	if (from)
		return to->parent == from->id && to != from;
	for (size_t i = 0; i < found->count; i++)
		if (found->list[i].id == to->parent && &found->list[i] != to)
			return false;
	return true;
}

/* Returns the next mount of the walk: that with the shortest mountpoint. */
static struct candidate *next(const struct candidates *found, const struct candidate *from)
{
	struct candidate *best = NULL;

	for (size_t i = 0; i < found->count; i++) {
		struct candidate *to = &found->list[i];

		if (leads(found, from, to) && (!best || to->length < best->length))
			best = to;
	}
	return best;
}

static struct candidate *walk(const struct candidates *found)
{
	struct candidate *at = NULL, *to;
	size_t steps = 0;

	/* Each step enters another mount, unless the table changed while it was read. */
	while ((to = next(found, at)) && steps++ < found->count)
		at = to;
	return at;
}

int mountinfo_find(const char *path, struct mount_place *out)
{
	struct candidates found = { .path = path };
	int ret = mountinfo_walk(collect, &found);
	struct candidate *at = ret < 0 ? NULL : walk(&found);

	memset(out, 0, sizeof(*out));
	if (at) {
		*out = at->place;
		memset(&at->place, 0, sizeof(at->place));
	}
	for (size_t i = 0; i < found.count; i++)
		mount_place_clear(&found.list[i].place);
	free(found.list);
	return ret < 0 ? ret : at != NULL;
}
