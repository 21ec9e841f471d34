/* SPDX-License-Identifier: Apache-2.0 */
/* Scope cleanup, as in shared/cleanup.h, for objects of the library. */
#ifndef CLI_CORE_CLEANUP_H
#define CLI_CORE_CLEANUP_H

#include "famfs.h"
#include "shared/cleanup.h"

static inline void cleanup_target_(struct famfs_target **target)
{
	famfs_target_free(*target);
}

static inline void cleanup_file_(struct famfs_file **file)
{
	famfs_file_close(*file);
}

#define cleanup_target __attribute__((cleanup(cleanup_target_)))
#define cleanup_file   __attribute__((cleanup(cleanup_file_)))

#endif
