/* SPDX-License-Identifier: Apache-2.0 */
#include "complete/complete.h"
#include "core/cleanup.h"
#include "famfs.h"
#include "output/text.h"

#include <grp.h>
#include <pwd.h>
#include <stdio.h>
#include <string.h>

static int offer_device(void *arg, const struct famfs_dax_info *info)
{
	const struct completion *c = arg;
	char path[sizeof(info->name) + 8], size[TEXT_SIZE_LENGTH], meaning[128];

	snprintf(path, sizeof(path), "/dev/%s", info->name);
	snprintf(meaning, sizeof(meaning), "%s, %s", text_size(size, info->size),
		 famfs_dax_mode_name(info->mode));
	complete_offer(c, path, "", meaning);
	return 0;
}

static void complete_devices(const struct completion *c)
{
	(void)famfs_dax_scan(offer_device, (void *)(uintptr_t)c, NULL);
}

static int offer_mount(void *arg, const struct famfs_mount_info *mount)
{
	const struct completion *c = arg;
	cleanup_free char *meaning = NULL;

	if (asprintf(&meaning, "%s, %s", mount->device,
		     mount->read_only ? "read-only" : "for reading and writing") < 0)
		meaning = NULL;
	complete_offer(c, mount->mountpoint, "", meaning);
	return 0;
}

static void complete_mounts(const struct completion *c)
{
	(void)famfs_mounts(offer_mount, (void *)(uintptr_t)c, NULL);
}

/* Only local users and groups: a directory service could be slow. */
static void complete_users(const struct completion *c)
{
	FILE *f = fopen("/etc/passwd", "re");
	const struct passwd *user;

	while (f && (user = fgetpwent(f)))
		complete_offer(c, user->pw_name, "", user->pw_gecos);
	if (f)
		fclose(f);
}

static void complete_groups(const struct completion *c)
{
	FILE *f = fopen("/etc/group", "re");
	const struct group *group;

	while (f && (group = fgetgrent(f)))
		complete_offer(c, group->gr_name, "", NULL);
	if (f)
		fclose(f);
}

void complete_commands(const struct completion *c)
{
	for (size_t i = 0; commands[i].command; i++) {
		const struct command *cmd = commands[i].command;

		if (commands[i].listed)
			complete_offer(c, cmd->name, "", cmd->summary);
	}
}

static void complete_words(const struct completion *c, const struct word *words)
{
	for (const struct word *w = words; w && w->name; w++)
		complete_offer(c, w->name, "", w->meaning);
}

/* Whether the list up to `end` has the word. */
static bool is_in_list(const char *list, const char *end, const char *word)
{
	size_t length = strcspn(word, "=");

	while (list < end) {
		size_t here = strcspn(list, "=,");

		if (here == length && strncmp(list, word, length) == 0)
			return true;
		list += strcspn(list, ",");
		list += *list == ',';
	}
	return false;
}

/* The values of the word "name=" in a list of words. */
static const struct word *words_of_name(const struct command *cmd, const char *name, size_t length)
{
	for (const struct option_value *v = cmd ? cmd->values : NULL; v && v->option; v++) {
		if (strlen(v->option) == length && strncmp(v->option, name, length) == 0)
			return v->words;
	}
	return NULL;
}

/* "ro,fmap=of": only the last one is at the cursor. */
static void complete_list(const struct completion *c, const struct command *cmd,
			  const struct word *words)
{
	const char *start = c->word + strlen(c->base), *comma = strrchr(start, ',');
	const char *last = comma ? comma + 1 : start, *equals = strchr(last, '=');
	const char *value = equals ? equals + 1 : last;
	cleanup_free char *before = strndup(c->word, (size_t)(value - c->word));
	struct completion inner = *c;

	if (!before)
		return;
	inner.base = before;
	if (equals) {
		complete_words(&inner, words_of_name(cmd, last, (size_t)(equals - last)));
		return;
	}
	for (const struct word *w = words; w && w->name; w++) {
		if (!is_in_list(start, last, w->name))
			complete_offer(&inner, w->name, "", w->meaning);
	}
}

/* A path in a famfs or of this host: cp accepts both. */
static void complete_paths(const struct completion *c)
{
	if (complete_inside(c))
		return;
	complete_devices(c);
	complete_mounts(c);
	complete_files(c, false);
}

void complete_value(const struct completion *c, const struct command *cmd,
		    const struct option_value *value)
{
	switch (value->kind) {
	case VALUE_NONE: break;
	case VALUE_WORD: complete_words(c, value->words); break;
	case VALUE_WORDS: complete_list(c, cmd, value->words); break;
	case VALUE_VOLUME: complete_mounts(c); __attribute__((fallthrough));
	case VALUE_DEVICE:
		complete_devices(c);
		complete_files(c, false);
		break;
	case VALUE_PATH:
	case VALUE_SOURCE: complete_paths(c); break;
	case VALUE_MOUNT: complete_mounts(c); break;
	case VALUE_DIRECTORY: complete_files(c, true); break;
	case VALUE_FILE: complete_files(c, false); break;
	case VALUE_USER: complete_users(c); break;
	case VALUE_GROUP: complete_groups(c); break;
	case VALUE_COMMAND: complete_commands(c); break;
	}
}
