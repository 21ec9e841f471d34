/* SPDX-License-Identifier: Apache-2.0 */
#include "powercut.h"

#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>

/* At most a word, and within one: what a processor stores in one step. */
struct store {
	uint8_t at; /* in the line */
	uint8_t length;
	uint8_t bytes[8];
};

/* A line with stores that memory does not have yet. */
struct line {
	uint64_t offset;
	uint32_t count;
	uint32_t flushed; /* of these, stores that a flush is writing back */
	uint32_t room;
	struct store *stores;
};

struct powercut {
	struct memory *mem;    /* what a power cut leaves */
	struct memory *latest; /* what loads see */
	struct line **table;   /* by line number */
	size_t table_bytes;
	struct line **list;
	size_t count;
	size_t room;
	void (*hook)(void *arg);
	void *hook_arg;

	enum mutation mutation;
	uint64_t last_flush; /* device offset */
	uint64_t late_offset;
	size_t late_length; /* an entry that is written too late */
	struct omf_entry late;
};

struct powercut *powercut_new(struct memory *mem)
{
	struct powercut *cut = calloc(1, sizeof(*cut));

	assert_non_null(cut);
	cut->mem = mem;
	cut->latest = memory_fork(mem);
	cut->table_bytes = mem->size / LINE * sizeof(struct line *);
	cut->table = mmap(NULL, cut->table_bytes, PROT_READ | PROT_WRITE,
			  MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
	assert_true(cut->table != MAP_FAILED);
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
	munmap(cut->table, cut->table_bytes);
	memory_free(cut->latest);
	free(cut);
}

void powercut_mutate(struct powercut *cut, enum mutation mutation)
{
	cut->mutation = mutation;
}

void powercut_hook(struct powercut *cut, void (*hook)(void *arg), void *arg)
{
	cut->hook = hook;
	cut->hook_arg = arg;
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

/* One store, not across words. One that changes nothing cannot be told from none. */
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
		size_t n = 8 - offset % 8;

		if (n > length)
			n = length;
		store(cut, offset, p, n);
		offset += n;
		length -= n;
		p += n;
	}
}

static void apply(const struct line *line, uint32_t count, struct memory *mem)
{
	for (uint32_t i = 0; i < count; i++)
		memory_write(mem, line->offset + line->stores[i].at, line->stores[i].bytes,
			     line->stores[i].length);
}

