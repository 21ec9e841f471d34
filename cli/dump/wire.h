/* SPDX-License-Identifier: Apache-2.0 */
/* dump-fmap --wire: the bytes that a kernel receives, field by field. */
#ifndef CLI_DUMP_WIRE_H
#define CLI_DUMP_WIRE_H

#include "core/session.h"

/* Prints the replies for the files that `args` name. Returns the exit code. */
int wire_dump(struct session *session, const char *profile, bool json, int argc,
	      const char *const *argv);

#endif
