/* SPDX-License-Identifier: Apache-2.0 */
/* Fills in struct famfs_error, so that an error return is one line. */
#ifndef BASE_ERROR_H
#define BASE_ERROR_H

#include "famfs.h"

/* Each sets *err (which may be NULL) and returns `code`, a negative errno. */
int error_set(struct famfs_error *err, int code, const char *format, ...)
	__attribute__((format(printf, 3, 4)));

/* The same, and appends ": " and the text of strerror(-code). */
int error_errno(struct famfs_error *err, int code, const char *format, ...)
	__attribute__((format(printf, 3, 4)));

/* The same as error_set(), for a failed safety check: sets err->refused. */
int error_refuse(struct famfs_error *err, int code, const char *format, ...)
	__attribute__((format(printf, 3, 4)));

/* -EINVAL unless the reserved fields of a params struct are zero, as famfs.h demands. */
int error_if_reserved(const uint32_t *reserved, size_t count, struct famfs_error *err);

/* Sets the remedy of an error that is set already. `object` is its argument, or NULL. If the object
 * does not fit, there is no remedy: a truncated name would be another name. */
void error_remedy(struct famfs_error *err, enum famfs_remedy remedy, const char *object);

/* The same with a number as the argument. */
void error_remedy_number(struct famfs_error *err, enum famfs_remedy remedy, uint64_t number);

/* Copies the remedy of `other` to an error that is set already. */
void error_remedy_of(struct famfs_error *err, const struct famfs_error *other);

#endif
