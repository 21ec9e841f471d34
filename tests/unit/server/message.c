/* SPDX-License-Identifier: Apache-2.0 */
#include "support.h"

#include "server/message.h"

#include <linux/fuse.h>
#include <string.h>

#define ROOM 4096

static unsigned char buf[ROOM] __attribute__((aligned(8)));

static bool sound(uint32_t opcode, size_t says, size_t size, size_t room)
{
	struct fuse_in_header header = { .len = (uint32_t)says, .opcode = opcode };

	memset(buf, 0xee, sizeof(buf));
	memcpy(buf, &header, sizeof(header));
	return message_make_safe(buf, size, room);
}

static void names_end(void **state)
{
	size_t size = sizeof(struct fuse_in_header) + 10;

	(void)state;
	assert_true(sound(FUSE_RENAME, size, size, ROOM));
	assert_int_equal(buf[size - 1], 0xee);
	for (size_t i = 0; i < 128; i++)
		assert_int_equal(buf[size + i], 0);
}

static void no_room_for_the_end(void **state)
{
	(void)state;
	assert_false(sound(FUSE_LOOKUP, ROOM, ROOM, ROOM));
	assert_false(sound(FUSE_LOOKUP, ROOM - 1, ROOM - 1, ROOM));
}

static void another_length(void **state)
{
	(void)state;
	assert_false(sound(FUSE_LOOKUP, 51, 50, ROOM));
	assert_false(sound(FUSE_LOOKUP, 49, 50, ROOM));
	assert_false(sound(FUSE_LOOKUP, 0, 50, ROOM));
}

static bool write_sound(uint32_t says, size_t bytes)
{
	size_t size = sizeof(struct fuse_in_header) + sizeof(struct fuse_write_in) + bytes;
	struct fuse_in_header header = { .len = (uint32_t)size, .opcode = FUSE_WRITE };
	struct fuse_write_in in = { .size = says };

	memcpy(buf, &header, sizeof(header));
	memcpy(buf + sizeof(header), &in, sizeof(in));
	return message_make_safe(buf, size, ROOM);
}

static void writes(void **state)
{
	size_t most = ROOM - sizeof(struct fuse_in_header) - sizeof(struct fuse_write_in);

	(void)state;
	assert_true(write_sound(0, 0));
	assert_true(write_sound(100, 100));
	assert_true(write_sound((uint32_t)most, most));
	assert_false(write_sound(101, 100));
	assert_false(write_sound(UINT32_MAX, 100));
	assert_false(sound(FUSE_WRITE, 50, 50, ROOM));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST("names end at their NUL, and a truncated message is read as if zeros followed",
		     names_end),
		TEST("a message that fills the buffer has no terminator", no_room_for_the_end),
		TEST("a header with a wrong length is refused", another_length),
		TEST("a WRITE with fewer bytes than its size is refused", writes),
	};

	return run_group(tests);
}
