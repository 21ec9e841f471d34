/* SPDX-License-Identifier: Apache-2.0 */
#include "core/common.h"
#include "core/report.h"
#include "core/values.h"

enum { OPTION_VERBOSE = COMMON_VAL, OPTION_COLOR };

static const struct word color_words[] = {
	[COLOR_AUTO] = { "auto", "on a terminal, unless NO_COLOR is set" },
	[COLOR_ALWAYS] = { "always", "also into files and pipes" },
	[COLOR_NEVER] = { "never", "no colour" },
	{ NULL, NULL },
};

const struct option_value common_values[] = {
	{ "color", VALUE_WORD, color_words },
	{ NULL, VALUE_NONE, NULL },
};

const struct poptOption common_options[] = {
	{ "quiet", 'q', POPT_ARG_NONE, &common.quiet, 0, "print only results and errors", NULL },
	{ "verbose", 'v', POPT_ARG_NONE, NULL, OPTION_VERBOSE,
	  "print more messages; given twice, all of them", NULL },
	{ "color", 0, POPT_ARG_STRING, NULL, OPTION_COLOR, "colour: auto, always or never (auto)",
	  "WHEN" },
	{ "help", 'h', POPT_ARG_NONE, &common.help, 0, "show this help", NULL },
	/* The reference implementation's letter for it. */
	{ NULL, '?', POPT_ARG_NONE | POPT_ARGFLAG_DOC_HIDDEN, &common.help, 0, NULL, NULL },
	{ "version", 'V', POPT_ARG_NONE, &common.version, 0, "show the versions", NULL },
	POPT_TABLEEND,
};

static const struct poptOption json_table[] = {
	{ "json", 0, POPT_ARG_NONE, &common.json, 0, "print JSON, also for messages on stderr",
	  NULL },
	POPT_TABLEEND,
};

static const struct poptOption dry_run_table[] = {
	{ "dry-run", 'n', POPT_ARG_NONE, &common.dry_run, 0,
	  "check everything and list the actions, but write nothing", NULL },
	POPT_TABLEEND,
};

static const struct poptOption yes_table[] = {
	{ "yes", 'y', POPT_ARG_NONE, &common.yes, 0, "answer yes to every question", NULL },
	POPT_TABLEEND,
};

const struct poptOption *common_table(enum command_flags flag)
{
	switch (flag) {
	case COMMAND_JSON: return json_table;
	case COMMAND_DRY_RUN: return dry_run_table;
	case COMMAND_YES: return yes_table;
	}
	return NULL;
}

int common_take_option(int val, const char *value)
{
	unsigned color;
	int ret;

	if (val == OPTION_VERBOSE) {
		common.verbose++;
		return EXIT_DONE;
	}
	ret = option_word("color", value, color_words, &color);
	if (ret == EXIT_DONE)
		common.color = (enum color_choice)color;
	return ret;
}
