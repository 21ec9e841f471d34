/* SPDX-License-Identifier: Apache-2.0 */
/* Parsers for the values of options. They report errors. */
#ifndef CLI_CORE_VALUES_H
#define CLI_CORE_VALUES_H

#include "core/command.h"

#include <stdint.h>

/* In each function, `name` is the long name of the option, for the message. Each returns EXIT_DONE,
 * or EXIT_USAGE after reporting. */
int option_size(const char *name, const char *value, uint64_t *out); /* > 0 */
/* Copies any text to *place and frees the string that was there. EXIT_FAILED without memory. */
int option_string(char **place, const char *value);
/* One of a fixed set; *index is its place in the table. */
int option_word(const char *name, const char *value, const struct word *words, unsigned *index);
/* A power of two, at least `min`, which messages call `least`. */
int option_power_of_two(const char *name, const char *value, uint64_t min, const char *least,
			uint64_t *out);
int option_number(const char *name, const char *value, uint64_t min, uint64_t max, uint64_t *out);
int option_seed(const char *name, const char *value, uint32_t *out);
int option_mode(const char *name, const char *value, uint32_t *out);
int option_user(const char *name, const char *value, uint32_t *out);
int option_group(const char *name, const char *value, uint32_t *out);
int option_uuid(const char *name, const char *value, uint8_t out[16]);

#endif
