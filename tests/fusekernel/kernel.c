/* SPDX-License-Identifier: Apache-2.0 */
#include "kernel.h"

#include "tap.h"
#include "tree.h"
#include "vfs.h"

#include <errno.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#define TIMEOUT_MS 60000
#define SILENCE_MS 50

/* The push kernels' ioctl. An image stands in for the device. */
static int take_device(struct kernel *kernel, uint64_t index, uint32_t flags, int fd)
{
	struct stat given;
	int error = kernel->hand_over_error;

	kernel->hand_overs++;
	expect(kernel->greeted, "a device is handed over before the reply to INIT");
	if (!kernel->gen->push)
		return ENOTTY;
	if (!kernel->fmap)
		return EOPNOTSUPP;
	expect(flags == 0, "a device is handed over with flags %#x", flags);
	if (fstat(fd, &given) < 0)
		return EBADF;
	expect(setup_is_device(kernel->setup, &given),
	       "the descriptor that is handed over is not the device's");
	if (index >= MAX_DAXDEVS)
		return EINVAL;
	if (kernel->daxdevs[index].error)
		return EIO;
	kernel->daxdevs[index].error = error;
	kernel->daxdevs[index].valid = error == 0;
	return error;
}

static int hand_over(void *arg, uint64_t index, uint32_t flags, int fd)
{
	struct kernel *kernel = arg;
	int error;

	if (kernel->lock)
		pthread_mutex_lock(kernel->lock);
	error = take_device(kernel, index, flags, fd);
	if (kernel->lock)
		pthread_mutex_unlock(kernel->lock);
	return error;
}

/* Replies that one thread has received for another. */
struct received {
	struct received *next;
	size_t size;
	uint8_t raw[];
};

static __thread const struct fuse_in_header *behalf;
static __thread struct received *mine; /* the buffer of this thread's last reply */

void kernel_act_for(const struct fuse_in_header *header)
{
	behalf = header;
	if (!header) {
		free(mine);
		mine = NULL;
	}
}

void kernel_boot_silent(struct kernel *kernel, const struct setup *setup, const struct tree *tree,
			const struct generation *gen, const char *options)
{
	char own[32];
	int fd, control;

	memset(kernel, 0, sizeof(*kernel));
	kernel->gen = gen;
	kernel->setup = setup;
	kernel->tree = tree;
	kernel->server.push_known = gen->push;
	kernel->channel.hand_over = hand_over;
	kernel->channel.arg = kernel;
	kernel->inodes = calloc(MAX_INODES, sizeof(*kernel->inodes));
	snprintf(own, sizeof(own), "fmap=%s", gen->option);
	kernel->owners = calloc(tree->device_size / PMD_SIZE, sizeof(*kernel->owners));
	server_start(&kernel->server, setup, options ? options : own, &fd, &control);
	if (!kernel->inodes || !kernel->owners || !channel_open(&kernel->channel, fd, control))
		bail_out("out of memory");
}

bool kernel_boot_cloned(struct kernel *kernel, const struct setup *setup, const struct tree *tree,
			const struct generation *gen)
{
	char options[64];

	snprintf(options, sizeof(options), "fmap=%s,clone_fd", gen->option);
	kernel_boot_silent(kernel, setup, tree, gen, options);
	return expect(channel_await_clone(&kernel->channel, TIMEOUT_MS),
		      "the connection is not cloned") &&
	       kernel_greet(kernel);
}

bool kernel_boot(struct kernel *kernel, const struct setup *setup, const struct tree *tree,
		 const struct generation *gen, const char *options)
{
	kernel_boot_silent(kernel, setup, tree, gen, options);
	return kernel_greet(kernel);
}

static void free_inodes(struct kernel *kernel)
{
	while (kernel->inbox) {
		struct received *next = kernel->inbox->next;

		free(kernel->inbox);
		kernel->inbox = next;
	}
	free(kernel->inodes);
	free(kernel->owners);
	kernel->inodes = NULL;
	kernel->owners = NULL;
}

void kernel_shutdown(struct kernel *kernel)
{
	int code;

	kernel->mutate = NULL;
	vfs_forget_all(kernel);
	channel_close(&kernel->channel);
	code = server_wait(&kernel->server);
	expect(code == 0, "the server ends with %d: %s", code, server_last_words(&kernel->server));
	free_inodes(kernel);
}

int kernel_bury(struct kernel *kernel)
{
	int code;

	kernel->lost = true;
	vfs_forget_all(kernel);
	channel_close(&kernel->channel);
	code = server_wait(&kernel->server);
	free_inodes(kernel);
	return code;
}

