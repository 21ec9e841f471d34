/* SPDX-License-Identifier: Apache-2.0 */
#include "server/btf.h"

#include <errno.h>
#include <string.h>

#define BTF_MAGIC   0xeb9f
#define BTF_VERSION 1

enum {
	KIND_INT = 1,
	KIND_POINTER,
	KIND_ARRAY,
	KIND_STRUCT,
	KIND_UNION,
	KIND_ENUM,
	KIND_FORWARD,
	KIND_TYPEDEF,
	KIND_VOLATILE,
	KIND_CONST,
	KIND_RESTRICT,
	KIND_FUNCTION,
	KIND_PROTOTYPE,
	KIND_VARIABLE,
	KIND_SECTION,
	KIND_FLOAT,
	KIND_DECLARATION_TAG,
	KIND_TYPE_TAG,
	KIND_ENUM64,
	KINDS,
};

/* As in the data, where they need not be aligned. */
struct header {
	uint16_t magic;
	uint8_t version;
	uint8_t flags;
	uint32_t header_length; /* later versions add to the end */
	uint32_t types_offset;  /* from the end of the header, and so is strings_offset */
	uint32_t types_length;
	uint32_t strings_offset;
	uint32_t strings_length;
};

struct type {
	uint32_t name; /* offset into the strings */
	uint32_t info; /* kind in bits 24 on, number of members below */
	uint32_t size;
};

struct member {
	uint32_t name;
	uint32_t value;
};

/* The bytes that follow a type of each kind: a fixed number, and a number for each member. No bytes
 * follow the kinds that are not listed. */
static const struct {
	uint8_t fixed;
	uint8_t each;
} kinds[KINDS] = {
	[KIND_INT] = { .fixed = 4 },
	[KIND_ARRAY] = { .fixed = 12 },
	[KIND_STRUCT] = { .each = 12 },
	[KIND_UNION] = { .each = 12 },
	[KIND_ENUM] = { .each = 8 },
	[KIND_PROTOTYPE] = { .each = 8 },
	[KIND_VARIABLE] = { .fixed = 4 },
	[KIND_SECTION] = { .each = 12 },
	[KIND_DECLARATION_TAG] = { .fixed = 4 },
	[KIND_ENUM64] = { .each = 12 },
};

static bool inside(uint64_t offset, uint64_t length, uint64_t room)
{
	return offset <= room && length <= room - offset;
}

int btf_parse(const void *data, size_t length, const struct btf *base, struct btf *out)
{
	struct header header;
	size_t room;

	if (length < sizeof(header))
		return -EINVAL;
	memcpy(&header, data, sizeof(header));
	if (header.magic != BTF_MAGIC || header.version != BTF_VERSION ||
	    header.header_length < sizeof(header) || header.header_length > length)
		return -EINVAL;
	room = length - header.header_length;
	if (!inside(header.types_offset, header.types_length, room) ||
	    !inside(header.strings_offset, header.strings_length, room))
		return -EINVAL;
	*out = (struct btf){
		.types = (const char *)data + header.header_length + header.types_offset,
		.types_length = header.types_length,
		.strings = (const char *)data + header.header_length + header.strings_offset,
		.strings_length = header.strings_length,
		.base = base,
	};
	return 0;
}

const char *btf_next_string(const struct btf *btf, const char *previous)
{
	const char *end = btf->strings + btf->strings_length;
	const char *next = previous ? previous + strlen(previous) + 1 : btf->strings;

	return memchr(next, '\0', (size_t)(end - next)) ? next : NULL;
}

static bool has_name(const struct btf *btf, uint32_t offset, const char *name)
{
	size_t length = strlen(name) + 1;

	if (btf->base && offset < btf->base->strings_length)
		return has_name(btf->base, offset, name);
	if (btf->base)
		offset -= (uint32_t)btf->base->strings_length;
	return inside(offset, length, btf->strings_length) &&
	       memcmp(btf->strings + offset, name, length) == 0;
}

static uint32_t kind_of(const struct type *type)
{
	return type->info >> 24 & 0x7f;
}

static uint32_t members_of(const struct type *type)
{
	return type->info & 0xffffff;
}

/* Copies the type at *offset and moves on to the next. False at the end, and at a kind of
 * unknown length: the start of the next type is then not known either. */
static bool next_type(const struct btf *btf, size_t *offset, struct type *type,
		      const char **members)
{
	uint32_t kind;
	size_t length;

	if (!inside(*offset, sizeof(*type), btf->types_length))
		return false;
	memcpy(type, btf->types + *offset, sizeof(*type));
	kind = kind_of(type);
	if (kind < KIND_INT || kind >= KINDS)
		return false;
	*offset += sizeof(*type);
	length = kinds[kind].fixed + (size_t)members_of(type) * kinds[kind].each;
	if (!inside(*offset, length, btf->types_length))
		return false;
	*members = btf->types + *offset;
	*offset += length;
	return true;
}

bool btf_find_enum(const struct btf *btf, const char *name, struct btf_enumeration *out)
{
	const char *members;
	struct type type;
	size_t offset = 0;

	while (next_type(btf, &offset, &type, &members)) {
		if (kind_of(&type) != KIND_ENUM || !has_name(btf, type.name, name))
			continue;
		*out = (struct btf_enumeration){ .btf = btf,
						 .members = members,
						 .count = members_of(&type) };
		return true;
	}
	return false;
}

bool btf_enum_value(const struct btf_enumeration *enumeration, const char *name, uint32_t *value)
{
	for (uint32_t i = 0; i < enumeration->count; i++) {
		struct member member;

		memcpy(&member, enumeration->members + i * sizeof(member), sizeof(member));
		if (has_name(enumeration->btf, member.name, name)) {
			*value = member.value;
			return true;
		}
	}
	return false;
}
