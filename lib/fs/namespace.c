/* SPDX-License-Identifier: Apache-2.0 */
#include "fs/namespace.h"

#include "media/path.h"

#include <errno.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/random.h>
#include <sys/stat.h>

/* Limits the directories that a damaged medium can imply; files in further ones cannot be
 * reached. */
#define IMPLICIT_MAX 4096u

#define PAGE          ((size_t)4096)
#define HUGE_PAGE     ((size_t)2 << 20)
#define NAME_EXPECTED 16   /* bytes of an average name */
#define FIRST_TABLE   1024 /* slots */

enum kind {
	KIND_NONE,
	KIND_DIR,
	KIND_IMPLIED, /* a directory that no entry describes yet */
	KIND_EXTENT,  /* a file with one extent on device 0, as nearly all files have */
	KIND_MAP,     /* a file whose map is in the arena */
};

/* 48 bytes. A file takes one node, its name, and two to four slots of the hash table. */
struct node {
	uint64_t size;
	uint32_t parent;
	uint32_t sibling;
	uint32_t uid;
	uint32_t gid;
	uint32_t name; /* in the arena */
	uint16_t mode; /* permission bits */
	uint8_t name_length;
	uint8_t kind;
	union {
		struct {
			uint32_t first;
			uint32_t last;
		} dir;
		struct {
			uint32_t unit; /* device offset and length in allocation units */
			uint32_t units;
		} extent;
		uint32_t fmap; /* in the arena, in 8-byte words */
	};
};

/* A map in the arena, followed by its extents. */
struct stored_map {
	uint32_t type;
	uint32_t nextents;
	uint64_t chunk_size;
	struct famfs_extent extents[];
};

static size_t arena_take(struct arena *arena, size_t bytes)
{
	size_t at = arena->used;

	arena->used += bytes;
	return at;
}

/* Called last: node_exists() trusts every node that has a kind. */
static void set_kind(struct node *node, enum kind kind)
{
	__atomic_store_n(&node->kind, (uint8_t)kind, __ATOMIC_RELEASE);
}

static void init_dir(struct node *node, uint32_t mode, enum kind kind)
{
	node->mode = (uint16_t)mode;
	set_kind(node, kind);
}

static size_t round_up(size_t bytes, size_t to)
{
	return (bytes + to - 1) / to * to;
}

static size_t table_bytes(const struct name_table *table)
{
	return ((size_t)table->mask + 1) * sizeof(uint64_t);
}

/* At most five eighths full. */
static bool has_room(const struct name_table *table, uint64_t names)
{
	return names <= ((uint64_t)table->mask + 1) / 8 * 5;
}

/* Places the tables in one piece of memory, and returns its size. If `base` is NULL, only
 * computes the size. */
static size_t lay_out_tables(struct namespace *ns, unsigned char *base, size_t nodes)
{
	size_t bytes = 0;
	uint64_t slots = FIRST_TABLE;

	for (ns->ntables = 0;; slots *= 2) {
		struct name_table *table = &ns->tables[ns->ntables++];

		table->slots = base ? (uint64_t *)(void *)(base + bytes) : NULL;
		table->mask = (uint32_t)(slots - 1);
		bytes += slots * sizeof(uint64_t);
		if (has_room(table, nodes))
			return bytes;
	}
}

/* Reserves address space for everything at once; only pages that are used take memory. Huge
 * pages are off, so that scattered entries do not take 2 MiB each. */
static bool reserve(struct namespace *ns, size_t nodes)
{
	size_t tables = lay_out_tables(ns, NULL, nodes);
	size_t array = round_up(nodes * sizeof(struct node), 8);
	size_t names = round_up(nodes * OMF_PATH_SIZE, 8);
	size_t maps = ns->capacity *
		      (sizeof(struct stored_map) + OMF_MAX_EXTENTS * sizeof(struct famfs_extent));
	size_t bytes = tables + array + names + maps + HUGE_PAGE;
	unsigned char *base = mmap(NULL, bytes, PROT_READ | PROT_WRITE,
				   MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);

	if (base == MAP_FAILED)
		return false;
	ns->reserved = base;
	ns->reserved_bytes = bytes;
	(void)madvise(base, bytes, MADV_NOHUGEPAGE);
	/* The last table starts at a huge page boundary, and the nodes follow it. */
	tables -= table_bytes(&ns->tables[ns->ntables - 1]);
	base = (unsigned char *)round_up((uintptr_t)base + tables, HUGE_PAGE);
	lay_out_tables(ns, base - tables, nodes);
	base += table_bytes(&ns->tables[ns->ntables - 1]);
	ns->nodes = (struct node *)(void *)base;
	ns->names.base = base + array;
	ns->maps.base = ns->names.base + names;
	return true;
}