uint64_t kernel_send(struct kernel *kernel, const struct request *request)
{
	struct fuse_in_header header = {
		.len = (uint32_t)(sizeof(header) + request->size + request->more_size),
		.opcode = request->opcode,
		.unique = request->unique ? request->unique : (kernel->unique += 2),
		.nodeid = request->nodeid,
		.uid = getuid(),
		.gid = getgid(),
		.pid = (uint32_t)gettid(),
	};
	const struct iovec iov[3] = {
		{ &header, sizeof(header) },
		{ (void *)(uintptr_t)request->arg, request->size },
		{ (void *)(uintptr_t)request->more, request->more_size },
	};

	if (behalf) {
		header.uid = behalf->uid;
		header.gid = behalf->gid;
		header.pid = behalf->pid;
	}
	expect(channel_send(&kernel->channel, iov, 3) || kernel->may_end,
	       "the server takes no request %u: %s", request->opcode, strerror(errno));
	return header.unique;
}

bool reply_parse(const uint8_t *raw, size_t size, uint64_t unique, struct reply *reply,
		 struct verdict *verdict)
{
	int32_t error;

	if (size < OUT_HEADER)
		return object(verdict, EINVAL, "a reply of %zu bytes", size);
	memcpy(&error, raw + 4, sizeof(error));
	reply->unique = get64(raw + 8);
	reply->error = -error;
	reply->raw = raw;
	reply->raw_size = size;
	reply->data = raw + OUT_HEADER;
	reply->size = size - OUT_HEADER;
	if (get32(raw) != size)
		return object(verdict, EINVAL, "a reply of %zu bytes says that it has %u", size,
			      get32(raw));
	if (reply->unique != unique)
		return object(verdict, ENOENT, "unique is %#llx, not %#llx",
			      (unsigned long long)reply->unique, (unsigned long long)unique);
	if (error > 0 || error < -511)
		return object(verdict, EINVAL, "the error of a reply is %d", error);
	if (error && size != OUT_HEADER)
		return object(verdict, EINVAL, "an error reply has %zu bytes", size);
	return true;
}

/* Like fs/dax.c: for a mapped file, only the attributes can be invalidated. */
static void invalidate(struct kernel *kernel, const struct fuse_notify_inval_inode_out *out)
{
	struct inode *inode = vfs_known_inode(kernel, out->ino);

	expect(out->off < 0 || !inode || !inode->mapped,
	       "the pages of '%s' are invalidated, which is mapped: WARN in fs/dax.c",
	       inode ? inode->path : "");
	kernel->invalidated = out->ino;
	if (!inode)
		return;
	inode->invalidated = true;
	inode->invalidated_from = out->off;
}

/* Notifications of the server have unique 0, and a code in place of the error. */
static void notified(struct kernel *kernel, const uint8_t *raw, size_t size)
{
	struct fuse_notify_inval_inode_out out;

	if (size < OUT_HEADER + sizeof(out) || size > sizeof(kernel->mutated) ||
	    get32(raw + 4) != FUSE_NOTIFY_INVAL_INODE)
		return;
	memcpy(kernel->mutated, raw, size);
	if (kernel->mutate && kernel->mutate_opcode == MUTATE_NOTIFY)
		kernel->mutate(kernel->mutated, &size);
	memcpy(&out, kernel->mutated + OUT_HEADER, sizeof(out));
	invalidate(kernel, &out);
}

static bool lost(struct kernel *kernel, const char *how)
{
	fail("%s; the server's last words: %s", how, server_last_words(&kernel->server));
	kernel->lost = true;
	kill(kernel->server.pid, SIGKILL);
	return false;
}

/* Called without the lock, since the thread that holds it may be sending and waiting for its turn.
 */
static enum channel_event receive(struct kernel *kernel, const uint8_t **raw, size_t *size)
{
	enum channel_event event;

	if (!kernel->lock)
		return channel_receive(&kernel->channel, TIMEOUT_MS, raw, size);
	kernel->receiving = true;
	pthread_mutex_unlock(kernel->lock);
	event = channel_receive(&kernel->channel, TIMEOUT_MS, raw, size);
	pthread_mutex_lock(kernel->lock);
	kernel->receiving = false;
	pthread_cond_broadcast(&kernel->received);
	return event;
}

