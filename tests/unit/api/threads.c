/* SPDX-License-Identifier: Apache-2.0 */
/* One volume, or one image, used by several threads at once. */
#include "support.h"

#include <errno.h>
#include <pthread.h>
#include <stdlib.h>
#include <string.h>

#define THREADS 4
#define FILES   40

struct worker {
	pthread_t thread;
	struct famfs_volume *vol;
	int number;
	int exists;
	const char *fault;
	struct famfs_error err;
};

static void path_of(const struct worker *w, int i, char path[32])
{
	snprintf(path, 32, "w%d/f%d", w->number, i);
}

static uint64_t size_of(int number, int i)
{
	return 1 + (uint64_t)(number * 7919 + i * 104729) % (3 * AU / 2);
}

static uint32_t seed_of(int number, int i)
{
	return (uint32_t)(number * 1000 + i);
}

/* Each thread fills files of its own while the others fill theirs, and reads them back at once. */
static void *fill_files(void *arg)
{
	struct worker *w = arg;
	char path[32];

	snprintf(path, sizeof(path), "w%d", w->number);
	if (add_dir(w->vol, path, &w->err) < 0) {
		w->fault = "no directory";
		return NULL;
	}
	for (int i = 0; i < FILES && !w->fault; i++) {
		uint64_t size = size_of(w->number, i) % 50000 + 1;

		path_of(w, i, path);
		if (add_file(w->vol, path, size, seed_of(w->number, i), &w->err) < 0)
			w->fault = w->err.message;
		else
			w->fault = file_fault(w->vol, path, size, seed_of(w->number, i));
	}
	return NULL;
}

static void start_all(struct worker *workers, struct famfs_volume **vols, void *(*work)(void *arg))
{
	for (int i = 0; i < THREADS; i++) {
		workers[i] = (struct worker){ .vol = vols[i], .number = i };
		assert_int_equal(pthread_create(&workers[i].thread, NULL, work, &workers[i]), 0);
	}
	for (int i = 0; i < THREADS; i++)
		pthread_join(workers[i].thread, NULL);
	for (int i = 0; i < THREADS; i++)
		if (workers[i].fault)
			fail_msg("worker %d: %s", i, workers[i].fault);
}

/* Every file has its contents, no extent has two owners, and the check agrees. */
static void check_all(void)
{
	const struct famfs_target target = image_target();
	const struct famfs_fsck_params params = { .repair = false };
	struct famfs_fsck_result result;
	struct famfs_volume *vol = open_volume(false);
	struct famfs_error err;

	for (int n = 0; n < THREADS; n++)
		for (int i = 0; i < FILES; i++) {
			const struct worker w = { .number = n };
			char path[32];

			path_of(&w, i, path);
			assert_null(
				file_fault(vol, path, size_of(n, i) % 50000 + 1, seed_of(n, i)));
		}
	famfs_close(vol);
	assert_ok(famfs_fsck(&target, &params, &result, &err), &err);
	assert_int_equal(result.problems, 0);
	assert_int_equal(result.files, THREADS * FILES);
	assert_true(result.allocated_bytes == THREADS * FILES * AU);
}

static void one_volume(void **state)
{
	struct famfs_volume *vol, *vols[THREADS];
	struct worker workers[THREADS];

	(void)state;
	make_image(10 * MIB + THREADS * FILES * AU);
	vol = open_volume(true);
	for (int i = 0; i < THREADS; i++)
		vols[i] = vol;
	start_all(workers, vols, fill_files);
	famfs_close(vol);
	check_all();
}

static void a_volume_each(void **state)
{
	struct famfs_volume *vols[THREADS];
	struct worker workers[THREADS];

	(void)state;
	make_image(10 * MIB + THREADS * FILES * AU);
	for (int i = 0; i < THREADS; i++)
		vols[i] = open_volume(true);
	start_all(workers, vols, fill_files);
	for (int i = 0; i < THREADS; i++)
		famfs_close(vols[i]);
	check_all();
}

/* All threads use the same names. */
static void *race_for_names(void *arg)
{
	struct worker *w = arg;

	for (int i = 0; i < FILES; i++) {
		char path[32];
		int ret;

		snprintf(path, sizeof(path), "f%d", i);
		ret = i % 2 ? add_file(w->vol, path, 100, (uint32_t)w->number, &w->err)
			    : add_unfilled(w->vol, path, 100, &w->err);
		if (ret == -EEXIST)
			w->exists++;
		else if (ret < 0)
			w->fault = w->err.message;
	}
	return NULL;
}

