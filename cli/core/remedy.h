/* SPDX-License-Identifier: Apache-2.0 */
/* The library's remedies as hints: commands and options of this program. */
#ifndef CLI_CORE_REMEDY_H
#define CLI_CORE_REMEDY_H

#include "famfs.h"

/* The hint for an error's remedy, with the object quoted as a word of a shell. The caller frees it.
 * NULL if the error has no remedy, or there is no memory. */
char *remedy_hint(const struct famfs_error *err);

#endif
