/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What lies between an unpatched libfuse and /dev/fuse: the shim adds FUSE_DAX_FMAP to the INIT
 * exchange, as FUSE_CAP_DAX_FMAP would in a patched libfuse, and answers GET_FMAP and GET_DAXDEV,
 * which no released libfuse knows, on the descriptor that they came from. All else passes through.
 *
 * libfuse calls the hooks from its worker threads. A request that the shim answers never reaches
 * libfuse: no request is allocated, and no thread counts as busy.
 */
#ifndef SERVER_SHIM_H
#define SERVER_SHIM_H

#include "server/kernel.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct fuse_session;
struct server;
struct shim;

/* A request that wants one answer; valid until it is given. */
struct dax_req;
typedef struct dax_req *dax_req_t;

/* In the idiom of fuse_lowlevel_ops: each replies exactly once, from memory alone. */
struct dax_ops {
	/* `size`: bytes that the kernel has room for; 0 when the request does not say. */
	void (*get_fmap)(dax_req_t req, uint64_t ino, size_t size);
	void (*get_daxdev)(dax_req_t req, uint64_t index);
};

void *dax_req_userdata(dax_req_t req);

/* The generation that the request is of. */
const struct fmap_profile *dax_req_profile(dax_req_t req);

/* The descriptor of the connection that the request came from. */
int dax_req_fd(dax_req_t req);

/* 0 or -errno of writing it; the request is done with in any case. `error` is a positive errno. */
int dax_reply_buf(dax_req_t req, const void *buf, size_t size);
int dax_reply_err(dax_req_t req, int error);

struct shim {
	const struct dax_ops *ops;
	void *userdata;
	/* Asked once, when INIT comes. */
	void (*choose)(void *userdata, const struct kernel_init *init, struct kernel_choice *out);
	/* Called once at most: a request for a map shows that the kernel speaks another profile. */
	void (*correct)(void *userdata, const struct fmap_profile *spoken);
	/* What it said; does not change once `active` is set. */
	struct kernel_choice choice;
	uint64_t init_unique;
	bool answer_init; /* the answer to INIT is still to come, and is to have the bit */
	/* The kernel has that answer, and has not said DESTROY: requests are ours to answer. */
	bool active;
	bool asked; /* for a map, at least once */
	bool corrected;
	bool unmapped; /* it took the capability and asks for no maps */
};

/* Whether a profile was chosen for the kernel; known from its INIT on. */
bool shim_serves(const struct shim *shim);

/* Whether the kernel maps files, as far as is known; to be told when it turns out not to. */
bool shim_maps(const struct shim *shim);
void shim_is_unmapped(struct shim *shim);

/* Between fuse_session_new() and fuse_session_mount(); `fd` is any open descriptor, which libfuse
 * wants and replaces. -errno. */
int shim_install(struct fuse_session *session, int fd);

#endif
