/* SPDX-License-Identifier: Apache-2.0 */
/* Text from a medium or a user, made safe to print. */
#ifndef CLI_OUTPUT_TEXT_H
#define CLI_OUTPUT_TEXT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* Whether a character could control a terminal: a control of ASCII or of Latin-1. */
bool text_has_control(const char *s);

/*
 * A copy in which every byte that could steer a terminal (controls of ASCII and of Latin-1) or is
 * not UTF-8 reads \ooo. The caller frees it; NULL when there is no memory.
 */
char *text_escape(const char *s);

/* A copy in which U+FFFD stands for every byte that is not UTF-8. The caller frees it. */
char *text_to_utf8(const char *s);

#define TEXT_ENTRIES_LENGTH 64

/* "entry 3", "entries 3 to 7", or "metadata" for FAMFS_NO_ENTRY into buf[TEXT_ENTRIES_LENGTH],
 * which it returns. */
const char *text_entries(char *buf, uint64_t first, uint64_t last);

#define TEXT_SIZE_LENGTH 32

/* "4 GiB", "1.2 TiB", "17 bytes" into buf[TEXT_SIZE_LENGTH], which it returns. */
const char *text_size(char *buf, uint64_t bytes);

/* An offset with four digits behind its point, "1.25 GiB", where text_size() rounds. Returns buf,
 * or "0". */
const char *text_offset(char *buf, uint64_t offset);

#endif
