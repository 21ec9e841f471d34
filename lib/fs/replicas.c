/* SPDX-License-Identifier: Apache-2.0 */
/* The replicas of a volume, its limits and its messages: the base of replay.c, heal.c and volume.c.
 */
#include "fs/volume.h"

#include "base/bitmap.h"
#include "base/error.h"
#include "fs/replay.h"

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

void volume_log(struct famfs_volume *vol, int priority, const char *format, ...)
{
	char message[512];
	va_list ap;

	if (!ratelimit_log(&vol->log_limit, priority, vol->log_fn, vol->log_arg))
		return;
	va_start(ap, format);
	vsnprintf(message, sizeof(message), format, ap);
	va_end(ap);
	vol->log_fn(vol->log_arg, priority, message);
}

struct record_limits volume_limits(const struct famfs_volume *vol)
{
	return (struct record_limits){ .data_offset = OMF_LOG_OFFSET + vol->sb.log_length,
				       .ndaxdevs = vol->ndaxdevs,
				       .daxdev_sizes = vol->daxdev_sizes };
}

int volume_init_replicas(struct famfs_volume *vol, uint64_t expected, struct famfs_error *err)
{
	uint64_t first = (OMF_LOG_OFFSET + vol->sb.log_length) / OMF_ALLOC_UNIT;

	vol->daxdev_sizes[0] = vol->usable;
	memcpy(vol->daxdev_uuids[0], vol->sb.dev_uuid, OMF_UUID_SIZE);
	vol->ndaxdevs = 1;
	vol->suspect = FAMFS_NO_ENTRY;
	vol->first_bad.entry = FAMFS_NO_ENTRY;
	vol->ns = calloc(1, sizeof(*vol->ns));
	vol->batch = malloc(REPLAY_BATCH * sizeof(*vol->batch));
	/* Pages are used only where entries are torn. */
	vol->torn.bits = calloc(bitmap_words(vol->log.capacity), sizeof(uint64_t));
	if (!vol->ns || !vol->batch || !vol->torn.bits ||
	    namespace_init(vol->ns, vol->log.capacity, expected) < 0 ||
	    allocator_init(&vol->alloc, vol->usable / OMF_ALLOC_UNIT, first) < 0)
		return error_set(err, -ENOMEM, "out of memory for the log of '%s'", vol->dev->path);
	return 0;
}

void volume_destroy_replicas(struct famfs_volume *vol)
{
	while (vol->ns) {
		struct namespace *ns = vol->ns;

		vol->ns = ns->before;
		namespace_destroy(ns);
		free(ns);
	}
	overlap_destroy(&vol->overlap);
	allocator_destroy(&vol->alloc);
	free(vol->torn.bits);
	free(vol->batch);
}
