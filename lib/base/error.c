/* SPDX-License-Identifier: Apache-2.0 */
#include "base/error.h"

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

void error_remedy(struct famfs_error *err, enum famfs_remedy remedy, const char *object)
{
	bool fits = !object || strlen(object) < sizeof(err->remedy_object);

	if (!err)
		return;
	err->remedy = fits ? remedy : FAMFS_REMEDY_NONE;
	snprintf(err->remedy_object, sizeof(err->remedy_object), "%s",
		 fits && object ? object : "");
	err->remedy_number = 0;
}

void error_remedy_number(struct famfs_error *err, enum famfs_remedy remedy, uint64_t number)
{
	error_remedy(err, remedy, NULL);
	if (err)
		err->remedy_number = number;
}

void error_remedy_of(struct famfs_error *err, const struct famfs_error *other)
{
	error_remedy(err, other->remedy, other->remedy_object);
	if (err)
		err->remedy_number = other->remedy_number;
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
