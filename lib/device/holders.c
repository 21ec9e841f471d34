/* SPDX-License-Identifier: Apache-2.0 */
#include "device/holders.h"

#include "device/mountinfo.h"
#include "device/mountns.h"
#include "shared/cleanup.h"

#include <ctype.h>
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>

/* Ignore processes that are gone or may not be read; report any other error. */
static int unseen(int error)
{
	return error == ENOENT || error == ESRCH || error == EACCES || error == EPERM ? 0 : -error;
}

/* Calls `visit` for each process; nonzero ends the walk and is returned. */
static int walk_processes(int (*visit)(const char *pid, void *arg), void *arg)
{
	struct dirent *entry;
	DIR *proc = opendir("/proc");
	int ret = 0;

	if (!proc)
		return -errno;
	while (ret == 0 && (entry = readdir(proc)))
		if (isdigit((unsigned char)entry->d_name[0]))
			ret = visit(entry->d_name, arg);
	closedir(proc);
	return ret;
}

static bool is_self(const char *pid)
{
	return strtol(pid, NULL, 10) == getpid();
}

/* The name and, in *state, the state of proc(5), from a line like "12 (a name) S ...". The name may
 * hold anything, parentheses included. */
static void read_stat(const char *pid, char name[32], char *state)
{
	char path[64], line[256] = "", *begin, *end;
	FILE *f;

	snprintf(path, sizeof(path), "/proc/%.20s/stat", pid);
	f = fopen(path, "re");
	if (f) {
		line[fread(line, 1, sizeof(line) - 1, f)] = '\0';
		fclose(f);
	}
	begin = strchr(line, '(');
	end = strrchr(line, ')');
	*state = '?';
	snprintf(name, 32, "?");
	if (!begin || !end || end < begin)
		return;
	snprintf(name, 32, "%.*s", (int)(end - begin - 1), begin + 1);
	if (end[1] == ' ')
		*state = end[2];
}

static void describe(struct usage_text *out, const char *how, const char *pid)
{
	char name[32], state;

	read_stat(pid, name, &state);
	snprintf(out->text, sizeof(out->text), "%.200sprocess %.20s (%s)%s", how, pid, name,
		 state == 'T' || state == 't' ? ", which is stopped" : "");
	out->mountpoint[0] = '\0';
}

/* A line of /proc/PID/maps: START-END PERMS OFFSET MAJ:MIN INODE [PATH]. */
struct region {
	unsigned long start, end;
	bool shared;
	dev_t dev;
	uint64_t ino;
};

static bool parse_region(const char *line, struct region *out)
{
	unsigned int major, minor;
	char perms[5];

	if (sscanf(line, "%lx-%lx %4s %*s %x:%x %" SCNu64, &out->start, &out->end, perms, &major,
		   &minor, &out->ino) != 6)
		return false;
	out->shared = perms[3] == 's';
	out->dev = makedev(major, minor);
	return true;
}

static bool is_node(const struct statx *st, dev_t number)
{
	return S_ISCHR(st->stx_mode) && makedev(st->stx_rdev_major, st->stx_rdev_minor) == number;
}

/* /proc/PID/maps has the file system and inode of a node, but not its device number, which also
 * finds another node of the device, such as one that a container made. So stat the mapped file. */
static int maps_number(const char *pid, const struct region *region, dev_t number)
{
	struct statx st;
	char path[96];

	snprintf(path, sizeof(path), "/proc/%.20s/map_files/%lx-%lx", pid, region->start,
		 region->end);
	if (statx(AT_FDCWD, path, AT_STATX_DONT_SYNC, STATX_TYPE, &st) < 0)
		return unseen(errno);
	return is_node(&st, number);
}

static int is_held(const char *pid, const struct region *region, const struct held *what)
{
	if (!region->ino)
		return 0;
	if (what->ino && region->dev == what->dev && region->ino == what->ino)
		return 1;
	if (what->files && region->dev == what->files)
		return 1;
	/* A DAX device can only be mapped MAP_SHARED. */
	return what->number && region->shared ? maps_number(pid, region, what->number) : 0;
}

static int maps(const char *pid, const struct held *what)
{
	cleanup_free char *line = NULL;
	struct region region;
	size_t size = 0;
	char path[64];
	int ret = 0;
	FILE *f;

	snprintf(path, sizeof(path), "/proc/%.20s/maps", pid);
	f = fopen(path, "re");
	if (!f)
		return unseen(errno);
	while (ret == 0 && getline(&line, &size, f) >= 0)
		if (parse_region(line, &region))
			ret = is_held(pid, &region, what);
	fclose(f);
	return ret;
}

