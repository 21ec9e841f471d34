/* SPDX-License-Identifier: Apache-2.0 */
#include "server/own.h"

#include <fcntl.h>
#include <stdio.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>

/* Not synchronised: the program may lie on a mount that waits for us. */
static struct own executable(const char *link)
{
	struct statx st;

	if (statx(AT_FDCWD, link, AT_STATX_DONT_SYNC | AT_NO_AUTOMOUNT, STATX_INO, &st) < 0)
		return (struct own){ 0 };
	return (struct own){ makedev(st.stx_dev_major, st.stx_dev_minor), st.stx_ino };
}

void own_init(struct own *own)
{
	*own = executable("/proc/self/exe");
}

bool own_process(const struct own *own, uid_t uid, pid_t tid)
{
	char link[64];
	struct own other;

	if (uid != 0 || tid <= 0 || !own->ino)
		return false;
	snprintf(link, sizeof(link), "/proc/%d/exe", (int)tid);
	other = executable(link);
	return other.ino == own->ino && other.dev == own->dev;
}
