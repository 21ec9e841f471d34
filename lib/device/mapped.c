/* SPDX-License-Identifier: Apache-2.0 */
#include "device/mapped.h"

#include "base/guard.h"

#include <errno.h>
#include <stdint.h>
#include <string.h>

static void copy(void *to, const void *from, size_t length)
{
	enum { MAX_WORDS = 64 };
	uint64_t *dst = to;
	const uint64_t *src = from;

	if ((((uintptr_t)to | (uintptr_t)from | length) & 7) || length > MAX_WORDS * 8) {
		memcpy(to, from, length);
		return;
	}
	for (size_t i = 0; i < length / 8; i++)
		__atomic_store_n(&dst[i], __atomic_load_n(&src[i], __ATOMIC_ACQUIRE),
				 __ATOMIC_RELEASE);
}

int mapped_copy(void *to, const void *from, size_t length)
{
	struct guard guard;

	if (!guard_enter(&guard)) {
		guard_leave(&guard);
		return -EIO;
	}
	copy(to, from, length);
	guard_leave(&guard);
	return 0;
}

int mapped_store(const struct persist *persist, void *to, const void *buf, size_t length)
{
	struct guard guard;

	if (!guard_enter(&guard)) {
		guard_leave(&guard);
		return -EIO;
	}
	persist_store(persist, to, buf, length);
	guard_leave(&guard);
	return 0;
}

void mapped_operate(void (*operate)(const void *addr, size_t length), const void *addr,
		    size_t length)
{
	struct guard guard;

	if (guard_enter(&guard))
		operate(addr, length);
	guard_leave(&guard);
}