/* Calls `match` with each descriptor of the process; nonzero ends the walk and is returned. */
static int walk_fds(const char *pid,
		    int (*match)(const char *pid, const char *fd, const struct statx *st,
				 const void *arg),
		    const void *arg)
{
	struct dirent *entry;
	struct statx st;
	char path[64];
	int ret = 0;
	DIR *dir;

	snprintf(path, sizeof(path), "/proc/%.20s/fd", pid);
	dir = opendir(path);
	if (!dir)
		return unseen(errno);
	while (ret == 0 && (entry = readdir(dir)))
		/* DONT_SYNC: the file system of the file is not asked, since it may hang. */
		if (isdigit((unsigned char)entry->d_name[0]) &&
		    statx(dirfd(dir), entry->d_name, AT_STATX_DONT_SYNC, STATX_TYPE | STATX_INO,
			  &st) == 0)
			ret = match(pid, entry->d_name, &st, arg);
	closedir(dir);
	return ret;
}

static int opens_held(const char *pid, const char *fd, const struct statx *st, const void *arg)
{
	const struct held *what = arg;
	dev_t dev = makedev(st->stx_dev_major, st->stx_dev_minor);

	(void)pid;
	(void)fd;
	if (S_ISCHR(st->stx_mode))
		return what->number && is_node(st, what->number);
	return (what->files && dev == what->files) ||
	       (what->ino && dev == what->dev && st->stx_ino == what->ino);
}

struct search {
	const struct held *what;
	struct usage_text *out;
};

static int visit_mapping(const char *pid, void *arg)
{
	const struct search *search = arg;
	int ret = is_self(pid) ? 0 : maps(pid, search->what);

	if (ret > 0)
		describe(search->out, "mapped by ", pid);
	return ret;
}

int holders_mapping(const struct held *what, struct usage_text *out)
{
	struct search search = { what, out };

	return walk_processes(visit_mapping, &search);
}

static int visit_holder(const char *pid, void *arg)
{
	const struct search *search = arg;
	const char *how = "mapped by ";
	int ret = maps(pid, search->what);

	if (ret == 0) {
		how = "open by ";
		ret = walk_fds(pid, opens_held, search->what);
	}
	if (ret > 0)
		describe(search->out, how, pid);
	return ret;
}

int holders_find(const struct held *what, struct usage_text *out)
{
	struct search search = { what, out };

	return walk_processes(visit_holder, &search);
}

struct lock_search {
	int fd; /* the caller's descriptor, whose locks are ignored */
	struct stat file;
	bool any; /* find any lock, also one of flock(2), which has no range */
	uint64_t start, end;
	struct usage_text *out;
};

/* "lock: N: KIND ADVISORY TYPE PID MAJ:MIN:INODE START END", where END is the last byte or EOF. */
static bool is_lock(const char *line, const struct lock_search *search)
{
	char kind[16], end[24];
	uint64_t start;

	if (search->any)
		return strncmp(line, "lock:", 5) == 0;
	return sscanf(line, "lock: %*d: %15s %*s %*s %*d %*s %" SCNu64 " %23s", kind, &start,
		      end) == 3 &&
	       strcmp(kind, "FLOCK") != 0 && start < search->end &&
	       (strcmp(end, "EOF") == 0 || strtoull(end, NULL, 10) >= search->start);
}

/* fdinfo has a line for each lock of that open file. */
static bool has_lock(const char *pid, const char *fd, const struct lock_search *search)
{
	cleanup_free char *line = NULL;
	bool found = false;
	size_t size = 0;
	char path[64];
	FILE *f;

	snprintf(path, sizeof(path), "/proc/%.20s/fdinfo/%.20s", pid, fd);
	f = fopen(path, "re");
	while (f && !found && getline(&line, &size, f) >= 0)
		found = is_lock(line, search);
	if (f)
		fclose(f);
	return found;
}

static int locks_file(const char *pid, const char *fd, const struct statx *st, const void *arg)
{
	const struct lock_search *search = arg;

	if (is_self(pid) && strtol(fd, NULL, 10) == search->fd)
		return 0;
	return makedev(st->stx_dev_major, st->stx_dev_minor) == search->file.st_dev &&
	       st->stx_ino == search->file.st_ino && has_lock(pid, fd, search);
}

