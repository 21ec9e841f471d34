/* SPDX-License-Identifier: Apache-2.0 */
#include "mutations.h"

#include "generation.h"
#include "wire.h"

#define MAP(raw)   ((raw) + OUT_HEADER)
#define BODY(raw)  (MAP(raw) + FMAP_HEADER)
#define STRIP(raw) (BODY(raw) + IEXT_SIZE)

/* The sample reply has this much space, zeroed. */
static void resize(uint8_t *raw, size_t *size, size_t length)
{
	*size = length;
	put32(raw, (uint32_t)length);
}

static uint8_t *last_extent(uint8_t *raw)
{
	return BODY(raw) + (size_t)(get32(MAP(raw) + FMAP_NEXTENTS) - 1) * EXT_SIZE;
}

static void on_device_1(uint8_t *raw)
{
	for (uint8_t *at = BODY(raw); at <= last_extent(raw); at += EXT_SIZE)
		put32(at + EXT_DEVINDEX, 1);
}

static void wrong_half(uint8_t *raw, size_t *size)
{
	(void)size;
	for (uint8_t *at = BODY(raw); at <= last_extent(raw); at += EXT_SIZE) {
		put32(at + EXT_RESERVED, get32(at + EXT_DEVINDEX));
		put32(at + EXT_DEVINDEX, 0);
	}
}

static void other_device(uint8_t *raw, size_t *size)
{
	(void)size;
	put32(BODY(raw) + EXT_DEVINDEX, 1);
}

static void reserved_half(uint8_t *raw, size_t *size)
{
	(void)size;
	put32(BODY(raw) + EXT_RESERVED, 1);
}

static void last_to_file_end(uint8_t *raw, size_t *size)
{
	uint8_t *last = last_extent(raw);
	uint64_t length = get64(last + EXT_LENGTH);

	(void)size;
	put64(last + EXT_LENGTH, (get64(MAP(raw) + FMAP_FILE_SIZE) - 1) % length + 1);
}

/* As above, but to whole pages. */
static void last_to_page(uint8_t *raw, size_t *size)
{
	uint8_t *last = last_extent(raw);

	last_to_file_end(raw, size);
	put64(last + EXT_LENGTH, (get64(last + EXT_LENGTH) + PAGE - 1) / PAGE * PAGE);
}

static void last_without_a_unit(uint8_t *raw, size_t *size)
{
	(void)size;
	put64(last_extent(raw) + EXT_LENGTH, get64(last_extent(raw) + EXT_LENGTH) - PMD_SIZE);
}

static void short_strip(uint8_t *raw, size_t *size)
{
	(void)size;
	put64(STRIP(raw) + EXT_LENGTH, get64(STRIP(raw) + EXT_LENGTH) - PMD_SIZE);
}

static void chunk_of_16_bits(uint8_t *raw, size_t *size)
{
	uint8_t *at = BODY(raw) + IEXT_CHUNK_SIZE;

	(void)size;
	put32(at, (uint16_t)get32(at));
}

static void other_chunk(uint8_t *raw, size_t *size)
{
	uint8_t *at = BODY(raw) + IEXT_CHUNK_SIZE;

	(void)size;
	put32(at, get32(at) * 2);
}

static void no_nbytes(uint8_t *raw, size_t *size)
{
	(void)size;
	put64(BODY(raw) + IEXT_NBYTES, 0);
}

static void moved(uint8_t *raw, size_t *size)
{
	(void)size;
	put64(last_extent(raw) + EXT_OFFSET, get64(last_extent(raw) + EXT_OFFSET) + PMD_SIZE);
}

static void offset_of_32_bits(uint8_t *raw, size_t *size)
{
	uint8_t *at = STRIP(raw) + 2 * EXT_SIZE + EXT_OFFSET;

	(void)size;
	put64(at, (uint32_t)get64(at));
}

static void swapped(uint8_t *raw, size_t *size)
{
	uint8_t first[EXT_SIZE];

	(void)size;
	memcpy(first, STRIP(raw), EXT_SIZE);
	memcpy(STRIP(raw), STRIP(raw) + EXT_SIZE, EXT_SIZE);
	memcpy(STRIP(raw) + EXT_SIZE, first, EXT_SIZE);
}

static void file_size(uint8_t *raw, size_t *size)
{
	(void)size;
	put64(MAP(raw) + FMAP_FILE_SIZE, get64(MAP(raw) + FMAP_FILE_SIZE) - 1);
}

static void fmap_size(uint8_t *raw, size_t *size)
{
	(void)size;
	put32(MAP(raw) + FMAP_SIZE, get32(MAP(raw) + FMAP_SIZE) - EXT_SIZE);
}

static void file_type(uint8_t *raw, size_t *size)
{
	(void)size;
	MAP(raw)[FMAP_FILE_TYPE] = FILE_LOG;
}

static void no_extents(uint8_t *raw, size_t *size)
{
	(void)size;
	put32(MAP(raw) + FMAP_NEXTENTS, 0);
}

static void one_extent_more(uint8_t *raw, size_t *size)
{
	(void)size;
	put32(MAP(raw) + FMAP_NEXTENTS, get32(MAP(raw) + FMAP_NEXTENTS) + 1);
}

