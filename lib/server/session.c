/* SPDX-License-Identifier: Apache-2.0 */
#include "server/session.h"

#include "base/error.h"
#include "base/program.h"
#include "device/daxmode.h"
#include "server/buffer.h"
#include "server/dax.h"
#include "server/fuselog.h"
#include "server/operations.h"
#include "server/startup.h"
#include "shared/cleanup.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <syslog.h>

/* A thread without work ends when this many threads are waiting already. */
#define IDLE_THREADS 4

#define MAX_REASON 200

static int out_of_memory(struct famfs_error *err)
{
	return error_set(err, -ENOMEM, "out of memory");
}

/* fsname= may hold commas and backslashes, which libfuse wants escaped; the rest is plain. */
static int join_options(const struct server *server, const struct session_params *params,
			char **joined)
{
	const struct mount_options *options = params->options;
	const char *device = volume_device_path(server->vol);
	const char *others = options->others  ? options->others
			     : geteuid() == 0 ? "allow_other"
					      : "";
	cleanup_free char *source = NULL;
	cleanup_free char *plain = NULL;

	if (asprintf(&source, "fsname=%s", device) < 0 ||
	    asprintf(&plain, "subtype=famfs,default_permissions,%s%s%s%s%s%s%s%s",
		     server->read_only ? "ro" : "rw", *others ? "," : "", others,
		     options->suid ? ",suid" : ",nosuid", options->dev ? ",dev" : ",nodev",
		     options->passed ? "," : "", options->passed ? options->passed : "",
		     params->debug ? ",debug" : "") < 0)
		return -ENOMEM;
	if (fuse_opt_add_opt_escaped(joined, source) < 0 || fuse_opt_add_opt(joined, plain) < 0)
		return -ENOMEM;
	return 0;
}

/* The reason why no kernel can map this device as it is now; NULL when a kernel may. With a kernel
 * that tried, every open would succeed and every access fail. */
static const char *reason_not_to_map(const struct server *server, char text[MAX_REASON])
{
	struct device *dev = volume_device(server->vol);

	/* With -o fmap= the user may try a profile on an image, too. */
	if (server->forced && !device_is_dax(dev))
		return NULL;
	if (!device_is_dax(dev))
		return "no kernel can map an image file, so the server reads and writes";
	if (device_check_famfs_mode(dev) == 0)
		return NULL;
	snprintf(text, MAX_REASON,
		 "the device stays in devdax mode, since %.120s, so the server reads "
		 "and writes",
		 device_setup_stay_reason(server));
	return text;
}

static void refuse_init(struct server *server, const char *why)
{
	struct famfs_error err = { 0 };

	error_set(&err, -EOPNOTSUPP, "'%s' is in famfs mode: %s", volume_device_path(server->vol),
		  why);
	server_end_session(server, &err);
}

/* Called from the read hook of the shim, with the kernel's first message. */
static void choose_profile(void *userdata, const struct kernel_init *init,
			   struct kernel_choice *out)
{
	struct kernel_detection detection = { .root = "" };
	struct server *server = userdata;
	char text[MAX_REASON];
	const char *why = reason_not_to_map(server, text);

	kernel_choose(init, why ? fmap_profile(FAMFS_PROFILE_OFF) : server->forced, &detection,
		      out);
	if (why)
		snprintf(out->why, sizeof(out->why), "%s", why);
	server_set_io_status(server, out->profile, out->why);
	/* Without maps no file could be read or written. The loop ends when INIT is answered. */
	if (server_in_famfs_mode(server) && out->profile->generation == FAMFS_PROFILE_OFF)
		refuse_init(server, out->why);
}

/* The first request for a map shows the real profile; replace the forced or assumed one in the
 * status. */
static void correct_profile(void *userdata, const struct fmap_profile *spoken)
{
	struct server *server = userdata;
	const struct kernel_choice *choice = &server->shim.choice;
	char why[MAX_REASON + 64];

	snprintf(why, sizeof(why), "the kernel speaks it; %s was supposed, since %.150s",
		 choice->profile->name, choice->why);
	server_set_io_status(server, spoken, why);
}

_Static_assert(offsetof(struct server, shim) == 0, "the hooks get the user data as a struct shim");

static int install_shim(struct server *server, struct famfs_error *err)
{
	/* libfuse needs a descriptor now, and replaces it when it mounts. Until then the session
	 * owns it and closes it. */
	int fd = open("/dev/null", O_RDWR | O_CLOEXEC);
	int ret = fd < 0 ? -errno : 0;

	server->shim.ops = &dax_operations;
	server->shim.userdata = server;
	server->shim.choose = choose_profile;
	server->shim.correct = correct_profile;
	if (ret == 0)
		ret = shim_install(server->session, fd);
	server->placeholder = fd;
	return ret < 0 ? error_errno(err, ret, "cannot start the FUSE server") : 0;
}

static int create(struct server *server, const struct session_params *params,
		  struct famfs_error *err)
{
	struct fuse_args args = FUSE_ARGS_INIT(0, NULL);
	cleanup_free char *joined = NULL;

