/* SPDX-License-Identifier: Apache-2.0 */
#include "changing.h"

#include "media/superblock.h"

#include <string.h>
#include <uuid.h>

struct omf_super *medium_super(struct medium *m)
{
	return (struct omf_super *)(void *)m->mem->base;
}

struct omf_log_header *medium_header(struct medium *m)
{
	return (struct omf_log_header *)(void *)(m->mem->base + OMF_LOG_OFFSET);
}

struct omf_entry *medium_entry(struct medium *m, uint64_t index)
{
	return (struct omf_entry *)(void *)(m->mem->base + omf_entry_offset(index));
}

void medium_set_counters(struct medium *m, uint64_t next_seqnum, uint64_t next_index)
{
	medium_header(m)->next_seqnum = le64_make(next_seqnum);
	medium_header(m)->next_index = le64_make(next_index);
}

void medium_start(struct medium *m)
{
	memset(m, 0, sizeof(*m));
	m->mem = memory_with_dirs(34 * MIB);
	m->good = *medium_entry(m, 1);
}

void medium_end(struct medium *m)
{
	plug(NULL, NULL);
	memory_free(m->mem);
	be_master();
}

void medium_change(void *arg)
{
	struct medium *m = arg;

	if (m->changes++ > 0)
		return;
	m->change(m);
	memcpy(m->after, m->mem->base, METADATA);
}

void assert_medium_untouched(const struct medium *m)
{
	assert_true(m->changes > 0);
	assert_memory_equal(m->mem->base, m->after, METADATA);
}

void medium_format(struct medium *m)
{
	medium_super(m)->uuid[0] ^= 1;
	superblock_seal(medium_super(m));
}

void medium_take_over(struct medium *m)
{
	assert_int_equal(uuid_parse(CLIENT_UUID, medium_super(m)->system_uuid), 0);
	superblock_seal(medium_super(m));
}

void medium_damage_super(struct medium *m)
{
	medium_super(m)->crc = le64_make(7);
	medium_set_counters(m, 4, 3);
}

void medium_damage_counters(struct medium *m)
{
	medium_set_counters(m, 9, 3);
}
