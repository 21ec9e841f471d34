/* SPDX-License-Identifier: Apache-2.0 */
/* Glue around popt: the parse loop, and values that report what is wrong. */
#ifndef CLI_CORE_OPTIONS_H
#define CLI_CORE_OPTIONS_H

#include "core/command.h"

#include <stdbool.h>
#include <stdint.h>

struct options {
	const char **given;  /* the words that the context reads */
	poptContext context; /* owns args */
	const char *const *args;
	int count;
};

/*
 * Parses what follows the name of a command: its own options and the common ones. Returns an exit
 * code, EXIT_DONE when all was understood. Call options_free() in any case.
 */
int options_parse(const struct command *cmd, int argc, const char *const *argv,
		  struct options *out);

/* The same before the name of a command: the common options and `own`. .args begins with the name.
 */
int options_parse_global(const struct poptOption *own, int argc, const char *const *argv,
			 struct options *out);
void options_free(struct options *options);

/*
 * Visits each option that `cmd` takes and does not hide, its own first; for NULL those that may
 * stand before a command. `common` tells the options that every command takes.
 */
typedef void (*option_visit_fn)(void *arg, const struct poptOption *option, bool common);
void options_each(const struct command *cmd, option_visit_fn visit, void *arg);

/* What the value of `option` can be: by .values of the command, else by the placeholder. */
struct option_value options_value(const struct command *cmd, const struct poptOption *option);

/*
 * Values of options. `name` is the long name, for the message. Each returns EXIT_DONE, or
 * EXIT_USAGE after reporting.
 */
int option_size(const char *name, const char *value, uint64_t *out); /* > 0 */
/* Any text: a copy in *place, whose former string is freed. EXIT_FAILED without memory. */
int option_string(char **place, const char *value);
/* One of a fixed set: *index is its place in the table. */
int option_word(const char *name, const char *value, const struct word *words, unsigned *index);
/* A power of two from `min` on; `least` is what people call that. */
int option_power_of_two(const char *name, const char *value, uint64_t min, const char *least,
			uint64_t *out);
int option_number(const char *name, const char *value, uint64_t min, uint64_t max, uint64_t *out);
int option_seed(const char *name, const char *value, uint32_t *out);
int option_mode(const char *name, const char *value, uint32_t *out);
int option_user(const char *name, const char *value, uint32_t *out);
int option_group(const char *name, const char *value, uint32_t *out);
int option_uuid(const char *name, const char *value, uint8_t out[16]);

#endif
