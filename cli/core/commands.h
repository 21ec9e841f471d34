/* SPDX-License-Identifier: Apache-2.0 */
/* Declares cmd_NAME for each command of the list. */
#ifndef CLI_CORE_COMMANDS_H
#define CLI_CORE_COMMANDS_H

#include "core/command.h"

#define COMMAND(name)          extern const struct command cmd_##name;
#define UNLISTED_COMMAND(name) extern const struct command cmd_##name;
#include "core/command_list.h"

#endif
