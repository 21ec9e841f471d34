/* SPDX-License-Identifier: Apache-2.0 */
/* The kernel's end of a connection: whole messages in the order in which the server sent them. */
#ifndef FUSEKERNEL_CHANNEL_H
#define FUSEKERNEL_CHANNEL_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/uio.h>

/* Longer than any reply that a server may send: 16 MiB and headers. */
#define CHANNEL_MAX_MESSAGE ((size_t)17 << 20)

#define CHANNEL_MAX_FDS 16

struct channel {
	int fds[CHANNEL_MAX_FDS]; /* the connection, and its clones */
	int nfds;
	int to;   /* index of the descriptor for the last message to the server */
	int from; /* index of the descriptor of the last message from the server */
	int control;
	uint8_t *datagram;
	struct channel_reply {
		uint64_t id; /* 0: free */
		uint8_t *data;
		size_t total, done;
	} replies[8];   /* parts that have arrived */
	uint8_t *whole; /* the last reply that was returned */
	/* Called when the server hands over a device; returns the errno of the answer. `fd` is
	 * closed afterwards. */
	int (*hand_over)(void *arg, uint64_t index, uint32_t flags, int fd);
	void *arg;
};

/* Takes ownership of the descriptors. */
bool channel_open(struct channel *channel, int fd, int control);
void channel_close(struct channel *channel);

/* Ends the connection for the server. Safe to call from any thread. */
void channel_hang_up(const struct channel *channel);

/* Sends to the connection, or to its clones in turn. */
bool channel_send(struct channel *channel, const struct iovec *iov, int count);

/* Waits until the server has cloned the connection. */
bool channel_await_clone(struct channel *channel, int timeout_ms);

enum channel_event { CHANNEL_MESSAGE, CHANNEL_SILENCE, CHANNEL_END, CHANNEL_NONSENSE };

/* Receives the next FUSE message; *data lives until the next call. Answers ioctls while it waits.
 */
enum channel_event channel_receive(struct channel *channel, int timeout_ms, const uint8_t **data,
				   size_t *size);

#endif
