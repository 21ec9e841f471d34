/* SPDX-License-Identifier: Apache-2.0 */
#include "powercut_lines.h"

#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>

static const struct device_ops cut_ops;

struct powercut *powercut_new(struct memory *mem)
{
	struct powercut *cut = calloc(1, sizeof(*cut));

	assert_non_null(cut);
	cut->mem = mem;
	cached_init(&cut->cached, &cut_ops, mem->size);
	cut->latest = memory_fork(mem);
	cut->table_bytes = mem->size / LINE * sizeof(struct line *);
	cut->table = reserve_zeros(cut->table_bytes);
	return cut;
}

static void free_line(struct powercut *cut, struct line *line)
{
	cut->table[line->offset / LINE] = NULL;
	free(line->stores);
	free(line);
}

void powercut_free(struct powercut *cut)
{
	for (size_t i = 0; i < cut->count; i++)
		free_line(cut, cut->list[i]);
	free(cut->list);
	cached_destroy(&cut->cached);
	munmap(cut->table, cut->table_bytes);
	memory_free(cut->latest);
	free(cut);
}

void powercut_mutate(struct powercut *cut, enum mutation mutation)
{
	cut->mutation = mutation;
}

void powercut_keep_dirty(struct powercut *cut)
{
	cut->keep_dirty = true;
}

void powercut_hook(struct powercut *cut, void (*hook)(void *arg), void *arg)
{
	cached_hook(&cut->cached, hook, arg);
}

size_t powercut_pending(const struct powercut *cut)
{
	return cut->count;
}

/* ---- stores, flushes, fences ---------------------------------------------------------------- */

static void *grow(void *list, size_t size, size_t count)
{
	list = realloc(list, size * count);
	assert_non_null(list);
	return list;
}

static struct line *line_at(struct powercut *cut, uint64_t offset)
{
	struct line **slot = &cut->table[offset / LINE];

	if (*slot)
		return *slot;
	*slot = calloc(1, sizeof(**slot));
	assert_non_null(*slot);
	(*slot)->offset = offset / LINE * LINE;
	if (cut->count == cut->room) {
		cut->room = cut->room ? 2 * cut->room : 64;
		cut->list = grow(cut->list, sizeof(struct line *), cut->room);
	}
	cut->list[cut->count++] = *slot;
	return *slot;
}

/* Adds one store within a word. A store that changes nothing is not recorded. */
static void store(struct powercut *cut, uint64_t offset, const void *bytes, size_t length)
{
	unsigned char *latest = cut->latest->base + offset;
	struct line *line;
	struct store *s;

	if (memcmp(latest, bytes, length) == 0)
		return;
	memcpy(latest, bytes, length);
	line = line_at(cut, offset);
	if (line->count == line->room) {
		line->room = line->room ? 2 * line->room : 8;
		line->stores = grow(line->stores, sizeof(*s), line->room);
	}
	s = &line->stores[line->count++];
	s->at = (uint8_t)(offset % LINE);
	s->length = (uint8_t)length;
	memcpy(s->bytes, bytes, length);
}

static void store_words(struct powercut *cut, uint64_t offset, const void *buf, size_t length)
{
	const unsigned char *p = buf;

	while (length) {
		size_t n = cached_step(offset, 8, length);

		store(cut, offset, p, n);
		offset += n;
		length -= n;
		p += n;
	}
}

void apply_stores(const struct line *line, uint32_t count, struct memory *mem)
{
	for (uint32_t i = 0; i < count; i++)
		memory_write(mem, line->offset + line->stores[i].at, line->stores[i].bytes,
			     line->stores[i].length);
}

/* From here on, the flushed stores of all lines, or of the lines in the range, are in memory. */
static void complete(struct powercut *cut, uint64_t from, uint64_t to)
{
	size_t kept = 0;

	for (size_t i = 0; i < cut->count; i++) {
		struct line *line = cut->list[i];

		if (line->offset >= from && line->offset < to) {
			apply_stores(line, line->flushed, cut->mem);
			line->count -= line->flushed;
			memmove(line->stores, line->stores + line->flushed,
				line->count * sizeof(*line->stores));
			line->flushed = 0;
		}
		if (line->count)
			cut->list[kept++] = line;
		else
			free_line(cut, line);
	}
	cut->count = kept;
}

