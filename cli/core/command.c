/* SPDX-License-Identifier: Apache-2.0 */
#include "core/command.h"
#include "core/commands.h"
#include "core/common.h"
#include "core/help.h"
#include "core/options.h"
#include "core/report.h"
#include "core/suggest.h"

#include <string.h>

const struct command_entry commands[] = {
#define COMMAND(name)          { &cmd_##name, true },
#define UNLISTED_COMMAND(name) { &cmd_##name, false },
#include "core/command_list.h"
	{ NULL, false },
};

static bool has_name(const struct command *cmd, const char *name)
{
	if (strcmp(cmd->name, name) == 0)
		return true;
	for (const char *const *alias = cmd->aliases; alias && *alias; alias++) {
		if (strcmp(*alias, name) == 0)
			return true;
	}
	return false;
}

const struct command *command_find(const char *name)
{
	for (size_t i = 0; commands[i].command; i++) {
		if (has_name(commands[i].command, name))
			return commands[i].command;
	}
	return NULL;
}

const char *command_suggest(const char *name)
{
	struct suggestion suggestion = SUGGESTION(name);

	for (size_t i = 0; commands[i].command; i++) {
		if (commands[i].listed)
			suggestion_offer(&suggestion, commands[i].command->name);
	}
	return suggestion.best;
}

const char *command_prefix(const struct command *cmd)
{
	return cmd->helper ? "" : "famfsctl ";
}

enum value_kind command_arg_kind(const struct command *cmd, int index)
{
	enum value_kind kind = VALUE_NONE;

	if (cmd->max_args && index >= cmd->max_args)
		return VALUE_NONE;
	for (int i = 0; i < MAX_ARG_KINDS && i <= index && cmd->arg_kinds[i] != VALUE_NONE; i++)
		kind = cmd->arg_kinds[i];
	return kind;
}

static int check_count(const struct command *cmd, int count)
{
	int most = cmd->max_args == NO_ARGS ? 0 : cmd->max_args;

	if (count < cmd->min_args)
		report_as(REPORT_USAGE, 0, "missing argument");
	else if (cmd->max_args && count > most)
		report_as(REPORT_USAGE, 0, "too many arguments");
	else
		return EXIT_DONE;
	report_plain_hint("usage: %s%s %s", command_prefix(cmd), cmd->name, cmd->synopsis);
	return EXIT_USAGE;
}

static int exit_code_of(const struct command *cmd, int ret)
{
	if (ret == EXIT_USAGE && cmd->exit_usage)
		return cmd->exit_usage;
	if (ret == EXIT_FAILED && cmd->exit_failed)
		return cmd->exit_failed;
	return ret;
}

int command_run(const struct command *cmd, int argc, const char *const *argv)
{
	struct options options;
	int ret;

	if (cmd->helper)
		report_set_program(cmd->name);
	else
		report_set_command(cmd->name);
	ret = options_parse(cmd, argc, argv, &options);
	if (ret == EXIT_DONE && !common.help && !common.version)
		ret = check_count(cmd, options.count);
	if (ret != EXIT_DONE)
		ret = exit_code_of(cmd, ret);
	else if (common.help)
		help_command(cmd, stdout);
	else if (common.version)
		help_version(stdout);
	else
		ret = cmd->run(options.count, options.args);
	options_free(&options);
	return ret;
}
