/* SPDX-License-Identifier: Apache-2.0 */
#include "twoview.h"

#include "cached.h"

#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>

enum state {
	ABSENT,
	CLEAN,
	DIRTY,
	FLUSHING, /* dirty, and in memory after the next fence */
};

struct lines {
	uint64_t *list;
	size_t count;
	size_t room;
};

/* The contents of a line when it arrives in memory. */
struct late_line {
	struct late_line *next;
	uint64_t line;
	uint64_t due;
	unsigned char bytes[LINE];
};

struct host {
	struct cached cached;
	struct memory *shared;
	unsigned char *cache;
	unsigned char *state; /* one for each line */
	struct lines dirty;   /* lines that became dirty; some are clean again */
	struct lines flushing;
	struct rng rng;
	void (*inside)(void *arg);
	void *inside_arg;
	struct host_access access;
	uint64_t delay;
	struct late_line *on_their_way;

	struct mistakes mistakes;
};

static const struct device_ops host_ops;

static void arrive_all(struct host *host);

struct host *host_new(struct memory *shared, uint64_t seed)
{
	struct host *host = calloc(1, sizeof(*host));

	assert_non_null(host);
	host->shared = shared;
	cached_init(&host->cached, &host_ops, shared->size);
	host->cache = reserve_zeros(shared->size);
	host->state = reserve_zeros(shared->size / LINE);
	host->rng.state = seed;
	return host;
}

void host_free(struct host *host)
{
	arrive_all(host);
	munmap(host->cache, host->shared->size);
	munmap(host->state, host->shared->size / LINE);
	cached_destroy(&host->cached);
	free(host->dirty.list);
	free(host->flushing.list);
	free(host);
}

struct mistakes *host_mistakes(struct host *host)
{
	return &host->mistakes;
}

struct locks *host_locks(struct host *host)
{
	return host->cached.locks;
}

void host_hook(struct host *host, void (*hook)(void *arg), void *arg)
{
	cached_hook(&host->cached, hook, arg);
}

void host_hook_inside(struct host *host, void (*hook)(void *arg), void *arg)
{
	host->inside = hook;
	host->inside_arg = arg;
}

const struct host_access *host_access(const struct host *host)
{
	return &host->access;
}

void host_delay(struct host *host, uint64_t ns)
{
	host->delay = ns;
}

static bool coin(struct host *host)
{
	return rng_next(&host->rng) & 1;
}

/* ---- lines --------------------------------------------------------------------------------- */

static void push(struct lines *lines, uint64_t line)
{
	if (lines->count == lines->room) {
		lines->room = lines->room ? 2 * lines->room : 64;
		lines->list = realloc(lines->list, lines->room * sizeof(*lines->list));
		assert_non_null(lines->list);
	}
	lines->list[lines->count++] = line;
}

static void reach_memory(struct host *host, uint64_t line, const unsigned char *bytes)
{
	memcpy(host->shared->base + line * LINE, bytes, LINE);
}

/* Brings the lines that are due to memory: all of them, or one. */
static void arrive(struct host *host, uint64_t line)
{
	struct late_line **at = &host->on_their_way;

	while (*at) {
		struct late_line *late = *at;

		if (late->due > time_passed() && late->line != line) {
			at = &late->next;
			continue;
		}
		reach_memory(host, late->line, late->bytes);
		*at = late->next;
		free(late);
	}
}

static void arrive_all(struct host *host)
{
	while (host->on_their_way)
		arrive(host, host->on_their_way->line);
}

static void send_late(struct host *host, uint64_t line)
{
	struct late_line *late = calloc(1, sizeof(*late)), **at = &host->on_their_way;

	assert_non_null(late);
	late->line = line;
	late->due = time_passed() + host->delay;
	memcpy(late->bytes, host->cache + line * LINE, LINE);
	while (*at)
		at = &(*at)->next;
	*at = late;
}

static void load(struct host *host, uint64_t line)
{
	if (host->state[line] != ABSENT)
		return;
	arrive(host, line);
	memcpy(host->cache + line * LINE, host->shared->base + line * LINE, LINE);
	host->state[line] = CLEAN;
}

static void write_back(struct host *host, uint64_t line, enum state then)
{
	if (host->state[line] == DIRTY || host->state[line] == FLUSHING) {
		arrive(host, line);
		if (host->delay && region_of(line * LINE) == REGION_ENTRIES && coin(host))
			send_late(host, line);
		else
			reach_memory(host, line, host->cache + line * LINE);
	}
	host->state[line] = (unsigned char)then;
}

/* A flush may keep the line or drop it; a program cannot rely on either. */
static enum state after_flush(struct host *host)
{
	return coin(host) ? CLEAN : ABSENT;
}

static void store(struct host *host, uint64_t offset, const void *bytes, size_t length)
{
	uint64_t line = offset / LINE;

	/* A flush writes back the line as it was when the flush began. */
	if (host->state[line] == FLUSHING)
		write_back(host, line, CLEAN);
	load(host, line);
	memcpy(host->cache + offset, bytes, length);
	if (host->state[line] != DIRTY)
		push(&host->dirty, line);
	host->state[line] = DIRTY;
}

static void flush_line(struct host *host, uint64_t line)
{
	if (host->state[line] != DIRTY)
		return;
	if (coin(host)) {
		write_back(host, line, after_flush(host));
		return;
	}
	host->state[line] = FLUSHING;
	push(&host->flushing, line);
}

