/* SPDX-License-Identifier: Apache-2.0 */
#include "core/session.h"
#include "core/common.h"
#include "core/device.h"
#include "core/report.h"
#include "shared/error.h"

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

bool error_is_final(int code)
{
	switch (code) {
	case -ENOSPC:
	case -EROFS:
	case -ESTALE:
	case -EUCLEAN:
	case -EBUSY:
	case -ENOMEM:
	case -ETIMEDOUT:
	case -EINTR:
	case -ECANCELED: return true;
	default: return false;
	}
}

int error_fill(struct famfs_error *err, int code, const char *format, ...)
{
	va_list args;

	va_start(args, format);
	error_vset(err, code, false, format, args);
	va_end(args);
	return code;
}

bool session_has_file(struct famfs_volume *volume, const char *path, uint64_t size)
{
	struct famfs_stat st;

	return famfs_stat(volume, path, &st, NULL) == 0 && S_ISREG(st.mode) && st.size == size;
}

int session_resolve(struct session *session, const char *arg)
{
	struct famfs_error err = { 0 };

	famfs_target_free(session->target);
	session->target = NULL;
	if (famfs_target_resolve(arg, &session->target, &err) < 0)
		return report_failure(&err);
	return EXIT_DONE;
}

static void close_volume(struct session *session)
{
	famfs_close(session->volume);
	session->volume = NULL;
	free(session->device);
	session->device = NULL;
}

int session_use(struct session *session, const char *arg)
{
	const struct famfs_volume_params params = { .write = session->write,
						    .dry_run = session->write && common.dry_run,
						    .log = report_log,
						    .cancelled = session->cancelled,
						    .cancel_arg = session->cancel_arg };
	struct famfs_error err = { 0 };
	int ret = session_resolve(session, arg);

	if (ret != EXIT_DONE)
		return ret;
	if (session->volume && same_device(session->device, session->target->device))
		return EXIT_DONE;

	close_volume(session);
	session->device = strdup(session->target->device);
	if (!session->device)
		return report_no_memory();
	if (famfs_open(session->target, &params, &session->volume, &err) < 0)
		return report_failure(&err);
	return EXIT_DONE;
}

const char *session_path(const struct session *session)
{
	return session->target->path ? session->target->path : "";
}

void session_close(struct session *session)
{
	close_volume(session);
	famfs_target_free(session->target);
	session->target = NULL;
}
