/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Turns SIGBUS in mapped memory into an error: for a device page that is poisoned, or an image that
 * was truncated.
 *
 *	if (guard_enter(&guard))
 *		... access the mapping ...
 *	else
 *		ret = -EIO;
 *	guard_leave(&guard);
 *
 * Between enter and leave, do not take locks or allocate: the jump would leak them. Without
 * famfs_guard_memory_errors(), a SIGBUS kills the process.
 */
#ifndef BASE_GUARD_H
#define BASE_GUARD_H

#include <setjmp.h>

struct guard {
	sigjmp_buf env;
	struct guard *outer;
};

extern __thread struct guard *guard_current;

/* A macro, since the frame that calls sigsetjmp must live as long as the guard. */
#define guard_enter(g)                                                                             \
	((g)->outer = guard_current, guard_current = (g), sigsetjmp((g)->env, 0) == 0)

static inline void guard_leave(struct guard *g)
{
	guard_current = g->outer;
}

#endif