/* Populates the memory for `entries` before it is first used. */
static void prepare(struct namespace *ns, uint64_t entries)
{
	unsigned char *base;
	size_t bytes;

	ns->table = &ns->tables[0];
	if (entries < ns->capacity / 2)
		return;
	ns->table = &ns->tables[ns->ntables - 1];
	base = (unsigned char *)ns->table->slots;
	bytes = (size_t)(ns->names.base - base) + entries * NAME_EXPECTED;
	/* With small pages, address translation can take half of the replay of a large log; and
	 * one call replaces a page fault per page. A failure only costs time. */
	(void)madvise(base, round_up(bytes, HUGE_PAGE), MADV_HUGEPAGE);
	(void)madvise(base, round_up(bytes, PAGE), MADV_POPULATE_WRITE);
}

int namespace_init(struct namespace *ns, uint64_t capacity, uint64_t expected)
{
	size_t nodes = capacity + 2 + IMPLICIT_MAX;

	memset(ns, 0, sizeof(*ns));
	ns->capacity = capacity;
	if (nodes > UINT32_MAX / OMF_PATH_SIZE) /* offsets of names have 32 bits */
		return -ENOMEM;
	if (!reserve(ns, nodes))
		return -ENOMEM;
	prepare(ns, expected < capacity ? expected : capacity);
	/* A random seed, so that a hostile medium cannot choose names that all collide. */
	if (getrandom(&ns->hash_seed, sizeof(ns->hash_seed), GRND_NONBLOCK) < 0)
		ns->hash_seed = (uintptr_t)ns->nodes;
	arena_take(&ns->names, 1); /* offset 0 is the empty name */
	init_dir(&ns->nodes[NODE_ROOT], 0755, KIND_DIR);
	return 0;
}

void namespace_succeed(struct namespace *ns, struct namespace *before)
{
	ns->before = before;
	ns->implicit = before->implicit;
}

void namespace_share(struct namespace *ns)
{
	ns->shared = true;
}

void namespace_destroy(struct namespace *ns)
{
	if (ns->reserved)
		munmap(ns->reserved, ns->reserved_bytes);
	memset(ns, 0, sizeof(*ns));
}

static uint64_t mix(uint64_t h)
{
	h *= 0x9e3779b97f4a7c15u;
	return h ^ (h >> 32);
}

static uint32_t hash_name(const struct namespace *ns, node_t parent, const char *name,
			  size_t length)
{
	uint64_t h = ns->hash_seed ^ parent, word;

	for (; length >= 8; length -= 8, name += 8) {
		memcpy(&word, name, 8);
		h = mix(h ^ word);
	}
	word = length;
	while (length)
		word = word << 8 | (unsigned char)name[--length];
	return (uint32_t)mix(mix(h ^ word));
}

/* A slot of the hash table has the hash in its upper half and the node in its lower half, so
 * that the lookup of a missing name reads no nodes. */
static uint64_t make_slot(uint32_t hash, node_t node)
{
	return (uint64_t)hash << 32 | node;
}

static node_t find(const struct namespace *ns, node_t parent, const char *name, size_t length,
		   uint32_t hash)
{
	const struct name_table *table = __atomic_load_n(&ns->table, __ATOMIC_ACQUIRE);

	for (uint32_t i = hash & table->mask;; i = (i + 1) & table->mask) {
		uint64_t slot = __atomic_load_n(&table->slots[i], __ATOMIC_ACQUIRE);
		const struct node *node = &ns->nodes[(node_t)slot];

		if (slot == 0)
			return NODE_NONE;
		if (slot >> 32 == hash && node->parent == parent && node->name_length == length &&
		    memcmp(ns->names.base + node->name, name, length) == 0)
			return (node_t)slot;
	}
}

