/* SPDX-License-Identifier: Apache-2.0 */
/* libfuse, in the version of its interface that the server uses. */
#ifndef SERVER_FUSE_H
#define SERVER_FUSE_H

#define FUSE_USE_VERSION 317 /* an older libfuse takes this as its own latest version */
#include <fuse_lowlevel.h>

#endif
