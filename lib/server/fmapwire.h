/* SPDX-License-Identifier: Apache-2.0 */
/*
 * GET_FMAP and GET_DAXDEV replies, byte for byte: the same structures in every generation, host
 * byte order. A message is a header, then simple extents; or, interleaved, one struct fmap_iext
 * followed by its strips.
 */
#ifndef SERVER_FMAPWIRE_H
#define SERVER_FMAPWIRE_H

#include "famfs.h"

#include "server/profile.h"

enum fmap_file_type {
	FMAP_FILE_REGULAR = 0,
	FMAP_FILE_SUPERBLOCK = 1,
	FMAP_FILE_LOG = 2,
};

struct fmap_header {
	uint8_t file_type;
	uint8_t reserved;
	uint16_t version; /* 1 */
	uint32_t ext_type;
	uint32_t nextents;
	uint32_t fmap_size; /* of the message; kernels before push ignore it */
	uint64_t file_size;
	uint64_t reserved1;
};

struct fmap_simple_ext {
	uint32_t daxdev;
	uint32_t reserved;
	uint64_t offset;
	uint64_t length;
};

struct fmap_iext {
	uint32_t nstrips;
	uint32_t chunk_size;
	uint64_t nbytes; /* the file's size */
	uint64_t reserved;
};

struct fmap_daxdev {
	uint16_t index;
	uint16_t reserved;
	uint32_t reserved2;
	uint64_t reserved3;
	uint64_t reserved4;
	char name[256];
};

_Static_assert(sizeof(struct fmap_header) == 32, "GET_FMAP header");
_Static_assert(sizeof(struct fmap_simple_ext) == 24, "GET_FMAP simple extent");
_Static_assert(sizeof(struct fmap_iext) == 24, "GET_FMAP interleaved extent");
_Static_assert(sizeof(struct fmap_daxdev) == 280, "GET_DAXDEV reply");

/* A map in the form that a profile needs. */
struct fmap_message {
	const struct fmap_profile *profile;
	const struct famfs_fmap *fmap;
	enum fmap_file_type file_type;
	bool interleaved;  /* as strips; otherwise as simple extents */
	uint32_t nextents; /* simple extents, or strips */
	uint32_t size;     /* bytes of the whole message */
};

/*
 * Decides how to send a map, which must outlive the message. Returns -EFBIG if it is too large for
 * the profile (nextents is still set), -EXDEV if the profile cannot name its devices.
 */
int fmap_message_plan(struct fmap_message *message, const struct fmap_profile *profile,
		      const struct famfs_fmap *fmap, enum fmap_file_type file_type);

/* The first 32 bytes of the message. */
void fmap_message_header(const struct fmap_message *message, struct fmap_header *header);

/* The size of the whole reply, in bytes: a profile may need a reply that is longer than the
 * message. fmap_message_reply() writes it to memory that is 8-byte aligned. */
size_t fmap_message_reply_size(const struct fmap_message *message);
void fmap_message_reply(const struct fmap_message *message, void *buf);

#endif
