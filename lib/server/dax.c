/* SPDX-License-Identifier: Apache-2.0 */
#include "server/dax.h"

#include "device/daxmode.h"
#include "server/buffer.h"
#include "server/catch_up.h"
#include "server/fmapwire.h"
#include "server/meta.h"
#include "server/node.h"

#include <errno.h>
#include <inttypes.h>
#include <string.h>
#include <sys/ioctl.h>
#include <syslog.h>

static int push_device(struct server *server, int fd, uint32_t index)
{
	struct device *dev = volume_device(server->vol);
	struct kernel_daxdev arg = { .fd = dev->fd, .index = index };
	int ret = device_check_famfs_mode(dev);

	if (ret == 0 && ioctl(fd, KERNEL_DAXDEV_OPEN, &arg) < 0)
		ret = -errno;
	if (ret < 0)
		server_log(server, LOG_ERR, "the kernel cannot use '%s': %s", dev->path,
			   strerror(-ret));
	return ret;
}

void dax_push_init(struct dax_push *push)
{
	pthread_mutex_init(&push->mutex, NULL);
	push->done = false;
}

void dax_push_destroy(struct dax_push *push)
{
	pthread_mutex_destroy(&push->mutex);
}

int dax_push_devices(struct server *server, int fd)
{
	struct dax_push *push = &server->push;
	int ret = 0;

	if (__atomic_load_n(&push->done, __ATOMIC_ACQUIRE))
		return 0;
	pthread_mutex_lock(&push->mutex);
	if (!push->done)
		ret = push_device(server, fd, 0);
	if (ret == 0)
		__atomic_store_n(&push->done, true, __ATOMIC_RELEASE);
	pthread_mutex_unlock(&push->mutex);
	return ret;
}

static void log_overlap(struct server *server, node_t node, const struct famfs_fmap *fmap)
{
	const struct namespace *ns = volume_namespace(server->vol);
	char path[OMF_PATH_SIZE], other_path[OMF_PATH_SIZE];
	uint64_t budget = ns->capacity;
	node_t other;

	/* Check the limit before the search, since a reader can cause any number of refusals. */
	if (!server_may_log(server, LOG_ERR))
		return;
	other = overlap_partner(ns, node, fmap, &budget);
	node_path(ns, node, path);
	node_path(ns, other == NODE_NONE ? node : other, other_path);
	server_log_allowed(
		server, LOG_ERR,
		"cannot open '%s': it shares space with '%s', and mapping both hangs the host",
		path, other_path);
}

static int check_overlap(struct server *server, node_t node, const struct famfs_fmap *fmap)
{
	if (!volume_map_overlaps(server->vol, fmap))
		return 0;
	log_overlap(server, node, fmap);
	return -EUCLEAN;
}

int dax_check_overlap(struct server *server, uint64_t ino)
{
	struct famfs_fmap fmap;

	if (!shim_maps(&server->shim) || inode_fmap(server, ino, &fmap) < 0)
		return 0;
	return check_overlap(server, (node_t)ino, &fmap);
}

static int find_map(struct server *server, uint64_t ino, struct famfs_fmap *fmap,
		    enum fmap_file_type *type)
{
	uint64_t offset, length;
	int ret = server_check_stale_for(server, inode_is_meta(ino));

	*type = ino == INODE_META_LOG          ? FMAP_FILE_LOG
		: ino == INODE_META_SUPERBLOCK ? FMAP_FILE_SUPERBLOCK
					       : FMAP_FILE_REGULAR;
	if (ret < 0)
		return ret;
	if (!inode_is_meta(ino)) {
		ret = inode_fmap(server, ino, fmap);
		return ret < 0 ? ret : check_overlap(server, (node_t)ino, fmap);
	}
	if (!inode_meta_range(server, ino, &offset, &length))
		return ino == INODE_META_DIR ? -EISDIR : -ENOENT;
	meta_fmap(offset, length, fmap);
	return 0;
}

