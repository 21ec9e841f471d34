/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Two files of .meta are only for trusted openers: the file of the whole device, which must never
 * be mapped, since that breaks the kernel, and the log for writing, which needs locks.
 *
 * Trusted are processes of root that run the same program as the server of the mount. Their
 * executable is compared, not its name: after an update, the new program is not trusted until the
 * next mount. Processes in a PID namespace that the server cannot see are not trusted.
 */
#ifndef SERVER_TRUSTED_OPENER_H
#define SERVER_TRUSTED_OPENER_H

#include <stdbool.h>
#include <sys/types.h>

struct trusted_opener {
	dev_t dev; /* of the executable; 0: unknown */
	ino_t ino;
};

void trusted_opener_init(struct trusted_opener *trusted);

/* `tid`: the thread that opens, as the kernel names it. Causes no request to a file system. */
bool trusted_opener_matches(const struct trusted_opener *trusted, uid_t uid, pid_t tid);

#endif
