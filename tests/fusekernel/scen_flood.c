/* SPDX-License-Identifier: Apache-2.0 */
/* Many requests at once, from two threads of the kernel. */
#include "badrequest.h"
#include "scenarios.h"
#include "tap.h"

#include <errno.h>
#include <pthread.h>
#include <stdlib.h>

#define THREADS  2
#define REQUESTS 400 /* of each */
#define FILES    8

static const char *const paths[FILES] = {
	"simple/1", "simple/odd",  "striped/3x2M", "striped/16x2M",
	"hand/2",   "simple/2M+1", "striped/3x4M", "striped/2x2M-two",
};

struct flood {
	struct kernel kernel;
	const struct tree_file *files[FILES];
	uint64_t nodeids[FILES];
	const struct generation *gen;
};

struct sender {
	struct flood *flood;
	unsigned int number;
	pthread_t thread;
};

/* Returns the unique of request i of a thread; every fourth request has another opcode. */
static uint64_t unique_of(unsigned int thread, unsigned int i)
{
	return 1000000 + 2 * ((uint64_t)thread * REQUESTS + i);
}

static bool is_map_request(unsigned int i)
{
	return i % 4 != 3;
}

static void *send_all(void *arg)
{
	static const uint32_t size[2] = { PAGE, 0 };
	const struct sender *sender = arg;
	struct flood *flood = sender->flood;

	for (unsigned int i = 0; i < REQUESTS; i++) {
		const struct fuse_getattr_in in = { 0 };
		struct request request = { .opcode = FUSE_GETATTR,
					   .nodeid = flood->nodeids[i % FILES],
					   .arg = &in,
					   .size = sizeof(in),
					   .unique = unique_of(sender->number, i) };

		if (is_map_request(i)) {
			request.opcode = flood->gen->op_fmap;
			request.arg = size;
			request.size = flood->gen->has_size ? sizeof(size) : 0;
		}
		kernel_send(&flood->kernel, &request);
	}
	return NULL;
}

static void check_reply(struct flood *flood, const struct reply *reply, uint8_t *seen)
{
	unsigned int number = (unsigned int)((reply->unique - unique_of(0, 0)) / 2);
	unsigned int i = number % REQUESTS;
	const struct badrequest_request request = { .nodeid = flood->nodeids[i % FILES],
						    .length = IN_HEADER +
							      (flood->gen->has_size ? 8 : 0),
						    .arg = (const uint32_t[2]){ PAGE, 0 } };

	if (!expect(reply->unique >= unique_of(0, 0) && number < THREADS * REQUESTS &&
			    !seen[number],
		    "a reply to %llu", (unsigned long long)reply->unique))
		return;
	seen[number] = 1;
	if (is_map_request(i))
		expect(badrequest_check(&flood->kernel, &request, reply, flood->files[i % FILES]),
		       "no map of %s, but %d", paths[i % FILES], reply->error);
	else
		expect(!reply->error && reply->size == sizeof(struct fuse_attr_out) &&
			       ((const struct fuse_attr_out *)(const void *)reply->data)
					       ->attr.size == flood->files[i % FILES]->size,
		       "GETATTR gives %d", reply->error);
}

static void flood_once(struct flood *flood)
{
	struct sender senders[THREADS];
	uint8_t *seen = calloc(THREADS, REQUESTS);
	struct reply reply;

	for (unsigned int i = 0; i < THREADS; i++) {
		senders[i] = (struct sender){ .flood = flood, .number = i };
		if (pthread_create(&senders[i].thread, NULL, send_all, &senders[i]))
			bail_out("cannot start a thread");
	}
	for (unsigned int i = 0; i < THREADS * REQUESTS && kernel_wait_any(&flood->kernel, &reply);
	     i++)
		check_reply(flood, &reply, seen);
	for (unsigned int i = 0; i < THREADS; i++)
		pthread_join(senders[i].thread, NULL);
	free(seen);
}

static void flood(const struct setup *setup, const struct tree *tree, const struct generation *gen)
{
	struct flood flood = { .gen = gen };
	struct inode *inode;

	if (kernel_boot(&flood.kernel, setup, tree, gen, NULL)) {
		for (int i = 0; i < FILES; i++) {
			flood.files[i] = tree_find(tree, paths[i]);
			expect(!vfs_walk(&flood.kernel, paths[i], &inode), "no %s", paths[i]);
			flood.nodeids[i] = inode->nodeid;
		}
		if (!test_failed())
			flood_once(&flood);
		if (gen->push)
			expect(flood.kernel.hand_overs == 1, "the device is handed over %u times",
			       flood.kernel.hand_overs);
	}
	still_serves(&flood.kernel);
	kernel_shutdown(&flood.kernel);
}

const struct scenario scenarios_flood[] = {
	{ "each of 800 requests from two threads gets its reply", flood, true, false, NULL },
	{ NULL, NULL, false, false, NULL },
};