static void put_slot(const struct name_table *table, uint64_t slot)
{
	uint32_t i = (uint32_t)(slot >> 32) & table->mask;

	while (table->slots[i] != 0)
		i = (i + 1) & table->mask;
	__atomic_store_n(&table->slots[i], slot, __ATOMIC_RELEASE);
}

/* Readers may still use the old table. It stays unchanged, and lacks only new names. */
static void grow_table(struct namespace *ns)
{
	const struct name_table *old = ns->table, *next = old + 1;
	size_t slots = (size_t)old->mask + 1;

	for (size_t i = 0; i < slots; i++)
		if (old->slots[i] != 0)
			put_slot(next, old->slots[i]);
	__atomic_store_n(&ns->table, next, __ATOMIC_RELEASE);
	if (!ns->shared)
		(void)madvise(old->slots, table_bytes(old), MADV_DONTNEED);
}

static void store_slot(struct namespace *ns, uint32_t hash, node_t at)
{
	if (!has_room(ns->table, ++ns->named))
		grow_table(ns);
	put_slot(ns->table, make_slot(hash, at));
}

node_t namespace_lookup(const struct namespace *ns, node_t parent, const char *name, size_t length)
{
	return find(ns, parent, name, length, hash_name(ns, parent, name, length));
}

bool node_exists(const struct namespace *ns, uint64_t node)
{
	return ns && node < ns->capacity + 2 + IMPLICIT_MAX &&
	       __atomic_load_n(&ns->nodes[node].kind, __ATOMIC_ACQUIRE) != KIND_NONE;
}

bool node_is_dir(const struct namespace *ns, node_t node)
{
	uint8_t kind = ns->nodes[node].kind;

	return kind == KIND_DIR || kind == KIND_IMPLIED;
}

node_t namespace_resolve(const struct namespace *ns, const char *path, size_t length, bool *is_file)
{
	node_t at = NODE_ROOT;

	*is_file = false;
	while (length) {
		const char *slash = memchr(path, '/', length);
		size_t name = slash ? (size_t)(slash - path) : length;

		if (!node_is_dir(ns, at)) {
			*is_file = true;
			return NODE_NONE;
		}
		at = namespace_lookup(ns, at, path, name);
		if (at == NODE_NONE)
			return NODE_NONE;
		path += slash ? name + 1 : name;
		length -= slash ? name + 1 : name;
	}
	return at;
}

/* Makes a complete node visible, first by its name, then in the list of its directory. */
static void link_node(struct namespace *ns, node_t at, node_t parent, uint32_t hash)
{
	struct node *node = &ns->nodes[at], *dir = &ns->nodes[parent];
	bool is_dir = node_is_dir(ns, at);

	store_slot(ns, hash, at);
	if (dir->dir.last == NODE_NONE)
		__atomic_store_n(&dir->dir.first, at, __ATOMIC_RELEASE);
	else
		__atomic_store_n(&ns->nodes[dir->dir.last].sibling, at, __ATOMIC_RELEASE);
	dir->dir.last = at;
	if (is_dir) {
		__atomic_store_n(&ns->directories, ns->directories + 1, __ATOMIC_RELAXED);
	} else {
		__atomic_store_n(&ns->files, ns->files + 1, __ATOMIC_RELAXED);
		__atomic_store_n(&ns->file_bytes, ns->file_bytes + node->size, __ATOMIC_RELAXED);
	}
}

static void name_node(struct namespace *ns, node_t at, node_t parent, const char *name,
		      size_t length)
{
	struct node *node = &ns->nodes[at];
	size_t offset = arena_take(&ns->names, length + 1);

	memcpy(ns->names.base + offset, name, length);
	node->name = (uint32_t)offset;
	node->name_length = (uint8_t)length;
	node->parent = parent;
}

/* The number that the directory had in the former namespace; NODE_NONE if it is new. */
static node_t number_before(const struct namespace *ns, node_t parent, const char *name,
			    size_t length)
{
	char path[OMF_PATH_SIZE];
	bool is_file;
	size_t at;
	node_t node;

	if (!ns->before)
		return NODE_NONE;
	node_path(ns, parent, path);
	at = strlen(path);
	if (at)
		path[at++] = '/';
	memcpy(path + at, name, length);
	node = namespace_resolve(ns->before, path, at + length, &is_file);
	return node >= ns->capacity + 2 && !node_exists(ns, node) ? node : NODE_NONE;
}

