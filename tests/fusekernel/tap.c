/* SPDX-License-Identifier: Apache-2.0 */
#include "tap.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

#define MAX_REASONS 8

static struct {
	int number;
	int failed;
	int reasons; /* number of failures of the current test */
	char title[160];
	char note[400];
	char text[MAX_REASONS][400];
} tap;

void test_begin(const char *format, ...)
{
	va_list args;

	va_start(args, format);
	vsnprintf(tap.title, sizeof(tap.title), format, args);
	va_end(args);
	tap.number++;
	tap.reasons = 0;
	tap.note[0] = '\0';
}

void test_note(const char *format, ...)
{
	va_list args;

	va_start(args, format);
	vsnprintf(tap.note, sizeof(tap.note), format, args);
	va_end(args);
}

void test_end(void)
{
	printf("%sok %d - %s\n", tap.reasons ? "not " : "", tap.number, tap.title);
	for (int i = 0; i < tap.reasons && i < MAX_REASONS; i++)
		printf("#   %s\n", tap.text[i]);
	if (tap.reasons > MAX_REASONS)
		printf("#   and %d more\n", tap.reasons - MAX_REASONS);
	if (*tap.note)
		printf("#   %s\n", tap.note);
	tap.failed += tap.reasons > 0;
	fflush(stdout);
}

bool fail(const char *format, ...)
{
	va_list args;

	va_start(args, format);
	if (tap.reasons < MAX_REASONS)
		vsnprintf(tap.text[tap.reasons], sizeof(tap.text[0]), format, args);
	tap.reasons++;
	va_end(args);
	return false;
}

bool test_failed(void)
{
	return tap.reasons > 0;
}

bool test_caught(const char **reason)
{
	bool caught = tap.reasons > 0;

	*reason = tap.text[0];
	tap.reasons = 0;
	return caught;
}

void bail_out(const char *format, ...)
{
	va_list args;

	fputs("Bail out! ", stdout);
	va_start(args, format);
	vprintf(format, args);
	va_end(args);
	putchar('\n');
	exit(1);
}

int tap_finish(void)
{
	printf("1..%d\n", tap.number);
	return tap.failed > 0;
}