static void other_type(uint8_t *raw, size_t *size)
{
	(void)size;
	put32(MAP(raw) + FMAP_EXT_TYPE, !get32(MAP(raw) + FMAP_EXT_TYPE));
}

static void wrong_sign(uint8_t *raw, size_t *size)
{
	(void)size;
	put32(raw + 4, -get32(raw + 4));
}

static void error_out_of_range(uint8_t *raw, size_t *size)
{
	(void)size;
	put32(raw + 4, (uint32_t)-512);
}

static void error_with_data(uint8_t *raw, size_t *size)
{
	resize(raw, size, *size + 8);
}

static void cut(uint8_t *raw, size_t *size)
{
	resize(raw, size, *size - 1);
}

static void longer(uint8_t *raw, size_t *size)
{
	resize(raw, size, *size + 8);
}

static void wrong_length(uint8_t *raw, size_t *size)
{
	put32(raw, (uint32_t)*size - OUT_HEADER);
}

static void no_resend_bit(uint8_t *raw, size_t *size)
{
	(void)size;
	put64(raw + 8, get64(raw + 8) & ~UNIQUE_RESEND);
}

static void asks_for_too_much(uint8_t *raw, size_t *size)
{
	/* At 0 in the 4 bytes of v2, at 12 in a header. */
	put32(MAP(raw) + (*size == OUT_HEADER + 4 ? 0 : FMAP_SIZE), 1u << 25);
}

static uint8_t *init_flags(uint8_t *raw)
{
	return raw + OUT_HEADER + offsetof(struct fuse_init_out, flags);
}

static void no_ext_flag(uint8_t *raw, size_t *size)
{
	(void)size;
	put32(init_flags(raw), get32(init_flags(raw)) & ~(uint32_t)INIT_EXT);
}

static void no_famfs_bit(uint8_t *raw, size_t *size)
{
	(void)size;
	put32(raw + OUT_HEADER + offsetof(struct fuse_init_out, flags2), 0);
}

static void writeback(uint8_t *raw, size_t *size)
{
	(void)size;
	put32(init_flags(raw), get32(init_flags(raw)) | (uint32_t)INIT_WRITEBACK);
}

static void io_uring(uint8_t *raw, size_t *size)
{
	uint8_t *at = raw + OUT_HEADER + offsetof(struct fuse_init_out, flags2);

	(void)size;
	put32(at, get32(at) | 1u << (41 - 32));
}

static void other_index(uint8_t *raw, size_t *size)
{
	(void)size;
	put16(MAP(raw) + DAXDEV_INDEX, 1);
}

static void index_as_wide_as_it_looks(uint8_t *raw, size_t *size)
{
	(void)size;
	put16(MAP(raw) + DAXDEV_RESERVED, 1);
}

static void endless_name(uint8_t *raw, size_t *size)
{
	(void)size;
	memset(MAP(raw) + DAXDEV_NAME, '/', DAXDEV_NAME_SIZE);
}

static void name_alone(uint8_t *raw, size_t *size)
{
	memmove(MAP(raw), MAP(raw) + DAXDEV_NAME, DAXDEV_NAME_SIZE);
	resize(raw, size, OUT_HEADER + DAXDEV_NAME_SIZE);
}

#define SIMPLE  "hand/2"
#define STRIPED "striped/3x2M"
#define EVEN    "striped/16x2M" /* the file ends at the end of a page */

