/* SPDX-License-Identifier: Apache-2.0 */
#include "server/shim.h"

#include "server/fuse.h"
#include "server/message.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/fuse.h>
#include <pthread.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/uio.h>
#include <unistd.h>

/* FUSE_INIT_EXT of <linux/fuse.h>: flags2 is valid. Older headers do not have it. */
#define INIT_EXT (1u << 30)

/* struct fuse_init_in and fuse_init_out begin with these in every version that has flags2. */
struct init_in_head {
	uint32_t major;
	uint32_t minor;
	uint32_t max_readahead;
	uint32_t flags;
	uint32_t flags2;
};

struct init_out_head {
	uint32_t major;
	uint32_t minor;
	uint32_t max_readahead;
	uint32_t flags;
	uint32_t unrelated[4];
	uint32_t flags2;
};

_Static_assert(offsetof(struct init_out_head, flags2) == 32, "fuse_init_out");

struct fmap_in {
	uint32_t size;
	uint32_t padding;
};

struct dax_req {
	struct shim *shim;
	const struct fmap_profile *profile;
	int fd;
	uint64_t unique;
};

void *dax_req_userdata(dax_req_t req)
{
	return req->shim->userdata;
}

const struct fmap_profile *dax_req_profile(dax_req_t req)
{
	return req->profile;
}

int dax_req_fd(dax_req_t req)
{
	return req->fd;
}

/* The kernel matches replies by descriptor, so with clone_fd the reply needs that of the request.
 */
static int reply(dax_req_t req, int error, const void *buf, size_t size)
{
	struct fuse_out_header header = { .len = (uint32_t)(sizeof(header) + size),
					  .error = error,
					  .unique = req->unique };
	struct iovec iov[2] = { { &header, sizeof(header) }, { (void *)(uintptr_t)buf, size } };

	return writev(req->fd, iov, size ? 2 : 1) < 0 ? -errno : 0;
}

int dax_reply_buf(dax_req_t req, const void *buf, size_t size)
{
	return reply(req, 0, buf, size);
}

int dax_reply_err(dax_req_t req, int error)
{
	return reply(req, -error, NULL, 0);
}

static void handle_fmap(struct dax_req *req, const struct fuse_in_header *header)
{
	const struct fmap_in *in = (const struct fmap_in *)(const void *)(header + 1);
	bool has_size = header->len == sizeof(*header) + sizeof(*in);

	if (!has_size && header->len != sizeof(*header)) {
		(void)dax_reply_err(req, EINVAL);
		return;
	}
	__atomic_store_n(&req->shim->asked, true, __ATOMIC_RELEASE);
	req->profile = fmap_profile_refine(req->profile, has_size);
	if (req->profile != req->shim->choice.profile &&
	    !__atomic_exchange_n(&req->shim->corrected, true, __ATOMIC_ACQ_REL))
		req->shim->correct(req->shim->userdata, req->profile);
	/* 0 stands for a request without a size; a size of zero has room for nothing. */
	if (has_size && in->size == 0)
		(void)dax_reply_err(req, EINVAL);
	else
		req->shim->ops->get_fmap(req, header->nodeid, has_size ? in->size : 0);
}

static void handle_daxdev(struct dax_req *req, const struct fuse_in_header *header)
{
	/* The BPF prototype sends an argument, and expects another reply. */
	if (header->len != sizeof(*header))
		(void)dax_reply_err(req, ENOSYS);
	else
		req->shim->ops->get_daxdev(req, header->nodeid);
}

/* Answers GET_FMAP and GET_DAXDEV; false for any other message. */
static bool answer_map_request(struct shim *shim, int fd, const struct fuse_in_header *header)
{
	const struct kernel_choice *choice = &shim->choice;
	/* A kernel without GET_DAXDEV has 0 for its opcode. */
	bool fmap = header->opcode == choice->op_fmap;
	bool daxdev = header->opcode == choice->op_daxdev && choice->op_daxdev;
	struct dax_req req = {
		.shim = shim, .profile = choice->profile, .fd = fd, .unique = header->unique
	};
	int state;

	if (!__atomic_load_n(&shim->active, __ATOMIC_ACQUIRE) || (!fmap && !daxdev))
		return false;
	/* libfuse ends its threads by cancelling them, which must not happen while a lock is held.
	 */
	pthread_setcancelstate(PTHREAD_CANCEL_DISABLE, &state);
	if (fmap)
		handle_fmap(&req, header);
	else
		handle_daxdev(&req, header);
	pthread_setcancelstate(state, NULL);
	return true;
}

static void note_init(struct shim *shim, const struct fuse_in_header *header)
{
	const struct init_in_head *in = (const struct init_in_head *)(const void *)(header + 1);
	struct kernel_init init;
	int state;

	/* Kernels send one INIT. A second one must not change the profile that is in use. */
	if (header->len < sizeof(*header) + offsetof(struct init_in_head, flags2) ||
	    shim->init_unique)
		return;
	init.minor = in->minor;
	init.flags = in->flags;
	if ((in->flags & INIT_EXT) && header->len >= sizeof(*header) + sizeof(*in))
		init.flags |= (uint64_t)in->flags2 << 32;
	shim->init_unique = header->unique;
	pthread_setcancelstate(PTHREAD_CANCEL_DISABLE, &state);
	shim->choose(shim->userdata, &init, &shim->choice);
	pthread_setcancelstate(state, NULL);
	shim->answer_init = shim_serves(shim);
}

