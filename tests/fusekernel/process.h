/* SPDX-License-Identifier: Apache-2.0 */
/* Programs that the tests run: famfsctl for a moment, and as a server. */
#ifndef FUSEKERNEL_PROCESS_H
#define FUSEKERNEL_PROCESS_H

#include <stdbool.h>
#include <sys/stat.h>
#include <sys/types.h>

/* What a run is about. */
struct setup {
	const char *famfsctl;
	const char *preload;
	char dir[128]; /* for everything that the run leaves, removed at its end */
	char image[160];
	int image_fd;
	/* For a mount of the real kernel, see mounted.h; else NULL: the image, and a socket. */
	const char *device;
	const char *mountpoint;
};

/* Whether a file is what the server was given as the device. */
bool setup_is_device(const struct setup *setup, const struct stat *st);

/* Makes the folder, which goes when the program ends. */
void setup_create(struct setup *setup, const char *famfsctl, const char *preload);

/* Runs famfsctl to its end; `args` without the program, NULL at its end. Ends the run when it
 * fails: what the tests build on is tested elsewhere. */
void run_famfsctl(const struct setup *setup, const char *const *args);

struct server_process {
	pid_t pid;
	char log[192]; /* file with what it says on stderr */
	bool push_known;
};

/* Starts a server on one end of a connection. The other end and that of the socket on which ioctls
 * are answered go to *fd and *control. Ends the run when that fails. */
void server_start(struct server_process *server, const struct setup *setup, const char *options,
		  int *fd, int *control);

/* Waits for its end, or kills it: its exit code, or the number of the signal, negative. */
int server_wait(struct server_process *server);

/* Whether a line of its log has both words. */
bool server_logged(const struct server_process *server, const char *word, const char *other);

/* The last line of its log, for messages about failures. */
const char *server_last_words(const struct server_process *server);

#endif
