/* SPDX-License-Identifier: Apache-2.0 */
#include "changing.h"

#include "media/superblock.h"

#include <string.h>
#include <uuid.h>

struct omf_super *changing_super(struct changing *m)
{
	return (struct omf_super *)(void *)m->mem->base;
}

struct omf_log_header *changing_header(struct changing *m)
{
	return (struct omf_log_header *)(void *)(m->mem->base + OMF_LOG_OFFSET);
}

struct omf_entry *changing_entry(struct changing *m, uint64_t index)
{
	return (struct omf_entry *)(void *)(m->mem->base + omf_entry_offset(index));
}

void changing_set_counters(struct changing *m, uint64_t next_seqnum, uint64_t next_index)
{
	changing_header(m)->next_seqnum = le64_make(next_seqnum);
	changing_header(m)->next_index = le64_make(next_index);
}

void changing_start(struct changing *m)
{
	memset(m, 0, sizeof(*m));
	m->mem = memory_with_dirs(34 * MIB);
	m->good = *changing_entry(m, 1);
}

void changing_end(struct changing *m)
{
	plug(NULL, NULL);
	memory_free(m->mem);
	be_master();
}

void changing_act(void *arg)
{
	struct changing *m = arg;

	if (m->changes++ > 0)
		return;
	m->change(m);
	memcpy(m->after, m->mem->base, METADATA);
}

void assert_medium_untouched(const struct changing *m)
{
	assert_true(m->changes > 0);
	assert_memory_equal(m->mem->base, m->after, METADATA);
}

void changing_format(struct changing *m)
{
	changing_super(m)->uuid[0] ^= 1;
	superblock_seal(changing_super(m));
}

void changing_take_over(struct changing *m)
{
	assert_int_equal(uuid_parse(CLIENT_UUID, changing_super(m)->system_uuid), 0);
	superblock_seal(changing_super(m));
}

void changing_damage_super(struct changing *m)
{
	changing_super(m)->crc = le64_make(7);
	changing_set_counters(m, 4, 3);
}

void changing_damage_counters(struct changing *m)
{
	changing_set_counters(m, 9, 3);
}
