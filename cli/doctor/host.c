/* SPDX-License-Identifier: Apache-2.0 */
#include "doctor/doctor.h"

#include "core/cleanup.h"
#include "famfs_inspect.h"

#include <errno.h>
#include <glob.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>
#include <uuid/uuid.h>

#define MAPPINGS_USUAL 65530 /* the kernel's default */

static void check_kernel(struct doctor *doctor)
{
	struct famfs_kernel_info info;
	struct famfs_error err = { 0 };
	unsigned found = 0, known = 0;

	if (famfs_kernel_info(&info, &err) < 0) {
		doctor_say(doctor, SEVERITY_WARNING, "kernel", NULL, NULL, "%s", err.message);
		return;
	}
	for (uint32_t i = 0; i < info.nfacts; i++) {
		known += info.facts[i].known;
		found += info.facts[i].known && info.facts[i].found;
	}
	doctor_say(doctor, SEVERITY_OK, "kernel", NULL, NULL,
		   "%s: %s (%u of %u signs of famfs support found, %u cannot be read)",
		   info.release, info.verdict, found, known, info.nfacts - known);
}

static void check_fuse_device(struct doctor *doctor, const struct famfs_fuse_info *info)
{
	switch (info->device_error) {
	case 0:
		doctor_say(doctor, SEVERITY_OK, "fuse.device", NULL, NULL,
			   "/dev/fuse can be opened, libfuse %s", info->version);
		break;
	case -ENOENT:
	case -ENODEV:
	case -ENXIO:
		doctor_say(doctor, SEVERITY_PROBLEM, "fuse.device", NULL, "modprobe fuse",
			   "the kernel has no /dev/fuse, so nothing can be mounted");
		break;
	default:
		doctor_say(doctor, SEVERITY_PROBLEM, "fuse.device", NULL, "chmod 666 /dev/fuse",
			   "/dev/fuse cannot be opened: %s", strerror(-info->device_error));
	}
}

static void check_fuse(struct doctor *doctor)
{
	struct famfs_fuse_info info;

	famfs_fuse_info(&info);
	check_fuse_device(doctor, &info);
	if (!info.helper[0])
		doctor_say(doctor, SEVERITY_WARNING, "fuse.helper", NULL, "apt-get install fuse3",
			   "fusermount3 is not installed: only root can mount");
	else if (!info.helper_setuid)
		doctor_say(doctor, SEVERITY_WARNING, "fuse.helper", info.helper,
			   "chmod u+s \"$(command -v fusermount3)\"",
			   "is not setuid root: only root can mount");
	else
		doctor_say(doctor, SEVERITY_OK, "fuse.helper", NULL, NULL,
			   "users can mount through %s", info.helper);
	if (!info.user_allow_other)
		doctor_say(doctor, SEVERITY_OK, "fuse.allow-other", NULL, NULL,
			   "only the user who mounts has access: user_allow_other is not in "
			   "/etc/fuse.conf");
	else
		doctor_say(doctor, SEVERITY_OK, "fuse.allow-other", NULL, NULL,
			   "users may mount with -o allow_other");
}

struct dax {
	struct doctor *doctor;
	unsigned count;
};

static int count_mounts(void *arg, const struct famfs_mount_info *mount)
{
	return strcmp(mount->device, arg) == 0;
}

/* reset-mode refuses while the device is in use; say so in the finding. */
static void check_left_device(struct doctor *doctor, const char *path, const char *left,
			      const char *used)
{
	const struct famfs_reset_mode_params params = { .dry_run = true };
	struct famfs_error err = { 0 };
	cleanup_free char *repair = famfs_shell_format("famfsctl reset-mode %s", path);

	if (famfs_reset_mode(path, &params, NULL, &err) < 0 && err.refused)
		doctor_say(doctor, SEVERITY_WARNING, "dax.mode", path, NULL, "%s: %s", used,
			   err.message);
	else
		doctor_say(doctor, SEVERITY_WARNING, "dax.mode", path, repair, "%s", left);
}

