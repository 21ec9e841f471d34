/* SPDX-License-Identifier: Apache-2.0 */
/* A kernel that was started with a server of its own: requests, replies, and the rules of the FUSE
 * core for them. */
#ifndef FUSEKERNEL_KERNEL_H
#define FUSEKERNEL_KERNEL_H

#include "channel.h"
#include "generation.h"
#include "process.h"
#include "verdict.h"
#include "wire.h"

#include <pthread.h>

#define MAX_INODES  512
#define MAX_MUTATED 8192

#define MUTATE_NOTIFY UINT32_MAX

struct inode;
struct tree;

struct kernel {
	const struct generation *gen;
	const struct setup *setup;
	const struct tree *tree;
	struct server_process server;
	struct channel channel;
	uint64_t unique; /* unique of the last request; only even numbers */
	bool greeted;    /* INIT is done */
	bool fmap;       /* famfs is negotiated */
	bool lost;       /* the server is dead or hangs */
	bool may_end;    /* a closed connection is not a failure */
	/* Several threads have requests in progress: each holds this, except while it waits for a
	 * reply. NULL: there is one thread. */
	pthread_mutex_t *lock;
	pthread_cond_t received;
	bool receiving; /* a thread receives for all of them */
	struct received *inbox;

	struct {
		bool valid;
		int error; /* the kernel remembers a failure for good */
	} daxdevs[MAX_DAXDEVS];
	int hand_over_error; /* answer to the next ioctl */
	unsigned int hand_overs;
	unsigned int daxdev_requests;
	unsigned int fmap_requests;
	uint64_t invalidated; /* nodeid of the last NOTIFY_INVAL_INODE */

	/* Changes replies to one kind of request before they are checked. */
	uint32_t mutate_opcode; /* MUTATE_NOTIFY: changes notifications of the server */
	void (*mutate)(uint8_t *raw, size_t *size);
	uint8_t mutated[MAX_MUTATED];

	struct inode *inodes; /* see vfs.h */
	unsigned int ninodes;
	uint16_t *owners; /* for each 2 MiB page of the device, the inode that maps it, from 1 on */
};

struct request {
	uint32_t opcode;
	uint64_t nodeid;
	const void *arg;
	size_t size;
	const void *more; /* bytes after the argument: a name, data */
	size_t more_size;
	uint64_t unique; /* 0: assign a new one */
};

struct reply {
	uint64_t unique;
	int error; /* positive; 0 for success */
	const uint8_t *data;
	size_t size;
	const uint8_t *raw; /* with its header; both live until the next message */
	size_t raw_size;
};

/* Starts a server with -o `options` (NULL: fmap=... of the generation) and exchanges INIT with it,
 * or sends nothing yet. False when the test has failed; kernel_shutdown() is due in any case. */
bool kernel_boot(struct kernel *kernel, const struct setup *setup, const struct tree *tree,
		 const struct generation *gen, const char *options);
void kernel_boot_silent(struct kernel *kernel, const struct setup *setup, const struct tree *tree,
			const struct generation *gen, const char *options);

/* Does the same for a server with a descriptor for each of its threads. */
bool kernel_boot_cloned(struct kernel *kernel, const struct setup *setup, const struct tree *tree,
			const struct generation *gen);

/* Unmounts; the server must end with success, otherwise its exit status is the result. */
void kernel_shutdown(struct kernel *kernel);
int kernel_bury(struct kernel *kernel);

/* Sets the process that this thread's requests come from; NULL: this one. */
void kernel_act_for(const struct fuse_in_header *header);

/* Sends a request, and returns its unique. */
uint64_t kernel_send(struct kernel *kernel, const struct request *request);

/* Receives the reply to that request, or the next reply to any; false if the test has failed. */
bool kernel_wait(struct kernel *kernel, uint64_t unique, struct reply *reply);
bool kernel_wait_any(struct kernel *kernel, struct reply *reply);

bool kernel_call(struct kernel *kernel, const struct request *request, struct reply *reply);

/* Fails the test unless the server sends nothing for a moment. */
void kernel_expect_silence(struct kernel *kernel);

/* Makes the checks of the FUSE core, which precede those of the contents. */
bool reply_parse(const uint8_t *raw, size_t size, uint64_t unique, struct reply *reply,
		 struct verdict *verdict);

/* Sends the INIT of the generation, and checks the reply or leaves that to the caller. */
bool kernel_greet(struct kernel *kernel);
bool kernel_greet_with(struct kernel *kernel, struct reply *reply);

/* Checks the reply to INIT. *taken becomes whether famfs is negotiated. */
bool init_check(const struct generation *gen, const struct reply *reply, bool *taken,
		struct verdict *verdict);

#endif
