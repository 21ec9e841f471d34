/* SPDX-License-Identifier: Apache-2.0 */
#include "famfs.h"

#include "base/error.h"
#include "fs/find.h"
#include "server/daemonize.h"
#include "server/device_setup.h"
#include "server/node.h"
#include "server/remount.h"
#include "server/session.h"

#include <errno.h>
#include <inttypes.h>
#include <limits.h>
#include <linux/magic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/statfs.h>
#include <syslog.h>

struct job {
	const struct famfs_mount_params *params;
	struct mount_options options;
	char *device; /* the path; the caller may have named the device in another way */
	char mountpoint[PATH_MAX];
};

static int check_params(const struct famfs_mount_params *params, struct famfs_error *err)
{
	int ret = error_if_reserved(params->reserved,
				    sizeof(params->reserved) / sizeof(params->reserved[0]), err);

	if (ret < 0)
		return ret;
	if (!params->device || !params->mountpoint)
		return error_set(err, -EINVAL, "a device and a mountpoint are needed");
	return 0;
}

/* Finds an existing mount in the mount table, since its root may be cached although its server is
 * dead, and looking at it may hang. Only a request that is never cached tells a dead server from a
 * live one. */
static int check_unmounted(const char *mountpoint, struct famfs_error *err)
{
	struct famfs_target *target = NULL;
	struct statfs st;
	int ret = 0;

	if (famfs_target_resolve(mountpoint, &target, NULL) < 0)
		return 0; /* the use of the mountpoint reports the error */
	if (target->mountpoint && !*target->path) {
		bool dead = statfs(target->mountpoint, &st) < 0 && errno == ENOTCONN;

		ret = error_set(err, dead ? -ENOTCONN : -EBUSY, "'%s' is %s mount of '%s'",
				mountpoint, dead ? "a dead" : "already a", target->device);
		error_remedy(err, FAMFS_REMEDY_UNMOUNT, mountpoint);
	}
	famfs_target_free(target);
	return ret;
}

/* "/dev/fd/N" names a connection that another program has opened and mounted. Only the process that
 * has the descriptor can serve it, so the server must stay in the foreground. */
static bool is_connection(const struct job *job)
{
	return strncmp(job->params->mountpoint, "/dev/fd/", 8) == 0 &&
	       (job->params->foreground || job->params->debug);
}

static int check_mountpoint(struct job *job, struct famfs_error *err)
{
	const char *mountpoint = job->params->mountpoint;
	struct stat st;
	int ret;

	if (is_connection(job)) {
		snprintf(job->mountpoint, sizeof(job->mountpoint), "%s", mountpoint);
		return 0;
	}
	ret = check_unmounted(mountpoint, err);
	if (ret < 0)
		return ret;
	if (!realpath(mountpoint, job->mountpoint) || stat(job->mountpoint, &st) < 0)
		return error_errno(err, -errno, "cannot mount at '%s'", mountpoint);
	if (!S_ISDIR(st.st_mode))
		return error_errno(err, -ENOTDIR, "cannot mount at '%s'", mountpoint);
	return 0;
}

/* `stay`: the reason why the device must stay in devdax mode; "": there is none. Set when the
 * kernel seemed to have famfs and then refused the device. */
static int serve_once(const struct job *job, struct daemon *daemon, char stay[MAX_STAY_REASON],
		      struct famfs_error *err)
{
	const struct session_params params = {
		.options = &job->options,
		.mountpoint = job->mountpoint,
		.debug = job->params->debug,
	};
	const struct device_setup_params device = { job->device, &job->options, stay, false };
	struct server server = { .daemon = daemon,
				 .log_limit = RATELIMIT_INIT,
				 .log_fn = job->params->log,
				 .log_arg = job->params->log_arg };
	struct famfs_error lost;
	bool switched, told_to_end;
	int released, ret = device_setup(&server, &device, err);

	if (ret < 0)
		return ret;
	switched = device_setup_has_switched(&server);
	ret = session_run(&server, &params, err);
	server_log(&server, LOG_INFO, "no longer serving '%s'", job->device);
	released = device_teardown(&server, &lost);
	told_to_end = signals_drop(&server.signals);
	if (released < 0) {
		server_log(&server, LOG_WARNING, "%s", lost.message);
		return ret;
	}
	/* A process that was told to end does not try again. */
	if (!told_to_end && server_has_failed(&server) && switched &&
	    server.failure.code == -EOPNOTSUPP)
		snprintf(stay, MAX_STAY_REASON, "the kernel did not take it in famfs mode");
	return ret;
}

/* If the kernel does not map the files as expected, the device is served a second time, in devdax
 * mode. */
static int serve(const struct job *job, struct daemon *daemon, struct famfs_error *err)
{
	char stay[MAX_STAY_REASON] = "";
	struct famfs_error why = { 0 };
	int ret = serve_once(job, daemon, stay, &why);

	if (ret < 0 && *stay) {
		if (job->params->log)
			job->params->log(job->params->log_arg, LOG_WARNING, why.message);
		return serve_once(job, daemon, stay, err);
	}
	if (ret < 0 && err)
		*err = why;
	return ret;
}

/* A dry run: opens the device and checks what can be checked without a mount. */
static int rehearse(const struct job *job, struct famfs_error *err)
{
	const struct device_setup_params device = { job->device, &job->options, "", true };
	struct server server = { .log_limit = RATELIMIT_INIT,
				 .log_fn = job->params->log,
				 .log_arg = job->params->log_arg };
	int ret = device_setup(&server, &device, err);

	return ret < 0 ? ret : device_teardown(&server, err);
}

