/* SPDX-License-Identifier: Apache-2.0 */
/* SIGINT, SIGTERM and SIGHUP, put off until the work at hand has been undone. */
#ifndef CLI_INTERRUPT_H
#define CLI_INTERRUPT_H

#include <stdbool.h>

/* From now on these signals are only noted, but for those that the caller had ignored. */
void interrupt_catch(void);

bool interrupt_pending(void);

/* Dies of the signal that came, as if it had not been caught. Returns when none came. */
void interrupt_reraise(void);

#endif
