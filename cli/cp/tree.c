/* SPDX-License-Identifier: Apache-2.0 */
#include "core/cleanup.h"
#include "core/pool.h"
#include "core/session.h"
#include "cp/cp.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <search.h>
#include <string.h>

/* A directory on the path of the walk. With --dereference, a link can lead back to one of them. */
struct ancestor {
	dev_t dev;
	ino_t ino;
	const struct ancestor *up;
};

struct walk {
	struct cp *cp;
	const char *top; /* destination of the source, which must not be copied into itself */
	size_t below;    /* offset in a source path of the part that patterns are matched against */
	bool count;
};

/* A name in the walk: `at` and `name` to open it, the paths for messages. */
struct place {
	int at;
	const char *name;
	const char *source;
	const char *destination;
	const struct ancestor *up;
};

static void walk_place(const struct walk *walk, const struct place *place);

static void cannot(const struct walk *walk, const char *verb, const char *source)
{
	if (!walk->count)
		cp_cannot(walk->cp, verb, source);
}

static void skip(const struct walk *walk, const char *source, const char *why, const char *hint)
{
	if (!walk->count)
		cp_skip(walk->cp, source, why, hint);
}

/* As in cp(1), a symlink that is an argument is followed, one below it only with -L: famfs cannot
 * store links. */
static bool follows(const struct walk *walk, const struct place *place)
{
	return !place->up || walk->cp->options->dereference;
}

/* O_NONBLOCK, so that a fifo that has taken the file's place cannot stop the walk. */
static int open_source(const struct walk *walk, const struct place *place, int flags)
{
	if (!follows(walk, place))
		flags |= O_NOFOLLOW;
	return openat(place->at, place->name, flags | O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY);
}

static void count_file(const struct walk *walk, const struct stat *st)
{
	struct progress *progress = &walk->cp->progress;

	atomic_fetch_add(&progress->total_files, 1);
	atomic_fetch_add(&progress->total_bytes, (uint64_t)st->st_size);
}

static int compare_paths(const void *a, const void *b)
{
	return strcmp(a, b);
}

/* Returns whether another source was copied there before: it would be overwritten, or two threads
 * would write to it at once. */
static bool is_taken(struct cp *cp, const char *destination)
{
	char *copy, **found;

	if (!cp->several || !(cp->options->overwrite || cp->options->resume))
		return false;
	copy = strdup(destination);
	found = copy ? tsearch(copy, &cp->taken, compare_paths) : NULL;
	if (found && *found == copy)
		return false;
	free(copy);
	return found != NULL;
}

static void walk_file(const struct walk *walk, const struct place *place)
{
	struct cp *cp = walk->cp;
	struct cp_file *file;

	if (is_taken(cp, place->destination)) {
		cp_error(cp, "cannot overwrite '%s' with '%s': another source was copied there",
			 place->destination, place->source);
		return;
	}
	file = cp_file_new(cp, place->source, place->destination);
	if (!file) {
		cannot(walk, "copy", place->source);
		return;
	}
	file->fd = open_source(walk, place, 0);
	if (file->fd < 0 || fstat(file->fd, &file->st) < 0) {
		cannot(walk, "open", place->source);
	} else if (!S_ISREG(file->st.st_mode)) {
		skip(walk, place->source, "it is no longer a regular file", NULL);
	} else if (file->st.st_size == 0) {
		skip(walk, place->source, "empty files cannot be stored", NULL);
	} else {
		pool_submit(cp->pool, file);
		return;
	}
	cp_file_free(file);
}

/* Returns whether the directory exists; reports it if not. */
static int find_directory(struct cp *cp, const char *destination)
{
	struct famfs_error err = { 0 };
	struct famfs_stat there;
	int ret = famfs_stat(cp->volume, destination, &there, &err);

	if (ret == 0 && !S_ISDIR(there.mode))
		ret = error_fill(&err, -ENOTDIR, "'%s' is not a directory", destination);
	if (ret < 0)
		cp_failed(cp, &err, NULL);
	return ret;
}

/* Merge into an existing directory. */
int cp_directory(struct cp *cp, const char *source, const char *destination, const struct stat *st)
{
	const struct famfs_mkdir_params params = {
		.mode = cp_mode(cp, st),
		.uid = cp_uid(cp, st),
		.gid = cp_gid(cp, st),
		.raw_names = cp->options->attrs.raw_names,
	};
	struct famfs_error err = { 0 };
	struct famfs_stat there;
	int ret;

	if (!*destination)
		return 0;
	if (cp->options->compare)
		return find_directory(cp, destination);
	ret = famfs_mkdir(cp->volume, destination, &params, &err);
	if (ret == 0) {
		cp_did(cp, CP_DIRECTORY, source, destination, 0);
		return 0;
	}
	if (ret == -EEXIST && famfs_stat(cp->volume, destination, &there, NULL) == 0 &&
	    S_ISDIR(there.mode))
		return 0;
	cp_failed(cp, &err, NULL);
	return ret;
}

