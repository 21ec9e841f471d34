/* SPDX-License-Identifier: Apache-2.0 */
/* The Test Anything Protocol: one line for each test, and below a failed one the reasons. */
#ifndef FUSEKERNEL_TAP_H
#define FUSEKERNEL_TAP_H

#include <stdbool.h>

void test_begin(const char *format, ...) __attribute__((format(printf, 1, 2)));
void test_end(void);

/* Fails the current test, which continues. Always false, so that a check can return it. */
bool fail(const char *format, ...) __attribute__((format(printf, 1, 2)));

static inline bool outcome(bool ok)
{
	return ok;
}

/* A macro, since the message often uses a result of the condition, and the arguments of a function
 * are evaluated in any order. */
#define expect(ok, ...) outcome((ok) || fail(__VA_ARGS__))

/* A note about a test that passes. */
void test_note(const char *format, ...) __attribute__((format(printf, 1, 2)));

/* Whether the current test has failed so far. */
bool test_failed(void);

/* For tests of the checks: whether the test has failed so far, which is then reset. *reason is that
 * of the first failure, and lives until the next one. */
bool test_caught(const char **reason);

/* Ends the run for a reason outside of the tests. */
void bail_out(const char *format, ...) __attribute__((format(printf, 1, 2), noreturn));

/* Prints the plan; returns the exit code of the program. */
int tap_finish(void);

#endif
