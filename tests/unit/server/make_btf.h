/* SPDX-License-Identifier: Apache-2.0 */
/* Makes BTF from the description of the format, independently of the reader: a header of 24 bytes,
 * types as 32-bit words, and strings. */
#ifndef UNIT_MAKE_BTF_H
#define UNIT_MAKE_BTF_H

#include <assert.h>
#include <stdint.h>
#include <string.h>

#define MAKE_BTF_HEADER 24

struct make_btf {
	uint32_t first_name; /* for a module: the length of the kernel's strings */
	uint32_t types[512];
	uint32_t nwords;
	char strings[4096];
	uint32_t strings_length;
};

struct made_btf {
	unsigned char data[MAKE_BTF_HEADER + sizeof(uint32_t[512]) + 4096];
	size_t length;
};

static inline uint32_t make_name(struct make_btf *make, const char *name)
{
	uint32_t at = make->strings_length;

	assert(at + strlen(name) + 1 <= sizeof(make->strings));
	strcpy(make->strings + at, name);
	make->strings_length += (uint32_t)strlen(name) + 1;
	return make->first_name + at;
}

static inline void make_word(struct make_btf *make, uint32_t word)
{
	assert(make->nwords < sizeof(make->types) / sizeof(make->types[0]));
	make->types[make->nwords++] = word;
}

static inline void make_type(struct make_btf *make, uint32_t name, uint32_t kind, uint32_t members)
{
	make_word(make, name);
	make_word(make, kind << 24 | members);
	make_word(make, 4);
}

static inline void make_member(struct make_btf *make, uint32_t name, uint32_t value)
{
	make_word(make, name);
	make_word(make, value);
}

static inline void make_start(struct make_btf *make, uint32_t first_name)
{
	memset(make, 0, sizeof(*make));
	make->first_name = first_name;
	make_name(make, "");
}

/* enum fuse_opcode with LOOKUP and, if they are not 0, the two of famfs. */
static inline void make_opcodes(struct make_btf *make, uint32_t op_fmap, uint32_t op_daxdev)
{
	make_type(make, make_name(make, "fuse_opcode"), 6, 1u + (op_fmap != 0) + (op_daxdev != 0));
	make_member(make, make_name(make, "FUSE_LOOKUP"), 1);
	if (op_fmap)
		make_member(make, make_name(make, "FUSE_GET_FMAP"), op_fmap);
	if (op_daxdev)
		make_member(make, make_name(make, "FUSE_GET_DAXDEV"), op_daxdev);
}

static inline void make_finish(const struct make_btf *make, struct made_btf *out)
{
	const uint32_t types_length = make->nwords * 4;
	const uint32_t offsets[] = { MAKE_BTF_HEADER, 0, types_length, types_length,
				     make->strings_length };
	const uint16_t magic = 0xeb9f;

	memset(out, 0, sizeof(*out));
	memcpy(out->data, &magic, sizeof(magic));
	out->data[2] = 1;
	memcpy(out->data + 4, offsets, sizeof(offsets));
	memcpy(out->data + MAKE_BTF_HEADER, make->types, types_length);
	memcpy(out->data + MAKE_BTF_HEADER + types_length, make->strings, make->strings_length);
	out->length = MAKE_BTF_HEADER + types_length + make->strings_length;
}

#endif
