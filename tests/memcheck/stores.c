/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Preloaded under memcheck, which sees what a system call is given, but not what is stored through
 * a mapping: each buffer that the library stores on a device, of whatever kind, must be defined.
 * Valgrind puts these functions in the place of those of the program that are named like them.
 */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <valgrind/memcheck.h>

struct device;

/* Za: in every object, since a unit test holds the library and famfsctl links to it. */
#define WRAPPER(function) I_WRAP_SONAME_FNNAME_ZZ(Za, function)

int WRAPPER(device_write)(struct device *dev, uint64_t offset, const void *buf, size_t length);
int WRAPPER(device_store)(struct device *dev, uint64_t offset, const void *buf, uint64_t length);

/* Reports the first undefined byte. In the function that MEMCHECK_SPOIL names all of them are,
 * which shows that it is called. */
static void check(const char *function, const void *buf, uint64_t length)
{
	const char *spoilt = getenv("MEMCHECK_SPOIL");

	if (!buf)
		return;
	if (spoilt && strcmp(spoilt, function) == 0)
		(void)VALGRIND_MAKE_MEM_UNDEFINED(buf, length);
	(void)VALGRIND_CHECK_MEM_IS_DEFINED(buf, length);
}

int WRAPPER(device_write)(struct device *dev, uint64_t offset, const void *buf, size_t length)
{
	OrigFn original;
	int ret;

	VALGRIND_GET_ORIG_FN(original);
	check("device_write", buf, length);
	CALL_FN_W_WWWW(ret, original, dev, offset, buf, length);
	return ret;
}

int WRAPPER(device_store)(struct device *dev, uint64_t offset, const void *buf, uint64_t length)
{
	OrigFn original;
	int ret;

	VALGRIND_GET_ORIG_FN(original);
	check("device_store", buf, length);
	CALL_FN_W_WWWW(ret, original, dev, offset, buf, length);
	return ret;
}