static void walk_entry(const struct walk *walk, const struct place *directory, int at,
		       const char *name, const struct ancestor *up)
{
	cleanup_free char *source = NULL, *destination = NULL;
	size_t length = strlen(directory->source);
	const char *slash = length && directory->source[length - 1] == '/' ? "" : "/";
	const char *prefix = directory->destination;

	if (asprintf(&source, "%s%s%s", directory->source, slash, name) < 0)
		source = NULL;
	if (asprintf(&destination, "%s%s%s", prefix, *prefix ? "/" : "", name) < 0)
		destination = NULL;
	if (!source || !destination) {
		errno = ENOMEM;
		cannot(walk, "copy", name);
		return;
	}
	walk_place(walk, &(struct place){ .at = at,
					  .name = name,
					  .source = source,
					  .destination = destination,
					  .up = up });
}

static int is_real_entry(const struct dirent *entry)
{
	return strcmp(entry->d_name, ".") != 0 && strcmp(entry->d_name, "..") != 0;
}

/* Sort the names, so that the same tree makes the same file system. Read all of them first, so that
 * the walk does not find files that the copy adds. */
static void walk_entries(const struct walk *walk, const struct place *place, int fd,
			 const struct ancestor *up)
{
	struct dirent **entries;
	int count = scandirat(fd, ".", &entries, is_real_entry, alphasort);

	if (count < 0) {
		cannot(walk, "read directory", place->source);
		return;
	}
	for (int i = 0; i < count; i++) {
		if (!cp_stopped(walk->cp))
			walk_entry(walk, place, fd, entries[i]->d_name, up);
		free(entries[i]);
	}
	free(entries);
}

static bool is_loop(const struct ancestor *self)
{
	for (const struct ancestor *a = self->up; a; a = a->up) {
		if (a->dev == self->dev && a->ino == self->ino)
			return true;
	}
	return false;
}

/* Whether cp_directory() accepts this path. */
static bool can_be_made(const struct walk *walk, const char *destination)
{
	int ret = *destination ? famfs_path_check(destination, NULL) : 0;

	return ret == 0 || (ret == -EILSEQ && walk->cp->options->attrs.raw_names);
}

/* The length of paths in the volume limits the depth of this recursion. */
static void walk_directory(const struct walk *walk, const struct place *place)
{
	cleanup_fd int fd = open_source(walk, place, O_DIRECTORY);
	struct stat st;

	if (fd < 0 || fstat(fd, &st) < 0) {
		cannot(walk, "open directory", place->source);
		return;
	}

	const struct ancestor self = { .dev = st.st_dev, .ino = st.st_ino, .up = place->up };

	if (is_loop(&self)) {
		skip(walk, place->source, "a symlink leads back to where it is", NULL);
		return;
	}
	if (cp_is_same(walk->cp, place->source, &st, walk->top)) {
		skip(walk, place->source, "a directory cannot be copied into itself", NULL);
		return;
	}
	if (walk->count) {
		if (!can_be_made(walk, place->destination))
			return;
	} else if (cp_directory(walk->cp, place->source, place->destination, &st) < 0) {
		return;
	}
	walk_entries(walk, place, fd, &self);
}

static const char *why_not(mode_t mode)
{
	switch (mode & S_IFMT) {
	case S_IFLNK: return "symlinks cannot be stored";
	case S_IFIFO: return "fifos cannot be stored";
	case S_IFSOCK: return "sockets cannot be stored";
	default: return "devices cannot be stored";
	}
}

static bool is_nameless(const char *path)
{
	const char *slash = strrchr(path, '/'), *name = slash ? slash + 1 : path;

	return !*name || strcmp(name, ".") == 0 || strcmp(name, "..") == 0;
}

static bool is_excluded(const struct walk *walk, const struct place *place, mode_t mode)
{
	const char *path = place->source + (place->up ? walk->below : 0);

	/* Name a source as given, without redundant parts; "dir/" and "dir/." mean the contents of
	 * dir. */
	if (!place->up && is_nameless(path))
		return false;
	while (!place->up && (path[0] == '/' || (path[0] == '.' && path[1] == '/')))
		path++;
	if (!cp_excluded(walk->cp->options, path, S_ISDIR(mode)))
		return false;
	if (!walk->count)
		cp_did(walk->cp, CP_EXCLUDED, place->source, place->destination, 0);
	return true;
}

static void walk_place(const struct walk *walk, const struct place *place)
{
	const struct cp_options *options = walk->cp->options;
	struct stat st;

	if (fstatat(place->at, place->name, &st, follows(walk, place) ? 0 : AT_SYMLINK_NOFOLLOW) <
	    0) {
		cannot(walk, "stat", place->source);
		return;
	}
	if (is_excluded(walk, place, st.st_mode))
		return;
	if (S_ISDIR(st.st_mode) && options->recursive) {
		walk_directory(walk, place);
	} else if (S_ISDIR(st.st_mode)) {
		skip(walk, place->source, "it is a directory", "use -r to copy directories");
	} else if (!S_ISREG(st.st_mode)) {
		skip(walk, place->source, why_not(st.st_mode),
		     S_ISLNK(st.st_mode) ? "use -L to copy the targets of symlinks" : NULL);
	} else if (!walk->count) {
		walk_file(walk, place);
	} else if (st.st_size > 0) {
		count_file(walk, &st);
	}
}

void cp_tree(struct cp *cp, const char *source, const char *destination, bool count)
{
	size_t length = strlen(source);
	const struct walk walk = {
		.cp = cp,
		.top = destination,
		.below = length + !(length && source[length - 1] == '/'),
		.count = count,
	};

	walk_place(&walk, &(struct place){ .at = AT_FDCWD,
					   .name = source,
					   .source = source,
					   .destination = destination });
}
