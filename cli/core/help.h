/* SPDX-License-Identifier: Apache-2.0 */
/* Help on stdout or stderr, from the tables of the commands. */
#ifndef CLI_CORE_HELP_H
#define CLI_CORE_HELP_H

#include "core/command.h"

/* Of the whole program. */
void help_program(FILE *file);

/* Of one command, in sections. */
void help_command(const struct command *cmd, FILE *file);

void help_version(FILE *file);

#endif
