/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Shared by all unit tests. A group of tests runs in a new directory, which is the current one and
 * is removed afterwards; images are files in it.
 */
#ifndef UNIT_SUPPORT_H
#define UNIT_SUPPORT_H

/* Set before the header of cmocka, in the order that it needs. */
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

/* Ends main(): runs the tests in a directory of their own. */
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

/* Expects exactly this error code, in the error too, and `text` in the message. */
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

/* The first error, for code that cannot fail a test at once; "" while there is none. */
struct first_fault {
	char text[400];
};

void blame(struct first_fault *fault, const char *format, ...)
	__attribute__((format(printf, 2, 3)));

/* Prints a message that belongs to no test, as a TAP comment. */
#define note(...) print_message("# " __VA_ARGS__)

/* ---- pseudo-random numbers --------------------------------------------------------------- */

struct rng {
	uint64_t state;
};

uint64_t rng_next(struct rng *rng);
uint64_t rng_below(struct rng *rng, uint64_t bound);

/* ---- identities --------------------------------------------------------------------------- */

#define MASTER_UUID "00000000-0000-4000-8000-00000000000a"
#define CLIENT_UUID "11111111-2222-4333-8444-00000000000c"

/* Sets the host to which the next open volume belongs. */
void be_master(void);
void be_client(void);

/* ---- images ------------------------------------------------------------------------------- */

#define IMAGE "test.img"

/* Makes a famfs of the given size on IMAGE. This host becomes its master. */
void make_image(uint64_t size);

/* Formats IMAGE with these parameters, and returns the result of famfs_mkfs(). */
int format_image(struct famfs_mkfs_params params, struct famfs_mkfs_result *result,
		 struct famfs_error *err);

/* Makes IMAGE again from these bytes, followed by zeros up to `size`. */
void put_image(const char *bytes, size_t length, uint64_t size);

/* Opens IMAGE; the caller closes it. */
struct famfs_volume *open_volume(bool write);
struct famfs_target image_target(void);

/* Number of entries in a log of 256 MiB. */
#define LARGE_LOG UINT64_C(493446)

/* Gives IMAGE such a log with `count` directories n0, n1, ..., and a header that says that it is
 * full. */
void make_large_log(uint64_t count);

/* Bytes of memory that this process uses. */
uint64_t resident(void);

/* Reads or writes the bytes of IMAGE without the library. */
void image_get(uint64_t offset, void *buf, size_t length);
void image_put(uint64_t offset, const void *buf, size_t length);
void image_resize(uint64_t size);

void entry_get(uint64_t index, struct omf_entry *raw);
void entry_put(uint64_t index, const struct omf_entry *raw);
/* Recomputes the CRC. */
void entry_seal(struct omf_entry *raw);

/* Changes an entry of IMAGE; with `seal`, the CRC follows. */
void entry_change(uint64_t index, void (*change)(struct omf_entry *raw), bool seal);
void counters_get(uint64_t *next_seqnum, uint64_t *next_index);
void counters_put(uint64_t next_seqnum, uint64_t next_index);

/* ---- files -------------------------------------------------------------------------------- */

/* Adds a file whose bytes follow from `seed`. Returns the result of the library. */
int add_file(struct famfs_volume *vol, const char *path, uint64_t size, uint32_t seed,
	     struct famfs_error *err);
int add_unfilled(struct famfs_volume *vol, const char *path, uint64_t size,
		 struct famfs_error *err);
int add_dir(struct famfs_volume *vol, const char *path, struct famfs_error *err);

/* Checks through the library whether the file has these contents. NULL if it has, otherwise a
 * description of the error. Reads `size` bytes; the files of a test are small. */
const char *file_fault(struct famfs_volume *vol, const char *path, uint64_t size, uint32_t seed);

void fill_bytes(void *buf, size_t length, uint32_t seed);

#endif
