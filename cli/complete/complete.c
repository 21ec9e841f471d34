/* SPDX-License-Identifier: Apache-2.0 */
#include "complete/complete.h"
#include "core/cleanup.h"
#include "core/commands.h"
#include "core/options.h"
#include "helpers/helpers.h"

#include <stdio.h>
#include <string.h>

static bool takes_value(const struct poptOption *option)
{
	return option->argDescrip && !(option->argInfo & POPT_ARGFLAG_OPTIONAL);
}

static void offer_option(void *arg, const struct poptOption *option, bool common)
{
	const struct completion *c = arg;
	cleanup_free char *name = NULL;

	(void)common;
	if (asprintf(&name, "--%s", option->longName) < 0)
		name = NULL;
	if (name)
		complete_offer(c, name, takes_value(option) ? "=" : "", option->descrip);
}

struct search {
	const char *name; /* long name, `length` bytes */
	size_t length;
	char letter; /* or by this */
	const struct poptOption *found;
};

static void match_option(void *arg, const struct poptOption *option, bool common)
{
	struct search *search = arg;

	(void)common;
	if (search->letter ? option->shortName == search->letter
			   : strlen(option->longName) == search->length &&
				     strncmp(option->longName, search->name, search->length) == 0)
		search->found = option;
}

static const struct poptOption *find_long(const struct command *cmd, const char *name)
{
	struct search search = { .name = name, .length = strcspn(name, "=") };

	options_each(cmd, match_option, &search);
	return search.found;
}

static const struct poptOption *find_short(const struct command *cmd, char letter)
{
	struct search search = { .letter = letter };

	options_each(cmd, match_option, &search);
	return search.found;
}

/* The option in a word "-abc" that takes a value; *value is the part of the value in the word. */
static const struct poptOption *find_in_cluster(const struct command *cmd, const char *word,
						const char **value)
{
	for (const char *p = word + 1; *p; p++) {
		const struct poptOption *option = find_short(cmd, *p);

		if (option && takes_value(option)) {
			*value = p + 1;
			return option;
		}
	}
	return NULL;
}

/* Returns the option that takes the next word as its value, or NULL. */
static const struct poptOption *awaits_value(const struct command *cmd, const char *word)
{
	const struct poptOption *option;
	const char *value = NULL;

	if (word[0] != '-' || !word[1])
		return NULL;
	if (word[1] == '-') {
		option = strchr(word, '=') ? NULL : find_long(cmd, word + 2);
		return option && takes_value(option) ? option : NULL;
	}
	option = find_in_cluster(cmd, word, &value);
	return option && !*value ? option : NULL;
}

static void complete_option_value(struct completion *c, const struct command *cmd,
				  const struct poptOption *option, size_t base)
{
	const struct option_value value = options_value(cmd, option);
	cleanup_free char *before = strndup(c->word, base);

	if (!before)
		return;
	c->base = before;
	complete_value(c, cmd, &value);
	c->base = "";
}

static void complete_option(struct completion *c, const struct command *cmd)
{
	const char *equals = strchr(c->word, '='), *value = NULL;
	const struct poptOption *option = NULL;

	if (strncmp(c->word, "--", 2) == 0) {
		option = equals ? find_long(cmd, c->word + 2) : NULL;
		value = equals ? equals + 1 : NULL;
	} else {
		option = find_in_cluster(cmd, c->word, &value);
	}
	if (option && takes_value(option))
		complete_option_value(c, cmd, option, (size_t)(value - c->word));
	else if (!equals)
		options_each(cmd, offer_option, c);
}

/* Parses the words between the command's name and the cursor; `cmd` is NULL before the name. */
static void complete_after(struct completion *c, const struct command *cmd,
			   const char *const *words, int count)
{
	const struct poptOption *awaiting = NULL;
	struct option_value argument = { .words = cmd ? cmd->arg_words : NULL };
	bool options = true;
	int index = 0;

	for (int i = 0; i < count; i++) {
		if (awaiting) {
			awaiting = NULL;
		} else if (options && words[i][0] == '-' && words[i][1]) {
			options = strcmp(words[i], "--") != 0;
			awaiting = awaits_value(cmd, words[i]);
		} else if (!cmd && (cmd = command_find(words[i]))) {
			complete_after(c, cmd, words + i + 1, count - i - 1);
			return;
		} else {
			index++;
		}
	}
	if (awaiting) {
		complete_option_value(c, cmd, awaiting, 0);
	} else if (options && c->word[0] == '-') {
		complete_option(c, cmd);
	} else if (cmd) {
		argument.kind = command_arg_kind(cmd, index);
		complete_value(c, cmd, &argument);
	} else if (index == 0) {
		complete_commands(c);
		complete_offer(c, cmd_help.name, "", cmd_help.summary);
	}
}

void complete(const char *const *words, int count,
	      void (*offer)(void *, const char *, const char *), void *arg)
{
	struct completion c = { .base = "", .offer = offer, .arg = arg };

	if (count < 2)
		return;
	c.word = words[count - 1];
	complete_after(&c, helper_find(words[0]), words + 1, count - 2);
}
