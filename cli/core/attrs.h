/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Options that several commands share: owner, mode and striping of new files, and names that are
 * not UTF-8.
 */
#ifndef CLI_CORE_ATTRS_H
#define CLI_CORE_ATTRS_H

#include "famfs.h"

#include <popt.h>

/* take_option() of a shared table returns this for an option of another table. */
#define OPTION_UNKNOWN (-1)

/* Distinct from letters, and from values of commands, which start at 256. */
#define ATTRS_RAW_NAMES 1024

struct attrs {
	bool has_mode;
	bool has_uid;
	bool has_gid;
	bool raw_names;
	uint32_t mode;
	uint32_t uid;
	uint32_t gid;
};

extern const struct poptOption attrs_options[];
int attrs_take_option(struct attrs *attrs, int val, const char *name, const char *value);

/* Fills in what was not given: `mode` less the umask, and the caller's effective ids. Call it
 * before starting threads, which share the umask. */
void attrs_complete(struct attrs *attrs, uint32_t mode);

/* The umask of the process. Reading it sets it for a moment. */
uint32_t attrs_umask(void);

struct striping {
	uint64_t nstrips;
	uint64_t nbuckets;
	uint64_t chunk_size;
};

extern const struct poptOption striping_options[];
int striping_take_option(struct striping *striping, int val, const char *name, const char *value);

/* Checks the options against each other and fills in what was not given. Returns EXIT_DONE or
 * EXIT_USAGE. */
int striping_complete(struct striping *striping);

void striping_apply(const struct striping *striping, struct famfs_create_params *params);

#endif
