/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Media that the reference implementation wrote, against the dumps that an independent reader made
 * of them: each field is decoded to the value in the dump, and encoding gives the bytes of the
 * image.
 */
#include "support.h"

#include "media/superblock.h"

#include <json.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>
#include <uuid.h>

static const char *const names[] = { "empty", "mixed", "striped" };

struct vector {
	struct json_object *json;
	char image[64];
};

static const char *vector_path(const char *name, const char *suffix)
{
	static char path[4096];
	const char *dir = getenv("UNIT_VECTORS");

	assert_non_null(dir);
	snprintf(path, sizeof(path), "%s/%s.%s", dir, name, suffix);
	return path;
}

static void unpack(const char *archive)
{
	pid_t child = fork();
	int status;

	if (child == 0) {
		execlp("tar", "tar", "-xJSf", archive, (char *)NULL);
		_exit(127);
	}
	assert_int_equal(waitpid(child, &status, 0), child);
	assert_int_equal(status, 0);
}

static void load(struct vector *v, const char *name)
{
	snprintf(v->image, sizeof(v->image), "%s.img", name);
	if (access(v->image, R_OK) < 0)
		unpack(vector_path(name, "img.tar.xz"));
	v->json = json_object_from_file(vector_path(name, "dump.json"));
	assert_non_null(v->json);
}

static void read_image(const struct vector *v, uint64_t offset, void *buf, size_t length)
{
	FILE *f = fopen(v->image, "re");

	assert_non_null(f);
	assert_int_equal(fseeko(f, (off_t)offset, SEEK_SET), 0);
	assert_int_equal(fread(buf, 1, length, f), length);
	fclose(f);
}

static struct json_object *member(struct json_object *object, const char *key)
{
	struct json_object *value = NULL;

	if (!json_object_object_get_ex(object, key, &value))
		fail_msg("the dump has no '%s'", key);
	return value;
}

static uint64_t number(struct json_object *object, const char *key)
{
	return json_object_get_uint64(member(object, key));
}

static const char *text(struct json_object *object, const char *key)
{
	return json_object_get_string(member(object, key));
}

static void for_each_vector(void (*check)(const struct vector *v))
{
	for (size_t i = 0; i < ARRAY_SIZE(names); i++) {
		struct vector v;

		load(&v, names[i]);
		check(&v);
		json_object_put(v.json);
	}
}

static struct superblock dumped_super(struct json_object *json)
{
	struct superblock sb = { .version = number(json, "version"),
				 .log_length = number(json, "log_len"),
				 .alloc_unit = number(json, "alloc_unit"),
				 .major = (uint32_t)number(json, "omf_major"),
				 .minor = (uint32_t)number(json, "omf_minor"),
				 .recorded_size = number(json, "dd_size") };

	assert_int_equal(uuid_parse(text(json, "fs_uuid"), sb.uuid), 0);
	assert_int_equal(uuid_parse(text(json, "dev_uuid"), sb.dev_uuid), 0);
	assert_int_equal(uuid_parse(text(json, "sys_uuid"), sb.system_uuid), 0);
	snprintf(sb.name, sizeof(sb.name), "%s", text(json, "dd_daxdev"));
	return sb;
}

static void check_super(const struct vector *v)
{
	struct json_object *json = member(v->json, "superblock");
	const struct superblock want = dumped_super(json);
	struct omf_super raw, again;
	struct superblock got;
	struct famfs_error err;

	read_image(v, 0, &raw, sizeof(raw));
	assert_ok(superblock_decode(&raw, 4 * GIB, &got, &err), &err);
	assert_memory_equal(&got, &want, sizeof(got));
	superblock_encode(&again, &want);
	assert_true(le64_get(again.crc) == number(json, "crc"));
	assert_memory_equal(&again, &raw, sizeof(raw));
}

static void superblocks(void **state)
{
	(void)state;
	for_each_vector(check_super);
}