static void fence(struct host *host)
{
	for (size_t i = 0; i < host->flushing.count; i++)
		if (host->state[host->flushing.list[i]] == FLUSHING)
			write_back(host, host->flushing.list[i], after_flush(host));
	host->flushing.count = 0;
}

/* Sometimes the cache evicts a line. */
static void evict(struct host *host)
{
	while (host->dirty.count && rng_below(&host->rng, 4) == 0) {
		size_t i = rng_below(&host->rng, host->dirty.count);
		uint64_t line = host->dirty.list[i];

		host->dirty.list[i] = host->dirty.list[--host->dirty.count];
		if (host->state[line] == DIRTY || host->state[line] == FLUSHING)
			write_back(host, line, ABSENT);
	}
}

static void after(struct host *host)
{
	arrive(host, UINT64_MAX);
	evict(host);
	cached_call_hook(&host->cached);
}

void host_prefetch(struct host *host, uint64_t offset, uint64_t length)
{
	for (uint64_t line = offset / LINE; line * LINE < offset + length; line++)
		if (coin(host))
			load(host, line);
}

/* ---- the device ------------------------------------------------------------------------------ */

static struct host *of(struct device *dev)
{
	return (struct host *)cached_of(dev);
}

static void begin(struct host *host, enum host_access_kind kind, uint64_t offset, uint64_t length)
{
	host->access.kind = kind;
	host->access.offset = offset;
	host->access.length = length;
	host->access.number++;
}

static void inside(struct host *host)
{
	if (host->inside)
		host->inside(host->inside_arg);
}

/* The size of the next step of an access of `length` bytes of which `left` remain. */
static size_t step(uint64_t offset, size_t length, uint64_t left)
{
	return cached_step(offset, length <= sizeof(struct omf_entry) ? sizeof(uint64_t) : LINE,
			   left);
}

static int host_read(struct device *dev, uint64_t offset, void *buf, size_t length)
{
	struct host *host = of(dev);
	char *p = buf;

	begin(host, HOST_READ, offset, length);
	for (size_t left = length; left;) {
		size_t n = step(offset, length, left);

		load(host, offset / LINE);
		memcpy(p, host->cache + offset, n);
		offset += n;
		p += n;
		left -= n;
		inside(host);
	}
	lockable_read(dev, offset - length, buf, length);
	after(host);
	return 0;
}

static void store_all(struct host *host, uint64_t offset, const void *buf, uint64_t length)
{
	static const unsigned char zeros[LINE];
	const unsigned char *p = buf;

	for (uint64_t left = length; left;) {
		size_t n = step(offset, length, left);

		store(host, offset, p ? p : zeros, n);
		offset += n;
		left -= n;
		p = p ? p + n : NULL;
		inside(host);
	}
}

static int host_write(struct device *dev, uint64_t offset, const void *buf, size_t length)
{
	struct host *host = of(dev);

	lockable_store(dev);
	begin(host, HOST_WRITE, offset, length);
	if (host->mistakes.counters_first && cached_hold_entry(&host->cached, offset, buf, length))
		return 0;
	store_all(host, offset, buf, length);
	after(host);
	return 0;
}

static int host_zero(struct device *dev, uint64_t offset, uint64_t length)
{
	lockable_store(dev);
	begin(of(dev), HOST_WRITE, offset, length);
	store_all(of(dev), offset, NULL, length);
	after(of(dev));
	return 0;
}

static void flush(struct host *host, uint64_t offset, uint64_t length)
{
	for (uint64_t line = offset / LINE; line * LINE < offset + length; line++)
		flush_line(host, line);
}

static void host_flush(struct device *dev, uint64_t offset, uint64_t length)
{
	struct host *host = of(dev);

	begin(host, HOST_FLUSH, offset, length);
	host->cached.last_flush = offset;
	if (!host->mistakes.no_flush[region_of(offset)])
		flush(host, offset, length);
	after(host);
}

static void write_held_entry(struct host *host)
{
	struct cached *cached = &host->cached;
	size_t length = cached->held_length;

	cached->held_length = 0;
	store_all(host, cached->held_offset, &cached->held, length);
	flush(host, cached->held_offset, length);
	fence(host);
	after(host);
}

static void host_fence(struct device *dev)
{
	struct host *host = of(dev);

	begin(host, HOST_FENCE, 0, 0);
	if (!host->mistakes.no_fence)
		fence(host);
	after(host);
	if (host->cached.held_length && region_of(host->cached.last_flush) == REGION_COUNTERS)
		write_held_entry(host);
}

static void host_invalidate(struct device *dev, uint64_t offset, uint64_t length)
{
	struct host *host = of(dev);

	begin(host, HOST_INVALIDATE, offset, length);
	if (!host->mistakes.no_invalidate[region_of(offset)])
		for (uint64_t line = offset / LINE; line * LINE < offset + length; line++)
			write_back(host, line, ABSENT);
	after(host);
}

static const struct device_ops host_ops = {
	.kind = "memory that two hosts share",
	.read = host_read,
	.write = host_write,
	.zero = host_zero,
	.flush = host_flush,
	.fence = host_fence,
	.invalidate = host_invalidate,
	.lock = lockable_lock,
	.lock_find = lockable_find,
	.close = cached_close,
};

void plug_host(struct host *host)
{
	plug_cached(&host->cached);
}
