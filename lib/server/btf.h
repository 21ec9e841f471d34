/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Reads names and enumerations from BTF, the kernel's description of its own types. The data is not
 * trusted: a reference to a place outside the data is treated as absent.
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
	const struct btf *base; /* of a module: the kernel's, whose names come first */
};

/*
 * `base` is the kernel's BTF when the data is a module's, else NULL; it must outlive *out. Returns
 * -EINVAL if the data is not BTF of this host's byte order or is truncated.
 */
int btf_parse(const void *data, size_t length, const struct btf *base, struct btf *out);

/* Iterates over the names, without those of the base: NULL returns the first, and NULL is returned
 * after the last. */
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
