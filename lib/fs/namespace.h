/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The namespace: paths to nodes, a replica that is rebuilt from the log.
 *
 * Nodes live in one dense array. Address space is reserved for all of them when the log's capacity
 * is known, so that nothing moves; memory follows the entries that are inserted. Readers take no
 * lock: a node is complete before a hash bucket or a sibling link leads to it, and never changes
 * its place, name, size or map. One writer at a time inserts; the volume's mutex sees to that.
 *
 * Node numbers are the same on every host, since they follow from the log: the root is 1, the node
 * of entry i is i + 2, and directories that no entry describes (their entry is damaged, the files
 * in them are not) are counted on from there.
 */
#ifndef FS_NAMESPACE_H
#define FS_NAMESPACE_H

#include "media/record.h"

typedef uint32_t node_t;

#define NODE_NONE 0u
#define NODE_ROOT 1u

static inline node_t node_of_entry(uint64_t index)
{
	return (node_t)index + 2;
}

struct node;

struct arena {
	unsigned char *base;
	size_t used;
};

/* A hash table of names: open, and never with an entry less. */
struct name_table {
	uint64_t *slots;
	uint32_t mask;
};

#define NAME_TABLES_MAX 20

struct namespace
{
	uint64_t capacity; /* entries of the log */
	void *reserved;
	size_t reserved_bytes;
	struct node *nodes;
	/* Each twice as large as the one before; the last one has room for a full log. */
	struct name_table tables[NAME_TABLES_MAX];
	size_t ntables;
	const struct name_table *table; /* the one in use */
	uint64_t named;                 /* slots that it uses */
	bool shared;
	struct namespace *before; /* see namespace_succeed() */
	uint64_t hash_seed;
	struct arena names;
	struct arena maps; /* maps that are more than one extent on device 0 */
	uint32_t implicit; /* directories that no entry describes */
	/* The parent of the last insert: the next one is mostly in the same directory. */
	node_t last_parent;
	uint32_t last_length;
	char last_path[OMF_PATH_SIZE];
	/* Totals; read without a lock, each for itself. */
	uint64_t files;
	uint64_t directories;
	uint64_t file_bytes;
};

/* `expected`: how many entries will come at once, so that their memory is ready; 0 where that is
 * only what a header says. -ENOMEM. */
int namespace_init(struct namespace *ns, uint64_t capacity, uint64_t expected);
void namespace_destroy(struct namespace *ns);

/*
 * `ns` is new, and will be what a replay makes of a log that `before` is of, too. Directories that
 * no entry describes keep their numbers, since those of the old ones are known outside; such
 * numbers are the only ones that depend on more than the log. `before` stays until it is freed with
 * `ns`.
 */
void namespace_succeed(struct namespace *ns, struct namespace *before);

/* To be called before others may read it: until then, what it has outgrown is freed at once. */
void namespace_share(struct namespace *ns);

/*
 * Adds the FILE or MKDIR of log entry `index`. FAMFS_FAULT_DUPLICATE: the path exists, as the root
 * does; the first entry counts. FAMFS_FAULT_PARENT: a component of the path is a file. Missing
 * parents are made up; *implied is then set. A MKDIR that comes after gives such a directory its
 * mode and owner.
 */
enum famfs_fault namespace_insert(struct namespace *ns, uint64_t index, const struct record *rec,
				  bool *implied);

/* Says what will be inserted soon, so that its place in the hash table is on its way from memory.
 * Only a hint: the path need not be a good one. */
void namespace_prefetch(const struct namespace *ns, const char *path, size_t length);

/* NODE_NONE when there is no such name, or `parent` is a file. */
node_t namespace_lookup(const struct namespace *ns, node_t parent, const char *name, size_t length);

/* Walks a relative path; "" is the root. *is_file tells, for NODE_NONE, whether a component that
 * should be a directory is a file (-ENOTDIR rather than -ENOENT). */
node_t namespace_resolve(const struct namespace *ns, const char *path, size_t length,
			 bool *is_file);

/* Whether the number, which may come from anywhere, is a node. */
bool node_exists(const struct namespace *ns, uint64_t node);
bool node_is_dir(const struct namespace *ns, node_t node);
node_t node_parent(const struct namespace *ns, node_t node);

/* The last component, NUL-terminated; "" for the root. Lives as long as the namespace. */
const char *node_name(const struct namespace *ns, node_t node);

/* The whole path; always fits. */
void node_path(const struct namespace *ns, node_t node, char path[OMF_PATH_SIZE]);

/* Children in the order of the log: NODE_NONE ends. `first` is a directory, `next` any child. */
node_t node_first_child(const struct namespace *ns, node_t dir);
node_t node_next_sibling(const struct namespace *ns, node_t node);

void node_stat(const struct namespace *ns, node_t node, struct famfs_stat *st);

/* The map of a file. Only the extents that count are set. */
void node_fmap(const struct namespace *ns, node_t node, struct famfs_fmap *fmap);
/* The map of the file that entry `index` made; false when it made no file that is there. */
bool entry_fmap(const struct namespace *ns, uint64_t index, struct famfs_fmap *fmap);

#endif
