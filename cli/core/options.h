/* SPDX-License-Identifier: Apache-2.0 */
/* The parse loop around popt. */
#ifndef CLI_CORE_OPTIONS_H
#define CLI_CORE_OPTIONS_H

#include "core/command.h"
#include "core/values.h"

#include <stdbool.h>
#include <stdint.h>

struct options {
	const char **given;  /* the words that the context reads */
	poptContext context; /* owns args */
	const char *const *args;
	int count;
};

/*
 * Parses the arguments of a command: its own options and the common ones. Returns an exit code,
 * EXIT_DONE if all are valid. Call options_free() in any case.
 */
int options_parse(const struct command *cmd, int argc, const char *const *argv,
		  struct options *out);

/* Parses the options before the name of a command: the common ones and `own`. .args begins with the
 * name. */
int options_parse_global(const struct poptOption *own, int argc, const char *const *argv,
			 struct options *out);
void options_free(struct options *options);

/*
 * Visits each visible option of `cmd`, its own first; for NULL the options that may precede a
 * command. `common` is true for the options of every command.
 */
typedef void (*option_visit_fn)(void *arg, const struct poptOption *option, bool common);
void options_each(const struct command *cmd, option_visit_fn visit, void *arg);

/* The kind of value of `option`: from .values of the command, else from the placeholder. */
struct option_value options_value(const struct command *cmd, const struct poptOption *option);

#endif
