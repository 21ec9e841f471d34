/* SPDX-License-Identifier: Apache-2.0 */
#include "fs/identity.h"

#include "base/error.h"

#include <ctype.h>
#include <errno.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <uuid.h>

#define ENV_NAME "FAMFS_SYSTEM_UUID"

/* Namespace of the version 5 UUIDs that are derived from a machine-id. The machine-id itself
 * must not be published, see machine-id(5). */
static const uuid_t machine_namespace = { 0x5c, 0x1f, 0x8e, 0x3a, 0x94, 0x0b, 0x4d, 0x27,
					  0xa6, 0x51, 0x2e, 0x7d, 0xc0, 0x83, 0xf9, 0x14 };

struct source {
	enum famfs_system_uuid_source id;
	const char *path;
};

static const struct source files[] = {
	{ FAMFS_SYSTEM_UUID_ETC, "/etc/famfs/system_uuid" },
	{ FAMFS_SYSTEM_UUID_OPT, "/opt/famfs/system_uuid" },
	{ FAMFS_SYSTEM_UUID_MACHINE_ID, "/etc/machine-id" },
};

#define NFILES (sizeof(files) / sizeof(files[0]))

const char *famfs_system_uuid_source_name(enum famfs_system_uuid_source source)
{
	switch (source) {
	case FAMFS_SYSTEM_UUID_ENV: return "$" ENV_NAME;
	case FAMFS_SYSTEM_UUID_ETC: return files[0].path;
	case FAMFS_SYSTEM_UUID_OPT: return files[1].path;
	case FAMFS_SYSTEM_UUID_MACHINE_ID: return files[2].path;
	case FAMFS_SYSTEM_UUID_NONE: break;
	}
	return "none";
}

static bool parse_machine_id(const char *text, uint8_t uuid[OMF_UUID_SIZE])
{
	if (strlen(text) != 32)
		return false;
	for (const char *p = text; *p; p++)
		if (!isxdigit((unsigned char)*p))
			return false;
	uuid_generate_sha1(uuid, machine_namespace, text, 32);
	return true;
}

/* Returns 1 if read; 0 if the file is missing, or empty as in an image that was never booted;
 * -EINVAL if it is not a UUID. An unreadable file is an error too, since the next source would give
 * this host another identity. */
static int read_source(const char *root, const struct source *source, uint8_t uuid[OMF_UUID_SIZE],
		       struct famfs_error *err)
{
	char path[PATH_MAX], text[64] = "";
	bool ok;
	FILE *f;

	snprintf(path, sizeof(path), "%s%s", root, source->path);
	f = fopen(path, "re");
	if (!f && (errno == ENOENT || errno == ENOTDIR))
		return 0;
	if (!f)
		return error_errno(err, -errno, "cannot read '%s'", path);
	if (!fgets(text, sizeof(text), f))
		text[0] = '\0';
	fclose(f);
	text[strcspn(text, " \t\r\n")] = '\0';
	if (source->id == FAMFS_SYSTEM_UUID_MACHINE_ID) {
		/* "uninitialized" is what systemd writes before the first boot. */
		if (text[0] == '\0' || strcmp(text, "uninitialized") == 0)
			return 0;
		ok = parse_machine_id(text, uuid);
	} else {
		ok = uuid_parse(text, uuid) == 0;
	}
	return ok ? 1 : error_set(err, -EINVAL, "'%s' does not hold a UUID", path);
}

/* 1 if set, 0 if not, -EINVAL if it is not a UUID. */
static int read_env(struct identity *out, struct famfs_error *err)
{
	const char *text = secure_getenv(ENV_NAME);

	if (!text || !*text)
		return 0;
	out->source = FAMFS_SYSTEM_UUID_ENV;
	if (uuid_parse(text, out->uuid) < 0)
		return error_set(err, -EINVAL, "$" ENV_NAME " is not a UUID: '%.60s'", text);
	return 1;
}

int identity_read(const char *root, struct identity *out, struct famfs_error *err)
{
	int ret;

	memset(out, 0, sizeof(*out));
	ret = read_env(out, err);
	for (size_t i = 0; ret == 0 && i < NFILES; i++) {
		ret = read_source(root, &files[i], out->uuid, err);
		if (ret > 0)
			out->source = files[i].id;
	}
	return ret < 0 ? ret : 0;
}

int identity_role(const char *root, const uint8_t master[OMF_UUID_SIZE], struct identity *out,
		  enum famfs_role *role, struct famfs_error *err)
{
	int ret = identity_read(root, out, err);

	*role = FAMFS_ROLE_CLIENT;
	if (ret < 0 || out->source == FAMFS_SYSTEM_UUID_NONE)
		return ret;
	if (memcmp(out->uuid, master, OMF_UUID_SIZE) == 0)
		*role = FAMFS_ROLE_MASTER;
	for (size_t i = 0;
	     *role == FAMFS_ROLE_CLIENT && out->source != FAMFS_SYSTEM_UUID_ENV && i < NFILES;
	     i++) {
		uint8_t uuid[OMF_UUID_SIZE];

		if (read_source(root, &files[i], uuid, NULL) <= 0 ||
		    memcmp(uuid, master, OMF_UUID_SIZE) != 0)
			continue;
		memcpy(out->uuid, uuid, OMF_UUID_SIZE);
		out->source = files[i].id;
		*role = FAMFS_ROLE_MASTER;
	}
	return 0;
}

int famfs_system_uuid(uint8_t uuid[16], enum famfs_system_uuid_source *source,
		      struct famfs_error *err)
{
	struct identity own;
	int ret = identity_read("", &own, err);

	if (ret < 0)
		return ret;
	memcpy(uuid, own.uuid, sizeof(own.uuid));
	*source = own.source;
	return 0;
}
