/* SPDX-License-Identifier: Apache-2.0 */
#include "base/error.h"

#include "shared/cleanup.h"
#include "shared/error.h"

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

int error_set(struct famfs_error *err, int code, const char *format, ...)
{
	va_list ap;

	va_start(ap, format);
	error_vset(err, code, false, format, ap);
	va_end(ap);
	return code;
}

int error_errno(struct famfs_error *err, int code, const char *format, ...)
{
	va_list ap;
	size_t used;

	va_start(ap, format);
	error_vset(err, code, false, format, ap);
	va_end(ap);
	if (err) {
		used = strlen(err->message);
		snprintf(err->message + used, sizeof(err->message) - used, ": %s", strerror(-code));
	}
	return code;
}

int error_refuse(struct famfs_error *err, int code, const char *format, ...)
{
	va_list ap;

	va_start(ap, format);
	error_vset(err, code, true, format, ap);
	va_end(ap);
	return code;
}

void error_hint(struct famfs_error *err, const char *format, ...)
{
	cleanup_free char *hint = NULL;
	va_list ap;

	if (!err)
		return;
	va_start(ap, format);
	hint = famfs_shell_vformat(format, ap);
	va_end(ap);
	/* Half a command is worse than none. */
	err->hint[0] = '\0';
	if (hint && strlen(hint) < sizeof(err->hint))
		strcpy(err->hint, hint);
}

void error_hint_of(struct famfs_error *err, const struct famfs_error *other)
{
	if (err)
		memcpy(err->hint, other->hint, sizeof(err->hint));
}

const char *famfs_version(void)
{
	return FAMFS_VERSION;
}

int error_if_reserved(const uint32_t *reserved, size_t count, struct famfs_error *err)
{
	for (size_t i = 0; i < count; i++)
		if (reserved[i])
			return error_set(err, -EINVAL,
					 "reserved fields of the parameters are not zero");
	return 0;
}
