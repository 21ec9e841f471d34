/* SPDX-License-Identifier: Apache-2.0 */
/* JSON strings from any text. */
#ifndef CLI_OUTPUT_JSON_H
#define CLI_OUTPUT_JSON_H

#include <stdio.h>

/*
 * Prints a string with its quotes. Escapes all that could control a terminal; replaces bytes that
 * are not UTF-8 by U+FFFD.
 */
void json_put_string(FILE *file, const char *text);

#endif
