/* SPDX-License-Identifier: Apache-2.0 */
#include "process.h"

#include "tap.h"

#include <errno.h>
#include <fcntl.h>
#include <ftw.h>
#include <signal.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#define MAX_ARGS     24
#define WAIT_SECONDS 30

/* For atexit(), whose functions have no argument. */
static const char *leftover;

static int remove_one(const char *path, const struct stat *st, int type, struct FTW *ftw)
{
	(void)st;
	(void)type;
	(void)ftw;
	return remove(path);
}

static void remove_leftover(void)
{
	nftw(leftover, remove_one, 16, FTW_DEPTH | FTW_PHYS);
}

void setup_create(struct setup *setup, const char *famfsctl, const char *preload)
{
	const char *tmp = getenv("TMPDIR");

	setup->famfsctl = famfsctl;
	setup->preload = preload;
	snprintf(setup->dir, sizeof(setup->dir), "%s/fusekernel.XXXXXX", tmp ? tmp : "/tmp");
	if (!mkdtemp(setup->dir))
		bail_out("cannot make a folder in %s", tmp ? tmp : "/tmp");
	snprintf(setup->image, sizeof(setup->image), "%s/famfs.img", setup->dir);
	setup->image_fd = -1;
	leftover = setup->dir;
	atexit(remove_leftover);
}

bool setup_is_device(const struct setup *setup, const struct stat *st)
{
	struct stat device;

	return stat(setup->device ? setup->device : setup->image, &device) == 0 &&
	       device.st_ino == st->st_ino && device.st_dev == st->st_dev;
}

static void exec_famfsctl(const struct setup *setup, const char *const *args)
{
	const char *argv[MAX_ARGS] = { setup->famfsctl };

	for (int i = 0; args[i] && i < MAX_ARGS - 2; i++)
		argv[i + 1] = args[i];
	execv(setup->famfsctl, (char *const *)(uintptr_t)argv);
	_exit(127);
}

void run_famfsctl(const struct setup *setup, const char *const *args)
{
	int status = -1;
	pid_t pid = fork();

	if (pid == 0) {
		/* Its output is not part of our TAP. */
		if (!freopen("/dev/null", "w", stdout))
			_exit(126);
		exec_famfsctl(setup, args);
	}
	if (pid < 0 || waitpid(pid, &status, 0) < 0 || status != 0)
		bail_out("famfsctl %s fails: status %d", args[0], status);
}

static void set_number(const char *name, int value)
{
	char text[16];

	snprintf(text, sizeof(text), "%d", value);
	setenv(name, text, 1);
}

/* Runs in the child. */
static void become_server(const struct server_process *server, const struct setup *setup,
			  const char *options, int fd, int control)
{
	const char *sanitizer = getenv("ASAN_OPTIONS");
	int log = open(server->log, O_WRONLY | O_CREAT | O_TRUNC, 0600);
	char text[1024], mountpoint[32];

	snprintf(text, sizeof(text), "%s%sverify_asan_link_order=0", sanitizer ? sanitizer : "",
		 sanitizer ? ":" : "");
	setenv("ASAN_OPTIONS", text, 1);
	setenv("LD_PRELOAD", setup->preload, 1);
	set_number("FUSEKERNEL_FD", fd);
	set_number("FUSEKERNEL_CONTROL", control);
	if (server->push_known)
		setenv("FUSEKERNEL_PUSH", "1", 1);
	if (log < 0 || dup2(log, STDOUT_FILENO) < 0 || dup2(log, STDERR_FILENO) < 0)
		_exit(126);
	snprintf(mountpoint, sizeof(mountpoint), "/dev/fd/%d", fd);
	if (setup->mountpoint)
		setenv("FUSEKERNEL_MOUNT", "1", 1);
	exec_famfsctl(setup, (const char *const[]){
				     "mount", "--foreground", "-o", options,
				     setup->device ? setup->device : setup->image,
				     setup->mountpoint ? setup->mountpoint : mountpoint, NULL });
}

void server_start(struct server_process *server, const struct setup *setup, const char *options,
		  int *fd, int *control)
{
	int pair[2], side[2];

	snprintf(server->log, sizeof(server->log), "%s/server.log", setup->dir);
	if (socketpair(AF_UNIX, SOCK_SEQPACKET, 0, pair) < 0 ||
	    socketpair(AF_UNIX, SOCK_SEQPACKET, 0, side) < 0)
		bail_out("cannot make a pair of sockets: %s", strerror(errno));
	server->pid = fork();
	if (server->pid == 0) {
		close(pair[0]);
		close(side[0]);
		become_server(server, setup, options, pair[1], side[1]);
	}
	close(pair[1]);
	close(side[1]);
	fcntl(pair[0], F_SETFD, FD_CLOEXEC);
	fcntl(side[0], F_SETFD, FD_CLOEXEC);
	*fd = pair[0];
	*control = side[0];
	if (server->pid < 0)
		bail_out("cannot fork: %s", strerror(errno));
}

int server_wait(struct server_process *server)
{
	const struct timespec pause = { .tv_nsec = 2000000 };
	int status;

	for (int i = 0; i < WAIT_SECONDS * 500; i++) {
		if (waitpid(server->pid, &status, WNOHANG) == server->pid)
			return WIFEXITED(status) ? WEXITSTATUS(status) : -WTERMSIG(status);
		nanosleep(&pause, NULL);
	}
	kill(server->pid, SIGKILL);
	waitpid(server->pid, &status, 0);
	return -1;
}

bool server_logged(const struct server_process *server, const char *word, const char *other)
{
	FILE *file = fopen(server->log, "r");
	bool found = false;
	char line[1024];

	while (file && !found && fgets(line, sizeof(line), file))
		found = strstr(line, word) && strstr(line, other);
	if (file)
		fclose(file);
	return found;
}

const char *server_last_words(const struct server_process *server)
{
	FILE *file = fopen(server->log, "r");
	static char line[300];

	snprintf(line, sizeof(line), "it said nothing");
	while (file && fgets(line, sizeof(line), file))
		line[strcspn(line, "\n")] = '\0';
	if (file)
		fclose(file);
	return line;
}
