/* SPDX-License-Identifier: Apache-2.0 */
#include "core/help.h"
#include "core/options.h"
#include "famfs.h"

#include <string.h>

#define OPTION_COLUMN 26

struct printer {
	FILE *file;
	bool common; /* the options to print: common ones, or the others */
};

static void print_option(void *arg, const struct poptOption *o, bool common)
{
	const struct printer *printer = arg;
	bool optional = o->argInfo & POPT_ARGFLAG_OPTIONAL;
	char left[64];
	int width;

	if (common != printer->common)
		return;
	width = snprintf(left, sizeof(left), "  %c%c%s--%s%s%s%s", o->shortName ? '-' : ' ',
			 o->shortName ? o->shortName : ' ', o->shortName ? ", " : "  ", o->longName,
			 !o->argDescrip ? ""
			 : optional     ? "[="
					: "=",
			 o->argDescrip ? o->argDescrip : "", optional ? "]" : "");
	if (width < OPTION_COLUMN)
		fprintf(printer->file, "%-*s%s\n", OPTION_COLUMN, left, o->descrip);
	else
		fprintf(printer->file, "%s\n%*s%s\n", left, OPTION_COLUMN, "", o->descrip);
}

static void print_options(const struct command *cmd, bool common, FILE *file)
{
	struct printer printer = { file, common };

	options_each(cmd, print_option, &printer);
}

static void count_option(void *arg, const struct poptOption *option, bool common)
{
	(void)option;
	*(unsigned *)arg += !common;
}

static bool has_options(const struct command *cmd)
{
	unsigned count = 0;

	options_each(cmd, count_option, &count);
	return count > 0;
}

/* Each line of `text` after `before`. */
static void print_lines(const char *before, const char *text, FILE *file)
{
	while (*text) {
		size_t length = strcspn(text, "\n");

		fprintf(file, "%s%.*s\n", before, (int)length, text);
		text += length + (text[length] == '\n');
	}
}

void help_program(FILE *file)
{
	fputs("usage: famfsctl [OPTION...] COMMAND [OPTION...] [ARGUMENT...]\n\n"
	      "Administer famfs, the file system in memory that several hosts share.\n\n"
	      "Commands:\n",
	      file);
	for (size_t i = 0; commands[i].command; i++) {
		const struct command *cmd = commands[i].command;

		if (commands[i].listed)
			fprintf(file, "  %-12s%s\n", cmd->name, cmd->summary);
	}
	fputs("  help        Show this help, or that of a command\n"
	      "\nOptions of commands, before or after the name; see COMMAND --help:\n",
	      file);
	print_options(NULL, false, file);
	fputs("\nCommon options, of every command:\n", file);
	print_options(NULL, true, file);
	fputs("\nOptions without a command:\n"
	      "      --list-commands     list the names of the commands\n"
	      "\nExit codes:\n"
	      "  0  done\n"
	      "  1  failed, or partly failed\n"
	      "  2  wrong usage\n"
	      "  3  refused by a safety check\n",
	      file);
}

void help_command(const struct command *cmd, FILE *file)
{
	fprintf(file, "usage: %s%s %s\n\n%s.\n", command_prefix(cmd), cmd->name, cmd->synopsis,
		cmd->summary);
	if (cmd->description) {
		fputc('\n', file);
		print_lines("", cmd->description, file);
	}
	if (has_options(cmd)) {
		fputs("\nOptions:\n", file);
		print_options(cmd, false, file);
	}
	fputs("\nCommon options:\n", file);
	print_options(cmd, true, file);
	if (cmd->exit_codes) {
		fputs("\nExit codes:\n", file);
		print_lines("  ", cmd->exit_codes, file);
	}
	if (cmd->example) {
		fprintf(file, "\nExample%s:\n", strchr(cmd->example, '\n') ? "s" : "");
		print_lines(cmd->helper ? "  " : "  famfsctl ", cmd->example, file);
	}
}

void help_version(FILE *file)
{
	fprintf(file, "famfsctl %s (libfamfs %s, famfs format 2.2)\n", FAMFS_VERSION,
		famfs_version());
}