static int check_dax_device(void *arg, const struct famfs_dax_info *info)
{
	struct dax *dax = arg;
	struct doctor *doctor = dax->doctor;
	cleanup_free char *repair = NULL;
	char path[80];
	struct famfs_error err;

	dax->count++;
	snprintf(path, sizeof(path), "/dev/%s", info->name);
	switch (info->mode) {
	case FAMFS_DAX_DEVDAX:
		doctor_say(doctor, SEVERITY_OK, "dax.mode", path, NULL,
			   "can hold a famfs: devdax mode");
		break;
	case FAMFS_DAX_FAMFS:
		if (famfs_mounts(count_mounts, path, &err) > 0)
			doctor_say(doctor, SEVERITY_OK, "dax.mode", path, NULL,
				   "is mounted in famfs mode");
		else
			check_left_device(doctor, path,
					  "was left in famfs mode, and no famfs of it is mounted "
					  "here",
					  "is in famfs mode and in use");
		break;
	case FAMFS_DAX_NO_DRIVER:
		check_left_device(doctor, path, "has no driver, so it cannot be used",
				  "has no driver and is in use");
		break;
	case FAMFS_DAX_SYSTEM_RAM:
		doctor_say(doctor, SEVERITY_OK, "dax.mode", path, NULL,
			   "is used as memory by the kernel (system-ram mode), and not by famfs");
		break;
	case FAMFS_DAX_OTHER_DRIVER:
		repair = famfs_shell_format("daxctl reconfigure-device --mode=devdax --force %s",
					    info->name);
		doctor_say(doctor, SEVERITY_WARNING, "dax.mode", path, repair,
			   "has a driver that famfsctl does not know");
		break;
	}
	return 0;
}

/* Returns how many devices there are. */
static unsigned check_dax(struct doctor *doctor)
{
	struct dax dax = { .doctor = doctor };
	struct famfs_error err = { 0 };
	int ret = famfs_dax_list(check_dax_device, &dax, &err);

	if (ret == -ENOSYS)
		doctor_say(doctor, SEVERITY_WARNING, "dax.library", NULL,
			   "apt-get install libdaxctl1", "%s", err.message);
	else if (ret < 0)
		doctor_say(doctor, SEVERITY_WARNING, "dax.devices", NULL, NULL, "%s", err.message);
	else if (!dax.count)
		doctor_say(doctor, SEVERITY_OK, "dax.devices", NULL, NULL,
			   "this host has no DAX device; images work");
	return dax.count;
}

static bool any_match(const char *const *patterns)
{
	bool found = false;

	for (; *patterns && !found; patterns++) {
		glob_t matches;

		found = glob(*patterns, 0, NULL, &matches) == 0 && matches.gl_pathc > 0;
		globfree(&matches);
	}
	return found;
}

static void check_udev(struct doctor *doctor, unsigned devices)
{
	static const char *const rules[] = {
		"/etc/udev/rules.d/*famfs*.rules",           "/run/udev/rules.d/*famfs*.rules",
		"/usr/local/lib/udev/rules.d/*famfs*.rules", "/usr/lib/udev/rules.d/*famfs*.rules",
		"/lib/udev/rules.d/*famfs*.rules",           NULL
	};

	if (any_match(rules))
		doctor_say(doctor, SEVERITY_OK, "udev.rule", NULL, NULL, "is installed");
	else if (!devices)
		doctor_say(doctor, SEVERITY_OK, "udev.rule", NULL, NULL,
			   "is not installed, and no DAX device needs it");
	else
		doctor_say(doctor, SEVERITY_WARNING, "udev.rule", NULL,
			   "meson install -C build && udevadm control --reload && "
			   "udevadm trigger --subsystem-match=dax",
			   "is not installed: /dev/famfs/by-uuid is missing, and systemd does not "
			   "find the devices of fstab");
}

