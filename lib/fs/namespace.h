/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The namespace: paths to nodes, a replica that is rebuilt from the log.
 *
 * Nodes are in one dense array. Address space for all of them is reserved once the log's capacity
 * is known, so that no node moves; memory is used as entries are inserted. Readers take no lock: a
 * node is complete before a hash slot or a sibling link leads to it, and its address, name, size
 * and fmap never change. The volume's mutex allows one writer at a time.
 *
 * Node numbers are the same on every host, since they follow from the log: the root is 1, the node
 * of entry i is i + 2, and implied directories get the numbers after the last possible entry. An
 * implied directory is one that no entry describes: its entry is damaged, but entries of files in
 * it are not.
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

/* A hash table of names with open addressing. Names are never removed. */
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
	uint64_t named;                 /* slots used in it */
	bool shared;
	struct namespace *before; /* see namespace_succeed() */
	uint64_t hash_seed;
	struct arena names;
	struct arena maps; /* fmaps other than one extent on device 0 */
	uint32_t implicit; /* implied directories */
	/* The parent of the last insert: the next entry is usually in the same directory. */
	node_t last_parent;
	uint32_t last_length;
	char last_path[OMF_PATH_SIZE];
	/* Totals; each is read without a lock. */
	uint64_t files;
	uint64_t directories;
	uint64_t file_bytes;
};

/* `expected`: entries whose memory to populate now; 0 if their number is not certain. Returns
 * -ENOMEM on failure. */
int namespace_init(struct namespace *ns, uint64_t capacity, uint64_t expected);
void namespace_destroy(struct namespace *ns);

/*
 * Prepares the new namespace `ns` for a replay of the log that `before` was made from. Implied
 * directories keep their numbers from `before`, since the kernel knows these; only such numbers
 * depend on more than the log. `before` is freed together with `ns`.
 */
void namespace_succeed(struct namespace *ns, struct namespace *before);

/* Call before readers can see the namespace: until then, outgrown hash tables are freed at once. */
void namespace_share(struct namespace *ns);

/*
 * Adds the FILE or MKDIR of log entry `index`. Returns FAMFS_FAULT_DUPLICATE if the path exists or
 * is the root, since the first entry counts; FAMFS_FAULT_PARENT if a component of the path is a
 * file. Missing parents are implied, and *implied is then set. A later MKDIR gives an implied
 * directory its mode and owner.
 */
enum famfs_fault namespace_insert(struct namespace *ns, uint64_t index, const struct record *rec,
				  bool *implied);

/* Prefetches the hash slot of a path that will be inserted soon. Only a hint: the path need not
 * be valid. */
void namespace_prefetch(const struct namespace *ns, const char *path, size_t length);

/* Returns NODE_NONE if there is no such name, or `parent` is a file. */
node_t namespace_lookup(const struct namespace *ns, node_t parent, const char *name, size_t length);

/* Resolves a relative path; "" is the root. If it returns NODE_NONE, *is_file tells whether a
 * component that should be a directory is a file (-ENOTDIR rather than -ENOENT). */
node_t namespace_resolve(const struct namespace *ns, const char *path, size_t length,
			 bool *is_file);

/* Whether the number, which may be any value, is that of a node. */
bool node_exists(const struct namespace *ns, uint64_t node);
bool node_is_dir(const struct namespace *ns, node_t node);
node_t node_parent(const struct namespace *ns, node_t node);

/* The last component, NUL-terminated; "" for the root. Valid as long as the namespace. */
const char *node_name(const struct namespace *ns, node_t node);

/* Writes the whole path, which always fits. */
void node_path(const struct namespace *ns, node_t node, char path[OMF_PATH_SIZE]);

/* Iterate over the children of a directory in the order of the log, up to NODE_NONE. */
node_t node_first_child(const struct namespace *ns, node_t dir);
node_t node_next_sibling(const struct namespace *ns, node_t node);

void node_stat(const struct namespace *ns, node_t node, struct famfs_stat *st);

/* The fmap of a file. Sets only the first `nextents` extents. */
void node_fmap(const struct namespace *ns, node_t node, struct famfs_fmap *fmap);
/* The fmap of the file of entry `index`; false if there is no such file. */
bool entry_fmap(const struct namespace *ns, uint64_t index, struct famfs_fmap *fmap);

#endif
