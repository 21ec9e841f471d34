/* SPDX-License-Identifier: Apache-2.0 */
/* The result of checking a message: the kernel's errno and the reason, so that tests can also check
 * that a fault is noticed. */
#ifndef FUSEKERNEL_VERDICT_H
#define FUSEKERNEL_VERDICT_H

#include <stdarg.h>
#include <stdbool.h>
#include <stdio.h>

struct verdict {
	int error; /* positive; 0 while there is no fault */
	char text[300];
};

/* Only the first objection is kept. Always false. */
static inline bool __attribute__((format(printf, 3, 4)))
object(struct verdict *verdict, int error, const char *format, ...)
{
	va_list args;

	if (verdict->error)
		return false;
	verdict->error = error;
	va_start(args, format);
	vsnprintf(verdict->text, sizeof(verdict->text), format, args);
	va_end(args);
	return false;
}

#endif
