/* SPDX-License-Identifier: Apache-2.0 */
#include "famfs.h"

#include "base/cleanup.h"
#include "base/error.h"
#include "server/acquire.h"
#include "server/daemonize.h"
#include "server/node.h"
#include "server/session.h"

#include <errno.h>
#include <limits.h>
#include <linux/magic.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/statfs.h>
#include <syslog.h>

#define MAX_STAY 160

struct job {
	const struct famfs_mount_params *params;
	struct mount_options options;
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

/* A mount that is there already, from the table: its root may be cached although its server is
 * dead, or hang. Only a request that is never cached tells a dead server from a live one. */
static int check_unmounted(const char *mountpoint, struct famfs_error *err)
{
	struct famfs_target *target = NULL;
	struct statfs st;
	int ret = 0;

	if (famfs_target_resolve(mountpoint, &target, NULL) < 0)
		return 0; /* what is wrong with it is told by who uses it */
	if (target->mountpoint && !*target->path) {
		bool dead = statfs(target->mountpoint, &st) < 0 && errno == ENOTCONN;

		ret = error_set(err, dead ? -ENOTCONN : -EBUSY, "'%s' is %s mount of '%s'",
				mountpoint, dead ? "a dead" : "already a", target->device);
		error_hint(err, "run: famfsctl umount '%s'", mountpoint);
	}
	famfs_target_free(target);
	return ret;
}

/* libfuse takes "/dev/fd/N" for a connection that somebody else has opened and mounted. Such a
 * descriptor can only be served by the process that has it. */
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

/* `stay`: why the device is to stay in devdax mode; "" when it is not. A kernel that shows famfs
 * and does not take it leaves its reason there. */
static int serve_once(const struct job *job, struct daemon *daemon, char stay[MAX_STAY],
		      struct famfs_error *err)
{
	const struct session_params params = {
		.options = &job->options,
		.mountpoint = job->mountpoint,
		.debug = job->params->debug,
	};
	const struct acquire_params device = { job->params->device, &job->options, stay, false };
	struct server server = { .daemon = daemon,
				 .log_fn = job->params->log,
				 .log_arg = job->params->log_arg };
	struct famfs_error lost;
	bool switched;
	int ret = acquire(&server, &device, err);

	if (ret < 0)
		return ret;
	switched = server.daxmode != NULL;
	ret = session_run(&server, &params, err);
	server_log(&server, LOG_INFO, "no longer serving '%s'", job->params->device);
	if (release(&server, &lost) < 0) {
		server_log(&server, LOG_WARNING, "%s", lost.message);
		return ret;
	}
	if (server.failed && switched && server.failure.code == -EOPNOTSUPP)
		snprintf(stay, MAX_STAY, "the kernel did not take it in famfs mode");
	return ret;
}

/* A kernel whose evidence or whose user promised too much is served as any other. */
static int serve(const struct job *job, struct daemon *daemon, struct famfs_error *err)
{
	char stay[MAX_STAY] = "";
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

/* All that can be found out without a mount. */
static int rehearse(const struct job *job, struct famfs_error *err)
{
	const struct acquire_params device = { job->params->device, &job->options, "", true };
	struct server server = { .log_fn = job->params->log, .log_arg = job->params->log_arg };
	int ret = acquire(&server, &device, err);

	return ret < 0 ? ret : release(&server, err);
}

static int serve_in_background(void *arg, struct daemon *daemon, struct famfs_error *err)
{
	/* In the foreground the process is the caller's, and so are its signals. */
	famfs_guard_memory_errors();
	return serve(arg, daemon, err);
}

/* The server is ready; now the whole way through the kernel. */
static int check_answers(const char *mountpoint, struct famfs_error *err)
{
	struct statfs st;

	if (statfs(mountpoint, &st) < 0)
		return error_errno(err, -errno, "the mount at '%s' does not answer", mountpoint);
	if (st.f_type != FUSE_SUPER_MAGIC)
		return error_set(err, -EIO, "the mount at '%s' has disappeared", mountpoint);
	return 0;
}

static int mount_job(struct job *job, struct famfs_error *err)
{
	const struct famfs_mount_params *params = job->params;
	int ret = mount_options_parse(params->options, &job->options, err);

	if (ret == 0)
		ret = check_mountpoint(job, err);
	if (ret < 0)
		return ret;
	if (params->dry_run)
		return rehearse(job, err);
	if (params->foreground || params->debug)
		return serve(job, NULL, err);
	ret = daemonize(serve_in_background, job, err);
	return ret < 0 ? ret : check_answers(job->mountpoint, err);
}

int famfs_mount(const struct famfs_mount_params *params, struct famfs_error *err)
{
	struct job job = { .params = params };
	int ret = check_params(params, err);

	if (ret < 0)
		return ret;
	ret = mount_job(&job, err);
	mount_options_free(&job.options);
	return ret;
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
	snprintf(out->profile, sizeof(out->profile), "%.15s", text);
	snprintf(out->reason, sizeof(out->reason), "%.239s", colon + 2);
	return 0;
}