static void log_too_big(struct server *server, uint64_t ino, const struct fmap_message *message)
{
	char path[OMF_PATH_SIZE] = META_DIR;

	if (!inode_is_meta(ino))
		node_path(volume_namespace(server->vol), (node_t)ino, path);
	server_log(
		server, LOG_ERR,
		"the map of '%s' cannot be sent: %u extents, and a %s kernel takes %u in %" PRIu64
		" bytes",
		path, message->nextents, message->profile->name, message->profile->max_extents,
		message->profile->max_reply);
}

/* The message does not fit in the buffer of the kernel: tells it which size is needed. */
static int reply_needed_size(dax_req_t req, const struct fmap_message *message, size_t room)
{
	struct fmap_header header;

	switch (message->profile->more) {
	case FMAP_MORE_SIZE:
		return room < sizeof(message->size)
			       ? dax_reply_err(req, EINVAL)
			       : dax_reply_buf(req, &message->size, sizeof(message->size));
	case FMAP_MORE_HEADER:
		if (room < sizeof(header))
			break;
		fmap_message_header(message, &header);
		return dax_reply_buf(req, &header, sizeof(header));
	case FMAP_MORE_ERROR: break;
	}
	return dax_reply_err(req, message->profile->more == FMAP_MORE_ERROR ? EFBIG : EINVAL);
}

/* Written into the buffer of the thread; the kernel copies it from there. */
static int reply_whole(dax_req_t req, struct server *server, const struct fmap_message *message)
{
	size_t size = fmap_message_reply_size(message);
	void *buf = buffer_get(server->buffers, size);

	if (!buf)
		return dax_reply_err(req, ENOMEM);
	fmap_message_reply(message, buf);
	return dax_reply_buf(req, buf, size);
}

static int reply_map(dax_req_t req, struct server *server, const struct fmap_message *message,
		     size_t room)
{
	int ret = 0;

	if (message->size > room)
		return reply_needed_size(req, message, room);
	if (message->profile->push)
		ret = dax_push_devices(server, dax_req_fd(req));
	return ret < 0 ? dax_reply_err(req, -ret) : reply_whole(req, server, message);
}

static void op_get_fmap(dax_req_t req, uint64_t ino, size_t size)
{
	struct server *server = dax_req_userdata(req);
	const struct fmap_profile *profile = dax_req_profile(req);
	struct fmap_message message;
	enum fmap_file_type type;
	struct famfs_fmap fmap;
	int ret = find_map(server, ino, &fmap, &type);

	if (ret == 0) {
		ret = fmap_message_plan(&message, profile, &fmap, type);
		if (ret == -EFBIG)
			log_too_big(server, ino, &message);
	}
	if (ret < 0)
		(void)dax_reply_err(req, -ret);
	else
		(void)reply_map(req, server, &message, size ? size : profile->first_reply);
}

static void reply_daxdev(dax_req_t req, struct fmap_daxdev *reply, const char *name)
{
	if (strlen(name) >= sizeof(reply->name)) {
		(void)dax_reply_err(req, ENAMETOOLONG);
		return;
	}
	memcpy(reply->name, name, strlen(name));
	(void)dax_reply_buf(req, reply, sizeof(*reply));
}

static void op_get_daxdev(dax_req_t req, uint64_t index)
{
	struct server *server = dax_req_userdata(req);
	struct fmap_daxdev reply = { .index = (uint16_t)index };
	struct famfs_daxdev daxdev;
	int ret = server_check_stale_for(server, index == 0);

	/* Device 0 is always the mounted device; the log does not count. */
	if (ret == 0 && index == 0) {
		reply_daxdev(req, &reply, volume_device_path(server->vol));
		return;
	}
	/* A device that the log names but that is not attached has no path. */
	if (ret == 0 && (index > UINT16_MAX ||
			 famfs_daxdev(server->vol, (uint32_t)index, &daxdev) < 0 || !*daxdev.name))
		ret = -ENODEV;
	if (ret < 0) {
		(void)dax_reply_err(req, -ret);
		return;
	}
	reply_daxdev(req, &reply, daxdev.name);
}

const struct dax_ops dax_operations = {
	.get_fmap = op_get_fmap,
	.get_daxdev = op_get_daxdev,
};
