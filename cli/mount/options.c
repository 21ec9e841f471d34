/* SPDX-License-Identifier: Apache-2.0 */
#include "mount/options.h"
#include "core/cleanup.h"
#include "core/report.h"
#include "core/suggest.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

const struct word mount_profiles[] = {
	{ "auto", "what the kernel offers" },         { "off", "the server reads and writes" },
	{ "v2", "kernels with the patches of 2025" }, { "pull", "kernels that ask for maps" },
	{ "push", "kernels that are given maps" },    { NULL, NULL },
};

const struct word mount_metadata[] = {
	{ "private", "the user who mounted" },
	{ "public", "every user of the mount" },
	{ NULL, NULL },
};

const struct word mount_words[] = {
	{ "ro", "read only; what a client has without it" },
	{ "rw", "a client may write existing files in place" },
	{ "client_rw", "the same, where mount(8) adds an rw that was not asked for" },
	{ "fsck", "check superblock and log first" },
	{ "allow_other", "other users may use the mount, too" },
	{ "noallow_other", "no other user may, also when root mounts" },
	{ "fmap=", "how to serve a kernel with famfs" },
	{ "invalidate=", "up to which size an open drops cache lines" },
	{ "suid", "obey set-id bits" },
	{ "nosuid", "ignore set-id bits" },
	{ "dev", "obey device nodes" },
	{ "nodev", "ignore device nodes" },
	{ "exec", "programs may run" },
	{ "noexec", "programs may not run" },
	{ "clone_fd", "a descriptor of the kernel's for each thread" },
	{ "single_thread", "one request at a time" },
	{ "metadata=", "who may read the .meta files: private or public" },
	{ "nomodeswitch", "leave the device in the mode that it is in" },
	{ NULL, NULL },
};

int mount_add_option(char **list, const char *key, const char *value)
{
	const char *before = *list ? *list : "";
	char *joined;

	if (asprintf(&joined, "%s%s%s%s", before, *before ? "," : "", key, value) < 0)
		return report_no_memory();
	free(*list);
	*list = joined;
	return EXIT_DONE;
}

const char *mount_suggest_option(const char *options)
{
	cleanup_free char *list = strdup(options ? options : "");
	char *rest = list, *word;

	while (rest && (word = strsep(&rest, ","))) {
		struct suggestion suggestion = SUGGESTION(word);
		bool known = false;

		for (const struct word *w = mount_words; w->name && !known; w++) {
			size_t length = strlen(w->name);

			known = strncmp(word, w->name, length) == 0 &&
				(w->name[length - 1] == '=' || !word[length]);
			suggestion_offer(&suggestion, w->name);
		}
		if (!known && suggestion.best)
			return suggestion.best;
	}
	return NULL;
}
