/* SPDX-License-Identifier: Apache-2.0 */
/* GET_FMAP and GET_DAXDEV, and the use of an accepted map. */
#include "tap.h"
#include "tree.h"
#include "vfs.h"

#include <errno.h>
#include <sys/stat.h>

bool map_request(struct kernel *kernel, uint64_t nodeid, uint32_t room, struct reply *reply)
{
	const uint32_t in[2] = { room };
	const struct request request = { .opcode = kernel->gen->op_fmap,
					 .nodeid = nodeid,
					 .arg = in,
					 .size = kernel->gen->has_size ? sizeof(in) : 0 };

	kernel->fmap_requests++;
	return kernel_call(kernel, &request, reply);
}

bool daxdev_check(const struct setup *setup, const struct reply *reply, uint32_t index,
		  struct verdict *verdict)
{
	const char *name = (const char *)reply->data + DAXDEV_NAME;
	struct stat named;

	if (reply->error)
		return object(verdict, reply->error, "GET_DAXDEV %u fails with %d", index,
			      reply->error);
	if (reply->size != DAXDEV_OUT)
		return object(verdict, EIO, "the reply to GET_DAXDEV has %zu bytes", reply->size);
	if (get16(reply->data + DAXDEV_INDEX) != index)
		return object(verdict, EINVAL, "GET_DAXDEV %u answers for %u", index,
			      get16(reply->data + DAXDEV_INDEX));
	for (size_t i = DAXDEV_RESERVED; i < DAXDEV_NAME; i++)
		if (reply->data[i])
			return object(verdict, EPROTO, "byte %zu of the reply to GET_DAXDEV is %u",
				      i, reply->data[i]);
	if (!memchr(name, '\0', DAXDEV_NAME_SIZE) || name[0] != '/')
		return object(verdict, EINVAL, "the name of device %u is not a path", index);
	if (stat(name, &named) < 0 || !setup_is_device(setup, &named))
		return object(verdict, ENODEV, "'%s' is not the device", name);
	return true;
}

static void fetch_daxdev(struct kernel *kernel, uint32_t index)
{
	const struct request request = { .opcode = kernel->gen->op_daxdev, .nodeid = index };
	struct verdict verdict = { 0 };
	struct reply reply;

	kernel->daxdev_requests++;
	if (!kernel_call(kernel, &request, &reply))
		return;
	if (daxdev_check(kernel->setup, &reply, index, &verdict))
		kernel->daxdevs[index].valid = true;
	else
		fail("%s", verdict.text);
}

/* Requests the devices that the map names, unless the kernel has them already. */
static void need_devices(struct kernel *kernel, const struct fmap *map)
{
	for (uint32_t i = 0; i < map->count; i++) {
		uint32_t dev = map->extents[i].dev;

		if (dev >= MAX_DAXDEVS)
			fail("a map names device %u", dev);
		else if (kernel->daxdevs[dev].valid)
			continue;
		else if (kernel->gen->push)
			fail("a map names device %u, which was not handed over", dev);
		else
			fetch_daxdev(kernel, dev);
		if (test_failed())
			return;
	}
}

static void claim(struct kernel *kernel, const struct inode *inode, uint64_t offset,
		  uint64_t length)
{
	uint16_t owner = (uint16_t)(inode - kernel->inodes + 1);

	if (offset + length > kernel->tree->device_size) {
		fail("'%s' is mapped to %#llx, behind the end of the device", inode->path,
		     (unsigned long long)(offset + length));
		return;
	}
	for (uint64_t page = offset / PMD_SIZE; page * PMD_SIZE < offset + length; page++) {
		if (kernel->owners[page] == owner) {
			fail("'%s' maps the page at %#llx twice", inode->path,
			     (unsigned long long)(page * PMD_SIZE));
			return;
		}
		if (kernel->owners[page]) {
			fail("'%s' maps the page at %#llx, which '%s' maps as well", inode->path,
			     (unsigned long long)(page * PMD_SIZE),
			     kernel->inodes[kernel->owners[page] - 1].path);
			return;
		}
		kernel->owners[page] = owner;
	}
}

void map_drop(struct kernel *kernel, struct inode *inode)
{
	const struct fmap *map = &inode->map;

	for (uint32_t i = 0; inode->mapped && i < map->count && strcmp(inode->path, WHOLE_DEVICE);
	     i++)
		for (uint64_t page = map->extents[i].offset / PMD_SIZE;
		     page * PMD_SIZE < map->extents[i].offset + map->extents[i].length &&
		     page * PMD_SIZE < kernel->tree->device_size;
		     page++)
			kernel->owners[page] = 0;
	fmap_free(&inode->map);
	inode->mapped = false;
}

/* From now on the kernel reads, writes and maps the file by itself. If two maps were requested at
 * once, the first one is kept. */
static void install(struct kernel *kernel, struct inode *inode, struct fmap *map)
{
	if (inode->mapped) {
		fmap_free(map);
		return;
	}
	inode->map = *map;
	map = &inode->map;
	inode->mapped = true;
	expect(map->file_size == inode->size, "'%s' has %llu bytes, and a map of %llu", inode->path,
	       (unsigned long long)inode->size, (unsigned long long)map->file_size);
	expect(!inode->page_cache || kernel->invalidated == inode->nodeid,
	       "'%s' has page cache and becomes a mapped file", inode->path);
	inode->page_cache = false;
	need_devices(kernel, map);
	/* The file of the whole device shares every page with another file: it may be read and
	 * written, but never mapped. */
	for (uint32_t i = 0; i < map->count && strcmp(inode->path, WHOLE_DEVICE); i++)
		claim(kernel, inode, map->extents[i].offset, map->extents[i].length);
}

int map_fetch(struct kernel *kernel, struct inode *inode)
{
	const struct generation *gen = kernel->gen;
	uint64_t nodeid = gen->on_lookup ? inode->ino : inode->nodeid;
	struct verdict verdict = { 0 };
	uint32_t room = gen->room;
	enum fmap_step step;
	struct reply reply;
	struct fmap map;
	bool again = false;

	kernel->invalidated = 0;
	do {
		if (!map_request(kernel, nodeid, room, &reply))
			return EIO;
		if (reply.error)
			return reply.error;
		step = fmap_accept(gen, reply.data, reply.size, again, &room, &map, &verdict);
		again = true;
	} while (step == FMAP_AGAIN);
	/* With larger pages the kernel refuses all of our maps. */
	if (step == FMAP_REFUSED && gen->align > PMD_SIZE)
		return verdict.error;
	if (step == FMAP_REFUSED) {
		fail("the kernel refuses the map of '%s' with %d: %s", inode->path, verdict.error,
		     verdict.text);
		return verdict.error;
	}
	if (!fmap_strict(gen, reply.data, reply.size, &map, &verdict))
		fail("the map of '%s': %s", inode->path, verdict.text);
	install(kernel, inode, &map);
	return 0;
}
