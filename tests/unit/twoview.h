/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A memory that two hosts share, each through a cache of its own that knows nothing of the other's.
 *
 * A host keeps a loaded line, however old it gets, until it invalidates the line. A stored line
 * stays in the cache until it is flushed, or until it is evicted by chance, at any time.
 */
#ifndef UNIT_TWOVIEW_H
#define UNIT_TWOVIEW_H

#include "memdev.h"

/* Mistakes that a test has to notice. */
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

/* Called inside each read and write as well, between its words, or between its lines if it is long:
 * a processor copies no more at once, and others run meanwhile. */
void host_hook_inside(struct host *host, void (*hook)(void *arg), void *arg);

enum host_access_kind { HOST_READ, HOST_WRITE, HOST_FLUSH, HOST_FENCE, HOST_INVALIDATE };

/* The current or last operation of a host, for a hook. */
struct host_access {
	enum host_access_kind kind;
	uint64_t offset; /* 0 for a fence */
	uint64_t length;
	uint64_t number; /* counts up */
};

const struct host_access *host_access(const struct host *host);

/* About half of the lines of log entries reach the memory only this long after the fence that
 * waited for them; 0: at once. So an entry may be published while it is torn. */
void host_delay(struct host *host, uint64_t ns);

/* Loads about half of the lines of the range, as a processor may do at any time. */
void host_prefetch(struct host *host, uint64_t offset, uint64_t length);

#endif
