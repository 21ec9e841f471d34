/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What the unit tests share. A group of tests runs inside a fresh directory, which is the current
 * one and goes with it; images are files in it.
 */
#ifndef UNIT_SUPPORT_H
#define UNIT_SUPPORT_H

/* In the order that cmocka asks for. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "famfs.h"

#include "media/record.h"

#include <stdbool.h>
#include <stdio.h>

#define MIB (UINT64_C(1) << 20)
#define GIB (UINT64_C(1) << 30)
#define AU  OMF_ALLOC_UNIT

#define ARRAY_SIZE(a) (sizeof(a) / sizeof((a)[0]))

#define TEST(title, function)                                                                      \
	{                                                                                          \
		title, function, NULL, NULL, NULL                                                  \
	}

/* Ends main(): the tests run in a directory of their own. */
#define run_group(tests) cmocka_run_group_tests(tests, enter_directory, leave_directory)

int enter_directory(void **state);
int leave_directory(void **state);

/* Succeeds, or fails the test with the library's message. */
#define assert_ok(call, err)                                                                       \
	do {                                                                                       \
		int ret_ = (call);                                                                 \
		if (ret_ != 0)                                                                     \
			fail_msg("%s returned %d: %s", #call, ret_, (err)->message);               \
	} while (0)

/* Fails with exactly this code, in the error too, and with `text` in the message. */
#define assert_error(call, want, err, text)                                                        \
	do {                                                                                       \
		int ret_ = (call);                                                                 \
		if (ret_ != (want) || (err)->code != (want))                                       \
			fail_msg("%s returned %d, not %d: %s", #call, ret_, (int)(want),           \
				 (err)->message);                                                  \
		assert_text((err)->message, text);                                                 \
	} while (0)

#define assert_text(haystack, needle) assert_text_(haystack, needle, __FILE__, __LINE__)
void assert_text_(const char *haystack, const char *needle, const char *file, int line);

/* The first thing that was found wrong, where a test cannot be failed at once; "" while there is
 * none. */
struct first_fault {
	char text[400];
};

void blame(struct first_fault *fault, const char *format, ...)
	__attribute__((format(printf, 2, 3)));

/* A message that belongs to no test, as TAP has them. */
#define note(...) print_message("# " __VA_ARGS__)

/* ---- numbers that look random and are not ------------------------------------------------ */

struct rng {
	uint64_t state;
};

uint64_t rng_next(struct rng *rng);
uint64_t rng_below(struct rng *rng, uint64_t bound);

/* ---- identities --------------------------------------------------------------------------- */

#define MASTER_UUID "00000000-0000-4000-8000-00000000000a"
#define CLIENT_UUID "11111111-2222-4333-8444-00000000000c"

/* Which host the next open volume belongs to. */
void be_master(void);
void be_client(void);

/* ---- images ------------------------------------------------------------------------------- */

#define IMAGE "test.img"

/* Makes a famfs of the given size on IMAGE, of which this host, from now on, is the master. */
void make_image(uint64_t size);

/* What famfs_mkfs() makes of IMAGE with these parameters. */
int format_image(struct famfs_mkfs_params params, struct famfs_mkfs_result *result,
		 struct famfs_error *err);

/* Makes IMAGE anew with these bytes, and zeros up to `size`. */
void put_image(const char *bytes, size_t length, uint64_t size);

/* Opens IMAGE; the caller closes it. */
struct famfs_volume *open_volume(bool write);
struct famfs_target image_target(void);

/* Entries that fit into a log of 256 MiB. */
#define LARGE_LOG UINT64_C(493446)

/* Makes IMAGE one with such a log, which holds `count` directories n0, n1, ..., and whose header
 * says that it is full. */
void make_large_log(uint64_t count);

/* Bytes of memory that this process uses. */
uint64_t resident(void);

/* The bytes of IMAGE, past the library. */
void image_get(uint64_t offset, void *buf, size_t length);
void image_put(uint64_t offset, const void *buf, size_t length);
void image_resize(uint64_t size);

void entry_get(uint64_t index, struct omf_entry *raw);
void entry_put(uint64_t index, const struct omf_entry *raw);
/* Makes the CRC right again. */
void entry_seal(struct omf_entry *raw);
void counters_get(uint64_t *next_seqnum, uint64_t *next_index);
void counters_put(uint64_t next_seqnum, uint64_t next_index);

/* ---- files -------------------------------------------------------------------------------- */

/* Adds a file whose bytes follow from `seed`. Returns what the library returns. */
int add_file(struct famfs_volume *vol, const char *path, uint64_t size, uint32_t seed,
	     struct famfs_error *err);
int add_unfilled(struct famfs_volume *vol, const char *path, uint64_t size,
		 struct famfs_error *err);
int add_dir(struct famfs_volume *vol, const char *path, struct famfs_error *err);

/* Whether the file is there with these contents, read through the library. NULL when it is, else
 * what is wrong. Reads `size` bytes; a test's files are small. */
const char *file_fault(struct famfs_volume *vol, const char *path, uint64_t size, uint32_t seed);

void fill_bytes(void *buf, size_t length, uint32_t seed);

#endif