static bool next_message(struct kernel *kernel, const uint8_t **raw, size_t *size)
{
	for (;;) {
		switch (receive(kernel, raw, size)) {
		case CHANNEL_SILENCE: return lost(kernel, "no reply comes");
		case CHANNEL_END:
			if (!kernel->may_end)
				return lost(kernel, "the connection is closed");
			kernel->lost = true;
			return false;
		case CHANNEL_NONSENSE: return lost(kernel, "a reply in parts that do not fit");
		case CHANNEL_MESSAGE: break;
		}
		if (*size < OUT_HEADER || get64(*raw + 8))
			return true;
		notified(kernel, *raw, *size);
	}
}

bool kernel_wait_any(struct kernel *kernel, struct reply *reply)
{
	struct verdict verdict = { 0 };
	const uint8_t *raw;
	size_t size;

	if (!next_message(kernel, &raw, &size))
		return false;
	if (reply_parse(raw, size, size < OUT_HEADER ? 0 : get64(raw + 8), reply, &verdict))
		return true;
	return fail("%s", verdict.text);
}

static struct received *take_received(struct kernel *kernel, uint64_t unique)
{
	for (struct received **at = &kernel->inbox; *at; at = &(*at)->next) {
		struct received *received = *at;

		if (received->size >= OUT_HEADER && get64(received->raw + 8) == unique) {
			*at = received->next;
			return received;
		}
	}
	return NULL;
}

static bool receive_one(struct kernel *kernel)
{
	struct received *received;
	const uint8_t *raw;
	size_t size;

	if (!next_message(kernel, &raw, &size))
		return false;
	received = malloc(sizeof(*received) + size);
	if (!received)
		bail_out("out of memory");
	received->size = size;
	memcpy(received->raw, raw, size);
	received->next = kernel->inbox;
	kernel->inbox = received;
	pthread_cond_broadcast(&kernel->received);
	return true;
}

/* The reply stays valid until this thread waits for the next one. */
static bool wait_among_others(struct kernel *kernel, uint64_t unique, struct reply *reply)
{
	struct verdict verdict = { 0 };

	free(mine);
	while (!(mine = take_received(kernel, unique)))
		if (kernel->lost)
			return false;
		else if (kernel->receiving)
			pthread_cond_wait(&kernel->received, kernel->lock);
		else if (!receive_one(kernel))
			return false;
	if (reply_parse(mine->raw, mine->size, unique, reply, &verdict))
		return true;
	return fail("%s", verdict.text);
}

/* libfuse answers late interrupts with a later request. */
static bool is_late_interrupt(const struct reply *reply)
{
	return (reply->unique & UNIQUE_INTERRUPT) && reply->error == EAGAIN;
}

bool kernel_wait(struct kernel *kernel, uint64_t unique, struct reply *reply)
{
	struct verdict verdict = { 0 };

	if (kernel->lock)
		return wait_among_others(kernel, unique, reply);
	do {
		if (!kernel_wait_any(kernel, reply))
			return false;
	} while (reply->unique != unique && is_late_interrupt(reply));
	if (!reply_parse(reply->raw, reply->raw_size, unique, reply, &verdict))
		return fail("%s", verdict.text);
	return true;
}

static bool mutate(struct kernel *kernel, uint64_t unique, struct reply *reply)
{
	struct verdict verdict = { 0 };
	size_t size = reply->raw_size;

	if (size > sizeof(kernel->mutated) - 64)
		return fail("a reply of %zu bytes is too long for a mutation", size);
	memcpy(kernel->mutated, reply->raw, size);
	kernel->mutate(kernel->mutated, &size);
	if (!reply_parse(kernel->mutated, size, unique, reply, &verdict))
		return fail("%s", verdict.text);
	return true;
}

bool kernel_call(struct kernel *kernel, const struct request *request, struct reply *reply)
{
	uint64_t unique = kernel_send(kernel, request);

	if (!kernel_wait(kernel, unique, reply))
		return false;
	/* A request belongs to the descriptor from which it was read: a reply on another one gets
	 * ENOENT. */
	if (!expect(kernel->lock || kernel->channel.from == kernel->channel.to,
		    "the reply to request %u comes on another descriptor", request->opcode))
		return false;
	if (kernel->mutate && kernel->mutate_opcode == request->opcode)
		return mutate(kernel, unique, reply);
	return true;
}

void kernel_expect_silence(struct kernel *kernel)
{
	const uint8_t *raw;
	size_t size;

	switch (channel_receive(&kernel->channel, SILENCE_MS, &raw, &size)) {
	case CHANNEL_SILENCE: return;
	case CHANNEL_MESSAGE: fail("a message of %zu bytes that was not asked for", size); return;
	case CHANNEL_END:
	case CHANNEL_NONSENSE: lost(kernel, "the server is gone"); return;
	}
}