static node_t imply_dir(struct namespace *ns, node_t parent, const char *name, size_t length)
{
	uint32_t hash = hash_name(ns, parent, name, length);
	node_t at = number_before(ns, parent, name, length);

	if (at == NODE_NONE) {
		if (ns->implicit >= IMPLICIT_MAX)
			return NODE_NONE;
		at = (node_t)(ns->capacity + 2 + ns->implicit++);
	}
	name_node(ns, at, parent, name, length);
	init_dir(&ns->nodes[at], 0755, KIND_IMPLIED);
	link_node(ns, at, parent, hash);
	return at;
}

/* Finds the directory named by the first `length` bytes of the path. Implies missing ones. */
static node_t find_parent(struct namespace *ns, const char *path, size_t length, bool *implied)
{
	node_t at = NODE_ROOT, next;
	size_t start = 0;

	if (length == ns->last_length && ns->last_parent != NODE_NONE &&
	    memcmp(path, ns->last_path, length) == 0)
		return ns->last_parent;
	while (start < length) {
		const char *slash = memchr(path + start, '/', length - start);
		size_t end = slash ? (size_t)(slash - path) : length;

		next = namespace_lookup(ns, at, path + start, end - start);
		if (next == NODE_NONE) {
			next = imply_dir(ns, at, path + start, end - start);
			*implied = true;
		}
		if (next == NODE_NONE || !node_is_dir(ns, next))
			return NODE_NONE;
		at = next;
		start = end + 1;
	}
	ns->last_parent = at;
	ns->last_length = (uint32_t)length;
	memcpy(ns->last_path, path, length);
	return at;
}

static void store_map(struct namespace *ns, struct node *node, const struct famfs_fmap *fmap)
{
	const struct famfs_extent *ext = &fmap->extents[0];
	size_t extents = fmap->nextents * sizeof(*ext), offset;
	struct stored_map *stored;

	if (fmap->type == FAMFS_FMAP_SIMPLE && fmap->nextents == 1 && ext->daxdev == 0 &&
	    (ext->offset | ext->length) / OMF_ALLOC_UNIT <= UINT32_MAX) {
		node->extent.unit = (uint32_t)(ext->offset / OMF_ALLOC_UNIT);
		node->extent.units = (uint32_t)(ext->length / OMF_ALLOC_UNIT);
		set_kind(node, KIND_EXTENT);
		return;
	}
	offset = arena_take(&ns->maps, sizeof(*stored) + extents);
	stored = (struct stored_map *)(void *)(ns->maps.base + offset);
	stored->type = fmap->type;
	stored->nextents = fmap->nextents;
	stored->chunk_size = fmap->chunk_size;
	memcpy(stored->extents, fmap->extents, extents);
	node->fmap = (uint32_t)(offset / 8);
	set_kind(node, KIND_MAP);
}

/* Gives an implied directory the attributes of its entry, which came later. */
static enum famfs_fault adopt(struct namespace *ns, node_t at, const struct record *rec)
{
	struct node *node = &ns->nodes[at];

	if (rec->type != OMF_MKDIR || node->kind != KIND_IMPLIED)
		return FAMFS_FAULT_DUPLICATE;
	node->uid = rec->uid;
	node->gid = rec->gid;
	init_dir(node, rec->mode, KIND_DIR);
	return FAMFS_FAULT_NONE;
}

void namespace_prefetch(const struct namespace *ns, const char *path, size_t length)
{
	size_t leaf = path_leaf(path, length);
	size_t parent_length = leaf ? leaf - 1 : 0;
	uint32_t hash;

	if (parent_length != ns->last_length || memcmp(path, ns->last_path, parent_length) != 0)
		return;
	hash = hash_name(ns, ns->last_parent, path + leaf, length - leaf);
	__builtin_prefetch(&ns->table->slots[hash & ns->table->mask], 1);
}

