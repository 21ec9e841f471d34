/* SPDX-License-Identifier: Apache-2.0 */
#include "core/attrs.h"
#include "core/options.h"
#include "core/report.h"

#include <inttypes.h>
#include <sys/stat.h>
#include <unistd.h>

const struct poptOption attrs_options[] = {
	{ "mode", 'm', POPT_ARG_STRING, NULL, 'm', "permission bits, octal and exact", "MODE" },
	{ "uid", 'u', POPT_ARG_STRING, NULL, 'u', "owner, a number or a name", "UID" },
	{ "gid", 'g', POPT_ARG_STRING, NULL, 'g', "group, a number or a name", "GID" },
	{ "raw-names", 0, POPT_ARG_NONE, NULL, ATTRS_RAW_NAMES,
	  "also write names that are not UTF-8; the reference cannot mount them", NULL },
	POPT_TABLEEND,
};

const struct poptOption striping_options[] = {
	{ "nstrips", 'N', POPT_ARG_STRING, NULL, 'N', "interleave over this many strips, 1 to 16",
	  "COUNT" },
	{ "nbuckets", 'B', POPT_ARG_STRING, NULL, 'B',
	  "divide the device into this many parts (default: the number of strips)", "COUNT" },
	{ "chunksize", 'C', POPT_ARG_STRING, NULL, 'C', "bytes per chunk, a power of two (2M)",
	  "SIZE" },
	POPT_TABLEEND,
};

int attrs_take_option(struct attrs *attrs, int val, const char *name, const char *value)
{
	switch (val) {
	case 'm': attrs->has_mode = true; return option_mode(name, value, &attrs->mode);
	case 'u': attrs->has_uid = true; return option_user(name, value, &attrs->uid);
	case 'g': attrs->has_gid = true; return option_group(name, value, &attrs->gid);
	case ATTRS_RAW_NAMES: attrs->raw_names = true; return EXIT_DONE;
	default: return OPTION_UNKNOWN;
	}
}

uint32_t attrs_umask(void)
{
	mode_t mask = umask(0);

	umask(mask);
	return mask;
}

void attrs_complete(struct attrs *attrs, uint32_t mode)
{
	if (!attrs->has_mode)
		attrs->mode = mode & ~attrs_umask();
	if (!attrs->has_uid)
		attrs->uid = geteuid();
	if (!attrs->has_gid)
		attrs->gid = getegid();
}

int striping_take_option(struct striping *striping, int val, const char *name, const char *value)
{
	switch (val) {
	case 'N': return option_number(name, value, 1, FAMFS_MAX_EXTENTS, &striping->nstrips);
	case 'B': return option_number(name, value, 1, FAMFS_MAX_BUCKETS, &striping->nbuckets);
	case 'C':
		return option_power_of_two(name, value, FAMFS_ALLOC_UNIT, "2M",
					   &striping->chunk_size);
	default: return OPTION_UNKNOWN;
	}
}

int striping_complete(struct striping *striping)
{
	if (!striping->nstrips) {
		if (striping->nbuckets || striping->chunk_size)
			return report_usage("--%s needs --nstrips",
					    striping->nbuckets ? "nbuckets" : "chunksize");
		return EXIT_DONE;
	}
	if (!striping->nbuckets)
		striping->nbuckets = striping->nstrips;
	if (!striping->chunk_size)
		striping->chunk_size = FAMFS_ALLOC_UNIT;
	if (striping->nbuckets < striping->nstrips)
		return report_usage("--nbuckets expects at least the %" PRIu64
				    " of --nstrips, got '%" PRIu64 "'",
				    striping->nstrips, striping->nbuckets);
	return EXIT_DONE;
}

void striping_apply(const struct striping *striping, struct famfs_create_params *params)
{
	params->nstrips = (uint32_t)striping->nstrips;
	params->nbuckets = (uint32_t)striping->nbuckets;
	params->chunk_size = striping->chunk_size;
}
