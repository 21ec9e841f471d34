/* SPDX-License-Identifier: Apache-2.0 */
/* Filling in struct famfs_error, so that failing is one line. */
#ifndef BASE_ERROR_H
#define BASE_ERROR_H

#include "famfs.h"

/* Each sets *err (which may be NULL) and returns `code`, a negative errno. */
int error_set(struct famfs_error *err, int code, const char *format, ...)
	__attribute__((format(printf, 3, 4)));

/* The same, and appends ": " and the text of strerror(-code). */
int error_errno(struct famfs_error *err, int code, const char *format, ...)
	__attribute__((format(printf, 3, 4)));

/* The same as error_set(), for a safety check that said no. */
int error_refuse(struct famfs_error *err, int code, const char *format, ...)
	__attribute__((format(printf, 3, 4)));

/* -EINVAL unless the reserved fields of a params struct are zero, as famfs.h demands. */
int error_if_reserved(const uint32_t *reserved, size_t count, struct famfs_error *err);

/* Sets the remedy of an error that is set already. `object` is its argument, or NULL. A remedy
 * whose object does not fit is left out: a part of a name is another name. */
void error_remedy(struct famfs_error *err, enum famfs_remedy remedy, const char *object);

/* The same with a number as the argument. */
void error_remedy_number(struct famfs_error *err, enum famfs_remedy remedy, uint64_t number);

/* Gives an error that is set already the remedy of another one. */
void error_remedy_of(struct famfs_error *err, const struct famfs_error *other);

#endif
