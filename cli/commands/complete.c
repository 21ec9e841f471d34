/* SPDX-License-Identifier: Apache-2.0 */
/* Completion for shells: prints one candidate a line, "WORD" or "WORD\tMEANING". */
#include "complete/complete.h"
#include "complete/bash.h"
#include "core/cleanup.h"
#include "core/commands.h"
#include "core/options.h"
#include "core/report.h"
#include "output/text.h"

#include <stdio.h>
#include <string.h>
#include <sys/time.h>

static struct {
	char *wordbreaks; /* of bash */
} opt;

static const struct poptOption options[] = {
	{ "bash", 0, POPT_ARG_STRING, NULL, 'b',
	  "the argument is a bash command line up to the cursor, with these word breaks",
	  "BREAKS" },
	POPT_TABLEEND,
};

static int take_option(int val, const char *name, const char *value)
{
	(void)val;
	(void)name;
	return option_string(&opt.wordbreaks, value);
}

static void print_candidate(void *arg, const char *candidate, const char *meaning)
{
	const struct bash_line *bash = arg;
	cleanup_free char *quoted = bash ? bash_quote(bash, candidate) : NULL;

	/* Leave out names with control characters: they would break the line or control the
	 * terminal. */
	if (text_has_control(candidate) || (bash && !quoted))
		return;
	fputs(quoted ? quoted : candidate, stdout);
	if (meaning && !text_has_control(meaning))
		printf("\t%s", meaning);
	putchar('\n');
}

/* Completion must never hang. If something does hang, SIGALRM ends the process, also while it waits
 * for a file server, and the shell gets its prompt back. */
static void limit_time(void)
{
	const struct itimerval patience = { .it_value = { .tv_sec = 3 } };

	setitimer(ITIMER_REAL, &patience, NULL);
}

static int run(int argc, const char *const *argv)
{
	struct bash_line bash = { 0 };

	limit_time();
	if (!opt.wordbreaks) {
		complete(argv, argc, print_candidate, NULL);
		return EXIT_DONE;
	}
	if (argc > 0 && bash_split(argv[0], opt.wordbreaks, &bash))
		complete((const char *const *)bash.words, bash.count, print_candidate, &bash);
	bash_free(&bash);
	free(opt.wordbreaks);
	opt.wordbreaks = NULL;
	return EXIT_DONE;
}

const struct command cmd_complete = {
	.name = "__complete",
	.synopsis = "[OPTION...] -- PROGRAM WORD...",
	.summary = "Print the candidates for the last word, for the completion of shells",
	.example = "__complete -- famfsctl mkfs --f",
	.options = options,
	.take_option = take_option,
	.run = run,
};