static int visit_lock(const char *pid, void *arg)
{
	const struct lock_search *search = arg;
	int ret = walk_fds(pid, locks_file, search);

	if (ret > 0)
		describe(search->out, "", pid);
	return ret;
}

static int find_lock(struct lock_search *search)
{
	return fstat(search->fd, &search->file) < 0 ? -errno : walk_processes(visit_lock, search);
}

int holders_of_lock(int fd, struct usage_text *out)
{
	struct lock_search search = { .fd = fd, .out = out, .any = true };

	return find_lock(&search);
}

int holders_of_range(int fd, uint64_t offset, uint64_t length, struct usage_text *out)
{
	struct lock_search search = {
		.fd = fd, .out = out, .start = offset, .end = offset + length
	};

	return find_lock(&search);
}

struct namespaces {
	int (*visit)(const struct namespaces *all, const struct mount_entry *entry);
	const char *path;
	dev_t files;
	struct usage_text *out;
	const char *pid; /* the process whose mount table is being read */
	bool believed;   /* that table, see mountns.h */
	ino_t *seen;
	size_t count;
};

static int visit_entry(void *arg, const struct mount_entry *entry)
{
	const struct namespaces *all = arg;

	return all->visit(all, entry);
}

static bool was_seen(const struct namespaces *all, ino_t id)
{
	for (size_t i = 0; i < all->count; i++)
		if (all->seen[i] == id)
			return true;
	return false;
}

static int note_seen(struct namespaces *all, ino_t id)
{
	ino_t *grown = reallocarray(all->seen, all->count + 1, sizeof(*grown));

	if (!grown)
		return -ENOMEM;
	all->seen = grown;
	all->seen[all->count++] = id;
	return 0;
}

static int visit_namespace(const char *pid, void *arg)
{
	struct namespaces *all = arg;
	struct mount_namespace namespace;
	int ret = mount_namespace_of(pid, &namespace);

	if (ret < 0)
		return unseen(-ret);
	if (was_seen(all, namespace.id))
		return 0;
	ret = note_seen(all, namespace.id);
	if (ret < 0)
		return ret;
	all->pid = pid;
	all->believed = namespace.believed;
	ret = mountinfo_walk_process(pid, visit_entry, all);
	/* EINVAL: the process is a zombie. */
	if (ret >= 0)
		return ret;
	return ret == -EINVAL ? 0 : unseen(-ret);
}

/* Walks every mount table; that of this process only with `own`. */
static int walk_namespaces(struct namespaces *all, bool own)
{
	struct mount_namespace self;
	int ret = 0;

	if (!own && mount_namespace_of("self", &self) == 0)
		ret = note_seen(all, self.id);
	if (ret == 0)
		ret = walk_processes(visit_namespace, all);
	free(all->seen);
	return ret;
}

/* In a table that is not believed, only the st_dev of the files distinguishes a copy of root's
 * mount from a mount that a user made. */
static bool is_of(const struct namespaces *all, const struct mount_entry *entry)
{
	return strcmp(entry->source, all->path) == 0 && mount_is_of_root(entry) &&
	       (all->believed || (all->files && entry->dev == all->files));
}

static int visit_copy(const struct namespaces *all, const struct mount_entry *entry)
{
	char how[200];

	if (!is_of(all, entry) || !mount_is_famfs(entry))
		return 0;
	snprintf(how, sizeof(how), "mounted at '%.140s' in the mount namespace of ",
		 entry->mountpoint);
	describe(all->out, how, all->pid);
	return 1;
}

int holders_in_namespaces(const char *path, dev_t files, struct usage_text *out)
{
	struct namespaces all = { .visit = visit_copy, .path = path, .files = files, .out = out };

	return walk_namespaces(&all, false);
}

static int visit_mounted(const struct namespaces *all, const struct mount_entry *entry)
{
	return all->believed && entry->dev == all->files;
}

int holders_have_mount(dev_t files)
{
	struct namespaces all = { .visit = visit_mounted, .files = files };

	return walk_namespaces(&all, true);
}

static int visit_number(const struct namespaces *all, const struct mount_entry *entry)
{
	return entry->dev == all->files && !is_of(all, entry);
}

int holders_reuse_number(const char *path, dev_t files)
{
	struct namespaces all = { .visit = visit_number, .path = path, .files = files };

	return walk_namespaces(&all, true);
}