/* The flushed stores of all lines, or of those in the range, are in memory from here on. */
static void complete(struct powercut *cut, uint64_t from, uint64_t to)
{
	size_t kept = 0;

	for (size_t i = 0; i < cut->count; i++) {
		struct line *line = cut->list[i];

		if (line->offset >= from && line->offset < to) {
			apply(line, line->flushed, cut->mem);
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
	if (cut->hook)
		cut->hook(cut->hook_arg);
	complete(cut, 0, UINT64_MAX);
}

void powercut_settle(struct powercut *cut)
{
	flush(cut, 0, cut->mem->size);
	fence(cut);
}

/* ---- the device ------------------------------------------------------------------------------ */

struct cut_device {
	struct device dev;
	struct powercut *cut;
};

static struct powercut *of(struct device *dev)
{
	return ((struct cut_device *)dev)->cut;
}

static int cut_read(struct device *dev, uint64_t offset, void *buf, size_t length)
{
	memcpy(buf, of(dev)->latest->base + offset, length);
	return 0;
}

static int cut_write(struct device *dev, uint64_t offset, const void *buf, size_t length)
{
	struct powercut *cut = of(dev);

	if (cut->mutation == MUTATE_COUNTERS_FIRST && region_of(offset) == REGION_ENTRIES &&
	    length <= sizeof(cut->late)) {
		memcpy(&cut->late, buf, length);
		cut->late_offset = offset;
		cut->late_length = length;
		return 0;
	}
	store_words(cut, offset, buf, length);
	return 0;
}

static int cut_zero(struct device *dev, uint64_t offset, uint64_t length)
{
	static const unsigned char zeros[LINE];

	while (length) {
		size_t n = LINE - offset % LINE;

		if (n > length)
			n = length;
		store_words(of(dev), offset, zeros, n);
		offset += n;
		length -= n;
	}
	return 0;
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
	enum region last = region_of(cut->last_flush);

	if (cut->mutation == MUTATE_NO_SUPER_FENCE)
		return last == REGION_SUPER;
	return last == REGION_ENTRIES &&
	       (cut->mutation == MUTATE_NO_ENTRY_FENCE || cut->mutation == MUTATE_COUNTERS_FIRST);
}

static void cut_flush(struct device *dev, uint64_t offset, uint64_t length)
{
	struct powercut *cut = of(dev);

	cut->last_flush = offset;
	if (!drops_flush(cut->mutation, region_of(offset)))
		flush(cut, offset, length);
}

static void write_late_entry(struct powercut *cut)
{
	store_words(cut, cut->late_offset, &cut->late, cut->late_length);
	flush(cut, cut->late_offset, cut->late_length);
	cut->late_length = 0;
	fence(cut);
}

static void cut_fence(struct device *dev)
{
	struct powercut *cut = of(dev);

	if (drops_fence(cut))
		return;
	fence(cut);
	if (cut->late_length)
		write_late_entry(cut);
}

/* Writes back what is dirty, and waits for it. */
static void cut_invalidate(struct device *dev, uint64_t offset, uint64_t length)
{
	struct powercut *cut = of(dev);

	if (!flush(cut, offset, length))
		return;
	if (cut->hook)
		cut->hook(cut->hook_arg);
	complete(cut, offset / LINE * LINE, offset + length);
}

static void cut_close(struct device *dev)
{
	free(dev);
}

static const struct device_ops cut_ops = {
	.kind = "memory that loses power",
	.read = cut_read,
	.write = cut_write,
	.zero = cut_zero,
	.flush = cut_flush,
	.fence = cut_fence,
	.invalidate = cut_invalidate,
	.close = cut_close,
};

static struct device *make_cut(void *arg)
{
	struct cut_device *dev = calloc(1, sizeof(*dev));

	assert_non_null(dev);
	dev->cut = arg;
	init_device(&dev->dev, &cut_ops, dev->cut->mem->size);
	return &dev->dev;
}

void plug_powercut(struct powercut *cut)
{
	plug(make_cut, cut);
}

/* ---- what a power cut could leave --------------------------------------------------------- */

struct search {
	struct powercut *cut;
	struct memory *left;
	uint32_t *choice; /* stores of each line that made it */
	uint64_t tried;
	bool (*check)(void *arg, struct memory *left);
	void *arg;
	bool stopped;
};

static void try_choice(struct search *search)
{
	const struct powercut *cut = search->cut;

	for (size_t i = 0; i < cut->count; i++)
		apply(cut->list[i], search->choice[i], search->left);
	search->tried++;
	search->stopped = !search->check(search->arg, search->left);
	memory_reset(search->left);
}

/* The next choice, or with `halves` the next of none and all for each line. False after the last.
 */
static bool advance(struct search *search, bool halves)
{
	const struct powercut *cut = search->cut;

	for (size_t i = 0; i < cut->count; i++) {
		uint32_t most = cut->list[i]->count;

		if (search->choice[i] < most) {
			search->choice[i] += halves ? most : 1;
			return true;
		}
		search->choice[i] = 0;
	}
	return false;
}

static void try_all(struct search *search, bool halves)
{
	do
		try_choice(search);
	while (!search->stopped && advance(search, halves));
}

enum style { ANY_PREFIX, MOSTLY_OLD, MOSTLY_NEW, HALF, STYLES };

static uint32_t choose(struct rng *rng, enum style style, uint32_t most)
{
	switch (style) {
	case MOSTLY_OLD: return rng_below(rng, 8) ? 0 : most;
	case MOSTLY_NEW: return rng_below(rng, 8) ? most : 0;
	case HALF: return rng_below(rng, 2) ? most : 0;
	default: return (uint32_t)rng_below(rng, most + 1);
	}
}

static void try_samples(struct search *search, struct rng *rng, int samples)
{
	const struct powercut *cut = search->cut;

	for (int n = 0; n < samples && !search->stopped; n++) {
		for (size_t i = 0; i < cut->count; i++)
			search->choice[i] =
				choose(rng, (enum style)(n % STYLES), cut->list[i]->count);
		try_choice(search);
	}
}

/* None at all, all of them, all but one, and one alone. */
static void try_singles(struct search *search)
{
	const struct powercut *cut = search->cut;

	for (int kind = 0; kind < 4; kind++) {
		size_t steps = kind < 2 ? 1 : cut->count < 32 ? cut->count : 32;

		for (size_t n = 0; n < steps && !search->stopped; n++) {
			size_t odd = n * cut->count / steps;

			for (size_t i = 0; i < cut->count; i++) {
				bool new = kind & 1;

				if (kind >= 2 && i == odd)
					new = !new;
				search->choice[i] = new ? cut->list[i]->count : 0;
			}
			try_choice(search);
		}
	}
}

static uint64_t count_choices(const struct powercut *cut, uint64_t limit)
{
	uint64_t product = 1;

	for (size_t i = 0; i < cut->count && product <= limit; i++)
		product *= cut->list[i]->count + 1;
	return product;
}

uint64_t powercut_explore(struct powercut *cut, struct rng *rng, uint64_t limit,
			  bool (*check)(void *arg, struct memory *left), void *arg)
{
	struct search search = { .cut = cut, .check = check, .arg = arg };

	search.left = memory_fork(cut->mem);
	search.choice = calloc(cut->count + 1, sizeof(*search.choice));
	assert_non_null(search.choice);
	if (count_choices(cut, limit) <= limit) {
		try_all(&search, false);
	} else {
		if (cut->count <= 12)
			try_all(&search, true);
		else
			try_singles(&search);
		try_samples(&search, rng, 120);
	}
	free(search.choice);
	memory_free(search.left);
	return search.tried;
}
