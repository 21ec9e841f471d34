/* SPDX-License-Identifier: Apache-2.0 */
/* The -o of famfsctl mount and mount.famfs. */
#ifndef CLI_MOUNT_OPTIONS_H
#define CLI_MOUNT_OPTIONS_H

#include "core/command.h"

/* The values of the mount option fmap= */
extern const struct word mount_profiles[];

/* The values of the mount option metadata= */
extern const struct word mount_metadata[];

/* Those that mean something to a famfs; the library has more that it takes from fstab. */
extern const struct word mount_words[];

/* Appends KEYVALUE to a list with commas. EXIT_DONE, or EXIT_FAILED without memory. */
int mount_add_option(char **list, const char *key, const char *value);

/* What a mistyped word of a list with commas is nearest to, or NULL. */
const char *mount_suggest_option(const char *options);

#endif
