/* SPDX-License-Identifier: Apache-2.0 */
#ifndef SHARED_ERROR_H
#define SHARED_ERROR_H

#include "famfs.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

/* Sets *err, which may be NULL, to an error without a remedy. Returns `code`. */
static inline int error_vset(struct famfs_error *err, int code, bool refused, const char *format,
			     va_list args) __attribute__((format(printf, 4, 0)));

static inline int error_vset(struct famfs_error *err, int code, bool refused, const char *format,
			     va_list args)
{
	if (!err)
		return code;
	err->code = code;
	err->refused = refused;
	err->remedy = FAMFS_REMEDY_NONE;
	err->remedy_number = 0;
	err->remedy_object[0] = '\0';
	memset(err->reserved, 0, sizeof(err->reserved));
	vsnprintf(err->message, sizeof(err->message), format, args);
	return code;
}

#endif
