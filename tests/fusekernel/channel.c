/* SPDX-License-Identifier: Apache-2.0 */
#include "channel.h"

#include "sidechannel.h"

#include <errno.h>
#include <poll.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#define DATAGRAM (sizeof(struct side_header) + 2 * SIDE_PART)

bool channel_open(struct channel *channel, int fd, int control)
{
	channel->fds[0] = fd;
	channel->nfds = 1;
	channel->control = control;
	channel->datagram = malloc(DATAGRAM);
	return channel->datagram != NULL;
}

void channel_close(struct channel *channel)
{
	for (int i = 0; i < channel->nfds; i++)
		close(channel->fds[i]);
	close(channel->control);
	free(channel->datagram);
	free(channel->whole);
	for (size_t i = 0; i < sizeof(channel->replies) / sizeof(channel->replies[0]); i++)
		free(channel->replies[i].data);
	memset(channel, 0, sizeof(*channel));
}

void channel_hang_up(const struct channel *channel)
{
	for (int i = 0; i < channel->nfds; i++)
		shutdown(channel->fds[i], SHUT_RDWR);
}

bool channel_send(struct channel *channel, const struct iovec *iov, int count)
{
	const struct msghdr msg = { .msg_iov = (struct iovec *)(uintptr_t)iov,
				    .msg_iovlen = (size_t)count };

	/* The threads of a server that clones the connection read from the clones alone. */
	if (channel->nfds > 1)
		channel->to = channel->to + 1 < channel->nfds ? channel->to + 1 : 1;
	return sendmsg(channel->fds[channel->to], &msg, MSG_NOSIGNAL) >= 0;
}

/* Returns the parts of the reply with that id, or a free slot for it. */
static struct channel_reply *reply_of(struct channel *channel, const struct side_header *header)
{
	struct channel_reply *place = NULL;

	for (size_t i = 0; i < sizeof(channel->replies) / sizeof(channel->replies[0]); i++) {
		if (channel->replies[i].id == header->id)
			return &channel->replies[i];
		if (!channel->replies[i].id)
			place = &channel->replies[i];
	}
	if (!place || header->total > CHANNEL_MAX_MESSAGE)
		return NULL;
	place->data = malloc(header->total);
	place->id = header->id;
	place->total = header->total;
	place->done = 0;
	return place->data ? place : NULL;
}

/* Adds a part. Returns whether the reply is complete; *data is NULL if the part is invalid. */
static bool add_part(struct channel *channel, size_t size, const uint8_t **data, size_t *total)
{
	const struct side_header *header = (const void *)channel->datagram;
	struct channel_reply *reply = reply_of(channel, header);

	size -= sizeof(*header);
	*data = NULL;
	if (!reply || header->offset != reply->done || size > reply->total - reply->done)
		return true;
	memcpy(reply->data + reply->done, header + 1, size);
	reply->done += size;
	*data = reply->data;
	*total = reply->total;
	if (reply->done < reply->total)
		return false;
	free(channel->whole);
	channel->whole = reply->data;
	memset(reply, 0, sizeof(*reply));
	return true;
}

static bool answer_ioctl(struct channel *channel, int fd)
{
	const struct side_ioctl *message = (const void *)channel->datagram;
	int32_t error = channel->hand_over(channel->arg, message->index, message->flags, fd);

	if (fd >= 0)
		close(fd);
	return send(channel->control, &error, sizeof(error), MSG_NOSIGNAL) ==
	       (ssize_t)sizeof(error);
}

static bool add_clone(struct channel *channel, int fd)
{
	if (fd < 0 || channel->nfds == CHANNEL_MAX_FDS)
		return false;
	channel->fds[channel->nfds++] = fd;
	return true;
}

/* Receives one datagram and its descriptor, or -1. */
static ssize_t receive(struct channel *channel, int *fd)
{
	union {
		struct cmsghdr align;
		char space[CMSG_SPACE(sizeof(int))];
	} attached;
	struct iovec iov = { channel->datagram, DATAGRAM };
	struct msghdr msg = { .msg_iov = &iov,
			      .msg_iovlen = 1,
			      .msg_control = attached.space,
			      .msg_controllen = sizeof(attached.space) };
	ssize_t n = recvmsg(channel->fds[channel->from], &msg, MSG_CMSG_CLOEXEC);
	struct cmsghdr *cmsg = n < 0 ? NULL : CMSG_FIRSTHDR(&msg);

	*fd = -1;
	if (cmsg && cmsg->cmsg_type == SCM_RIGHTS)
		memcpy(fd, CMSG_DATA(cmsg), sizeof(*fd));
	return n;
}

static bool is_side(const uint8_t *datagram, size_t size)
{
	const struct side_header *header = (const void *)datagram;

	return size >= sizeof(*header) && header->magic == SIDE_MAGIC;
}

/* Waits until one of the descriptors can be read. */
static bool wait_for_any(struct channel *channel, int timeout_ms)
{
	struct pollfd pollfds[CHANNEL_MAX_FDS];

	for (int i = 0; i < channel->nfds; i++)
		pollfds[i] = (struct pollfd){ .fd = channel->fds[i], .events = POLLIN };
	if (poll(pollfds, (nfds_t)channel->nfds, timeout_ms) <= 0)
		return false;
	for (channel->from = 0; !pollfds[channel->from].revents;)
		channel->from++;
	return true;
}

/* Handles a message of the server to the channel, not to the kernel. */
static enum channel_event take_side(struct channel *channel, int fd, size_t n, const uint8_t **data,
				    size_t *size)
{
	switch (((const struct side_header *)(const void *)channel->datagram)->kind) {
	case SIDE_IOCTL: return answer_ioctl(channel, fd) ? CHANNEL_SILENCE : CHANNEL_END;
	case SIDE_CLONE: return add_clone(channel, fd) ? CHANNEL_SILENCE : CHANNEL_NONSENSE;
	}
	if (!add_part(channel, n, data, size))
		return CHANNEL_SILENCE;
	return *data ? CHANNEL_MESSAGE : CHANNEL_NONSENSE;
}

enum channel_event channel_receive(struct channel *channel, int timeout_ms, const uint8_t **data,
				   size_t *size)
{
	enum channel_event event = CHANNEL_SILENCE;

	while (event == CHANNEL_SILENCE) {
		ssize_t n;
		int fd;

		if (!wait_for_any(channel, timeout_ms))
			return CHANNEL_SILENCE;
		n = receive(channel, &fd);
		if (n <= 0)
			return CHANNEL_END;
		*data = channel->datagram;
		*size = (size_t)n;
		if (!is_side(channel->datagram, (size_t)n))
			return CHANNEL_MESSAGE;
		event = take_side(channel, fd, (size_t)n, data, size);
	}
	return event;
}

bool channel_await_clone(struct channel *channel, int timeout_ms)
{
	int fd;

	return wait_for_any(channel, timeout_ms) && receive(channel, &fd) > 0 &&
	       add_clone(channel, fd);
}
