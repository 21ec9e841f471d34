/* SPDX-License-Identifier: Apache-2.0 */
/* SIGINT, SIGTERM and SIGHUP: put off until the work at hand has been undone, or with an exit code
 * of their own. */
#ifndef CLI_CORE_INTERRUPT_H
#define CLI_CORE_INTERRUPT_H

#include <stdbool.h>

/* From now on these signals are only noted, but for those that the caller had ignored, and end
 * calls that sleep. Uses SIGALRM. */
void interrupt_catch(void);

bool interrupt_pending(void);

/* Dies of the signal that came, as if it had not been caught. Returns when none came. */
void interrupt_reraise(void);

/* From now on they end the process at once with this exit code, after `line`, which is not copied;
 * those that the caller had ignored still do nothing. */
void interrupt_exit(const char *line, int code);

/* From now on they wait, for good; interrupt_held() tells whether one does. */
void interrupt_hold(void);
bool interrupt_held(void);

#endif