static void check_helpers(struct doctor *doctor)
{
	static const struct {
		const char *name;
		const char *use;
	} expected[] = {
		{ "mount.famfs", "mount -t famfs" },
		{ "mount.fuse.famfs", "mount -t fuse.famfs" },
		{ "fsck.famfs", "fsck -t famfs" },
		{ "mkfs.famfs", "mkfs -t famfs" },
	};
	unsigned missing = 0;

	for (size_t i = 0; i < COUNT_OF(expected); i++) {
		/* fsck(8) and mkfs(8) look into $PATH as well. */
		bool only_sbin = strncmp(expected[i].name, "mount.", 6) == 0;
		char paths[3][64], repair[96];
		const char *const list[] = { paths[0], only_sbin ? NULL : paths[1], paths[2],
					     NULL };

		snprintf(paths[0], sizeof(paths[0]), "/sbin/%s", expected[i].name);
		snprintf(paths[1], sizeof(paths[1]), "/usr/sbin/%s", expected[i].name);
		snprintf(paths[2], sizeof(paths[2]), "/usr/local/sbin/%s", expected[i].name);
		if (any_match(list))
			continue;
		missing++;
		snprintf(repair, sizeof(repair), "ln -s \"$(command -v famfsctl)\" /sbin/%s",
			 expected[i].name);
		doctor_say(doctor, SEVERITY_WARNING, "helper.missing", expected[i].name, repair,
			   "is not in /sbin: '%s' does not work", expected[i].use);
	}
	if (!missing)
		doctor_say(doctor, SEVERITY_OK, "helper", NULL, NULL,
			   "mount, fsck and mkfs find famfs");
}

/* A virtual machine may be a clone with the machine-id of another; bare metal hardly ever is. */
static bool is_virtual(void)
{
	FILE *f = fopen("/proc/cpuinfo", "re");
	char line[8192];
	bool found = false;

	while (f && !found && fgets(line, sizeof(line), f))
		found = strncmp(line, "flags", 5) == 0 && strstr(line, " hypervisor");
	if (f)
		fclose(f);
	return found;
}

static void check_identity(struct doctor *doctor)
{
	/* uuidgen(1) may be missing, which would leave an empty file. */
	static const char make[] = "mkdir -p /etc/famfs && cat /proc/sys/kernel/random/uuid "
				   ">/etc/famfs/system_uuid";
	enum famfs_system_uuid_source source;
	struct famfs_error err = { 0 };
	char text[UUID_STR_LEN];
	uint8_t uuid[16];

	if (famfs_system_uuid(uuid, &source, &err) < 0) {
		doctor_say(doctor, SEVERITY_PROBLEM, "identity.unreadable", NULL, NULL, "%s",
			   err.message);
		return;
	}
	uuid_unparse_lower(uuid, text);
	if (source == FAMFS_SYSTEM_UUID_NONE)
		doctor_say(doctor, SEVERITY_WARNING, "identity.none", NULL, make,
			   "this host has no system UUID: it cannot be a master");
	else if (source == FAMFS_SYSTEM_UUID_MACHINE_ID && is_virtual())
		doctor_say(doctor, SEVERITY_WARNING, "identity.machine-id", NULL, make,
			   "%s comes from /etc/machine-id, which clones of a virtual machine "
			   "share, and two masters destroy each other's files; a new UUID makes "
			   "this host a client of what it formatted",
			   text);
	else
		doctor_say(doctor, SEVERITY_OK, "identity", NULL, NULL, "%s, from %s", text,
			   famfs_system_uuid_source_name(source));
}

static void check_limits(struct doctor *doctor)
{
	uint64_t most = famfs_mapping_limit();

	if (most && most < MAPPINGS_USUAL)
		doctor_say(doctor, SEVERITY_WARNING, "limits.mappings", NULL,
			   "sysctl -w vm.max_map_count=65530",
			   "a process may have %" PRIu64
			   " mappings: striped files take one for each chunk",
			   most);
	else
		doctor_say(doctor, SEVERITY_OK, "limits.mappings", NULL, NULL,
			   "a process may have %" PRIu64 " mappings", most);
}

void doctor_check_host(struct doctor *doctor)
{
	check_kernel(doctor);
	check_fuse(doctor);
	check_udev(doctor, check_dax(doctor));
	check_helpers(doctor);
	check_identity(doctor);
	check_limits(doctor);
}
