/* SPDX-License-Identifier: Apache-2.0 */
/* Loads, stores and cache instructions on mapped device memory. After famfs_guard_memory_errors(),
 * an access to bad memory returns -EIO. */
#ifndef DEVICE_MAPPED_H
#define DEVICE_MAPPED_H

#include "base/persist.h"

/* Copies up to 64 aligned words one by one, in the order of their addresses: another host may be
 * storing them, and so each word is either old or new. */
int mapped_copy(void *to, const void *from, size_t length);

/* Stores data, or zeros with `buf` NULL; the next fence completes the write-back. */
int mapped_store(const struct persist *persist, void *to, const void *buf, size_t length);

/* Runs flush or invalidate. Ignores a memory error: the next read or write of the page reports it.
 */
void mapped_operate(void (*operate)(const void *addr, size_t length), const void *addr,
		    size_t length);

#endif
