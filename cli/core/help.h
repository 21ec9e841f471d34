/* SPDX-License-Identifier: Apache-2.0 */
/* Help on stdout or stderr, from the tables of the commands. */
#ifndef CLI_CORE_HELP_H
#define CLI_CORE_HELP_H

#include "core/command.h"

/* Prints the help of the program. */
void help_program(FILE *file);

/* Prints the help of a command. */
void help_command(const struct command *cmd, FILE *file);

void help_version(FILE *file);

#endif
