/* SPDX-License-Identifier: Apache-2.0 */
/* Loads, stores and cache instructions on mapped device memory. Where the program has asked for
 * famfs_guard_memory_errors(), memory that is gone is -EIO. */
#ifndef DEVICE_MAPPED_H
#define DEVICE_MAPPED_H

#include "base/persist.h"

/* Few aligned words go one by one, since another host may be storing: each is old or new, and they
 * are loaded and stored in the order of their addresses. */
int mapped_copy(void *to, const void *from, size_t length);

/* So that the next fence has it written back; with `buf` NULL: zeros. */
int mapped_store(const struct persist *persist, void *to, const void *buf, size_t length);

/* Flush or invalidate. A page that is gone has nothing to write back or to drop, and the next read
 * or write of it reports the error. */
void mapped_operate(void (*operate)(const void *addr, size_t length), const void *addr,
		    size_t length);

#endif
