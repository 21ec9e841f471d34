/* SPDX-License-Identifier: Apache-2.0 */
#include "server/options.h"

#include "base/error.h"
#include "device/mountinfo.h"
#include "server/invalidate.h"
#include "server/kernel.h"
#include "shared/cleanup.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum action {
	SET_RO,
	SET_RW,
	SET_SUID,
	SET_NOSUID,
	SET_DEV,
	SET_NODEV,
	SET_OTHERS,
	SET_NO_OTHERS,
	SET_FMAP,
	SET_INVALIDATE,
	SET_NO_MODE_SWITCH,
	SET_CLONE_FD,
	SET_SINGLE_THREAD,
	SET_CHECK,
	SET_METADATA,
	SET_REMOUNT,
	PASS,
	IGNORE,
	IGNORE_SHOWN,
};

static const struct {
	const char *word; /* with a '*' at its end, a prefix */
	enum action action;
} words[] = {
	{ "ro", SET_RO },
	{ "rw", SET_RW },
	{ "client_rw", SET_RW }, /* like rw, which mount(8) adds by itself and so means nothing */
	{ "suid", SET_SUID },
	{ "nosuid", SET_NOSUID },
	{ "dev", SET_DEV },
	{ "nodev", SET_NODEV },
	{ "allow_other", SET_OTHERS },
	{ "noallow_other", SET_NO_OTHERS },
	{ "allow_root", SET_OTHERS },
	{ "fmap=*", SET_FMAP },
	{ "invalidate=*", SET_INVALIDATE },
	{ "nomodeswitch", SET_NO_MODE_SWITCH },
	{ "clone_fd", SET_CLONE_FD },
	{ "single_thread", SET_SINGLE_THREAD },
	{ "fsck", SET_CHECK },
	{ "metadata=*", SET_METADATA },
	{ "remount", SET_REMOUNT },
	{ "exec", PASS },
	{ "noexec", PASS },
	{ "sync", PASS },
	{ "async", PASS },
	{ "dirsync", PASS },
	{ "default_permissions", IGNORE }, /* always on */
	{ "atime", IGNORE },
	{ "noatime", IGNORE },
	{ "diratime", IGNORE },
	{ "nodiratime", IGNORE },
	{ "relatime", IGNORE },
	{ "norelatime", IGNORE },
	{ "strictatime", IGNORE },
	{ "nostrictatime", IGNORE },
	{ "lazytime", IGNORE },
	{ "nolazytime", IGNORE },
	{ "defaults", IGNORE },
	{ "auto", IGNORE },
	{ "noauto", IGNORE },
	{ "user", IGNORE },
	{ "user=*", IGNORE },
	{ "nouser", IGNORE },
	{ "users", IGNORE },
	{ "nousers", IGNORE },
	{ "owner", IGNORE },
	{ "group", IGNORE },
	{ "nofail", IGNORE },
	{ "_netdev", IGNORE },
	{ "x-*", IGNORE },
	{ "X-*", IGNORE },
	/* The mount table shows these for a FUSE mount, and mount(8) passes them on to a remount.
	 */
	{ "user_id=*", IGNORE_SHOWN },
	{ "group_id=*", IGNORE_SHOWN },
	{ "max_read=*", IGNORE_SHOWN },
};

static bool matches(const char *pattern, const char *word)
{
	size_t length = strlen(pattern);

	if (pattern[length - 1] == '*')
		return strncmp(pattern, word, length - 1) == 0;
	return strcmp(pattern, word) == 0;
}

static int pass(struct mount_options *out, const char *word, struct famfs_error *err)
{
	char *joined;

	if (asprintf(&joined, "%s%s%s", out->passed ? out->passed : "", out->passed ? "," : "",
		     word) < 0)
		return error_set(err, -ENOMEM, "out of memory");
	free(out->passed);
	out->passed = joined;
	return 0;
}

static int set_privileged(bool *option, const char *word, struct famfs_error *err)
{
	if (geteuid() != 0)
		return error_set(err, -EPERM, "only root may use the mount option '%s'", word);
	*option = true;
	return 0;
}

static int set_fmap(struct mount_options *out, const char *word, struct famfs_error *err)
{
	if (kernel_forced_profile(word, &out->forced) == 0)
		return 0;
	return error_set(err, -EINVAL, "fmap= expects auto, off, v2, pull or push, got '%s'", word);
}

static int set_metadata(struct mount_options *out, const char *word, struct famfs_error *err)
{
	out->metadata_public = strcmp(word, "public") == 0;
	if (out->metadata_public || strcmp(word, "private") == 0)
		return 0;
	return error_set(err, -EINVAL, "metadata= expects private or public, got '%s'", word);
}

static int set_invalidate(struct mount_options *out, const char *word, struct famfs_error *err)
{
	if (famfs_parse_size(word, &out->invalidate))
		return 0;
	return error_set(err, -EINVAL, "invalidate= expects a size such as 64M, or 0, got '%s'",
			 word);
}

static int apply(struct mount_options *out, enum action action, const char *word,
		 struct famfs_error *err)
{
	switch (action) {
	case SET_RO: out->access = MOUNT_READ_ONLY; break;
	case SET_RW: out->access = MOUNT_READ_WRITE; break;
	case SET_SUID: return set_privileged(&out->suid, word, err);
	case SET_NOSUID: out->suid = false; break;
	case SET_DEV: return set_privileged(&out->dev, word, err);
	case SET_NODEV: out->dev = false; break;
	case SET_OTHERS:
		out->others = strcmp(word, "allow_root") == 0 ? "allow_root" : "allow_other";
		break;
	case SET_NO_OTHERS: out->others = ""; break;
	case SET_FMAP: return set_fmap(out, strchr(word, '=') + 1, err);
	case SET_INVALIDATE: return set_invalidate(out, strchr(word, '=') + 1, err);
	case SET_NO_MODE_SWITCH: out->no_mode_switch = true; break;
	case SET_CLONE_FD: out->clone_fd = true; break;
	case SET_SINGLE_THREAD: out->single_thread = true; break;
	case SET_CHECK: out->check = true; break;
	case SET_METADATA: return set_metadata(out, strchr(word, '=') + 1, err);
	case SET_REMOUNT: out->remount = true; break;
	case PASS: return pass(out, word, err);
	case IGNORE:
	case IGNORE_SHOWN: break;
	}
	return 0;
}

static int parse_word(struct mount_options *out, const char *word, bool sloppy,
		      struct famfs_error *err)
{
	for (size_t i = 0; i < sizeof(words) / sizeof(words[0]); i++)
		if (matches(words[i].word, word) &&
		    (words[i].action != IGNORE_SHOWN || out->remount))
			return apply(out, words[i].action, word, err);
	return sloppy ? 0 : error_set(err, -EINVAL, "'%s' is not a mount option", word);
}

int mount_options_parse(const char *text, bool sloppy, struct mount_options *out,
			struct famfs_error *err)
{
	cleanup_free char *copy = strdup(text ? text : "");
	char *save = NULL;
	int ret = 0;

	memset(out, 0, sizeof(*out));
	out->invalidate = INVALIDATE_DEFAULT;
	if (!copy)
		return error_set(err, -ENOMEM, "out of memory");
	/* Before the other words are parsed: it decides about words that come before it as well. */
	out->remount = mount_has_option(copy, "remount");
	for (char *word = strtok_r(copy, ",", &save); word && ret == 0;
	     word = strtok_r(NULL, ",", &save))
		ret = parse_word(out, word, sloppy, err);
	return ret;
}

void mount_options_free(struct mount_options *options)
{
	free(options->passed);
	options->passed = NULL;
}
