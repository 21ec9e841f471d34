/* SPDX-License-Identifier: Apache-2.0 */
/* Standard output that remembers why it failed: stdio forgets the reason until the end. */
#ifndef CLI_OUTPUT_STDOUT_H
#define CLI_OUTPUT_STDOUT_H

/* Replaces stdio's stdout. Before the first output. */
void stdout_start(void);

/* Writes out what is buffered and closes. Returns 0, or the negative errno of what went wrong since
 * the start. */
int stdout_finish(void);

#endif
