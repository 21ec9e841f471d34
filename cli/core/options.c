/* SPDX-License-Identifier: Apache-2.0 */
#include "core/options.h"
#include "core/cleanup.h"
#include "core/common.h"
#include "core/parse.h"
#include "core/report.h"
#include "core/suggest.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

static bool is_include(const struct poptOption *option)
{
	return (option->argInfo & POPT_ARG_MASK) == POPT_ARG_INCLUDE_TABLE;
}

static bool is_end(const struct poptOption *option)
{
	return !option->longName && !option->shortName && !option->arg;
}

static void visit_table(const struct poptOption *table, bool common_one, option_visit_fn visit,
			void *arg)
{
	for (const struct poptOption *o = table; o && !is_end(o); o++) {
		if (is_include(o))
			visit_table(o->arg, common_one, visit, arg);
		else if (!(o->argInfo & POPT_ARGFLAG_DOC_HIDDEN))
			visit(arg, o, common_one);
	}
}

static bool has_flag(const struct command *cmd, unsigned i)
{
	return !cmd || cmd->flags & 1u << i;
}

void options_each(const struct command *cmd, option_visit_fn visit, void *arg)
{
	if (cmd)
		visit_table(cmd->options, false, visit, arg);
	for (unsigned i = 0; i < COMMON_FLAGS; i++) {
		if (has_flag(cmd, i))
			visit_table(common_table(1u << i), false, visit, arg);
	}
	visit_table(common_options, true, visit, arg);
}

/* The kinds of values that placeholders stand for. */
static const struct {
	const char *placeholder;
	enum value_kind kind;
} placeholders[] = {
	{ "DEVICE", VALUE_DEVICE }, { "DIR", VALUE_DIRECTORY }, { "FILE", VALUE_FILE },
	{ "GID", VALUE_GROUP },     { "PATH", VALUE_PATH },     { "UID", VALUE_USER },
};

static const struct option_value *find_value(const struct option_value *table, const char *name)
{
	for (const struct option_value *v = table; v && v->option; v++) {
		if (strcmp(v->option, name) == 0)
			return v;
	}
	return NULL;
}

struct option_value options_value(const struct command *cmd, const struct poptOption *option)
{
	const struct option_value *own = cmd ? find_value(cmd->values, option->longName) : NULL;
	struct option_value value = { option->longName, VALUE_NONE, NULL };

	if (!own)
		own = find_value(common_values, option->longName);
	if (own)
		return *own;
	for (size_t i = 0; i < sizeof(placeholders) / sizeof(placeholders[0]); i++) {
		if (option->argDescrip &&
		    strcmp(option->argDescrip, placeholders[i].placeholder) == 0)
			value.kind = placeholders[i].kind;
	}
	return value;
}

static void offer_option(void *arg, const struct poptOption *option, bool common_one)
{
	(void)common_one;
	suggestion_offer(arg, option->longName);
}

static int unknown_option(const struct command *cmd, const char *option)
{
	cleanup_free char *typed = strndup(option, strcspn(option, "="));
	struct suggestion suggestion = SUGGESTION(typed ? typed : "");

	report_as(REPORT_UNKNOWN_OPTION, 0, "unknown option '%s'", typed ? typed : option);
	if (strncmp(suggestion.typed, "--", 2) == 0) {
		suggestion.typed += 2;
		options_each(cmd, offer_option, &suggestion);
	}
	if (suggestion.best)
		report_plain_hint("did you mean '--%s'?", suggestion.best);
	else
		report_see_help();
	return EXIT_USAGE;
}

/* Reports an error of popt. */
static int bad_option(const struct command *cmd, poptContext context, int error)
{
	const char *option = poptBadOption(context, POPT_BADOPTION_NOALIAS);

	switch (error) {
	case POPT_ERROR_BADOPT: return unknown_option(cmd, option);
	case POPT_ERROR_NOARG: return report_usage("option '%s' expects a value", option);
	case POPT_ERROR_UNWANTEDARG: return report_usage("'%s': the option takes no value", option);
	default: return report_usage("'%s': %s", option, poptStrerror(error));
	}
}

