/* SPDX-License-Identifier: Apache-2.0 */
/* Answers 60-famfs.rules, in the form that udev reads. */
#include "core/commands.h"
#include "core/report.h"
#include "famfs.h"

#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <uuid/uuid.h>

static int run(int argc, const char *const *argv)
{
	struct famfs_identification found;
	struct famfs_error err = { 0 };
	char uuid[UUID_STR_LEN], device_uuid[UUID_STR_LEN];
	const char *off = getenv("FAMFS_NO_PROBE");
	int ret;

	(void)argc;
	if (off && *off)
		return EXIT_DONE;
	ret = famfs_identify(argv[0], &found, &err);
	if (ret == -EMEDIUMTYPE)
		return EXIT_DONE;
	if (ret < 0)
		return report_failure(&err);
	uuid_unparse_lower(found.uuid, uuid);
	uuid_unparse_lower(found.device_uuid, device_uuid);
	printf("ID_FS_TYPE=famfs\n"
	       "ID_FS_USAGE=filesystem\n"
	       "ID_FS_VERSION=%" PRIu32 ".%" PRIu32 "\n"
	       "ID_FS_UUID=%s\n"
	       "ID_FS_UUID_ENC=%s\n"
	       "ID_FS_UUID_SUB=%s\n"
	       "ID_FS_UUID_SUB_ENC=%s\n",
	       found.omf_major, found.omf_minor, uuid, uuid, device_uuid, device_uuid);
	return EXIT_DONE;
}

const struct command cmd_udev = {
	.name = "__udev",
	.synopsis = "DEVICE",
	.summary = "Print the properties of a device for udev; nothing if it holds no famfs",
	.example = "__udev fam.img",
	.min_args = 1,
	.max_args = 1,
	.arg_kinds = { VALUE_DEVICE },
	.run = run,
};
