/* SPDX-License-Identifier: Apache-2.0 */
#include "base/guard.h"

#include "famfs.h"

#include <errno.h>
#include <signal.h>
#include <string.h>

__thread struct guard *guard_current;

static void on_sigbus(int signo)
{
	if (guard_current)
		siglongjmp(guard_current->env, 1);
	/* Not from the library: after the return the access faults again, and the process is
	 * killed. */
	signal(signo, SIG_DFL);
}

int famfs_guard_memory_errors(void)
{
	struct sigaction action;

	memset(&action, 0, sizeof(action));
	action.sa_handler = on_sigbus;
	/* The jump does not restore the mask (that would be a system call for each access), so the
	 * signal must not be blocked while its handler runs. */
	action.sa_flags = SA_NODEFER;
	return sigaction(SIGBUS, &action, NULL) < 0 ? -errno : 0;
}
