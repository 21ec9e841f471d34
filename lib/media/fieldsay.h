/* SPDX-License-Identifier: Apache-2.0 */
/* How the judges of fields say what they found. */
#ifndef MEDIA_FIELDSAY_H
#define MEDIA_FIELDSAY_H

#include "famfs_inspect.h"

void say(struct famfs_raw_field *field, enum famfs_verdict verdict, const char *format, ...)
	__attribute__((format(printf, 3, 4)));

/* OK with one text, or BAD with the other. */
void say_if(struct famfs_raw_field *field, bool ok, const char *good, const char *bad);

#endif