/* True when the range had anything to flush. */
static bool flush(struct powercut *cut, uint64_t offset, uint64_t length)
{
	bool any = false;

	for (uint64_t at = offset / LINE; at * LINE < offset + length; at++) {
		struct line *line = cut->table[at];

		if (!line)
			continue;
		line->flushed = line->count;
		any = true;
	}
	return any;
}

static void fence(struct powercut *cut)
{
	cached_call_hook(&cut->cached);
	complete(cut, 0, UINT64_MAX);
}

void powercut_settle(struct powercut *cut)
{
	flush(cut, 0, cut->mem->size);
	fence(cut);
}

/* ---- the device ------------------------------------------------------------------------------ */

static struct powercut *of(struct device *dev)
{
	return (struct powercut *)cached_of(dev);
}

static int cut_read(struct device *dev, uint64_t offset, void *buf, size_t length)
{
	memcpy(buf, of(dev)->latest->base + offset, length);
	lockable_read(dev, offset, buf, length);
	return 0;
}

static int cut_write(struct device *dev, uint64_t offset, const void *buf, size_t length)
{
	struct powercut *cut = of(dev);

	lockable_store(dev);
	if (cut->mutation != MUTATE_COUNTERS_FIRST ||
	    !cached_hold_entry(&cut->cached, offset, buf, length))
		store_words(cut, offset, buf, length);
	return 0;
}

static void zero_lines(struct powercut *cut, uint64_t offset, uint64_t length)
{
	static const unsigned char zeros[LINE];

	while (length) {
		size_t n = cached_step(offset, LINE, length);

		store_words(cut, offset, zeros, n);
		offset += n;
		length -= n;
	}
}

static int cut_zero(struct device *dev, uint64_t offset, uint64_t length)
{
	lockable_store(dev);
	zero_lines(of(dev), offset, length);
	return 0;
}

void powercut_store(struct powercut *cut, uint64_t offset, const void *buf, uint64_t length)
{
	if (buf)
		store_words(cut, offset, buf, length);
	else
		zero_lines(cut, offset, length);
}

static bool drops_flush(enum mutation mutation, enum region region)
{
	switch (mutation) {
	case MUTATE_NO_ENTRY_FLUSH:
	case MUTATE_COUNTERS_FIRST: return region == REGION_ENTRIES;
	case MUTATE_NO_COUNTER_FLUSH: return region == REGION_COUNTERS;
	case MUTATE_NO_DATA_FLUSH: return region == REGION_DATA;
	case MUTATE_NO_SUPER_FLUSH: return region == REGION_SUPER;
	default: return false;
	}
}

static bool drops_fence(const struct powercut *cut)
{
	enum region last = region_of(cut->cached.last_flush);

	if (cut->mutation == MUTATE_NO_SUPER_FENCE)
		return last == REGION_SUPER;
	return last == REGION_ENTRIES &&
	       (cut->mutation == MUTATE_NO_ENTRY_FENCE || cut->mutation == MUTATE_COUNTERS_FIRST);
}

static void cut_flush(struct device *dev, uint64_t offset, uint64_t length)
{
	struct powercut *cut = of(dev);

	cut->cached.last_flush = offset;
	if (!drops_flush(cut->mutation, region_of(offset)))
		flush(cut, offset, length);
}

static void write_held_entry(struct powercut *cut)
{
	struct cached *cached = &cut->cached;

	store_words(cut, cached->held_offset, &cached->held, cached->held_length);
	flush(cut, cached->held_offset, cached->held_length);
	cached->held_length = 0;
	fence(cut);
}

static void cut_fence(struct device *dev)
{
	struct powercut *cut = of(dev);

	if (drops_fence(cut))
		return;
	fence(cut);
	if (cut->cached.held_length)
		write_held_entry(cut);
}

/* Writes back the dirty lines, and waits for them. */
static void cut_invalidate(struct device *dev, uint64_t offset, uint64_t length)
{
	struct powercut *cut = of(dev);

	if (cut->keep_dirty || !flush(cut, offset, length))
		return;
	cached_call_hook(&cut->cached);
	complete(cut, offset / LINE * LINE, offset + length);
}

static const struct device_ops cut_ops = {
	.kind = "memory that loses power",
	.read = cut_read,
	.write = cut_write,
	.zero = cut_zero,
	.flush = cut_flush,
	.fence = cut_fence,
	.invalidate = cut_invalidate,
	.lock = lockable_lock,
	.lock_find = lockable_find,
	.close = cached_close,
};

void plug_powercut(struct powercut *cut)
{
	plug_cached(&cut->cached);
}
