/* SPDX-License-Identifier: Apache-2.0 */
/* The handlers of the kernel's requests. */
#ifndef SERVER_OPERATIONS_H
#define SERVER_OPERATIONS_H

#include "server/server.h"

/* For a session whose user data is a struct server. */
extern const struct fuse_lowlevel_ops operations;

#endif
