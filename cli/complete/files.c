/* SPDX-License-Identifier: Apache-2.0 */
/*
 * File names, without access to a file system that might hang: names in a famfs come from the log
 * on its device, other names from their directory alone.
 */
#include "complete/complete.h"
#include "core/cleanup.h"
#include "famfs.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

struct listing {
	const struct completion *c;
	bool directories; /* nothing else */
	const char *path; /* of the folder, in a famfs */
};

static void offer_name(const struct listing *listing, const char *name, bool directory)
{
	const char *typed = listing->c->word + strlen(listing->c->base);

	if (listing->directories && !directory)
		return;
	/* As in shells, names with a leading dot are offered only if the word has one. */
	if (name[0] == '.' && typed[0] != '.')
		return;
	complete_offer(listing->c, name, directory ? "/" : "", NULL);
}

static int visit_entry(void *arg, const char *path, const struct famfs_stat *st)
{
	const struct listing *listing = arg;
	const char *slash = strrchr(path, '/');

	if (strcmp(path, listing->path) != 0)
		offer_name(listing, slash ? slash + 1 : path, S_ISDIR(st->mode));
	return 0;
}

/* Read the device alone: its mount may hang. */
static void list_log(struct listing *listing, const struct famfs_target *target)
{
	const struct famfs_target device = { .device = target->device, .path = target->path };
	const struct famfs_volume_params reading = { 0 };
	struct famfs_volume *vol;

	if (famfs_open(&device, &reading, &vol, NULL) < 0)
		return;
	listing->path = target->path;
	(void)famfs_walk(vol, target->path, false, visit_entry, listing, NULL);
	famfs_close(vol);
}

static bool is_directory(int dir, const char *folder, const struct dirent *entry)
{
	cleanup_target struct famfs_target *target = NULL;
	cleanup_free char *path = NULL;
	struct stat st;

	if (entry->d_type != DT_UNKNOWN && entry->d_type != DT_LNK)
		return entry->d_type == DT_DIR;
	/* Compare names: following a link could enter a mount that hangs. */
	if (asprintf(&path, "%s%s", folder, entry->d_name) < 0)
		return false;
	if (famfs_target_resolve(path, &target, NULL) == 0 && target->mountpoint)
		return true;
	return fstatat(dir, entry->d_name, &st, AT_NO_AUTOMOUNT) == 0 && S_ISDIR(st.st_mode);
}

static void list_folder(const struct listing *listing, const char *folder)
{
	const char *typed = listing->c->word + strlen(listing->c->base);
	size_t length = strlen(typed);
	DIR *dir = opendir(*folder ? folder : ".");
	struct dirent *entry;

	while (dir && (entry = readdir(dir))) {
		if (strncmp(entry->d_name, typed, length) == 0 && strcmp(entry->d_name, ".") != 0 &&
		    strcmp(entry->d_name, "..") != 0)
			offer_name(listing, entry->d_name, is_directory(dirfd(dir), folder, entry));
	}
	if (dir)
		closedir(dir);
}

/* If the user may not read the log of a mounted device, read it through the mount, after a test
 * that the mount answers. */
#define PATIENCE_MS 20

static bool may_read_log(const struct famfs_target *target)
{
	struct famfs_mount_health health;

	return access(target->device, R_OK) == 0 ||
	       famfs_mount_probe(target->mountpoint, PATIENCE_MS, &health, NULL) < 0 ||
	       health.state != FAMFS_MOUNT_ANSWERS;
}

/* Sets *folder to the word up to its last slash, and the base of *inner to that with its prefix.
 * The caller frees both. Returns false without memory. */
static bool enter_folder(const struct completion *c, struct completion *inner, char **folder,
			 char **base)
{
	const char *typed = c->word + strlen(c->base), *slash = strrchr(typed, '/');
	const char *end = slash ? slash + 1 : typed;

	*folder = strndup(typed, (size_t)(end - typed));
	*base = strndup(c->word, (size_t)(end - c->word));
	*inner = *c;
	inner->base = *base;
	return *folder && *base;
}

void complete_files(const struct completion *c, bool directories)
{
	cleanup_target struct famfs_target *target = NULL;
	cleanup_free char *folder = NULL, *base = NULL, *real = NULL;
	struct completion inner;
	struct listing listing = { .c = &inner, .directories = directories };
	const char *home = getenv("HOME");

	if (!enter_folder(c, &inner, &folder, &base))
		return;
	if (strncmp(folder, "~/", 2) == 0 && home && asprintf(&real, "%s%s", home, folder + 1) < 0)
		return;
	if (!real)
		real = strdup(folder);
	if (real && famfs_target_resolve(*real ? real : ".", &target, NULL) == 0 &&
	    target->mountpoint && may_read_log(target))
		list_log(&listing, target);
	else if (real)
		list_folder(&listing, real);
}

/* Offers "DEVICE:/" when DEVICE is complete. */
static void offer_entrance(const struct completion *c, const char *typed)
{
	cleanup_target struct famfs_target *target = NULL;
	bool device = *typed && famfs_target_resolve(typed, &target, NULL) == 0 && !target->path;

	if (device)
		complete_offer(c, typed, ":/", "what is on it");
}

bool complete_inside(const struct completion *c)
{
	cleanup_target struct famfs_target *target = NULL;
	cleanup_free char *folder = NULL, *base = NULL;
	struct completion inner;
	struct listing listing = { .c = &inner };

	if (!enter_folder(c, &inner, &folder, &base))
		return true;
	offer_entrance(c, c->word + strlen(c->base));
	if (!strstr(folder, ":/") || famfs_target_resolve(folder, &target, NULL) < 0 ||
	    target->mountpoint || !target->path)
		return false;
	list_log(&listing, target);
	return true;
}
