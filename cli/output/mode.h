/* SPDX-License-Identifier: Apache-2.0 */
#ifndef CLI_OUTPUT_MODE_H
#define CLI_OUTPUT_MODE_H

#include <stdint.h>

#define MODE_LENGTH 11 /* "drwxr-xr-x" and the end */

/* As ls(1) has it. */
void mode_text(uint32_t mode, char out[MODE_LENGTH]);

/* "file" or "directory". */
const char *mode_type(uint32_t mode);

#endif
