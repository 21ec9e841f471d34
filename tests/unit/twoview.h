/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A memory that two hosts share, each through a cache of its own that knows nothing of the other's.
 *
 * What a host loads it keeps, however old it gets, until it is invalidated. What it stores stays in
 * its cache until it is flushed, or until chance evicts the line, which may be at any time.
 */
#ifndef UNIT_TWOVIEW_H
#define UNIT_TWOVIEW_H

#include "memdev.h"

/* Ways to be wrong, to see that a test notices. */
struct mistakes {
	bool no_flush[REGIONS];
	bool no_invalidate[REGIONS];
	bool no_fence;
	bool counters_first; /* the log entry is written after the counters are published */
};

struct host;

struct host *host_new(struct memory *shared, uint64_t seed);
void host_free(struct host *host);
struct mistakes *host_mistakes(struct host *host);
struct locks *host_locks(struct host *host);

/* Plugs in devices of this host. */
void plug_host(struct host *host);

/* Called after each operation on a device of this host. */
void host_hook(struct host *host, void (*hook)(void *arg), void *arg);

/* Called inside of each read and write as well, between its words, or its lines where it is long: a
 * processor copies no more at once, and others go on meanwhile. */
void host_hook_inside(struct host *host, void (*hook)(void *arg), void *arg);

/* What a host is doing, or has just done, as a hook sees it. */
struct host_access {
	enum { HOST_READ, HOST_WRITE, HOST_FLUSH, HOST_FENCE, HOST_INVALIDATE } kind;
	uint64_t offset; /* 0 of a fence */
	uint64_t length;
	uint64_t number; /* counts up */
};

const struct host_access *host_access(const struct host *host);

/* Lines of log entries, about every other, reach the memory only so long after the fence that
 * waited for them; 0: at once. Then an entry may be published that is torn. */
void host_delay(struct host *host, uint64_t ns);

/* Loads lines of the range as a processor may at any time: about half of them. */
void host_prefetch(struct host *host, uint64_t offset, uint64_t length);

#endif
