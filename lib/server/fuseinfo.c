/* SPDX-License-Identifier: Apache-2.0 */
/* FUSE on this host: the library, its device and fusermount3. */
#include "famfs.h"

#include "base/program.h"
#include "server/fuse.h"
#include "shared/cleanup.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>

#define HELPER "fusermount3"

static void find_helper(struct famfs_fuse_info *out)
{
	struct stat st;

	if (program_find(program_dirs(), HELPER, out->helper, sizeof(out->helper)) == 0)
		out->helper_setuid =
			stat(out->helper, &st) == 0 && st.st_uid == 0 && (st.st_mode & S_ISUID);
}

/* The option is a line of its own; '#' begins a comment. */
static bool users_may_allow_other(void)
{
	FILE *f = fopen("/etc/fuse.conf", "re");
	char line[256], word[32];
	bool found = false;

	while (f && !found && fgets(line, sizeof(line), f))
		found = sscanf(line, " %31[^ \t\n#]", word) == 1 &&
			strcmp(word, "user_allow_other") == 0;
	if (f)
		fclose(f);
	return found;
}

void famfs_fuse_info(struct famfs_fuse_info *out)
{
	cleanup_fd int fd = open("/dev/fuse", O_RDWR | O_CLOEXEC);

	memset(out, 0, sizeof(*out));
	out->device_error = fd < 0 ? -errno : 0;
	snprintf(out->version, sizeof(out->version), "%s", fuse_pkgversion());
	find_helper(out);
	out->user_allow_other = users_may_allow_other();
}
