/* SPDX-License-Identifier: Apache-2.0 */
#include "server/trusted_opener.h"

#include <fcntl.h>
#include <stdio.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>

/* Uses AT_STATX_DONT_SYNC, since the program may be on a mount that this process serves. */
static struct trusted_opener executable(const char *link)
{
	struct statx st;

	if (statx(AT_FDCWD, link, AT_STATX_DONT_SYNC | AT_NO_AUTOMOUNT, STATX_INO, &st) < 0)
		return (struct trusted_opener){ 0 };
	return (struct trusted_opener){ makedev(st.stx_dev_major, st.stx_dev_minor), st.stx_ino };
}

void trusted_opener_init(struct trusted_opener *trusted)
{
	*trusted = executable("/proc/self/exe");
}

bool trusted_opener_matches(const struct trusted_opener *trusted, uid_t uid, pid_t tid)
{
	char link[64];
	struct trusted_opener other;

	if (uid != 0 || tid <= 0 || !trusted->ino)
		return false;
	snprintf(link, sizeof(link), "/proc/%d/exe", (int)tid);
	other = executable(link);
	return other.ino == trusted->ino && other.dev == trusted->dev;
}