static void check_header(const struct vector *v)
{
	struct json_object *json = member(v->json, "log");
	struct omf_log_header raw, again;

	read_image(v, OMF_LOG_OFFSET, &raw, sizeof(raw));
	assert_int_equal(log_header_check(&raw, number(json, "len"), NULL), FAMFS_FAULT_NONE);
	log_header_encode(&again, number(json, "len"));
	assert_true(le64_get(again.magic) == number(json, "magic"));
	assert_true(le64_get(again.last_index) == number(json, "last_index"));
	assert_true(le64_get(again.crc) == number(json, "crc"));
	again.next_seqnum = le64_make(number(json, "next_seqnum"));
	again.next_index = le64_make(number(json, "next_index"));
	assert_memory_equal(&again, &raw, sizeof(raw));
}

static void headers(void **state)
{
	(void)state;
	for_each_vector(check_header);
}

static void dumped_map(struct json_object *json, struct famfs_fmap *fmap)
{
	struct json_object *list = member(json, "ext");

	fmap->size = number(json, "size");
	fmap->type = number(json, "ext_type") ? FAMFS_FMAP_INTERLEAVED : FAMFS_FMAP_SIMPLE;
	fmap->chunk_size = fmap->type == FAMFS_FMAP_SIMPLE ? 0 : number(json, "chunk");
	fmap->nextents = (uint32_t)json_object_array_length(list);
	assert_int_equal(number(json, fmap->type == FAMFS_FMAP_SIMPLE ? "nextents" : "nstrips"),
			 fmap->nextents);
	for (uint32_t i = 0; i < fmap->nextents; i++) {
		struct json_object *ext = json_object_array_get_idx(list, i);
		uint64_t fields[3];

		for (size_t k = 0; k < 3; k++)
			fields[k] = json_object_get_uint64(json_object_array_get_idx(ext, k));
		fmap->extents[i] = (struct famfs_extent){ fields[0], fields[1], fields[2] };
	}
}

static struct record dumped_record(struct json_object *json)
{
	const char *mode = text(json, "mode"); /* as in "0o644" */
	struct record rec = { .uid = (uint32_t)number(json, "uid"),
			      .gid = (uint32_t)number(json, "gid"),
			      .mode = (uint32_t)strtoul(mode + 2, NULL, 8) };

	record_set_path(&rec, text(json, "path"));
	rec.type = strcmp(text(json, "type"), "MKDIR") == 0 ? OMF_MKDIR : OMF_FILE;
	if (rec.type == OMF_FILE)
		dumped_map(json, &rec.fmap);
	return rec;
}

static void same_map(const struct famfs_fmap *got, const struct famfs_fmap *want)
{
	assert_int_equal(got->type, want->type);
	assert_true(got->size == want->size);
	assert_true(got->chunk_size == want->chunk_size);
	assert_int_equal(got->nextents, want->nextents);
	assert_memory_equal(got->extents, want->extents, want->nextents * sizeof(want->extents[0]));
}

static void check_entry(const struct vector *v, struct json_object *json, uint64_t index)
{
	const struct record want = dumped_record(json);
	struct record got = { .uid = 0 };
	struct omf_entry raw, again;

	read_image(v, omf_entry_offset(index), &raw, sizeof(raw));
	assert_int_equal(record_decode(&raw, index, NULL, &got, NULL), FAMFS_FAULT_NONE);
	assert_int_equal(got.type, want.type);
	assert_int_equal(got.uid, want.uid);
	assert_int_equal(got.gid, want.gid);
	assert_int_equal(got.mode, want.mode);
	assert_int_equal(got.path_length, want.path_length);
	assert_memory_equal(got.path, want.path, want.path_length);
	if (want.type == OMF_FILE)
		same_map(&got.fmap, &want.fmap);
	record_encode(&again, &want, index);
	assert_true(le64_get(again.crc) == number(json, "crc"));
	assert_memory_equal(&again, &raw, sizeof(raw));
}

