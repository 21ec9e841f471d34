/* SPDX-License-Identifier: Apache-2.0 */
/*
 * mount.famfs, which mount(8) runs for the types "famfs" and "fuse.famfs", with its arguments and
 * exit codes.
 */
#include "core/cleanup.h"
#include "core/common.h"
#include "core/interrupt.h"
#include "core/options.h"
#include "core/report.h"
#include "famfs.h"
#include "helpers/helpers.h"
#include "mount/options.h"

#include <errno.h>
#include <fcntl.h>
#include <sched.h>
#include <stdio.h>
#include <string.h>
#include <sys/statfs.h>
#include <syslog.h>
#include <unistd.h>

/* mount(8)'s exit codes */
enum {
	MOUNT_DONE = 0,
	MOUNT_USAGE = 1, /* or not allowed */
	MOUNT_SYSTEM = 2,
	MOUNT_INTERRUPTED = 8,
	MOUNT_FAILED = 32,
};

static struct {
	int sloppy;
	int fake;
	int no_mtab;
	char *options;
	char *namespace;
} opt;

static const struct word types[] = {
	{ "famfs", "as in fstab" },
	{ "fuse.famfs", "as in the mount table" },
	{ NULL, NULL },
};

static const struct option_value values[] = {
	{ "options", VALUE_WORDS, mount_words },
	{ "fmap", VALUE_WORD, mount_profiles },
	{ "metadata", VALUE_WORD, mount_metadata },
	{ "types", VALUE_WORD, types },
	{ NULL, VALUE_NONE, NULL },
};

static const struct poptOption options[] = {
	{ "options", 'o', POPT_ARG_STRING, NULL, 'o',
	  "mount options, comma-separated: ro, client_rw, fsck, ...", "OPTIONS" },
	{ "sloppy", 's', POPT_ARG_NONE, &opt.sloppy, 0, "ignore unknown mount options", NULL },
	{ "fake", 'f', POPT_ARG_NONE, &opt.fake, 0, "do everything but mount", NULL },
	{ "no-mtab", 'n', POPT_ARG_NONE, &opt.no_mtab, 0, "ignored: there is no mtab to write",
	  NULL },
	{ "namespace", 'N', POPT_ARG_STRING, NULL, 'N',
	  "mount in this mount namespace: a PID, or a file of /proc", "NS" },
	{ "types", 't', POPT_ARG_STRING, NULL, 't', "famfs or fuse.famfs", "TYPE" },
	POPT_TABLEEND,
};

static int take_option(int val, const char *name, const char *value)
{
	unsigned type;

	switch (val) {
	case 'o': return mount_add_option(&opt.options, "", value);
	case 'N': return option_string(&opt.namespace, value);
	default: return option_word(name, value, types, &type);
	}
}

static int exit_code(int error)
{
	switch (-error) {
	case 0: return MOUNT_DONE;
	case EINVAL:
	case EACCES:
	case EPERM: return MOUNT_USAGE;
	case ENOMEM:
	case ENFILE:
	case EMFILE:
	case EAGAIN: return MOUNT_SYSTEM;
	default: return MOUNT_FAILED;
	}
}

static bool has_word(const char *list, const char *word)
{
	cleanup_free char *copy = strdup(list ? list : "");
	char *save = NULL;

	for (char *w = copy ? strtok_r(copy, ",", &save) : NULL; w; w = strtok_r(NULL, ",", &save))
		if (strcmp(w, word) == 0)
			return true;
	return false;
}

/* mount(8) passes "rw" unless "ro" was given. So "rw" does not request a writing client, except in
 * a remount. */
static int drop_rw(void)
{
	cleanup_free char *given = opt.options;
	char *save = NULL;
	int ret = EXIT_DONE;

	if (!given || has_word(given, "remount")) {
		given = NULL;
		return MOUNT_DONE;
	}
	opt.options = NULL;
	for (char *w = strtok_r(given, ",", &save); w && ret == EXIT_DONE;
	     w = strtok_r(NULL, ",", &save))
		if (strcmp(w, "rw") != 0)
			ret = mount_add_option(&opt.options, "", w);
	return ret == EXIT_DONE ? MOUNT_DONE : MOUNT_SYSTEM;
}

static int enter_namespace(const char *name)
{
	cleanup_free char *path = NULL;
	cleanup_fd int fd = -1;
	bool process = *name && name[strspn(name, "0123456789")] == '\0';
	int code;

	if (asprintf(&path, process ? "/proc/%s/ns/mnt" : "%s", name) < 0)
		return MOUNT_SYSTEM;
	fd = open(path, O_RDONLY | O_CLOEXEC);
	if (fd >= 0 && setns(fd, CLONE_NEWNS) == 0)
		return MOUNT_DONE;
	code = errno;
	(void)report_errno(code, "cannot enter the mount namespace '%s'", name);
	return exit_code(-code);
}

