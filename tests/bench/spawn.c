/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Times whole processes, all commands in turn, round by round.
 *
 *   bench-spawn ROUNDS COMMAND [:: COMMAND]...
 *
 * A command that starts with "@" prepares the next one and is not timed. In every word "{}" becomes
 * the number of the round. Reports for command i, counted from 0 without the untimed ones:
 *   time_i    seconds
 *   cpu_i     seconds on the CPU
 *   over_i    seconds more than command 0 took in the same round
 *   speed_i   how many times as fast command 0 was in the same round
 */
#include "bench.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define MAX_COMMANDS 16
#define MAX_ROUNDS   100000

struct command {
	char **argv;
	bool timed;
	struct series time, cpu, over, speed;
};

static size_t split(char **words, struct command *commands)
{
	size_t count = 0;

	while (*words) {
		struct command *command = &commands[count++];

		if (count > MAX_COMMANDS)
			die("more than %d commands", MAX_COMMANDS);
		command->timed = strcmp(*words, "@") != 0;
		command->argv = words + !command->timed;
		while (*words && strcmp(*words, "::") != 0)
			words++;
		if (words == command->argv)
			die("a command is empty");
		if (*words)
			*words++ = NULL;
	}
	return count;
}

static char *substitute(const char *word, uint64_t round)
{
	const char *braces = strstr(word, "{}");
	char *out;

	if (!braces)
		return strdup(word);
	if (asprintf(&out, "%.*s%llu%s", (int)(braces - word), word, (unsigned long long)round,
		     braces + 2) < 0)
		die("out of memory");
	return out;
}

static double run_round(const struct command *command, uint64_t round, double *on_cpu)
{
	size_t words = 0;
	double taken;
	char **argv;

	while (command->argv[words])
		words++;
	argv = xcalloc(words + 1, sizeof(*argv));
	for (size_t i = 0; i < words; i++)
		argv[i] = substitute(command->argv[i], round);
	taken = run_command(argv, on_cpu);
	for (size_t i = 0; i < words; i++)
		free(argv[i]);
	free(argv);
	return taken;
}

static void run_all(struct command *commands, size_t count, uint64_t round, bool counts)
{
	double first = 0, on_cpu;

	for (size_t i = 0; i < count; i++) {
		double taken = run_round(&commands[i], round, &on_cpu);

		if (!commands[i].timed || !counts)
			continue;
		if (first == 0)
			first = taken;
		series_add(&commands[i].time, taken);
		series_add(&commands[i].cpu, on_cpu);
		series_add(&commands[i].over, taken - first);
		series_add(&commands[i].speed, taken / first);
	}
}

static void report(struct command *commands, size_t count)
{
	size_t number_of = 0;
	char key[32];

	for (size_t i = 0; i < count; i++) {
		if (!commands[i].timed)
			continue;
		snprintf(key, sizeof(key), "time_%zu", number_of);
		series_report(&commands[i].time, key);
		snprintf(key, sizeof(key), "cpu_%zu", number_of);
		series_report(&commands[i].cpu, key);
		snprintf(key, sizeof(key), "over_%zu", number_of);
		series_report(&commands[i].over, key);
		snprintf(key, sizeof(key), "speed_%zu", number_of++);
		series_report(&commands[i].speed, key);
	}
}

int main(int argc, char *argv[])
{
	struct command commands[MAX_COMMANDS] = { 0 };
	uint64_t rounds;
	size_t count;

	if (argc < 3)
		die("see the head of spawn.c");
	rounds = number(argv[1], MAX_ROUNDS);
	count = split(argv + 2, commands);
	for (uint64_t round = 0; round <= rounds; round++)
		run_all(commands, count, round, round > 0);
	report(commands, count);
	return 0;
}
