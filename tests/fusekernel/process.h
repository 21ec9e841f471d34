/* SPDX-License-Identifier: Apache-2.0 */
/* Programs that the tests run: famfsctl as a command, and as a server. */
#ifndef FUSEKERNEL_PROCESS_H
#define FUSEKERNEL_PROCESS_H

#include <stdbool.h>
#include <sys/stat.h>
#include <sys/types.h>

/* The parameters of a run. */
struct setup {
	const char *famfsctl;
	const char *preload;
	char dir[128]; /* folder for all files of the run, removed at its end */
	char image[160];
	int image_fd;
	/* For a mount of the real kernel, see mounted.h; otherwise NULL: the image, and a socket.
	 */
	const char *device;
	const char *mountpoint;
};

/* Whether the file is the server's device. */
bool setup_is_device(const struct setup *setup, const struct stat *st);

/* Makes the folder, which is removed when the program ends. */
void setup_create(struct setup *setup, const char *famfsctl, const char *preload);

/* Runs famfsctl to its end; `args` without the program, NULL-terminated. Ends the run if it fails:
 * other tests cover these commands. */
void run_famfsctl(const struct setup *setup, const char *const *args);

struct server_process {
	pid_t pid;
	char log[192]; /* file with its stderr */
	bool push_known;
};

/* Starts a server on one end of a connection. The other end, and that of the socket on which ioctls
 * are answered, go to *fd and *control. Ends the run if that fails. */
void server_start(struct server_process *server, const struct setup *setup, const char *options,
		  int *fd, int *control);

/* Waits for the end of the server, or kills it. Returns the exit code, or the negative number of
 * the signal. */
int server_wait(struct server_process *server);

/* Returns whether a line of its log has both words. */
bool server_logged(const struct server_process *server, const char *word, const char *other);

/* The last line of its log, for messages about failures. */
const char *server_last_words(const struct server_process *server);

#endif
