/* SPDX-License-Identifier: Apache-2.0 */
/* Glue around popt: the parse loop, the help text, and values that report what is wrong. */
#ifndef CLI_OPTIONS_H
#define CLI_OPTIONS_H

#include "command.h"

#include <stdbool.h>
#include <stdint.h>

struct options {
	poptContext context; /* owns args */
	const char *const *args;
	int count;
	int help;
};

/* Returns an exit code, EXIT_DONE when all was understood. Call options_free() in any case. */
int options_parse(const struct command *cmd, int argc, const char **argv, struct options *out);
void options_free(struct options *options);

/* One line an option, tables that it includes as well. */
void options_help(const struct poptOption *table, FILE *file);

/* Reports what popt said no to. Returns EXIT_USAGE. */
int options_bad(poptContext context, int error);

/*
 * Values of options. `name` is the long name, for the message. Each returns EXIT_DONE, or
 * EXIT_USAGE after reporting.
 */
int option_size(const char *name, const char *value, uint64_t *out); /* > 0 */
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
