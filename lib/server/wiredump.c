/* SPDX-License-Identifier: Apache-2.0 */
/* The bytes of a GET_FMAP reply, and the fields in them. */
#include "famfs_inspect.h"

#include "base/error.h"
#include "fs/volume.h"
#include "server/fmapwire.h"
#include "server/meta.h"

#include <errno.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

/* A member of a structure of the reply. */
struct member {
	const char *name;
	size_t offset;
	size_t size;
};

#define MEMBER(type, name)                                                                         \
	{                                                                                          \
#name, offsetof(struct type, name), sizeof(((struct type *)0)->name)               \
	}

static const struct member header_members[] = {
	MEMBER(fmap_header, file_type), MEMBER(fmap_header, reserved),
	MEMBER(fmap_header, version),   MEMBER(fmap_header, ext_type),
	MEMBER(fmap_header, nextents),  MEMBER(fmap_header, fmap_size),
	MEMBER(fmap_header, file_size), MEMBER(fmap_header, reserved1),
};

static const struct member iext_members[] = {
	MEMBER(fmap_iext, nstrips),
	MEMBER(fmap_iext, chunk_size),
	MEMBER(fmap_iext, nbytes),
	MEMBER(fmap_iext, reserved),
};

static const struct member ext_members[] = {
	MEMBER(fmap_simple_ext, daxdev),
	MEMBER(fmap_simple_ext, reserved),
	MEMBER(fmap_simple_ext, offset),
	MEMBER(fmap_simple_ext, length),
};

struct walk {
	const unsigned char *data;
	size_t at; /* offset of the next structure */
	famfs_wire_field_fn visit;
	void *arg;
};

/* The wire has the byte order of the host, and the hosts of famfs are little-endian. */
static uint64_t value_of(const unsigned char *p, size_t size)
{
	uint64_t value = 0;

	for (size_t i = 0; i < size; i++)
		value |= (uint64_t)p[i] << 8 * i;
	return value;
}

static int walk_members(struct walk *walk, const char *group, uint32_t index,
			const struct member *members, size_t count)
{
	int ret = 0;

	for (size_t i = 0; i < count && ret == 0; i++) {
		size_t at = walk->at + members[i].offset;
		const struct famfs_wire_field field = {
			.group = group,
			.index = index,
			.name = members[i].name,
			.offset = at,
			.size = members[i].size,
			.value = value_of(walk->data + at, members[i].size),
		};

		ret = walk->visit(walk->arg, &field);
	}
	return ret;
}

#define WALK(walk, group, index, members)                                                          \
	walk_members(walk, group, index, members, sizeof(members) / sizeof((members)[0]))

static int walk_extents(struct walk *walk, const char *group, uint32_t count)
{
	int ret = 0;

	for (uint32_t i = 0; i < count && ret == 0; i++) {
		ret = WALK(walk, group, i, ext_members);
		walk->at += sizeof(struct fmap_simple_ext);
	}
	return ret;
}

int famfs_wire_fields(const struct famfs_wire *wire, famfs_wire_field_fn visit, void *arg)
{
	struct walk walk = { .data = wire->data, .visit = visit, .arg = arg };
	const struct fmap_header *header = wire->data;
	int ret = WALK(&walk, "header", FAMFS_NO_INDEX, header_members);

	walk.at = sizeof(*header);
	if (ret == 0 && wire->nstrips) {
		ret = WALK(&walk, "interleave", FAMFS_NO_INDEX, iext_members);
		walk.at += sizeof(struct fmap_iext);
	}
	if (ret == 0)
		ret = wire->nstrips ? walk_extents(&walk, "strip", wire->nstrips)
				    : walk_extents(&walk, "extent", header->nextents);
	return ret;
}

static int plan(struct famfs_volume *vol, const char *path, const struct fmap_profile *profile,
		struct famfs_fmap *fmap, struct fmap_message *message, struct famfs_error *err)
{
	enum fmap_file_type type = meta_fmap_named(vol, path, fmap);
	int ret = type == FMAP_FILE_REGULAR ? famfs_fmap(vol, path, fmap, err) : 0;

	if (ret < 0)
		return ret;
	ret = fmap_message_plan(message, profile, fmap, type);
	if (ret == -EFBIG)
		return error_set(err, ret,
				 "the map of '%s' cannot be sent: %" PRIu32
				 " extents, and a %s kernel takes %" PRIu32 " in %" PRIu64 " bytes",
				 path, message->nextents, profile->name, profile->max_extents,
				 profile->max_reply);
	return ret < 0 ? error_set(
				 err, ret,
				 "the map of '%s' cannot be sent: a %s kernel knows device 0 only",
				 path, profile->name)
		       : 0;
}

int famfs_fmap_wire(struct famfs_volume *vol, const char *path, const char *profile,
		    struct famfs_wire *out, struct famfs_error *err)
{
	const struct fmap_profile *row = fmap_profile_named(profile);
	struct fmap_message message;
	struct famfs_fmap fmap;
	int ret;

	if (!row || row->generation == FAMFS_PROFILE_OFF)
		return error_set(err, -EINVAL, "'%s' is no profile of GET_FMAP", profile);
	ret = plan(vol, path, row, &fmap, &message, err);
	if (ret < 0)
		return ret;
	out->size = fmap_message_reply_size(&message);
	out->data = malloc(out->size);
	if (!out->data)
		return error_set(err, -ENOMEM, "out of memory");
	fmap_message_reply(&message, out->data);
	out->nstrips = message.interleaved ? message.nextents : 0;
	return 0;
}

void famfs_wire_free(struct famfs_wire *wire)
{
	free(wire->data);
	wire->data = NULL;
}
