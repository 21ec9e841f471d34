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

/* Adds a hint to an error that is set already, by the rules of famfs_shell_format(): each %s is
 * quoted as a word of a shell, so the format has no quotes of its own around it. A hint that is too
 * long for the struct is left out. */
void error_hint(struct famfs_error *err, const char *format, ...)
	__attribute__((format(printf, 2, 3)));

/* Gives an error that is set already the hint of another one. */
void error_hint_of(struct famfs_error *err, const struct famfs_error *other);

#endif