	if (join_options(server, params, &joined) < 0 || fuse_opt_add_arg(&args, "famfs") < 0 ||
	    fuse_opt_add_arg(&args, "-o") < 0 || fuse_opt_add_arg(&args, joined) < 0) {
		fuse_opt_free_args(&args);
		return out_of_memory(err);
	}
	/* Rings bypass the shim, and DAX kernels do not work with them. */
	unsetenv("FUSE_URING_ENABLE");
	/* libfuse looks there for fusermount3 when root may not mount. */
	if (geteuid() == 0)
		setenv("PATH", PROGRAM_DIRS, 1);
	server->session = fuse_session_new(&args, &operations, sizeof(operations), server);
	fuse_opt_free_args(&args);
	if (!server->session)
		return error_set(err, -EIO, "cannot start the FUSE server: %s", fuselog_text());
	return install_shim(server, err);
}

int session_mount(struct server *server, const struct session_params *params,
		  struct famfs_error *err)
{
	struct fuselog_stderr captured;
	int ret;

	fuselog_capture(&captured);
	ret = fuse_session_mount(server->session, params->mountpoint);
	fuselog_release(&captured);
	if (ret == 0) {
		close(server->placeholder);
		return 0;
	}
	/* libfuse reports the error as text only. */
	ret = geteuid() ? -EPERM : -EIO;
	error_set(err, ret, "cannot mount '%s' at '%s': %s", volume_device_path(server->vol),
		  params->mountpoint, *fuselog_text() ? fuselog_text() : "no reason was given");
	if (!*fuselog_text())
		error_remedy(err, FAMFS_REMEDY_CHECK_FUSE, NULL);
	return ret;
}

/* fuse_session_loop_mt() returns the number of the signal that ended it. */
static int loop_threads(struct server *server, bool clone_fd)
{
	struct fuse_loop_config *config = fuse_loop_cfg_create();
	int ret;

	if (!config)
		return -ENOMEM;
	fuse_loop_cfg_set_idle_threads(config, IDLE_THREADS);
	fuse_loop_cfg_set_clone_fd(config, clone_fd);
	ret = fuse_session_loop_mt(server->session, config);
	fuse_loop_cfg_destroy(config);
	return ret;
}

static int loop(struct server *server, const struct mount_options *options, struct famfs_error *err)
{
	int ret = options->single_thread ? fuse_session_loop(server->session)
					 : loop_threads(server, options->clone_fd);

	return ret < 0 ? error_errno(err, ret, "cannot serve the mount") : 0;
}

static int serve_mounted(struct server *server, const struct mount_options *options,
			 struct famfs_error *err)
{
	int ret = watch_start(server);

	if (ret < 0)
		return error_errno(err, ret, "cannot start a thread");
	startup_step_done(server);
	ret = loop(server, options, err);
	watch_stop(&server->watch);
	return ret;
}

static int run_session(struct server *server, const struct session_params *params,
		       struct famfs_error *err)
{
	int ret;

	if (fuse_set_signal_handlers(server->session) < 0)
		return error_set(err, -EIO, "cannot set signal handlers: %s", fuselog_text());
	ret = session_mount(server, params, err);
	if (ret == 0) {
		ret = serve_mounted(server, params->options, err);
		follow_stop(&server->follow);
		invalidate_close(&server->invalidator);
		/* Closes the connection: requests without an answer get an error. */
		fuse_session_unmount(server->session);
		first_open_join(&server->first_open);
		follow_join(&server->follow);
	}
	if (ret == 0 && server_has_failed(server)) {
		ret = server->failure.code;
		if (err)
			*err = server->failure;
	}
	signals_hold(&server->signals);
	fuse_remove_signal_handlers(server->session);
	return ret;
}

int session_create(struct server *server, const struct session_params *params,
		   struct famfs_error *err)
{
	int ret = follow_init(&server->follow);

	if (ret == 0) {
		ret = buffer_key_create(&server->buffers);
		if (ret < 0)
			follow_destroy(&server->follow);
	}
	if (ret < 0)
		return error_errno(err, ret, "cannot start the FUSE server");
	trusted_opener_init(&server->trusted);
	server->forced = params->options->forced;
	server->mountpoint = params->mountpoint;
	dax_push_init(&server->push);
	watch_init(&server->watch);
	invalidate_init(&server->invalidator, params->options->invalidate);
	fuselog_begin(server);
	ret = create(server, params, err);
	if (ret < 0)
		session_destroy(server);
	return ret;
}

void session_destroy(struct server *server)
{
	if (server->session)
		fuse_session_destroy(server->session);
	server->session = NULL;
	fuselog_end();
	invalidate_destroy(&server->invalidator);
	watch_destroy(&server->watch);
	dax_push_destroy(&server->push);
	buffer_key_delete(server->buffers);
	follow_destroy(&server->follow);
}

int session_run(struct server *server, const struct session_params *params, struct famfs_error *err)
{
	int ret = session_create(server, params, err);

	if (ret < 0)
		return ret;
	ret = run_session(server, params, err);
	session_destroy(server);
	return ret;
}
