/* SPDX-License-Identifier: Apache-2.0 */
#include "support.h"

#include "famfs.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define OLD_SHELL "/bin/dash"
#define NEW_SHELL "/bin/bash"

static const char *const plain[] = {
	"",           "a",
	"a b",        "a'; touch PWNED; '.img",
	"'",          "''",
	"$(touch X)", "`id`",
	"a\\",        "a\"b",
	"*",          "~",
	"a;b",        "\\'",
	"!x",         "#",
	"%s%n",       "\xc3\xbc",
	"&&",         "a\\\\'b",
	"$'\\n",      "\xf0\x9f\x98\x80",
};

static const char *const odd[] = {
	"a\nb",      "\n",           "\x1b[2J",    "a\tb'c",     "\xff",   "'\xff'; touch X; '",
	"\x7f",      "\xc2\x9b",     "\\\n",       "\\'\n",      "1\0012", "\xc3",
	"a\n\\047b", "\xed\xa0\x80", "\xc3\xbc\n", "$\n'$(id)'",
};

static void assert_format(char *text, const char *expected)
{
	assert_non_null(text);
	assert_string_equal(text, expected);
	free(text);
}

static void formats(void **state)
{
	(void)state;
	assert_format(famfs_shell_format("run: x %s", "a b"), "run: x 'a b'");
	assert_format(famfs_shell_format("%s%s", "a'b", ""), "'a'\\''b'''");
	assert_format(famfs_shell_format("100%% of %u, %" PRIu64 " and %s", 7u, UINT64_MAX, "x"),
		      "100% of 7, 18446744073709551615 and 'x'");
	assert_format(famfs_shell_format("%s", "-f"), "'./-f'");
	assert_format(famfs_shell_format("%s", "-\n"), "$'./-\\012'");
	assert_format(famfs_shell_format("%s", "a\033'b\\\xc3\xbc"),
		      "$'a\\033\\047b\\134\xc3\xbc'");
}

/* After an unknown conversion, no argument can be found. */
static void unknown_conversion(void **state)
{
	static const char *const formats[] = { "%d", "x %d %s", "%s %d", "%5s", "%x", "%" };

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(formats); i++)
		assert_null(famfs_shell_format(formats[i], "a", "b"));
}

/* The word as the shell reads it, without the line end that read may find. */
static char *shell_reads(const char *shell, const char *word)
{
	char *quoted = famfs_shell_format("printf %%s. %s", word);
	char *command = NULL, *out = calloc(1, 256);
	FILE *pipe;

	assert_non_null(quoted);
	assert_non_null(out);
	for (const char *p = quoted; *p; p++)
		assert_true((unsigned char)*p >= 0x20 && *p != 0x7f);
	assert_int_equal(setenv("COMMAND", quoted, 1), 0);
	assert_true(asprintf(&command, "%s -c \"$COMMAND\"", shell) > 0);
	pipe = popen(command, "re");
	assert_non_null(pipe);
	out[fread(out, 1, 255, pipe)] = '\0';
	assert_int_equal(pclose(pipe), 0);
	free(quoted);
	free(command);
	return out;
}

static void assert_reads(const char *shell, const char *word)
{
	char expected[256], *out = shell_reads(shell, word);

	snprintf(expected, sizeof(expected), "%s.", word);
	assert_string_equal(out, expected);
	free(out);
}

static void every_shell_reads_text(void **state)
{
	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(plain); i++) {
		assert_reads("/bin/sh", plain[i]);
		assert_reads(NEW_SHELL, plain[i]);
	}
}

static void new_shells_read_bytes(void **state)
{
	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(odd); i++)
		assert_reads(NEW_SHELL, odd[i]);
}

/* The shell reads one word of printable text that begins with a dollar sign, so it runs nothing. */
static void old_shells_run_nothing(void **state)
{
	(void)state;
	if (access(OLD_SHELL, X_OK) < 0)
		skip();
	for (size_t i = 0; i < ARRAY_SIZE(odd); i++) {
		char *out = shell_reads(OLD_SHELL, odd[i]);

		assert_int_equal(out[0], '$');
		assert_ptr_equal(strchr(out, '.'), out + strlen(out) - 1);
		free(out);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST("each %s is one quoted word, and no option", formats),
		TEST("a format with another conversion gives NULL", unknown_conversion),
		TEST("every shell reads quoted text unchanged", every_shell_reads_text),
		TEST("bash reads quoted control characters and bytes unchanged",
		     new_shells_read_bytes),
		TEST("a shell without $'...' runs no part of a word", old_shells_run_nothing),
	};

	return run_group(tests);
}
