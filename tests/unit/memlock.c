/* SPDX-License-Identifier: Apache-2.0 */
#include "memlock.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

struct range {
	const struct device *owner;
	enum device_lock type;
	uint64_t start;
	uint64_t end;
};

struct locks {
	struct range *list;
	size_t count;
	size_t room;
	enum lock_mistake mistake;
	void (*hook)(void *arg);
	void *hook_arg;
};

static void (*on_wait)(void *arg);
static void *wait_arg;

struct locks *locks_new(void)
{
	struct locks *locks = calloc(1, sizeof(*locks));

	assert_non_null(locks);
	return locks;
}

void locks_free(struct locks *locks)
{
	free(locks->list);
	free(locks);
}

void locks_mistake(struct locks *locks, enum lock_mistake mistake)
{
	locks->mistake = mistake;
}

void locks_hook(struct locks *locks, void (*hook)(void *arg), void *arg)
{
	locks->hook = hook;
	locks->hook_arg = arg;
}

void locks_on_wait(void (*wait)(void *arg), void *arg)
{
	on_wait = wait;
	wait_arg = arg;
}

static struct locks *of(const struct device *dev)
{
	return ((const struct lockable *)dev)->locks;
}

static const struct range *conflict(const struct locks *locks, const struct range *wanted)
{
	for (size_t i = 0; i < locks->count; i++) {
		const struct range *held = &locks->list[i];

		if (held->owner != wanted->owner && held->start < wanted->end &&
		    wanted->start < held->end &&
		    (held->type == DEVICE_EXCLUSIVE || wanted->type == DEVICE_EXCLUSIVE))
			return held;
	}
	return NULL;
}

static void add(struct locks *locks, struct range range)
{
	if (range.start >= range.end)
		return;
	if (locks->count == locks->room) {
		locks->room = locks->room ? 2 * locks->room : 16;
		locks->list = realloc(locks->list, locks->room * sizeof(*locks->list));
		assert_non_null(locks->list);
	}
	locks->list[locks->count++] = range;
}

/* A new lock replaces the owner's locks of the same range. */
static void set(struct locks *locks, const struct range *range)
{
	size_t count = locks->count;

	for (size_t i = count; i-- > 0;) {
		struct range held = locks->list[i];

		if (held.owner != range->owner || held.start >= range->end ||
		    range->start >= held.end)
			continue;
		locks->list[i] = locks->list[--locks->count];
		add(locks, (struct range){ held.owner, held.type, held.start, range->start });
		add(locks, (struct range){ held.owner, held.type, range->end, held.end });
	}
	if (range->type != DEVICE_UNLOCK)
		add(locks, *range);
}

static int take(struct locks *locks, const struct range *range, bool wait)
{
	while (range->type != DEVICE_UNLOCK && locks->mistake != LOCKS_IGNORED &&
	       conflict(locks, range)) {
		if (!wait)
			return -EAGAIN;
		if (!on_wait)
			return -EDEADLK;
		on_wait(wait_arg);
	}
	set(locks, range);
	return 0;
}

static struct range append_range(const struct device *dev, enum device_lock type)
{
	return (struct range){ dev, type, OMF_LOG_OFFSET, OMF_LOG_OFFSET + 1 };
}

static int lock_append(struct lockable *dev, enum device_lock type, bool wait)
{
	const struct range range = append_range(&dev->dev, type);
	struct locks *locks = dev->locks;
	int ret = 0;

	dev->to_lock = false;
	dev->no_store = false;
	if (type == DEVICE_UNLOCK)
		return take(locks, &range, false);
	if (locks->mistake == LOCKS_DENIED)
		return -EIO;
	if (locks->hook)
		locks->hook(locks->hook_arg);
	dev->to_lock = locks->mistake == LOCKED_LATE;
	if (!dev->to_lock)
		ret = take(locks, &range, wait);
	dev->no_store = ret == 0;
	return ret;
}

int lockable_lock(struct device *dev, enum device_lock type, uint64_t offset, uint64_t length,
		  bool wait)
{
	const struct range range = { dev, type, offset, length ? offset + length : UINT64_MAX };

	if (type == DEVICE_EXCLUSIVE && !dev->writable)
		return -EBADF;
	if (offset == OMF_LOG_OFFSET && length == 1)
		return lock_append((struct lockable *)dev, type, wait);
	return take(of(dev), &range, wait);
}

int lockable_find(struct device *dev, uint64_t offset, uint64_t length, uint64_t *start,
		  uint64_t *end)
{
	const struct range range = { dev, DEVICE_EXCLUSIVE, offset,
				     length ? offset + length : UINT64_MAX };
	const struct range *held = conflict(of(dev), &range);

	if (!held)
		return 0;
	*start = held->start;
	*end = held->end;
	return 1;
}

void lockable_read(struct device *dev, uint64_t offset, void *buf, size_t length)
{
	struct lockable *own = (struct lockable *)dev;

	if (offset + length > sizeof(own->super))
		return;
	if (own->no_store && own->locks->mistake == CHECKED_TOO_LATE)
		memcpy(buf, own->super + offset, length);
	else
		memcpy(own->super + offset, buf, length);
}

void lockable_store(struct device *dev)
{
	struct lockable *own = (struct lockable *)dev;
	const struct range lock = append_range(dev, DEVICE_EXCLUSIVE);
	const struct range unlock = append_range(dev, DEVICE_UNLOCK);

	if (own->to_lock)
		(void)take(own->locks, &lock, true);
	else if (own->no_store && own->locks->mistake == UNLOCKED_EARLY)
		(void)take(own->locks, &unlock, false);
	own->to_lock = false;
	own->no_store = false;
}

void lockable_close(struct device *dev)
{
	const struct range all = { dev, DEVICE_UNLOCK, 0, UINT64_MAX };

	(void)take(of(dev), &all, false);
}
