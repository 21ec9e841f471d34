/* SPDX-License-Identifier: Apache-2.0 */
/* Options that several commands share: who owns a new file, what it may be called, and how it is
 * laid out. */
#ifndef CLI_CORE_ATTRS_H
#define CLI_CORE_ATTRS_H

#include "famfs.h"

#include <popt.h>

/* take_option() of a shared table says so for an option that is not its own. */
#define OPTION_UNKNOWN (-1)

/* Beside the letters, and above what a command counts from 256. */
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

/* The process's umask, which only changing it tells. */
uint32_t attrs_umask(void);

struct striping {
	uint64_t nstrips;
	uint64_t nbuckets;
	uint64_t chunk_size;
};

extern const struct poptOption striping_options[];
int striping_take_option(struct striping *striping, int val, const char *name, const char *value);

/* Checks what belongs together and fills in what was not given. EXIT_DONE or EXIT_USAGE. */
int striping_complete(struct striping *striping);

void striping_apply(const struct striping *striping, struct famfs_create_params *params);

#endif
