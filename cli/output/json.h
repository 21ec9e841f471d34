/* SPDX-License-Identifier: Apache-2.0 */
/* JSON strings from text that may hold anything. */
#ifndef CLI_OUTPUT_JSON_H
#define CLI_OUTPUT_JSON_H

#include <stdio.h>

/* With its quotes, on one line, all that could steer a terminal escaped; U+FFFD stands for a byte
 * that is not UTF-8. */
void json_put_string(FILE *file, const char *text);

#endif
