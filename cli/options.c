/* SPDX-License-Identifier: Apache-2.0 */
#include "options.h"
#include "cleanup.h"
#include "parse.h"
#include "report.h"

#include <inttypes.h>
#include <string.h>

static const struct poptOption *find_option(const struct poptOption *table, int val)
{
	for (const struct poptOption *o = table; o->longName || o->shortName || o->arg; o++) {
		if ((o->argInfo & POPT_ARG_MASK) == POPT_ARG_INCLUDE_TABLE) {
			const struct poptOption *found = find_option(o->arg, val);

			if (found)
				return found;
		} else if (o->val == val) {
			return o;
		}
	}
	return NULL;
}

int options_bad(poptContext context, int error)
{
	const char *option = poptBadOption(context, POPT_BADOPTION_NOALIAS);

	switch (error) {
	case POPT_ERROR_BADOPT: return report_usage("unknown option '%s'", option);
	case POPT_ERROR_NOARG: return report_usage("option '%s' expects a value", option);
	case POPT_ERROR_UNWANTEDARG: return report_usage("'%s': the option takes no value", option);
	default: return report_usage("'%s': %s", option, poptStrerror(error));
	}
}

static int take_options(const struct command *cmd, poptContext context)
{
	int val, ret = EXIT_DONE;

	while (ret == EXIT_DONE && (val = poptGetNextOpt(context)) > 0) {
		cleanup_free char *value = poptGetOptArg(context);
		const struct poptOption *option = find_option(cmd->options, val);

		if (!option || !value)
			return report_usage("cannot read the options");
		ret = cmd->take_option(val, option->longName, value);
	}
	if (ret == EXIT_DONE && val < -1)
		return options_bad(context, val);
	return ret;
}

int options_parse(const struct command *cmd, int argc, const char **argv, struct options *out)
{
	int ret;

	memset(out, 0, sizeof(*out));
	const struct poptOption table[] = {
		{ NULL, 0, POPT_ARG_INCLUDE_TABLE, (void *)(uintptr_t)cmd->options, 0, NULL, NULL },
		{ "help", 'h', POPT_ARG_NONE, &out->help, 0, NULL, NULL },
		POPT_TABLEEND,
	};

	out->context = poptGetContext("famfsctl", argc, argv, table, 0);
	if (!out->context) {
		report_error("out of memory");
		return EXIT_FAILED;
	}
	ret = take_options(cmd, out->context);
	if (ret != EXIT_DONE)
		return ret;
	out->args = poptGetArgs(out->context);
	while (out->args && out->args[out->count])
		out->count++;
	return EXIT_DONE;
}

void options_free(struct options *options)
{
	poptFreeContext(options->context);
}

#define HELP_COLUMN 26

static void print_option(const struct poptOption *o, FILE *file)
{
	char left[64];
	int width;

	width = snprintf(left, sizeof(left), "  %c%c%s--%s%s%s", o->shortName ? '-' : ' ',
			 o->shortName ? o->shortName : ' ', o->shortName ? ", " : "  ", o->longName,
			 o->argDescrip ? "=" : "", o->argDescrip ? o->argDescrip : "");
	if (width < HELP_COLUMN)
		fprintf(file, "%-*s%s\n", HELP_COLUMN, left, o->descrip);
	else
		fprintf(file, "%s\n%*s%s\n", left, HELP_COLUMN, "", o->descrip);
}

static void print_table(const struct poptOption *table, FILE *file)
{
	for (const struct poptOption *o = table; o->longName || o->shortName || o->arg; o++) {
		if ((o->argInfo & POPT_ARG_MASK) == POPT_ARG_INCLUDE_TABLE)
			print_table(o->arg, file);
		else
			print_option(o, file);
	}
}

void options_help(const struct poptOption *table, FILE *file)
{
	static const struct poptOption help = { "help", 'h', 0, NULL, 0, "show this help", NULL };

	print_table(table, file);
	print_option(&help, file);
}

int option_size(const char *name, const char *value, uint64_t *out)
{
	if (parse_size(value, out) && *out > 0)
		return EXIT_DONE;
	return report_usage("--%s expects a size such as 64M, got '%s'", name, value);
}

int option_power_of_two(const char *name, const char *value, uint64_t min, const char *least,
			uint64_t *out)
{
	int ret = option_size(name, value, out);

	if (ret == EXIT_DONE && (*out < min || (*out & (*out - 1))))
		return report_usage("--%s expects a power of two from %s on, got '%s'", name, least,
				    value);
	return ret;
}

int option_number(const char *name, const char *value, uint64_t min, uint64_t max, uint64_t *out)
{
	if (parse_number(value, max, out) && *out >= min)
		return EXIT_DONE;
	return report_usage("--%s expects a number from %" PRIu64 " to %" PRIu64 ", got '%s'", name,
			    min, max, value);
}

int option_seed(const char *name, const char *value, uint32_t *out)
{
	uint64_t seed;
	int ret = option_number(name, value, 0, UINT32_MAX, &seed);

	if (ret == EXIT_DONE)
		*out = (uint32_t)seed;
	return ret;
}

int option_mode(const char *name, const char *value, uint32_t *out)
{
	if (parse_mode(value, out))
		return EXIT_DONE;
	return report_usage("--%s expects an octal mode such as 0644, got '%s'", name, value);
}

int option_user(const char *name, const char *value, uint32_t *out)
{
	if (parse_user(value, out))
		return EXIT_DONE;
	return report_usage("--%s expects a user's name or number, got '%s'", name, value);
}

int option_group(const char *name, const char *value, uint32_t *out)
{
	if (parse_group(value, out))
		return EXIT_DONE;
	return report_usage("--%s expects a group's name or number, got '%s'", name, value);
}

int option_uuid(const char *name, const char *value, uint8_t out[16])
{
	if (parse_uuid(value, out))
		return EXIT_DONE;
	return report_usage("--%s expects a UUID, got '%s'", name, value);
}
