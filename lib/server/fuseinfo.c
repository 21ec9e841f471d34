/* SPDX-License-Identifier: Apache-2.0 */
/* What this host has for FUSE mounts. */
#include "famfs.h"

#include "base/cleanup.h"
#include "server/server.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>

#define HELPER "fusermount3"

static bool is_program(const char *path, struct stat *st)
{
	return stat(path, st) == 0 && S_ISREG(st->st_mode) && access(path, X_OK) == 0;
}

static void find_helper(struct famfs_fuse_info *out)
{
	const char *dirs = getenv("PATH");
	struct stat st;

	for (const char *dir = dirs ? dirs : "/usr/bin:/bin"; *dir;) {
		size_t length = strcspn(dir, ":");

		snprintf(out->helper, sizeof(out->helper), "%.*s/" HELPER, (int)length, dir);
		if (is_program(out->helper, &st)) {
			out->helper_setuid = st.st_uid == 0 && (st.st_mode & S_ISUID);
			return;
		}
		dir += length + (dir[length] == ':');
	}
	out->helper[0] = '\0';
}

/* A line of its own; what is behind a '#' is a comment. */
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
