/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Surviving SIGBUS in mapped memory: a device page that is poisoned, or an image that shrank.
 *
 *	if (guard_enter(&guard))
 *		... touch the mapping ...
 *	else
 *		ret = -EIO;
 *	guard_leave(&guard);
 *
 * Between enter and leave nothing may be held that the jump would lose. Without
 * famfs_guard_memory_errors() a SIGBUS kills, as it does anywhere.
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
