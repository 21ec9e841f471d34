/* SPDX-License-Identifier: Apache-2.0 */
/* Two mounts to compare: famfs first, the reference program second. */
#ifndef BENCH_MOUNT_H
#define BENCH_MOUNT_H

#include "bench.h"

enum { OURS, YARDSTICK, MOUNTS };

/* The order of the four turns of a round: A B B A. */
static inline int whose_turn(int turn)
{
	return turn == 0 || turn == 3 ? OURS : YARDSTICK;
}

/* Reads and writes of several sizes, in order and at random, of the file "data" in both mounts:
 * how fast ours is in times of the yardstick. */
void measure_io(uint64_t rounds, char *const dir[MOUNTS]);

#endif
