/* SPDX-License-Identifier: Apache-2.0 */
#include "server/profile.h"

#include <string.h>

#define PAGE UINT64_C(4096)
#define MIB  (UINT64_C(1) << 20)

/* Multi-device maps work only on a later push kernel that cannot be told from the first one, so
 * that every row keeps to device 0. */
static const struct fmap_profile profiles[FMAP_PROFILES] = {
	[FAMFS_PROFILE_UNKNOWN] = { .generation = FAMFS_PROFILE_UNKNOWN, .name = "unknown" },
	[FAMFS_PROFILE_OFF] = { .generation = FAMFS_PROFILE_OFF, .name = "off" },
	[FAMFS_PROFILE_V1] = { .generation = FAMFS_PROFILE_V1,
			       .name = "v1",
			       .init_bit = 42,
			       .op_fmap = 53,
			       .op_daxdev = 54,
			       .max_extents = 2,
			       .max_strips = 16,
			       .max_reply = PAGE,
			       .first_reply = PAGE,
			       .fixed_reply = true },
	[FAMFS_PROFILE_V2] = { .generation = FAMFS_PROFILE_V2,
			       .name = "v2",
			       .init_bit = 42,
			       .op_fmap = 53,
			       .op_daxdev = 54,
			       .max_extents = 32,
			       .max_strips = 32,
			       .max_reply = 32768,
			       .first_reply = PAGE,
			       .more = FMAP_MORE_SIZE },
	[FAMFS_PROFILE_PULL] = { .generation = FAMFS_PROFILE_PULL,
				 .name = "pull",
				 .init_bit = 43,
				 .op_fmap = 54,
				 .op_daxdev = 55,
				 .max_extents = 32,
				 .max_strips = 32,
				 .max_reply = PAGE,
				 .first_reply = PAGE },
	[FAMFS_PROFILE_PUSH] = { .generation = FAMFS_PROFILE_PUSH,
				 .name = "push",
				 .init_bit = 43,
				 .op_fmap = 54,
				 .op_daxdev = 55,
				 .max_extents = 699049, /* what 16 MiB hold */
				 .max_reply = 16 * MIB,
				 .first_reply = PAGE,
				 .push = true,
				 .more = FMAP_MORE_HEADER },
};

const struct fmap_profile *fmap_profile(enum famfs_fmap_profile generation)
{
	return &profiles[generation];
}

const char *famfs_fmap_profile_name(enum famfs_fmap_profile profile)
{
	bool known = profile > FAMFS_PROFILE_UNKNOWN && profile < FMAP_PROFILES;

	return profiles[known ? profile : FAMFS_PROFILE_UNKNOWN].name;
}

const struct fmap_profile *fmap_profile_named(const char *name)
{
	for (int i = FAMFS_PROFILE_OFF; i < FMAP_PROFILES; i++)
		if (strcmp(profiles[i].name, name) == 0)
			return &profiles[i];
	return NULL;
}

const struct fmap_profile *fmap_profile_refine(const struct fmap_profile *profile,
					       bool request_has_size)
{
	switch (profile->generation) {
	case FAMFS_PROFILE_V1:
	case FAMFS_PROFILE_V2:
		return &profiles[request_has_size ? FAMFS_PROFILE_V2 : FAMFS_PROFILE_V1];
	case FAMFS_PROFILE_PULL:
	case FAMFS_PROFILE_PUSH:
		return &profiles[request_has_size ? FAMFS_PROFILE_PUSH : FAMFS_PROFILE_PULL];
	case FAMFS_PROFILE_OFF:
	case FAMFS_PROFILE_UNKNOWN: break;
	}
	return profile;
}
