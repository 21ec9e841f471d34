/* SPDX-License-Identifier: Apache-2.0 */
#include "base/program.h"

#include <errno.h>
#include <limits.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

static bool is_program(const char *path)
{
	struct stat st;

	return stat(path, &st) == 0 && S_ISREG(st.st_mode) && access(path, X_OK) == 0;
}

const char *program_dirs(void)
{
	const char *dirs = geteuid() == 0 ? NULL : secure_getenv("PATH");

	return dirs ? dirs : PROGRAM_DIRS;
}

int program_find(const char *dirs, const char *name, char *path, size_t size)
{
	char candidate[PATH_MAX];

	while (*dirs) {
		size_t length = strcspn(dirs, ":");
		int n = snprintf(candidate, sizeof(candidate), "%.*s/%s", (int)length, dirs, name);

		/* Skip an empty part: it means the working directory, which is not searched. */
		if (length && (size_t)n < sizeof(candidate) && is_program(candidate)) {
			if ((size_t)n >= size)
				return -ENAMETOOLONG;
			memcpy(path, candidate, (size_t)n + 1);
			return 0;
		}
		dirs += length + (dirs[length] == ':');
	}
	return -ENOENT;
}