/* Returns the device that is mounted at a mountpoint, or NULL; does not access the mount. */
static char *mounted_device(const char *dir, char **mountpoint)
{
	cleanup_target struct famfs_target *target = NULL;

	if (famfs_target_resolve(dir, &target, NULL) < 0 || !target->mountpoint || *target->path)
		return NULL;
	*mountpoint = strdup(target->mountpoint);
	return strdup(target->device);
}

/*
 * mount -a looks in the mount table for lines of fstab that are mounted already. A famfs has the
 * name of its device there, so mount(8) runs this program each time for a line with famfs:UUID.
 */
static bool is_mounted_by_uuid(const char *spec, const char *dir)
{
	cleanup_target struct famfs_target *named = NULL;
	cleanup_free char *mountpoint = NULL;
	cleanup_free char *device = NULL;
	struct statfs st;

	if (strncmp(spec, "famfs:", 6) != 0 || has_word(opt.options, "remount"))
		return false;
	device = mounted_device(dir, &mountpoint);
	return device && famfs_target_resolve(spec, &named, NULL) == 0 &&
	       strcmp(named->device, device) == 0 && mountpoint && statfs(mountpoint, &st) == 0;
}

struct mount_state {
	const char *mountpoint;
	bool read_only;
};

/* The last mount at a mountpoint hides the earlier ones. */
static int note_mount(void *arg, const struct famfs_mount_info *mount)
{
	struct mount_state *state = arg;

	if (strcmp(mount->mountpoint, state->mountpoint) == 0)
		state->read_only = mount->read_only;
	return 0;
}

static void tell_result(const char *dir)
{
	cleanup_free char *mountpoint = NULL;
	cleanup_free char *device = mounted_device(dir, &mountpoint);
	struct mount_state state = { .mountpoint = mountpoint };

	if (!device || !mountpoint || famfs_mounts(note_mount, &state, NULL) < 0)
		return;
	if (common.verbose)
		report_note("'%s' is mounted at '%s', %s", device, mountpoint,
			    state.read_only ? "read-only" : "for reading and writing");
	if (state.read_only && !has_word(opt.options, "ro"))
		report_warning(
			"'%s' is mounted read-only, since this host is not its master or may "
			"not write the device",
			mountpoint);
}

static void log_message(void *arg, int priority, const char *message)
{
	const pid_t *starter = arg;

	if (priority <= LOG_WARNING)
		report_warning("%s", message);
	if (getpid() != *starter)
		syslog(LOG_DAEMON | priority, "%s", message);
}

static int mount_spec(const char *spec, const char *dir)
{
	pid_t starter = getpid();
	const struct famfs_mount_params params = {
		.device = spec,
		.mountpoint = dir,
		.options = opt.options,
		.sloppy = opt.sloppy,
		.dry_run = opt.fake,
		.log = log_message,
		.log_arg = &starter,
	};
	struct famfs_error err = { 0 };
	int ret = famfs_mount(&params, &err);

	if (ret < 0) {
		const char *suggestion = ret == -EINVAL ? mount_suggest_option(opt.options) : NULL;

		report_failure(&err);
		if (suggestion)
			report_hint("did you mean %s?", suggestion);
		return exit_code(ret);
	}
	if (!opt.fake)
		tell_result(dir);
	return MOUNT_DONE;
}

static int run(int argc, const char *const *argv)
{
	int ret = drop_rw();

	(void)argc;
	openlog("mount.famfs", LOG_PID, LOG_DAEMON);
	/* If this process ends, the server has no reader for its report, ends too, and removes its
	 * mount. */
	interrupt_exit("mount.famfs: interrupted\n", MOUNT_INTERRUPTED);
	if (ret == MOUNT_DONE && opt.namespace)
		ret = enter_namespace(opt.namespace);
	if (ret == MOUNT_DONE && is_mounted_by_uuid(argv[0], argv[1]))
		report_note("'%s' is mounted at '%s' already", argv[0], argv[1]);
	else if (ret == MOUNT_DONE)
		ret = mount_spec(argv[0], argv[1]);
	free(opt.options);
	free(opt.namespace);
	opt.options = opt.namespace = NULL;
	return ret;
}

/* mount(8) chooses the helper by type, which may come from the mount table. */
#define MOUNT_HELPER(program)                                                                      \
	{                                                                                          \
		.name = program, .helper = true, .synopsis = "DEVICE|famfs:UUID DIR [OPTION...]",  \
		.summary = "Mount a famfs for mount(8), and return when the mount answers",        \
		.example = program " fam.img /mnt/famfs -o ro,nofail",                             \
		.exit_codes =                                                                      \
			"0   mounted\n1   wrong usage, or not allowed\n2   out of memory or "      \
			"processes\n8   interrupted\n32  not mounted",                             \
		.options = options, .values = values, .take_option = take_option, .min_args = 2,   \
		.max_args = 2, .arg_kinds = { VALUE_DEVICE, VALUE_DIRECTORY },                     \
		.exit_failed = MOUNT_FAILED, .exit_usage = MOUNT_USAGE, .run = run,                \
	}

const struct command helper_mount = MOUNT_HELPER("mount.famfs");
const struct command helper_mount_fuse = MOUNT_HELPER("mount.fuse.famfs");
