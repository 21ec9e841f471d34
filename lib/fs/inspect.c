/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Raw access to the structures of a device, for tools that show them one by one. Unlike a volume it
 * can be opened on any device: a damaged value is replaced by one from another source, and the info
 * names the source.
 */
#include "base/error.h"
#include "fs/log.h"
#include "fs/open.h"
#include "media/fields.h"
#include "shared/cleanup.h"

#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#define BATCH 256

struct famfs_inspect {
	struct device *dev;
	struct famfs_inspect_info info;
	struct log log;
};

static int read_structure(const struct famfs_inspect *inspect, enum famfs_structure structure,
			  struct famfs_raw *raw)
{
	bool super = structure == FAMFS_SUPERBLOCK;
	int ret;

	memset(raw, 0, sizeof(*raw));
	raw->structure = structure;
	raw->entry = FAMFS_NO_ENTRY;
	raw->offset = super ? 0 : OMF_LOG_OFFSET;
	raw->size = super ? sizeof(struct omf_super) : sizeof(struct omf_log_header);
	raw->device_size = inspect->info.size;
	raw->log_length = inspect->info.log_length;
	device_invalidate(inspect->dev, raw->offset, raw->size);
	ret = device_read(inspect->dev, raw->offset, raw->bytes, raw->size);
	if (ret == 0)
		raw_check(raw);
	return ret;
}

int famfs_inspect_super(struct famfs_inspect *inspect, struct famfs_raw *out,
			struct famfs_error *err)
{
	/* No size and no descriptor: unknown. No size and a descriptor: an empty image. */
	bool empty = inspect->dev->size == 0 && inspect->dev->fd >= 0;
	int ret = empty ? -EFAULT : read_structure(inspect, FAMFS_SUPERBLOCK, out);

	if (ret == -EFAULT)
		return error_set(err, -EMEDIUMTYPE,
				 "'%s' has %" PRIu64 " bytes, too few for a superblock",
				 inspect->dev->path, inspect->dev->size);
	return ret < 0 ? error_errno(err, ret, "cannot read the superblock of '%s'",
				     inspect->dev->path)
		       : 0;
}

int famfs_inspect_log_header(struct famfs_inspect *inspect, struct famfs_raw *out,
			     struct famfs_error *err)
{
	int ret = read_structure(inspect, FAMFS_LOG_HEADER, out);

	if (ret == -EFAULT)
		return error_set(err, -EMEDIUMTYPE,
				 "'%s' has %" PRIu64 " bytes and ends before its log",
				 inspect->dev->path, inspect->dev->size);
	return ret < 0 ? error_errno(err, ret, "cannot read the log header of '%s'",
				     inspect->dev->path)
		       : 0;
}

const char *famfs_log_length_source_name(enum famfs_log_length_source source)
{
	static const char *const names[] = { [FAMFS_LOG_LENGTH_MINIMUM] = "minimum",
					     [FAMFS_LOG_LENGTH_SUPERBLOCK] = "superblock",
					     [FAMFS_LOG_LENGTH_HEADER] = "log header" };

	return names[source];
}

static bool crc_is_right(const struct famfs_raw *raw)
{
	return raw->crc_stored == raw->crc_computed;
}

/* Takes the log's length from the first structure with a valid CRC. */
static void find_log(struct famfs_inspect *inspect, const struct famfs_raw *super,
		     const struct famfs_raw *header)
{
	const struct omf_super *sb = (const void *)super->bytes;
	const struct omf_log_header *log = (const void *)header->bytes;
	uint64_t recorded = le64_get(sb->log_length), own = le64_get(log->length);
	struct famfs_inspect_info *info = &inspect->info;

	info->log_length = OMF_LOG_LENGTH_MIN;
	if (crc_is_right(super) && log_length_is_valid(recorded)) {
		info->log_length = recorded;
		info->log_length_source = FAMFS_LOG_LENGTH_SUPERBLOCK;
	} else if (crc_is_right(header) && log_length_is_valid(own)) {
		info->log_length = own;
		info->log_length_source = FAMFS_LOG_LENGTH_HEADER;
	}
	info->data_offset = OMF_LOG_OFFSET + info->log_length;
}