static void refuse_malformed(int fd, const struct fuse_in_header *header)
{
	struct fuse_out_header out = { .len = sizeof(out),
				       .error = -EINVAL,
				       .unique = header->unique };

	/* A FORGET has no answer. */
	if (header->opcode != FUSE_FORGET && header->opcode != FUSE_BATCH_FORGET)
		(void)!write(fd, &out, sizeof(out));
}

static ssize_t hook_read(int fd, void *buf, size_t size, void *userdata)
{
	struct shim *shim = userdata;
	const struct fuse_in_header *header = buf;

	for (;;) {
		ssize_t n = read(fd, buf, size);

		if (n < (ssize_t)sizeof(*header))
			return n;
		if (!message_make_safe(buf, (size_t)n, size)) {
			refuse_malformed(fd, header);
			continue;
		}
		if (header->opcode == FUSE_INIT)
			note_init(shim, header);
		else if (header->opcode == FUSE_DESTROY)
			__atomic_store_n(&shim->active, false, __ATOMIC_RELEASE);
		else if (answer_map_request(shim, fd, header))
			continue;
		return n;
	}
}

/* Adds the bit of the capability to the reply to INIT. */
static ssize_t write_init(struct shim *shim, int fd, struct iovec *iov)
{
	unsigned char copy[256];
	struct init_out_head *out = (struct init_out_head *)(void *)copy;
	struct iovec patched[2] = { iov[0], { copy, iov[1].iov_len } };
	uint64_t flag = UINT64_C(1) << shim->choice.profile->init_bit;
	ssize_t n;

	memcpy(copy, iov[1].iov_base, iov[1].iov_len);
	out->flags |= INIT_EXT;
	out->flags2 |= (uint32_t)(flag >> 32);
	/* Set before the kernel has the reply: requests may come at once. */
	__atomic_store_n(&shim->active, true, __ATOMIC_RELEASE);
	n = writev(fd, patched, 2);
	if (n < 0)
		__atomic_store_n(&shim->active, false, __ATOMIC_RELEASE);
	return n;
}

static bool is_init_reply(const struct shim *shim, const struct iovec *iov, int count)
{
	const struct fuse_out_header *header = iov[0].iov_base;

	return shim->answer_init && count == 2 && iov[0].iov_len == sizeof(*header) &&
	       header->error == 0 && header->unique == shim->init_unique &&
	       iov[1].iov_len >= sizeof(struct init_out_head) && iov[1].iov_len <= 256;
}

static ssize_t hook_writev(int fd, struct iovec *iov, int count, void *userdata)
{
	struct shim *shim = userdata;

	if (!is_init_reply(shim, iov, count))
		return writev(fd, iov, count);
	shim->answer_init = false;
	return write_init(shim, fd, iov);
}

#if FUSE_VERSION >= FUSE_MAKE_VERSION(3, 17)
/* libfuse does not clone descriptors for a program that has replaced its I/O. */
static int hook_clone_fd(int master_fd)
{
	uint32_t master = (uint32_t)master_fd;
	int fd = open("/dev/fuse", O_RDWR | O_CLOEXEC), error;

	if (fd < 0 || ioctl(fd, FUSE_DEV_IOC_CLONE, &master) == 0)
		return fd;
	error = errno;
	close(fd);
	errno = error;
	return -1;
}
#endif

bool shim_serves(const struct shim *shim)
{
	return shim->choice.profile && shim->choice.profile->generation != FAMFS_PROFILE_OFF;
}

bool shim_maps(const struct shim *shim)
{
	return __atomic_load_n(&shim->active, __ATOMIC_ACQUIRE) &&
	       !__atomic_load_n(&shim->unmapped, __ATOMIC_RELAXED);
}

void shim_stop_mapping(struct shim *shim)
{
	__atomic_store_n(&shim->unmapped, true, __ATOMIC_RELAXED);
}

bool shim_was_asked(const struct shim *shim)
{
	return __atomic_load_n(&shim->asked, __ATOMIC_ACQUIRE);
}

int shim_install(struct fuse_session *session, int fd)
{
	/* No splice functions: every message must pass through the hooks. */
	static const struct fuse_custom_io io = {
		.read = hook_read,
		.writev = hook_writev,
#if FUSE_VERSION >= FUSE_MAKE_VERSION(3, 17)
		.clone_fd = hook_clone_fd,
#endif
	};

#if FUSE_VERSION >= FUSE_MAKE_VERSION(3, 17)
	return fuse_session_custom_io(session, &io, sizeof(io), fd);
#else
	return fuse_session_custom_io(session, &io, fd);
#endif
}
