/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Who may open what would break the kernel in other hands: the file of the whole device, which must
 * never be mapped, and the log for writing, which has locks to be taken.
 *
 * Root's processes that run the program which serves the mount. The executable is compared, not its
 * name: after an update the new program waits for a new mount. A process that this one cannot see,
 * in another PID namespace, is none of them.
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

/* `tid`: what the kernel says of the opener, which is a thread. Asks no file system. */
bool trusted_opener_matches(const struct trusted_opener *trusted, uid_t uid, pid_t tid);

#endif
