/* SPDX-License-Identifier: Apache-2.0 */
#include "actors.h"

#include <pthread.h>
#include <stdlib.h>

#define ACTORS_MAX 8

struct actor {
	struct actors *actors;
	void (*run)(void *arg);
	void (*enter)(void *arg);
	void *arg;
	pthread_t thread;
	bool ended;
};

struct actors {
	struct actor list[ACTORS_MAX];
	size_t count;
	size_t left;
	unsigned stay;
	struct rng rng;
	pthread_mutex_t mutex;
	pthread_cond_t changed;
	struct actor *now; /* NULL if there is none */
};

struct actors *actors_new(uint64_t seed, unsigned stay)
{
	struct actors *actors = calloc(1, sizeof(*actors));

	assert_non_null(actors);
	actors->rng.state = seed;
	actors->stay = stay;
	pthread_mutex_init(&actors->mutex, NULL);
	pthread_cond_init(&actors->changed, NULL);
	return actors;
}

void actors_free(struct actors *actors)
{
	pthread_cond_destroy(&actors->changed);
	pthread_mutex_destroy(&actors->mutex);
	free(actors);
}

void actors_add(struct actors *actors, void (*run)(void *arg), void (*enter)(void *arg), void *arg)
{
	assert_true(actors->count < ACTORS_MAX);
	actors->list[actors->count++] =
		(struct actor){ .actors = actors, .run = run, .enter = enter, .arg = arg };
}

/* Any actor that has not ended; NULL when all have. The mutex is held. */
static struct actor *choose(struct actors *actors)
{
	uint64_t n;

	if (!actors->left)
		return NULL;
	n = rng_below(&actors->rng, actors->left);
	for (size_t i = 0; i < actors->count; i++)
		if (!actors->list[i].ended && n-- == 0)
			return &actors->list[i];
	return NULL;
}

static void go_on_as(struct actors *actors, struct actor *actor)
{
	actors->now = actor;
	pthread_cond_broadcast(&actors->changed);
}

static void await(struct actors *actors, const struct actor *self)
{
	while (actors->now != self)
		pthread_cond_wait(&actors->changed, &actors->mutex);
}

static void *act(void *arg)
{
	struct actor *self = arg;
	struct actors *actors = self->actors;

	pthread_mutex_lock(&actors->mutex);
	await(actors, self);
	pthread_mutex_unlock(&actors->mutex);
	self->enter(self->arg);
	self->run(self->arg);
	pthread_mutex_lock(&actors->mutex);
	self->ended = true;
	actors->left--;
	go_on_as(actors, choose(actors));
	pthread_mutex_unlock(&actors->mutex);
	return NULL;
}

void actors_run(struct actors *actors)
{
	actors->left = actors->count;
	for (size_t i = 0; i < actors->count; i++)
		assert_int_equal(
			pthread_create(&actors->list[i].thread, NULL, act, &actors->list[i]), 0);
	pthread_mutex_lock(&actors->mutex);
	go_on_as(actors, choose(actors));
	pthread_mutex_unlock(&actors->mutex);
	for (size_t i = 0; i < actors->count; i++)
		pthread_join(actors->list[i].thread, NULL);
}

static void give_way(struct actors *actors, struct actor *self, bool always)
{
	bool changed = false;

	pthread_mutex_lock(&actors->mutex);
	do
		go_on_as(actors, choose(actors));
	while (always && actors->now == self && actors->left > 1);
	if (actors->now != self) {
		changed = true;
		await(actors, self);
	}
	pthread_mutex_unlock(&actors->mutex);
	if (changed)
		self->enter(self->arg);
}

void actors_turn(void *arg)
{
	struct actors *actors = arg;

	if (actors->now && rng_below(&actors->rng, actors->stay) == 0)
		give_way(actors, actors->now, false);
}

void actors_sleep(void *arg)
{
	struct actors *actors = arg;

	if (actors->now)
		give_way(actors, actors->now, true);
}

size_t actors_others(const struct actors *actors)
{
	return actors->left - 1;
}
