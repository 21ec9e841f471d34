/* SPDX-License-Identifier: Apache-2.0 */
#include "generation.h"

#include "wire.h"

/* Flags that Linux offers since 6.12, without DAX and submounts. */
#define FLAGS  UINT64_C(0x73fffffb)
#define FLAGS2 (UINT64_C(0x1fd) << 32)

#define BIT(n) (UINT64_C(1) << (n))

#define REQUEST_TIMEOUT 42 /* since minor 43 */
#define OVER_IO_URING   41
#define URING_BUFPOOL   43 /* since minor 46 */

#define FLAGS_6_14 (FLAGS | FLAGS2)
#define FLAGS_6_18 (FLAGS | FLAGS2 | BIT(REQUEST_TIMEOUT))

/* The largest message of the push kernels, and the number of its extents. */
#define PUSH_ROOM    (16u << 20)
#define PUSH_EXTENTS ((PUSH_ROOM - FMAP_HEADER) / EXT_SIZE)

#define PUSH                                                                                       \
	.minor = 45, .init_flags = FLAGS_6_18 | BIT(43), .fmap_bit = 43, .op_fmap = 54,            \
	.has_size = true, .push = true, .fatal = true, .more = MORE_BY_HEADER, .room = PAGE,       \
	.max_room = PUSH_ROOM, .max_simple = PUSH_EXTENTS

const struct generation generations[GENERATIONS] = {
	[GEN_V1] = { .name = "v1",
		     .option = "v2", /* detected by its requests */
		     .minor = 42,
		     .init_flags = FLAGS_6_14 | BIT(42),
		     .fmap_bit = 42,
		     .op_fmap = 53,
		     .op_daxdev = 54,
		     .on_lookup = true,
		     .fixed = true,
		     .room = PAGE,
		     .max_simple = 2,
		     .max_interleaved = 2,
		     .max_strips = 16,
		     .align = PMD_SIZE },
	[GEN_V2] = { .name = "v2",
		     .option = "v2",
		     .minor = 42,
		     .init_flags = FLAGS_6_14 | BIT(42),
		     .fmap_bit = 42,
		     .op_fmap = 53,
		     .op_daxdev = 54,
		     .has_size = true,
		     .more = MORE_BY_SIZE,
		     .room = PAGE,
		     .max_room = 32768,
		     .max_simple = 32,
		     .max_interleaved = 32,
		     .max_strips = 32,
		     .align = PMD_SIZE },
	[GEN_PULL] = { .name = "pull",
		       .option = "pull",
		       .minor = 45,
		       .init_flags = FLAGS_6_18 | BIT(43),
		       .fmap_bit = 43,
		       .op_fmap = 54,
		       .op_daxdev = 55,
		       .fatal = true,
		       .room = PAGE,
		       .max_simple = 32,
		       .max_interleaved = 32,
		       .max_strips = 32,
		       .align = PMD_SIZE,
		       .chunk_aligned = true },
	[GEN_PUSH_1] = { PUSH, .name = "push P1", .option = "push", .align = PMD_SIZE },
	[GEN_PUSH_2] = { PUSH, .name = "push P2", .option = "push", .max_interleaved = PUSH_EXTENTS,
			 .max_strips = 32, .max_devindex = MAX_DAXDEVS - 1, .align = PAGE,
			 .chunk_pmd_only = true },
	[GEN_STOCK_6_18] = { .name = "Linux 6.18",
			     .option = "auto",
			     .minor = 45,
			     .init_flags = FLAGS_6_18,
			     .fmap_bit = -1 },
	[GEN_STOCK_7_3] = { .name = "Linux 7.3",
			    .option = "auto",
			    .minor = 46,
			    .init_flags = FLAGS_6_18,
			    .fmap_bit = -1 },
	[GEN_STOCK_7_3_URING] = { .name = "Linux 7.3 with io_uring",
				  .option = "auto",
				  .minor = 46,
				  .init_flags =
					  FLAGS_6_18 | BIT(OVER_IO_URING) | BIT(URING_BUFPOOL),
				  .fmap_bit = -1 },
};
