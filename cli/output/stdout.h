/* SPDX-License-Identifier: Apache-2.0 */
/* Standard output that records why a write failed, which stdio forgets. */
#ifndef CLI_OUTPUT_STDOUT_H
#define CLI_OUTPUT_STDOUT_H

/* Replaces stdout of stdio. Call it before the first output. */
void stdout_start(void);

/* Flushes and closes stdout. Returns 0, or the negative errno of the first failure. */
int stdout_finish(void);

#endif
