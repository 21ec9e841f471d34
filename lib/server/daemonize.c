/* SPDX-License-Identifier: Apache-2.0 */
#include "server/daemonize.h"

#include "base/error.h"
#include "server/signals.h"
#include "shared/cleanup.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/wait.h>
#include <syslog.h>

/* The first descriptor after the standard streams; the server keeps its report pipe there. */
#define FIRST_FD (STDERR_FILENO + 1)

struct daemon {
	int report; /* one struct famfs_error is written here; its code 0 means ready */
};

static int send_report(struct daemon *daemon, const struct famfs_error *err)
{
	ssize_t n;

	if (daemon->report < 0)
		return 0;
	do /* in one piece, since it is shorter than PIPE_BUF */
		n = write(daemon->report, err, sizeof(*err));
	while (n < 0 && errno == EINTR);
	n = n < 0 ? -errno : 0;
	close(daemon->report);
	daemon->report = -1;
	return (int)n;
}

int daemon_ready(struct daemon *daemon)
{
	const struct famfs_error ready = { 0 };
	int null = open("/dev/null", O_RDWR | O_CLOEXEC);

	for (int fd = STDIN_FILENO; null >= 0 && fd < FIRST_FD; fd++)
		dup2(null, fd);
	if (null >= FIRST_FD)
		close(null);
	if (chdir("/") < 0)
		return -errno;
	return send_report(daemon, &ready);
}

/* Undoes the settings of the caller: ignored or blocked signals would keep the server from ending,
 * and inherited descriptors would keep files and pipes of the caller open. */
static void reset_inherited_state(struct daemon *daemon)
{
	sigset_t none;

	signals_reset();
	signal(SIGPIPE, SIG_IGN);
	signal(SIGCHLD, SIG_DFL);
	sigemptyset(&none);
	sigprocmask(SIG_SETMASK, &none, NULL);

	/* Otherwise syslog(3) would go on to use its descriptor, whose number will be reused. */
	closelog();
	if (daemon->report != FIRST_FD) {
		dup3(daemon->report, FIRST_FD, O_CLOEXEC);
		daemon->report = FIRST_FD;
	}
	close_range(FIRST_FD + 1, ~0u, 0);
}

static void run_server(struct daemon *daemon, daemon_fn serve, void *arg)
{
	struct famfs_error err = { 0 };
	int ret;

	reset_inherited_state(daemon);
	ret = serve(arg, daemon, &err);
	if (ret < 0) {
		err.code = ret;
		send_report(daemon, &err);
	}
	fflush(NULL);
	/* _exit(): atexit(3) handlers belong to the caller's process. */
	_exit(ret < 0 ? EXIT_FAILURE : EXIT_SUCCESS);
}

/* Runs in an intermediate process, which ends at once, so that init becomes the parent of the
 * server. */
static void start_server(struct daemon *daemon, daemon_fn serve, void *arg)
{
	struct famfs_error err = { 0 };
	pid_t pid;

	setsid();
	pid = fork();
	if (pid == 0)
		run_server(daemon, serve, arg);
	if (pid < 0) {
		error_errno(&err, -errno, "cannot start the server");
		send_report(daemon, &err);
	}
	_exit(EXIT_SUCCESS);
}

static int await_report(int fd, struct famfs_error *err)
{
	struct famfs_error report;
	ssize_t n;

	do
		n = read(fd, &report, sizeof(report));
	while (n < 0 && errno == EINTR);
	if (n != sizeof(report))
		return error_set(err, -EIO, "the server died before the mount answered");
	if (report.code < 0 && err)
		*err = report;
	return report.code;
}

/* Avoids the numbers of the standard streams, even if the caller closed those. */
static int make_pipe(int *read_end, int *write_end)
{
	cleanup_fd int low_read = -1;
	cleanup_fd int low_write = -1;
	int fds[2];

	if (pipe2(fds, O_CLOEXEC) < 0)
		return -errno;
	low_read = fds[0];
	low_write = fds[1];
	*read_end = fcntl(low_read, F_DUPFD_CLOEXEC, FIRST_FD);
	*write_end = fcntl(low_write, F_DUPFD_CLOEXEC, FIRST_FD);
	return *read_end < 0 || *write_end < 0 ? -EMFILE : 0;
}

int daemonize(daemon_fn serve, void *arg, struct famfs_error *err)
{
	cleanup_fd int read_end = -1;
	cleanup_fd int write_end = -1;
	int ret = make_pipe(&read_end, &write_end);
	pid_t pid;

	if (ret < 0)
		return error_errno(err, ret, "cannot start the server");
	/* Otherwise the server would write the buffered output of the caller a second time. */
	fflush(NULL);
	pid = fork();
	if (pid < 0)
		return error_errno(err, -errno, "cannot start the server");
	if (pid == 0) {
		struct daemon daemon = { .report = write_end };

		start_server(&daemon, serve, arg);
	}
	/* Only the server may have the write end open: its death is then an end of file here. */
	close(steal_fd(&write_end));
	ret = await_report(read_end, err);
	while (waitpid(pid, NULL, 0) < 0 && errno == EINTR)
		;
	return ret;
}
