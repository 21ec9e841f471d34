/* SPDX-License-Identifier: Apache-2.0 */
/* The Test Anything Protocol: one line a test, and below a failed one what was wrong. */
#ifndef FUSEKERNEL_TAP_H
#define FUSEKERNEL_TAP_H

#include <stdbool.h>

void test_begin(const char *format, ...) __attribute__((format(printf, 1, 2)));
void test_end(void);

/* The test that has begun fails and goes on. Always false, so that a check can return it. */
bool fail(const char *format, ...) __attribute__((format(printf, 1, 2)));

static inline bool outcome(bool ok)
{
	return ok;
}

/* A macro, since the message often tells what the condition has found: the arguments of a function
 * come in any order. */
#define expect(ok, ...) outcome((ok) || fail(__VA_ARGS__))

/* Something to know about a test that passes. */
void test_note(const char *format, ...) __attribute__((format(printf, 1, 2)));

/* Whether the test that has begun has failed so far. */
bool test_failed(void);

/* For tests of the checks: whether the test has failed so far, which is then forgotten. *reason is
 * the first failure's, and lives until the next one. */
bool test_caught(const char **reason);

/* Ends the run for a reason that is not a test's. */
void bail_out(const char *format, ...) __attribute__((format(printf, 1, 2), noreturn));

/* Writes the plan; the exit code of the program. */
int tap_finish(void);

#endif