static void check_entries(const struct vector *v)
{
	struct json_object *list = member(v->json, "entries");
	size_t count = json_object_array_length(list);

	assert_true(count == number(member(v->json, "log"), "next_index"));
	for (size_t i = 0; i < count; i++)
		check_entry(v, json_object_array_get_idx(list, i), i);
}

static void entries(void **state)
{
	(void)state;
	for_each_vector(check_entries);
}

/* ---- the images as a whole, through the library ------------------------------------------- */

struct seen {
	struct json_object *list;
	size_t count;
};

/* Nodes come in the order of the tree, each with the entry that made it. */
static int visit(void *arg, const char *path, const struct famfs_stat *st)
{
	struct seen *seen = arg;
	struct json_object *json;
	struct record want;

	if (st->entry == FAMFS_NO_ENTRY) {
		assert_string_equal(path, "");
		return 0;
	}
	json = json_object_array_get_idx(seen->list, st->entry);
	want = dumped_record(json);
	seen->count++;
	assert_string_equal(path, want.path);
	assert_int_equal(st->uid, want.uid);
	assert_int_equal(st->gid, want.gid);
	assert_int_equal(st->mode & 07777, want.mode);
	assert_int_equal(S_ISDIR(st->mode), want.type == OMF_MKDIR);
	assert_true(st->size == (want.type == OMF_FILE ? want.fmap.size : 0));
	return 0;
}

static void check_maps(struct famfs_volume *vol, struct json_object *list)
{
	struct famfs_error err;

	for (size_t i = 0; i < json_object_array_length(list); i++) {
		const struct record want = dumped_record(json_object_array_get_idx(list, i));
		struct famfs_fmap fmap;

		if (want.type != OMF_FILE)
			continue;
		assert_ok(famfs_fmap(vol, want.path, &fmap, &err), &err);
		same_map(&fmap, &want.fmap);
	}
}

static void check_tree(const struct vector *v)
{
	char image[64];
	const struct famfs_target target = { .device = image };
	const struct famfs_volume_params params = { .write = false };
	struct seen seen = { .list = member(v->json, "entries") };
	struct famfs_volume *vol;
	struct famfs_info info;
	struct famfs_error err;

	strcpy(image, v->image);
	assert_ok(famfs_open(&target, &params, &vol, &err), &err);
	assert_ok(famfs_walk(vol, "", true, visit, &seen, &err), &err);
	assert_int_equal(seen.count, json_object_array_length(seen.list));
	check_maps(vol, seen.list);
	famfs_info(vol, &info);
	assert_int_equal(info.role, FAMFS_ROLE_CLIENT);
	assert_int_equal(info.bad_entries, 0);
	assert_int_equal(info.files + info.directories, seen.count);
	assert_true(info.allocated_bytes + info.free_bytes == info.data_length);
	famfs_close(vol);
}

static void trees(void **state)
{
	(void)state;
	for_each_vector(check_tree);
}

static void check_clean(const struct vector *v)
{
	char image[64];
	const struct famfs_target target = { .device = image };
	const struct famfs_fsck_params params = { .repair = false };
	struct famfs_fsck_result result;
	struct famfs_error err;

	strcpy(image, v->image);
	assert_ok(famfs_fsck(&target, &params, &result, &err), &err);
	assert_int_equal(result.problems, 0);
	assert_true(result.log_entries == number(member(v->json, "log"), "next_index"));
}

static void clean(void **state)
{
	(void)state;
	for_each_vector(check_clean);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST("the reference's superblocks are read and written byte for byte", superblocks),
		TEST("the reference's log headers are read and written byte for byte", headers),
		TEST("the reference's log entries are read and written byte for byte", entries),
		TEST("every path, mode, owner, size and extent of its images is read", trees),
		TEST("the check finds nothing wrong with its images", clean),
	};

	return run_group(tests);
}