const struct mutation mutations[] = {
	{ "a device index in the wrong half-word", GEN_PUSH_2, MUTATE_MAP, SIMPLE, on_device_1,
	  wrong_half },
	{ "a device index in the reserved half-word", GEN_PULL, MUTATE_MAP, SIMPLE, NULL,
	  reserved_half },
	{ "an unknown device index", GEN_PULL, MUTATE_MAP, SIMPLE, NULL, other_device },
	{ "an unexpected device index", GEN_PUSH_2, MUTATE_MAP, SIMPLE, NULL, other_device },
	{ "a truncated chunk length in the last extent", GEN_PUSH_1, MUTATE_MAP, STRIPED, NULL,
	  last_to_file_end },
	{ "a truncated chunk length in the last extent", GEN_PUSH_2, MUTATE_MAP, STRIPED, NULL,
	  last_to_file_end },
	{ "a chunk length truncated to a page", GEN_PUSH_2, MUTATE_MAP, EVEN, NULL, last_to_page },
	{ "a truncated length of the last extent", GEN_V2, MUTATE_MAP, SIMPLE, NULL,
	  last_without_a_unit },
	{ "a truncated strip", GEN_PULL, MUTATE_MAP, EVEN, NULL, short_strip },
	{ "a chunk size truncated to 16 bits", GEN_V1, MUTATE_MAP, STRIPED, NULL,
	  chunk_of_16_bits },
	{ "a chunk size truncated to 16 bits", GEN_V2, MUTATE_MAP, STRIPED, NULL,
	  chunk_of_16_bits },
	{ "a chunk size truncated to 16 bits", GEN_PULL, MUTATE_MAP, STRIPED, NULL,
	  chunk_of_16_bits },
	{ "a wrong chunk size", GEN_PULL, MUTATE_MAP, STRIPED, NULL, other_chunk },
	{ "an interleaved extent without bytes", GEN_PULL, MUTATE_MAP, STRIPED, NULL, no_nbytes },
	{ "a moved extent", GEN_PULL, MUTATE_MAP, SIMPLE, NULL, moved },
	{ "a moved extent", GEN_PUSH_1, MUTATE_MAP, STRIPED, NULL, moved },
	{ "an offset truncated to 32 bits", GEN_PULL, MUTATE_MAP, STRIPED, NULL,
	  offset_of_32_bits },
	{ "a wrong order of strips", GEN_PULL, MUTATE_MAP, STRIPED, NULL, swapped },
	{ "a wrong file size", GEN_V2, MUTATE_MAP, SIMPLE, NULL, file_size },
	{ "a wrong fmap_size", GEN_PULL, MUTATE_MAP, SIMPLE, NULL, fmap_size },
	{ "a wrong fmap_size", GEN_PUSH_1, MUTATE_MAP, SIMPLE, NULL, fmap_size },
	{ "a wrong file type", GEN_PULL, MUTATE_MAP, SIMPLE, NULL, file_type },
	{ "a map without extents", GEN_PULL, MUTATE_MAP, SIMPLE, NULL, no_extents },
	{ "an extent count that is too large", GEN_PUSH_1, MUTATE_MAP, SIMPLE, NULL,
	  one_extent_more },
	{ "an extent count that is too large", GEN_V1, MUTATE_MAP, SIMPLE, NULL, one_extent_more },
	{ "a wrong type of map", GEN_PULL, MUTATE_MAP, SIMPLE, NULL, other_type },
	{ "a wrong type of map", GEN_PUSH_2, MUTATE_MAP, STRIPED, NULL, other_type },
	{ "a map shorter than its size", GEN_V2, MUTATE_MAP, STRIPED, NULL, cut },
	{ "a map of 4095 bytes", GEN_V1, MUTATE_MAP, SIMPLE, NULL, cut },
	{ "a map of 4104 bytes", GEN_V1, MUTATE_MAP, SIMPLE, NULL, longer },
	{ "a reply with bytes after the map", GEN_PULL, MUTATE_MAP, SIMPLE, NULL, longer },
	{ "a length without the header", GEN_PULL, MUTATE_MAP, SIMPLE, NULL, wrong_length },
	{ "a request for more room than the limit", GEN_V2, MUTATE_MORE, SIMPLE, NULL,
	  asks_for_too_much },
	{ "a request for more room of 3 bytes", GEN_V2, MUTATE_MORE, SIMPLE, NULL, cut },
	{ "a request for more room than the limit", GEN_PUSH_1, MUTATE_MORE, SIMPLE, NULL,
	  asks_for_too_much },
	{ "a request for more room of 31 bytes", GEN_PUSH_1, MUTATE_MORE, SIMPLE, NULL, cut },
	{ "a missing EXT flag", GEN_V2, MUTATE_INIT, NULL, NULL, no_ext_flag },
	{ "a missing EXT flag", GEN_PULL, MUTATE_INIT, NULL, NULL, no_ext_flag },
	{ "a missing famfs flag", GEN_PULL, MUTATE_INIT, NULL, NULL, no_famfs_bit },
	{ "a writeback cache flag", GEN_PULL, MUTATE_INIT, NULL, NULL, writeback },
	{ "an io_uring flag", GEN_PULL, MUTATE_INIT, NULL, NULL, io_uring },
	{ "a reply to INIT that is too short", GEN_PULL, MUTATE_INIT, NULL, NULL, cut },
	{ "an error of the wrong sign", GEN_V1, MUTATE_ERROR, NULL, NULL, wrong_sign },
	{ "an error of the wrong sign", GEN_V2, MUTATE_ERROR, NULL, NULL, wrong_sign },
	{ "an error of the wrong sign", GEN_PULL, MUTATE_ERROR, NULL, NULL, wrong_sign },
	{ "an error of the wrong sign", GEN_PUSH_1, MUTATE_ERROR, NULL, NULL, wrong_sign },
	{ "an error of -512", GEN_PULL, MUTATE_ERROR, NULL, NULL, error_out_of_range },
	{ "an error with data", GEN_PULL, MUTATE_ERROR, NULL, NULL, error_with_data },
	{ "a unique without the resend bit", GEN_PULL, MUTATE_RESEND, SIMPLE, NULL, no_resend_bit },
	{ "a device of another index", GEN_PULL, MUTATE_DAXDEV, NULL, NULL, other_index },
	{ "a device index that is too wide", GEN_PULL, MUTATE_DAXDEV, NULL, NULL,
	  index_as_wide_as_it_looks },
	{ "a device name without a NUL", GEN_V2, MUTATE_DAXDEV, NULL, NULL, endless_name },
	{ "a device name without its header", GEN_PULL, MUTATE_DAXDEV, NULL, NULL, name_alone },
	{ NULL, 0, MUTATE_INIT, NULL, NULL, NULL },
};