enum famfs_fault namespace_insert(struct namespace *ns, uint64_t index, const struct record *rec,
				  bool *implied)
{
	size_t leaf = path_leaf(rec->path, rec->path_length);
	const char *name = rec->path + leaf;
	size_t length = rec->path_length - leaf;
	node_t at = node_of_entry(index), parent, other;
	struct node *node = &ns->nodes[at];
	uint32_t hash;

	*implied = false;
	if (rec->path_length == 0) /* the root always exists */
		return FAMFS_FAULT_DUPLICATE;
	parent = find_parent(ns, rec->path, leaf ? leaf - 1 : 0, implied);
	if (parent == NODE_NONE)
		return FAMFS_FAULT_PARENT;
	hash = hash_name(ns, parent, name, length);
	other = find(ns, parent, name, length, hash);
	if (other != NODE_NONE)
		return adopt(ns, other, rec);

	name_node(ns, at, parent, name, length);
	node->uid = rec->uid;
	node->gid = rec->gid;
	if (rec->type == OMF_MKDIR) {
		init_dir(node, rec->mode, KIND_DIR);
	} else {
		node->mode = (uint16_t)rec->mode;
		node->size = rec->fmap.size;
		store_map(ns, node, &rec->fmap);
	}
	link_node(ns, at, parent, hash);
	return FAMFS_FAULT_NONE;
}

node_t node_parent(const struct namespace *ns, node_t node)
{
	return node == NODE_ROOT ? NODE_ROOT : ns->nodes[node].parent;
}

const char *node_name(const struct namespace *ns, node_t node)
{
	return (const char *)ns->names.base + ns->nodes[node].name;
}

void node_path(const struct namespace *ns, node_t node, char path[OMF_PATH_SIZE])
{
	size_t at = OMF_PATH_SIZE - 1;

	path[at] = '\0';
	for (; node != NODE_ROOT; node = ns->nodes[node].parent) {
		size_t length = ns->nodes[node].name_length;

		if (path[at] != '\0')
			path[--at] = '/';
		at -= length;
		memcpy(path + at, node_name(ns, node), length);
	}
	memmove(path, path + at, OMF_PATH_SIZE - at);
}

node_t node_first_child(const struct namespace *ns, node_t dir)
{
	return __atomic_load_n(&ns->nodes[dir].dir.first, __ATOMIC_ACQUIRE);
}

node_t node_next_sibling(const struct namespace *ns, node_t node)
{
	return __atomic_load_n(&ns->nodes[node].sibling, __ATOMIC_ACQUIRE);
}

void node_stat(const struct namespace *ns, node_t at, struct famfs_stat *st)
{
	const struct node *node = &ns->nodes[at];
	bool from_log = at >= 2 && at < ns->capacity + 2;

	*st = (struct famfs_stat){
		.inode = at,
		.entry = from_log ? at - 2 : FAMFS_NO_ENTRY,
		.mode = node->mode | (node_is_dir(ns, at) ? S_IFDIR : S_IFREG),
		.uid = node->uid,
		.gid = node->gid,
		.size = node->size,
	};
}

void node_fmap(const struct namespace *ns, node_t at, struct famfs_fmap *fmap)
{
	const struct node *node = &ns->nodes[at];
	const struct stored_map *stored;

	fmap->size = node->size;
	if (node->kind == KIND_EXTENT) {
		fmap->type = FAMFS_FMAP_SIMPLE;
		fmap->nextents = 1;
		fmap->chunk_size = 0;
		fmap->extents[0] = (struct famfs_extent){ 0, node->extent.unit * OMF_ALLOC_UNIT,
							  node->extent.units * OMF_ALLOC_UNIT };
		return;
	}
	stored = (const struct stored_map *)(const void *)(ns->maps.base + node->fmap * (size_t)8);
	fmap->type = (enum famfs_fmap_type)stored->type;
	fmap->nextents = stored->nextents;
	fmap->chunk_size = stored->chunk_size;
	memcpy(fmap->extents, stored->extents, stored->nextents * sizeof(fmap->extents[0]));
}

bool entry_fmap(const struct namespace *ns, uint64_t index, struct famfs_fmap *fmap)
{
	node_t node = node_of_entry(index);

	if (!node_exists(ns, node) || node_is_dir(ns, node))
		return false;
	node_fmap(ns, node, fmap);
	return true;
}