/* The number of entries that fit on the device. */
static uint64_t entries_within(const struct famfs_inspect *inspect)
{
	uint64_t length = inspect->info.log_length, size = inspect->info.size;

	if (size && length > size - OMF_LOG_OFFSET)
		length = size - OMF_LOG_OFFSET;
	return length < sizeof(struct omf_log_header) ? 0 : omf_log_capacity(length);
}

static int stop_at_fault(void *arg, const struct famfs_log_entry *entry)
{
	uint64_t *count = arg;
	enum famfs_fault fault = entry->raw->fault;

	if (entry->empty || fault_is_torn(fault) || fault == FAMFS_FAULT_IO)
		return 1;
	++*count;
	return 0;
}

/* Like a replay: uses next_seqnum if next_index is out of range, and counts the valid entries. */
static int find_end(struct famfs_inspect *inspect, const struct famfs_raw *raw,
		    struct famfs_error *err)
{
	const struct omf_log_header *header = (const void *)raw->bytes;
	struct famfs_inspect_info *info = &inspect->info;
	uint64_t index = le64_get(header->next_index), seqnum = le64_get(header->next_seqnum);
	int ret;

	info->header_ok = raw->fault == FAMFS_FAULT_NONE;
	if (le64_get(header->magic) == OMF_LOG_MAGIC && index <= info->log_capacity) {
		info->published = index;
		return 0;
	}
	info->counted = true;
	ret = famfs_inspect_entries(
		inspect, 0, seqnum && seqnum <= info->log_capacity ? seqnum : info->log_capacity,
		stop_at_fault, &info->published, err);
	return ret < 0 ? ret : 0;
}

static void find_usable(struct famfs_inspect *inspect, const struct famfs_raw *super)
{
	const struct omf_super *sb = (const void *)super->bytes;
	uint64_t recorded = le64_get(sb->device_size);
	struct famfs_inspect_info *info = &inspect->info;

	info->usable_size = info->size;
	if (info->super_ok && recorded >= info->data_offset &&
	    (!info->size || recorded < info->size))
		info->usable_size = recorded;
	if (info->usable_size > OMF_DEVICE_MAX)
		info->usable_size = OMF_DEVICE_MAX;
}

static void note_uuid(struct famfs_inspect *inspect, const struct famfs_raw *super)
{
	const struct omf_super *sb = (const void *)super->bytes;

	inspect->info.uuid_known = crc_is_right(super);
	memcpy(inspect->info.uuid, sb->uuid, sizeof(inspect->info.uuid));
}

static int load_structures(struct famfs_inspect *inspect, struct famfs_error *err)
{
	struct famfs_raw super, header;
	int ret = famfs_inspect_super(inspect, &super, err);

	if (ret < 0)
		return ret;
	inspect->info.super_ok = super.fault == FAMFS_FAULT_NONE;
	note_uuid(inspect, &super);
	memset(&header, 0, sizeof(header));
	/* A device that ends before its log can still have a superblock. */
	if (inspect->info.size == 0 ||
	    inspect->info.size >= OMF_LOG_OFFSET + sizeof(struct omf_log_header))
		ret = famfs_inspect_log_header(inspect, &header, err);
	if (ret < 0)
		return ret;
	if (!header.size)
		return 0;
	find_log(inspect, &super, &header);
	find_usable(inspect, &super);
	log_init(&inspect->log, inspect->dev, inspect->info.log_length);
	inspect->info.log_capacity = entries_within(inspect);
	ret = famfs_inspect_log_header(inspect, &header, err);
	return ret < 0 ? ret : find_end(inspect, &header, err);
}

