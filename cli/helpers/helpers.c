/* SPDX-License-Identifier: Apache-2.0 */
#include "helpers/helpers.h"

#include <string.h>

const struct command *const helpers[] = {
	&helper_fsck, &helper_mkfs, &helper_mount, &helper_mount_fuse, NULL,
};

const struct command *helper_find(const char *argv0)
{
	const char *name = basename(argv0);

	for (size_t i = 0; helpers[i]; i++) {
		if (strcmp(helpers[i]->name, name) == 0)
			return helpers[i];
	}
	return NULL;
}