static int serve_in_background(void *arg, struct daemon *daemon, struct famfs_error *err)
{
	/* Not in the foreground, where the signals belong to the caller. */
	famfs_guard_memory_errors();
	return serve(arg, daemon, err);
}

/* The server has reported that it is ready. Checks that the kernel reaches it, too. */
static int check_answers(const char *mountpoint, struct famfs_error *err)
{
	struct statfs st;

	if (statfs(mountpoint, &st) < 0)
		return error_errno(err, -errno, "the mount at '%s' does not answer", mountpoint);
	if (st.f_type != FUSE_SUPER_MAGIC)
		return error_set(err, -EIO, "the mount at '%s' has disappeared", mountpoint);
	return 0;
}

static int name_device(struct job *job, struct famfs_error *err)
{
	const char *name = job->params->device;
	char real[PATH_MAX];
	bool exists;
	struct stat st;

	exists = stat(name, &st) == 0;
	if (find_is_name(name) && !exists)
		return find_device("", name, &job->device, err);
	/* Links of udev are resolved, since the mount table shows a device under its own name. A
	 * mount that is not found there would lose the driver of its device. */
	if (exists && S_ISCHR(st.st_mode) && realpath(name, real))
		name = real;
	job->device = strdup(name);
	return job->device ? 0 : error_set(err, -ENOMEM, "out of memory");
}

/* The first problem that the check found: an error has one line. */
struct first_problem {
	uint64_t entry;
	enum famfs_fault fault;
	char message[200];
};

static void note_problem(void *arg, const struct famfs_problem *problem)
{
	struct first_problem *first = arg;

	if (first->fault != FAMFS_FAULT_NONE)
		return;
	first->entry = problem->entry;
	first->fault = problem->fault;
	snprintf(first->message, sizeof(first->message), "%s", problem->message);
}

static int check_medium(const struct job *job, struct famfs_error *err)
{
	struct first_problem first = { 0 };
	const struct famfs_fsck_params params = { .report = note_problem, .arg = &first };
	const struct famfs_target target = { .device = job->device };
	const struct device_setup_params device = { job->device, &job->options, "",
						    job->params->dry_run };
	struct famfs_fsck_result result;
	char where[32] = "metadata";
	int ret;

	if (!job->options.check)
		return 0;
	ret = device_settle(&device, err);
	if (ret == 0)
		ret = famfs_fsck(&target, &params, &result, err);
	if (ret < 0 || result.problems == 0)
		return ret;
	if (first.entry != FAMFS_NO_ENTRY)
		snprintf(where, sizeof(where), "entry %" PRIu64, first.entry);
	error_set(err, -EUCLEAN,
		  "'%s' is not mounted, since the check found %" PRIu64 " problem%s: %s: %s: %s",
		  job->device, result.problems, result.problems == 1 ? "" : "s", where,
		  famfs_fault_name(first.fault), first.message);
	error_remedy(err, FAMFS_REMEDY_FSCK, job->device);
	return -EUCLEAN;
}

static int mount_job(struct job *job, struct famfs_error *err)
{
	const struct famfs_mount_params *params = job->params;
	int ret = check_mountpoint(job, err);

	if (ret == 0)
		ret = check_medium(job, err);
	if (ret < 0)
		return ret;
	if (params->dry_run)
		return rehearse(job, err);
	if (params->foreground || params->debug)
		return serve(job, NULL, err);
	ret = daemonize(serve_in_background, job, err);
	return ret < 0 ? ret : check_answers(job->mountpoint, err);
}

static int run_job(struct job *job, struct famfs_error *err)
{
	const struct famfs_mount_params *params = job->params;
	int ret = mount_options_parse(params->options, params->sloppy, &job->options, err);

	if (ret == 0 && job->options.remount)
		return params->dry_run
			       ? 0
			       : remount(params->device, params->mountpoint, &job->options, err);
	if (ret == 0)
		ret = name_device(job, err);
	return ret < 0 ? ret : mount_job(job, err);
}

int famfs_mount(const struct famfs_mount_params *params, struct famfs_error *err)
{
	struct job job = { .params = params };
	int ret = check_params(params, err);

	if (ret < 0)
		return ret;
	ret = run_job(&job, err);
	mount_options_free(&job.options);
	free(job.device);
	return ret;
}

/* The server may be of another version, which knows other profiles. */
static enum famfs_fmap_profile profile_of(const char *name)
{
	const struct fmap_profile *row = fmap_profile_named(name);

	return row ? row->generation : FAMFS_PROFILE_UNKNOWN;
}

int famfs_mount_io(const char *mountpoint, struct famfs_mount_io *out, struct famfs_error *err)
{
	char path[PATH_MAX], text[256], *colon;
	ssize_t n;

	snprintf(path, sizeof(path), "%s/" META_DIR "/" META_IO, mountpoint);
	n = readlink(path, text, sizeof(text) - 1);
	if (n < 0)
		return error_errno(err, errno == ENOENT ? -ENODATA : -errno,
				   "cannot ask the server of '%s'", mountpoint);
	text[n] = '\0';
	colon = strstr(text, ": ");
	if (!colon)
		return error_set(err, -ENODATA, "the server of '%s' does not say how it runs",
				 mountpoint);
	*colon = '\0';
	memset(out, 0, sizeof(*out));
	out->profile = profile_of(text);
	snprintf(out->reason, sizeof(out->reason), "%.239s", colon + 2);
	return 0;
}