int famfs_inspect_open(const struct famfs_target *target, struct famfs_inspect **out,
		       struct famfs_error *err)
{
	struct famfs_inspect *inspect = calloc(1, sizeof(*inspect));
	int ret;

	if (!inspect)
		return error_set(err, -ENOMEM, "out of memory");
	inspect->info.log_offset = OMF_LOG_OFFSET;
	inspect->info.data_offset = OMF_LOG_OFFSET;
	ret = target_open_device(target, &inspect->dev, err);
	if (ret == 0) {
		inspect->info.size = inspect->dev->size;
		ret = load_structures(inspect, err);
	}
	if (ret < 0) {
		famfs_inspect_close(inspect);
		return ret;
	}
	*out = inspect;
	return 0;
}

void famfs_inspect_close(struct famfs_inspect *inspect)
{
	if (!inspect)
		return;
	device_close(inspect->dev);
	free(inspect);
}

void famfs_inspect_info(const struct famfs_inspect *inspect, struct famfs_inspect_info *out)
{
	*out = inspect->info;
	out->log_end = omf_entry_offset(out->published);
}

static bool all_zero(const struct omf_entry *entry)
{
	static const struct omf_entry zeros;

	return memcmp(entry, &zeros, sizeof(zeros)) == 0;
}

/* `bytes` is NULL if the entry could not be read, with the reason in `error`. */
static int visit_entry(const struct famfs_inspect *inspect, uint64_t index,
		       const struct omf_entry *bytes, int error, famfs_log_entry_fn visit,
		       void *arg)
{
	struct famfs_raw raw = { .structure = FAMFS_LOG_ENTRY,
				 .entry = index,
				 .offset = omf_entry_offset(index),
				 .size = sizeof(*bytes),
				 .device_size = inspect->info.usable_size,
				 .log_length = inspect->info.log_length };
	struct famfs_log_entry entry = { .raw = &raw,
					 .published = index < inspect->info.published };

	if (bytes) {
		memcpy(raw.bytes, bytes, sizeof(*bytes));
		raw_check(&raw);
		raw_decode_entry(&entry);
		entry.empty = all_zero(bytes);
	} else {
		raw.fault = FAMFS_FAULT_IO;
		raw.code = error;
		snprintf(raw.message, sizeof(raw.message), "cannot be read: %s", strerror(-error));
	}
	return visit(arg, &entry);
}

static int visit_batch(struct famfs_inspect *inspect, struct omf_entry *batch, uint64_t first,
		       uint64_t count, famfs_log_entry_fn visit, void *arg)
{
	bool whole = log_read(&inspect->log, first, count, batch) == 0;
	int ret = 0;

	for (uint64_t i = 0; ret == 0 && i < count; i++) {
		/* One unreadable line must not hide its neighbours. */
		int error = whole ? 0 : log_read(&inspect->log, first + i, 1, &batch[i]);

		ret = visit_entry(inspect, first + i, error ? NULL : &batch[i], error, visit, arg);
	}
	return ret;
}

int famfs_inspect_entries(struct famfs_inspect *inspect, uint64_t first, uint64_t count,
			  famfs_log_entry_fn visit, void *arg, struct famfs_error *err)
{
	uint64_t capacity = inspect->info.log_capacity, end;
	cleanup_free struct omf_entry *batch = NULL;
	int ret = 0;

	if (first && count && first >= capacity)
		return error_set(err, -EINVAL,
				 "'%s' has no log entry %" PRIu64 ", there is room for %" PRIu64,
				 inspect->dev->path, first, capacity);
	batch = malloc(BATCH * sizeof(*batch));
	if (!batch)
		return error_set(err, -ENOMEM, "out of memory");
	end = count < capacity - first ? first + count : capacity;
	while (ret == 0 && first < end) {
		uint64_t n = end - first < BATCH ? end - first : BATCH;

		ret = visit_batch(inspect, batch, first, n, visit, arg);
		first += n;
	}
	return ret;
}
