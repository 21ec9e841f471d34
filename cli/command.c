/* SPDX-License-Identifier: Apache-2.0 */
#include "command.h"
#include "commands.h"
#include "options.h"
#include "report.h"

#include <string.h>

const struct command *const commands[] = {
	&cmd_mkfs,  &cmd_mount, &cmd_umount, &cmd_creat,  &cmd_mkdir,     &cmd_cp,
	&cmd_ls,    &cmd_cat,   &cmd_stat,   &cmd_verify, &cmd_dump_fmap, &cmd_info,
	&cmd_usage, &cmd_list,  &cmd_wait,   &cmd_fsck,   &cmd_takeover,  NULL,
};

const struct command *command_find(const char *name)
{
	for (size_t i = 0; commands[i]; i++) {
		if (strcmp(commands[i]->name, name) == 0)
			return commands[i];
	}
	return NULL;
}

#define GUESS_LENGTH 16

/* Levenshtein's distance: how many letters were added, dropped or mistaken. */
static unsigned edit_distance(const char *a, const char *b)
{
	unsigned row[GUESS_LENGTH + 1];
	size_t width = strlen(b);

	if (width > GUESS_LENGTH || strlen(a) > GUESS_LENGTH)
		return GUESS_LENGTH;
	for (unsigned j = 0; j <= width; j++)
		row[j] = j;

	for (unsigned i = 1; a[i - 1]; i++) {
		unsigned diagonal = row[0];

		row[0] = i;
		for (unsigned j = 1; j <= width; j++) {
			unsigned best = diagonal + (a[i - 1] != b[j - 1]);

			if (best > row[j] + 1)
				best = row[j] + 1;
			if (best > row[j - 1] + 1)
				best = row[j - 1] + 1;
			diagonal = row[j];
			row[j] = best;
		}
	}
	return row[width];
}

const char *command_guess(const char *name)
{
	const char *best = NULL;
	unsigned least = 3;

	for (size_t i = 0; commands[i]; i++) {
		unsigned distance = edit_distance(name, commands[i]->name);

		if (distance < least && distance < strlen(name)) {
			least = distance;
			best = commands[i]->name;
		}
	}
	return best;
}

void command_help(const struct command *cmd, FILE *file)
{
	fprintf(file, "usage: famfsctl %s %s\n\n%s.\n\nOptions:\n", cmd->name, cmd->synopsis,
		cmd->summary);
	options_help(cmd->options, file);
	fprintf(file, "\nExample:\n  famfsctl %s\n", cmd->example);
}

static int check_count(const struct command *cmd, int count)
{
	int most = cmd->max_args == NO_ARGS ? 0 : cmd->max_args;

	if (count < cmd->min_args)
		report_error("missing argument");
	else if (cmd->max_args && count > most)
		report_error("too many arguments");
	else
		return EXIT_DONE;
	report_hint("usage: famfsctl %s %s", cmd->name, cmd->synopsis);
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

int command_run(const struct command *cmd, int argc, const char **argv)
{
	struct options options;
	int ret;

	report_set_command(cmd->name);
	ret = options_parse(cmd, argc, argv, &options);
	if (ret == EXIT_DONE && !options.help)
		ret = check_count(cmd, options.count);
	if (ret != EXIT_DONE)
		ret = exit_code_of(cmd, ret);
	else if (options.help)
		command_help(cmd, stdout);
	else
		ret = cmd->run(options.count, options.args);
	options_free(&options);
	return ret;
}
