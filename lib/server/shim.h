/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The shim lies between an unpatched libfuse and /dev/fuse. It adds FUSE_DAX_FMAP to the INIT
 * exchange, as FUSE_CAP_DAX_FMAP would in a patched libfuse, and answers GET_FMAP and GET_DAXDEV,
 * which no released libfuse knows, on the descriptor that they came from. All else passes through.
 *
 * libfuse calls the hooks from its worker threads. A request that the shim answers never reaches
 * libfuse, which allocates nothing for it and does not count its thread as busy.
 */
#ifndef SERVER_SHIM_H
#define SERVER_SHIM_H

#include "server/kernel.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct fuse_session;
struct shim;

/* A request that needs one reply; valid until the reply. */
struct dax_req;
typedef struct dax_req *dax_req_t;

/* As with fuse_lowlevel_ops, each replies exactly once, from memory alone. */
struct dax_ops {
	/* `size`: bytes that the kernel has room for; 0 if the request has no size. */
	void (*get_fmap)(dax_req_t req, uint64_t ino, size_t size);
	void (*get_daxdev)(dax_req_t req, uint64_t index);
};

void *dax_req_userdata(dax_req_t req);

/* The profile of the kernel that sent the request. */
const struct fmap_profile *dax_req_profile(dax_req_t req);

/* The descriptor of the connection that the request came from. */
int dax_req_fd(dax_req_t req);

/* 0 or -errno of writing the reply; the request is invalid after either. `error` is a positive
 * errno. */
int dax_reply_buf(dax_req_t req, const void *buf, size_t size);
int dax_reply_err(dax_req_t req, int error);

struct shim {
	const struct dax_ops *ops;
	void *userdata;
	/* Called once, when INIT arrives: decides whether to accept the capability. */
	void (*choose)(void *userdata, const struct kernel_init *init, struct kernel_choice *out);
	/* Called once at most: a request for a map shows that the kernel speaks another profile. */
	void (*correct)(void *userdata, const struct fmap_profile *spoken);
	/* The decision of choose(); does not change once `active` is set. */
	struct kernel_choice choice;
	uint64_t init_unique;
	bool answer_init; /* the reply to INIT is still to come, and must have the bit */
	/* From the reply to INIT to DESTROY: the shim answers requests. */
	bool active;
	bool asked; /* the kernel has asked for a map */
	bool corrected;
	bool unmapped; /* the kernel took the capability and asks for no maps */
};

/* Whether a profile was chosen for the kernel; known from its INIT on. */
bool shim_serves(const struct shim *shim);

/* Whether the kernel maps files, as far as is known; not after shim_stop_mapping(). */
bool shim_maps(const struct shim *shim);
void shim_stop_mapping(struct shim *shim);

/* Whether the kernel has asked for a map, at least once. */
bool shim_was_asked(const struct shim *shim);

/* Call between fuse_session_new(), whose user data must begin with a struct shim, and
 * fuse_session_mount(). `fd` is any open descriptor; libfuse replaces it. Returns 0 or -errno. */
int shim_install(struct fuse_session *session, int fd);

#endif
