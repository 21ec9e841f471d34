/* SPDX-License-Identifier: Apache-2.0 */
#include "core/report_id.h"

#include <errno.h>
#include <stddef.h>

static const char *const names[] = {
	[REPORT_FAILED] = "failed",
	[REPORT_USAGE] = "usage",
	[REPORT_UNKNOWN_COMMAND] = "unknown-command",
	[REPORT_UNKNOWN_OPTION] = "unknown-option",
	[REPORT_REFUSED] = "refused",
	[REPORT_DAMAGED] = "damaged",
	[REPORT_DIFFERS] = "differs",
	[REPORT_INTERRUPTED] = "interrupted",
	[REPORT_SKIPPED] = "skipped",
	[REPORT_LOG] = "log",
	[REPORT_NOTE] = "note",
};

/* The ids of failures by errno; others are "failed". */
static const struct {
	int code;
	const char *name;
} by_errno[] = {
	{ EACCES, "permission" },
	{ EPERM, "permission" },
	{ ENOENT, "not-found" },
	{ EEXIST, "exists" },
	{ ENOTDIR, "not-a-directory" },
	{ EISDIR, "is-a-directory" },
	{ ENAMETOOLONG, "name-too-long" },
	{ EINVAL, "invalid" },
	{ EILSEQ, "invalid" },
	{ EBUSY, "busy" },
	{ ENOSPC, "no-space" },
	{ EROFS, "not-master" },
	{ EUCLEAN, "damaged" },
	{ EMEDIUMTYPE, "not-famfs" },
	{ ENOTSUP, "not-supported" },
	{ ENOSYS, "not-supported" },
	{ ESTALE, "stale" },
	{ ENOKEY, "no-identity" },
	{ ENODEV, "no-device" },
	{ ENXIO, "no-device" },
	{ EIO, "io" },
	{ EPIPE, "broken-pipe" },
	{ ENOMEM, "no-memory" },
	{ EFBIG, "too-large" },
	{ E2BIG, "too-large" },
	{ ETIMEDOUT, "timeout" },
	{ ENOTCONN, "dead-server" },
	{ EBADMSG, "differs" },
	{ ECANCELED, "interrupted" },
	{ EINTR, "interrupted" },
};

const char *report_id_name(enum report_id id, int code)
{
	for (size_t i = 0; id == REPORT_FAILED && i < sizeof(by_errno) / sizeof(by_errno[0]); i++) {
		if (by_errno[i].code == code)
			return by_errno[i].name;
	}
	return names[id];
}
