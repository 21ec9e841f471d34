/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The time that GET_FMAP takes in the server without the system calls: checking whether the file
 * system is still the one that was mounted, finding the map, planning the message and writing it,
 * as the server's handler does; and the largest message of a push kernel beside a copy of as many
 * bytes, which is what a second copy would add.
 *
 *   bench-fmap ROUNDS IMAGE SIMPLE-FILE HUGE-FILE
 *
 *   fmap_simple   seconds a reply
 *   fmap_huge     bytes a second
 *   fmap_memcpy   bytes a second of copying as much
 */
#include "bench.h"

#include "famfs.h"
#include "server/catch_up.h"
#include "server/fmapwire.h"
#include "server/node.h"
#include "server/server.h"

#include <stdlib.h>
#include <string.h>

#define REPLIES 200000

static union {
	uint64_t aligned;
	unsigned char bytes[17 << 20];
} buffer, copy;

static uint64_t inode_of(struct famfs_volume *vol, const char *path)
{
	struct famfs_error err;
	struct famfs_stat st;

	if (famfs_stat(vol, path, &st, &err) < 0)
		die("%s", err.message);
	return st.inode;
}

static size_t answer(struct server *server, uint64_t inode, const struct fmap_profile *profile)
{
	struct fmap_message message;
	struct famfs_fmap fmap;

	if (server_check_stale(server) < 0 || inode_fmap(server, inode, &fmap) < 0 ||
	    fmap_message_plan(&message, profile, &fmap, FMAP_FILE_REGULAR) < 0)
		die("no map");
	fmap_message_reply(&message, buffer.bytes);
	__asm__ volatile("" : : "r"(buffer.bytes) : "memory");
	return fmap_message_reply_size(&message);
}

static void simple(struct server *server, uint64_t inode, uint64_t rounds)
{
	struct series series = { 0 };

	for (uint64_t i = 0; i < rounds; i++) {
		double begin = now();

		for (int reply = 0; reply < REPLIES; reply++)
			answer(server, inode, fmap_profile(FAMFS_PROFILE_PULL));
		series_add(&series, (now() - begin) / REPLIES);
	}
	series_report(&series, "fmap_simple");
}

static void huge(struct server *server, uint64_t inode, uint64_t rounds)
{
	struct series write = { 0 }, again = { 0 };

	for (uint64_t i = 0; i <= rounds; i++) {
		double begin = now(), written;
		size_t size = answer(server, inode, fmap_profile(FAMFS_PROFILE_PUSH));

		written = now();
		memcpy(copy.bytes, buffer.bytes, size);
		__asm__ volatile("" : : "r"(copy.bytes) : "memory");
		if (i == 0)
			continue;
		series_add(&write, (double)size / (written - begin));
		series_add(&again, (double)size / (now() - written));
	}
	series_report(&write, "fmap_huge");
	series_report(&again, "fmap_memcpy");
}

int main(int argc, char *argv[])
{
	const struct famfs_volume_params reading = { 0 };
	struct famfs_target target = { 0 };
	struct server server = { .stage = SERVER_READY };
	struct famfs_error err;
	uint64_t rounds;

	if (argc != 5)
		die("see the head of fmap.c");
	rounds = number(argv[1], 1000);
	target.device = argv[2];
	if (famfs_open(&target, &reading, &server.vol, &err) < 0)
		die("%s", err.message);
	simple(&server, inode_of(server.vol, argv[3]), rounds);
	huge(&server, inode_of(server.vol, argv[4]), rounds);
	famfs_close(server.vol);
	return 0;
}
