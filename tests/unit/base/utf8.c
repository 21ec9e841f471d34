/* SPDX-License-Identifier: Apache-2.0 */
/* Valid UTF-8, compared with the definition: the shortest encoding of a scalar value. */
#include "support.h"

#include <string.h>

/* The encoding of a code point, whether it is a character or not. */
static size_t encode(uint32_t code, char *s)
{
	if (code < 0x80) {
		s[0] = (char)code;
		s[1] = '\0';
		return 1;
	}
	if (code < 0x800) {
		s[0] = (char)(0xc0 | code >> 6);
		s[1] = (char)(0x80 | (code & 0x3f));
		s[2] = '\0';
		return 2;
	}
	if (code < 0x10000) {
		s[0] = (char)(0xe0 | code >> 12);
		s[1] = (char)(0x80 | (code >> 6 & 0x3f));
		s[2] = (char)(0x80 | (code & 0x3f));
		s[3] = '\0';
		return 3;
	}
	s[0] = (char)(0xf0 | code >> 18);
	s[1] = (char)(0x80 | (code >> 12 & 0x3f));
	s[2] = (char)(0x80 | (code >> 6 & 0x3f));
	s[3] = (char)(0x80 | (code & 0x3f));
	s[4] = '\0';
	return 4;
}

static bool is_scalar(uint32_t code)
{
	return code <= 0x10ffff && (code < 0xd800 || code > 0xdfff);
}

static void code_points(void **state)
{
	char s[5];

	(void)state;
	/* Up to the largest value of four bytes. */
	for (uint32_t code = 1; code < 0x200000; code++) {
		size_t length = encode(code, s);

		assert_int_equal(famfs_utf8_length(s), is_scalar(code) ? length : 0);
		assert_int_equal(famfs_is_utf8(s), is_scalar(code));
	}
}

/* By decoding and encoding again. */
static size_t model(const unsigned char *b)
{
	uint32_t code;
	char again[5];
	size_t length;

	if (b[0] < 0x80)
		return 1;
	length = b[0] >= 0xf0 ? 4 : b[0] >= 0xe0 ? 3 : 2;
	if (b[0] < 0xc0 || b[0] > 0xf7)
		return 0;
	code = b[0] & (0x7fu >> length);
	for (size_t i = 1; i < length; i++) {
		if ((b[i] & 0xc0) != 0x80)
			return 0;
		code = code << 6 | (b[i] & 0x3f);
	}
	return is_scalar(code) && encode(code, again) == length ? length : 0;
}

/* All first and second bytes, each with the border cases of the bytes that follow. */
static void sequences(void **state)
{
	static const unsigned char borders[] = { 0x00, 0x01, 0x7f, 0x80, 0x8f, 0x90,
						 0x9f, 0xa0, 0xbf, 0xc0, 0xff };
	unsigned char b[5] = { 0 };

	(void)state;
	for (unsigned first = 1; first < 256; first++)
		for (unsigned second = 0; second < 256; second++)
			for (size_t i = 0; i < ARRAY_SIZE(borders) * ARRAY_SIZE(borders); i++) {
				b[0] = (unsigned char)first;
				b[1] = (unsigned char)second;
				b[2] = borders[i % ARRAY_SIZE(borders)];
				b[3] = borders[i / ARRAY_SIZE(borders)];
				assert_int_equal(famfs_utf8_length((char *)b), model(b));
			}
}

static void cut_off(void **state)
{
	static const char *const cut[] = { "\xc3",         "\xe2\x82", "\xe2",
					   "\xf0\x9f\x98", "\xf0\x9f", "\xf0" };

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(cut); i++)
		assert_int_equal(famfs_utf8_length(cut[i]), 0);
}

static void strings(void **state)
{
	static const char *const good[] = {
		"", "a", "caf\xc3\xa9", "\xe2\x82\xac/\xf0\x9f\x98\x80", "\x01\x7f", "\xef\xbf\xbf"
	};
	static const char *const bad[] = {
		"\xff",
		"caf\xe9",
		"a\x80",
		"\xc0\xaf",
		"\xe0\x9f\xbf",
		"\xed\xa0\x80",
		"\xed\xbf\xbf",
		"\xf0\x8f\xbf\xbf",
		"\xf4\x90\x80\x80",
		"\xf8\x88\x80\x80\x80",
		"\xc3\xa9\xc3",
		"\xfe",
		"a/\xc1\xbf",
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(good); i++)
		assert_true(famfs_is_utf8(good[i]));
	for (size_t i = 0; i < ARRAY_SIZE(bad); i++)
		assert_false(famfs_is_utf8(bad[i]));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST("every scalar value has one encoding, and surrogates and larger values have "
		     "none",
		     code_points),
		TEST("sequences of every lead byte and second byte are accepted as the definition "
		     "says",
		     sequences),
		TEST("a truncated character is not UTF-8", cut_off),
		TEST("a string is UTF-8 if every character is", strings),
	};

	return run_group(tests);
}
