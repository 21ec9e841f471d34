/* SPDX-License-Identifier: Apache-2.0 */
/* What famfsctl mount and mount.famfs offer for -o. */
#ifndef CLI_MOUNT_H
#define CLI_MOUNT_H

#include "command.h"

/* Of fmap= */
extern const struct word mount_profiles[];

/* Those that mean something to a famfs; the library has more that it takes from fstab. */
extern const struct word mount_words[];

#endif
