/* SPDX-License-Identifier: Apache-2.0 */
/*
 * BTF, the kernel's description of its own types, as far as names and enumerations go. Nothing in
 * it is trusted: what does not lie inside the data is not there.
 *
 * Source: Documentation/bpf/btf.rst of Linux.
 */
#ifndef SERVER_BTF_H
#define SERVER_BTF_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* Points into the data that it was parsed from, which must outlive it. */
struct btf {
	const char *types;
	size_t types_length;
	const char *strings;
	size_t strings_length;
	const struct btf *base; /* a module's: its names go on where those of the kernel end */
};

/*
 * `base` is the kernel's BTF when the data is a module's, else NULL; it must outlive *out.
 * -EINVAL when the data is not BTF of this host's byte order or is cut off.
 */
int btf_parse(const void *data, size_t length, const struct btf *base, struct btf *out);

/* The names in turn, without those of the base, terminated: NULL starts; NULL ends. */
const char *btf_next_string(const struct btf *btf, const char *previous);

struct btf_enumeration {
	const struct btf *btf;
	const char *members;
	uint32_t count;
};

/* The first `enum name`, without those of the base. */
bool btf_find_enum(const struct btf *btf, const char *name, struct btf_enumeration *out);

bool btf_enum_value(const struct btf_enumeration *enumeration, const char *name, uint32_t *value);

#endif
