/* SPDX-License-Identifier: Apache-2.0 */
/* Scope cleanup: what a function holds is released on every path; ownership leaves by steal_*. */
#ifndef CLI_CORE_CLEANUP_H
#define CLI_CORE_CLEANUP_H

#include "famfs.h"

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

static inline void cleanup_target_(struct famfs_target **target)
{
	famfs_target_free(*target);
}

static inline void cleanup_file_(struct famfs_file **file)
{
	famfs_file_close(*file);
}

#define cleanup_free   __attribute__((cleanup(cleanup_free_)))
#define cleanup_fd     __attribute__((cleanup(cleanup_fd_)))
#define cleanup_target __attribute__((cleanup(cleanup_target_)))
#define cleanup_file   __attribute__((cleanup(cleanup_file_)))

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
