/* SPDX-License-Identifier: Apache-2.0 */
/* The option -o of famfsctl mount and mount.famfs. */
#ifndef CLI_MOUNT_OPTIONS_H
#define CLI_MOUNT_OPTIONS_H

#include "core/command.h"

/* The values of the mount option fmap= */
extern const struct word mount_profiles[];

/* The values of the mount option metadata= */
extern const struct word mount_metadata[];

/* The options that have an effect; the library accepts more, from fstab. */
extern const struct word mount_words[];

/* Appends KEYVALUE to a list with commas. Returns EXIT_DONE, or EXIT_FAILED without memory. */
int mount_add_option(char **list, const char *key, const char *value);

/* The nearest word to a mistyped one of a list with commas, or NULL. */
const char *mount_suggest_option(const char *options);

#endif