static const struct poptOption *find_option(const struct poptOption *table, int val)
{
	for (const struct poptOption *o = table; !is_end(o); o++) {
		if (is_include(o)) {
			const struct poptOption *found = find_option(o->arg, val);

			if (found)
				return found;
		} else if (o->val == val) {
			return o;
		}
	}
	return NULL;
}

static bool wants_value(const struct poptOption *option)
{
	return (option->argInfo & POPT_ARG_MASK) != POPT_ARG_NONE &&
	       !(option->argInfo & POPT_ARGFLAG_OPTIONAL);
}

static int take_option(const struct command *cmd, int val, const char *value)
{
	const struct poptOption *option;

	if (val >= COMMON_VAL)
		return common_take_option(val, value);
	option = cmd ? find_option(cmd->options, val) : NULL;
	if (!option || (!value && wants_value(option)))
		return report_usage("cannot read the options");
	return cmd->take_option(val, option->longName, value);
}

/* popt takes an array that it may write to. */
static const char **copy_words(int argc, const char *const *argv)
{
	const char **copy = calloc((size_t)argc + 1, sizeof(*copy));

	for (int i = 0; copy && i < argc; i++)
		copy[i] = argv[i];
	return copy;
}

static int parse(const struct command *cmd, const struct poptOption *table, unsigned flags,
		 int argc, const char *const *argv, struct options *out)
{
	int val, ret = EXIT_DONE;

	memset(out, 0, sizeof(*out));
	out->given = copy_words(argc, argv);
	if (!out->given)
		return report_no_memory();
	out->context = poptGetContext("famfsctl", argc, out->given, table, flags);
	if (!out->context)
		return report_no_memory();
	while (ret == EXIT_DONE && (val = poptGetNextOpt(out->context)) > 0) {
		cleanup_free char *value = poptGetOptArg(out->context);

		ret = take_option(cmd, val, value);
	}
	if (ret == EXIT_DONE && val < -1)
		ret = bad_option(cmd, out->context, val);
	if (ret != EXIT_DONE)
		return ret;
	out->args = poptGetArgs(out->context);
	while (out->args && out->args[out->count])
		out->count++;
	return EXIT_DONE;
}

#define INCLUDE(table)                                                                             \
	{                                                                                          \
		NULL, 0, POPT_ARG_INCLUDE_TABLE, (void *)(uintptr_t)(table), 0, NULL, NULL         \
	}

static const struct poptOption nothing[] = { POPT_TABLEEND };

static const struct poptOption *table_if(const struct command *cmd, unsigned i)
{
	return has_flag(cmd, i) ? common_table(1u << i) : nothing;
}

/* An option before the name of a command that does not take it. */
static int check_taken(const struct command *cmd)
{
	const struct {
		int given;
		const char *name;
	} given[COMMON_FLAGS] = {
		{ common.json, "json" },
		{ common.dry_run, "dry-run" },
		{ common.yes, "yes" },
	};

	for (unsigned i = 0; i < COMMON_FLAGS; i++) {
		if (given[i].given && !has_flag(cmd, i) && !common.help && !common.version)
			return report_usage("%s does not take --%s", cmd->name, given[i].name);
	}
	return EXIT_DONE;
}

int options_parse(const struct command *cmd, int argc, const char *const *argv, struct options *out)
{
	const struct poptOption table[] = {
		INCLUDE(cmd->options ? cmd->options : nothing),
		INCLUDE(table_if(cmd, 0)),
		INCLUDE(table_if(cmd, 1)),
		INCLUDE(table_if(cmd, 2)),
		INCLUDE(common_options),
		POPT_TABLEEND,
	};
	int ret = parse(cmd, table, 0, argc, argv, out);

	return ret == EXIT_DONE ? check_taken(cmd) : ret;
}

int options_parse_global(const struct poptOption *own, int argc, const char *const *argv,
			 struct options *out)
{
	const struct poptOption table[] = {
		INCLUDE(own),
		INCLUDE(table_if(NULL, 0)),
		INCLUDE(table_if(NULL, 1)),
		INCLUDE(table_if(NULL, 2)),
		INCLUDE(common_options),
		POPT_TABLEEND,
	};

	return parse(NULL, table, POPT_CONTEXT_POSIXMEHARDER, argc, argv, out);
}

void options_free(struct options *options)
{
	poptFreeContext(options->context);
	free(options->given);
}
