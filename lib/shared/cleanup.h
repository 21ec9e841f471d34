/* SPDX-License-Identifier: Apache-2.0 */
/* Scope cleanup: releases resources on every path out of a function; steal_* transfers ownership.
 */
#ifndef SHARED_CLEANUP_H
#define SHARED_CLEANUP_H

#include <stdlib.h>
#include <unistd.h>

static inline void cleanup_free_(void *p)
{
	free(*(void **)p);
}

static inline void cleanup_fd_(const int *fd)
{
	if (*fd >= 0)
		close(*fd);
}

#define cleanup_free __attribute__((cleanup(cleanup_free_)))
#define cleanup_fd   __attribute__((cleanup(cleanup_fd_)))

static inline int steal_fd(int *fd)
{
	int ret = *fd;

	*fd = -1;
	return ret;
}

static inline void *steal_ptr_(void *pp)
{
	void *ret = *(void **)pp;

	*(void **)pp = NULL;
	return ret;
}

#define steal_ptr(pp) ((__typeof__(*(pp)))steal_ptr_(pp))

#endif
