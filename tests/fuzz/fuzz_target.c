/* SPDX-License-Identifier: Apache-2.0 */
/* A path that a user types is either refused, or stays inside the file system. */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "famfs.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* The promise of the check, in another form. */
static void must_be_fine(const char *path)
{
	const char *at = path;

	if (strlen(path) > FAMFS_MAX_PATH || *path == '/' || !*path)
		abort();
	while (*at) {
		size_t length = strcspn(at, "/");

		if (length == 0 || (length == 1 && at[0] == '.') ||
		    (length == 2 && at[0] == '.' && at[1] == '.'))
			abort();
		if (at == path && length == 5 && !strncmp(at, ".meta", 5))
			abort();
		at += length;
		if (*at == '/' && !*++at)
			abort();
	}
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct famfs_error err = { 0 };
	struct famfs_target *target = NULL;
	char *path = malloc(size + 1);

	if (!path)
		abort();
	if (size)
		memcpy(path, data, size);
	path[size] = '\0';
	if (famfs_path_check(path, &err) == 0)
		must_be_fine(path);
	else if (!err.message[0] || err.code >= 0)
		abort();
	if (famfs_target_resolve(path, &target, &err) == 0) {
		if (!target->device || (target->path && strstr(target->path, "/../")))
			abort();
		famfs_target_free(target);
	}
	free(path);
	return 0;
}