static void races(void **state)
{
	struct famfs_volume *vols[THREADS];
	struct worker workers[THREADS];
	struct famfs_info info;
	int exists = 0;

	(void)state;
	make_image(10 * MIB + 2 * FILES * AU);
	vols[0] = vols[1] = open_volume(true);
	vols[2] = vols[3] = open_volume(true);
	start_all(workers, vols, race_for_names);
	for (int i = 0; i < THREADS; i++)
		exists += workers[i].exists;
	assert_int_equal(exists, (THREADS - 1) * FILES);
	famfs_close(vols[0]);
	famfs_close(vols[2]);
	vols[0] = open_volume(false);
	famfs_info(vols[0], &info);
	assert_true(info.files == FILES && info.log_entries == FILES && info.bad_entries == 0);
	/* Threads that lost the race released their space. */
	assert_true(info.allocated_bytes == FILES * AU);
	famfs_close(vols[0]);
}

/* All threads together ask for more than the device holds. */
static void *fill_up(void *arg)
{
	struct worker *w = arg;

	for (int i = 0; i < FILES; i++) {
		char path[32];
		int ret;

		snprintf(path, sizeof(path), "w%d-%d", w->number, i);
		ret = add_unfilled(w->vol, path, 1 + (uint64_t)(i % 3) * AU, &w->err);
		if (ret == -ENOSPC)
			w->exists++;
		else if (ret < 0)
			w->fault = w->err.message;
	}
	return NULL;
}

static void full_device(void **state)
{
	struct famfs_volume *vols[THREADS];
	struct worker workers[THREADS];
	struct famfs_info info;

	(void)state;
	make_image(10 * MIB + 100 * AU);
	for (int i = 0; i < THREADS; i++)
		vols[i] = open_volume(true);
	start_all(workers, vols, fill_up);
	for (int i = 0; i < THREADS; i++)
		famfs_close(vols[i]);
	vols[0] = open_volume(false);
	famfs_info(vols[0], &info);
	assert_true(info.free_bytes == 0 && info.bad_entries == 0);
	famfs_close(vols[0]);
}

/* Readers of a volume, together with its writer. */
struct reading {
	struct famfs_volume *vol;
	bool stop;
	const char *fault;
};

static void *read_along(void *arg)
{
	struct reading *r = arg;

	for (int i = 0; !__atomic_load_n(&r->stop, __ATOMIC_ACQUIRE) && !r->fault; i++) {
		const struct worker w = { .number = 0 };
		struct famfs_info info;
		struct famfs_stat st;
		char path[32];

		if (famfs_catch_up(r->vol, NULL) < 0)
			r->fault = "cannot catch up";
		famfs_info(r->vol, &info);
		path_of(&w, i % FILES, path);
		if (famfs_stat(r->vol, path, &st, NULL) == 0 && !r->fault)
			r->fault = file_fault(r->vol, path, size_of(0, i % FILES) % 50000 + 1,
					      seed_of(0, i % FILES));
		if (!r->fault && (info.bad_entries || info.files > FILES))
			r->fault = "sees what is not there";
	}
	return NULL;
}

static void readers(void **state)
{
	struct famfs_volume *vol, *other;
	struct worker w = { .number = 0 };
	struct reading same, apart;
	pthread_t threads[2];

	(void)state;
	make_image(10 * MIB + 2 * FILES * AU);
	vol = open_volume(true);
	other = open_volume(false);
	same = (struct reading){ .vol = vol };
	apart = (struct reading){ .vol = other };
	w.vol = vol;
	assert_int_equal(pthread_create(&threads[0], NULL, read_along, &same), 0);
	assert_int_equal(pthread_create(&threads[1], NULL, read_along, &apart), 0);
	fill_files(&w);
	__atomic_store_n(&same.stop, true, __ATOMIC_RELEASE);
	__atomic_store_n(&apart.stop, true, __ATOMIC_RELEASE);
	pthread_join(threads[0], NULL);
	pthread_join(threads[1], NULL);
	assert_null(w.fault);
	assert_null(same.fault);
	assert_null(apart.fault);
	famfs_close(other);
	famfs_close(vol);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST("threads that share a volume fill files side by side", one_volume),
		TEST("threads with a volume each fill files side by side, down to the last unit",
		     a_volume_each),
		TEST("only one of several threads can create a name, and no space is lost", races),
		TEST("several threads fill a device to the last unit", full_device),
		TEST("readers beside a writer see whole files", readers),
	};

	return run_group(tests);
}
