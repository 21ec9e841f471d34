/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The lines that the cache instructions touch, observed from outside: the test steps a child
 * through the call, instruction by instruction, and decodes each instruction before it is executed.
 */
#include "support.h"

/* For all variants that this processor has, not only the best one. */
#include "../../../lib/base/persist.c"

#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ptrace.h>
#include <sys/user.h>
#include <sys/wait.h>
#include <unistd.h>

static unsigned char area[8 * 64] __attribute__((aligned(64)));

static void best(void **state)
{
	const struct persist *p = persist_for_cpu();

	(void)state;
	fill_bytes(area, sizeof(area), 1);
	p->flush(area + 3, 100);
	p->fence();
	p->invalidate(area + 3, 100);
	assert_non_null(p->name);
	/* Neither changes the contents of memory. */
	for (size_t i = 0; i < sizeof(area); i += 4) {
		unsigned char want[sizeof(area)];

		fill_bytes(want, sizeof(want), 1);
		assert_memory_equal(area, want, sizeof(area));
	}
}

static void store_contents(void **state)
{
	static unsigned char from[4 * 64 + 3];
	unsigned char want[sizeof(area)];

	(void)state;
	fill_bytes(from, sizeof(from), 2);
	for (size_t at = 0; at < 130; at++)
		for (size_t length = 0; length < 4 * 64; length += length < 8 ? 1 : 13)
			for (int zero = 0; zero < 2; zero++) {
				fill_bytes(area, sizeof(area), 1);
				fill_bytes(want, sizeof(want), 1);
				if (zero)
					memset(want + at, 0, length);
				else
					memcpy(want + at, from + at % 3, length);
				persist_store(persist_for_cpu(), area + at,
					      zero ? NULL : from + at % 3, length);
				assert_memory_equal(area, want, sizeof(area));
			}
}

#if defined(__x86_64__)

enum instruction {
	CLWB = 1,
	CLFLUSHOPT = 2,
	CLFLUSH = 4,
	SFENCE = 8,
	MFENCE = 16,
	MOVNT = 32, /* the first quarter of a line; the others have the next three bits */
	MOVNT_LINE = 15 * MOVNT,
};

struct trace {
	uint32_t lines[8]; /* instructions that touched each line of the area */
	uint32_t outside;  /* instructions that touched anything else */
	uint32_t last;     /* the last of all instructions */
	uint32_t all;
};

/* The registers, ordered by their numbers in an instruction. */
static uint64_t reg(const struct user_regs_struct *r, unsigned int number)
{
	const uint64_t values[] = {
		r->rax, r->rcx, r->rdx, r->rbx, r->rsp, r->rbp, r->rsi, r->rdi,
		r->r8,  r->r9,  r->r10, r->r11, r->r12, r->r13, r->r14, r->r15
	};

	return values[number & 15];
}

/* The address of a memory operand, in the forms that compilers use here. */
static uint64_t operand(const struct user_regs_struct *r, const unsigned char *p, unsigned int rex)
{
	unsigned int mod = p[0] >> 6, rm = (p[0] & 7) | (rex & 1) << 3;
	uint64_t address = 0;

	if ((p[0] & 7) == 4) { /* SIB */
		unsigned int index = (p[1] >> 3 & 7) | (rex & 2) << 2;

		address = reg(r, (p[1] & 7) | (rex & 1) << 3);
		if (index != 4)
			address += reg(r, index) << (p[1] >> 6);
		p++;
	} else {
		address = reg(r, rm);
	}
	if (mod == 1)
		address += (uint64_t)(int8_t)p[1];
	if (mod == 2) {
		int32_t displacement;

		memcpy(&displacement, p + 1, sizeof(displacement));
		address += (uint64_t)displacement;
	}
	return address;
}

static void record(struct trace *trace, enum instruction what, uint64_t address)
{
	uint64_t at = address - (uintptr_t)area;

	if (at < sizeof(area))
		trace->lines[at / 64] |= (uint32_t)what << (what == MOVNT ? at % 64 / 16 : 0);
	else
		trace->outside |= what;
}

/* [66] [REX] 0F AE /6 clwb, /7 clflushopt or clflush; F8 sfence, F0 mfence; 66 0F E7 movntdq or 0F
 * 2B movntps, as the compiler prefers. */
static void decode(struct trace *trace, const struct user_regs_struct *r, const unsigned char *p)
{
	bool prefixed = *p == 0x66;
	unsigned int rex = 0;
	enum instruction what;

	p += prefixed;
	if ((*p & 0xf0) == 0x40)
		rex = *p++;
	if (p[0] == 0x0f && ((p[1] == 0xe7 && prefixed) || p[1] == 0x2b))
		record(trace, MOVNT, operand(r, p + 2, rex));
	if (p[0] != 0x0f || p[1] != 0xae)
		return;
	p += 2;
	if (*p == 0xf8 || *p == 0xf0)
		what = *p == 0xf8 ? SFENCE : MFENCE;
	else if ((*p >> 3 & 7) == 7)
		what = prefixed ? CLFLUSHOPT : CLFLUSH;
	else if ((*p >> 3 & 7) == 6 && prefixed)
		what = CLWB;
	else
		return;
	trace->all |= what;
	trace->last = what;
	if (what < SFENCE)
		record(trace, what, operand(r, p, rex));
}

static const struct {
	size_t at, length;
} ranges[] = {
	{ 0, 1 },    { 63, 1 },  { 0, 64 },   { 63, 2 },    { 64, 64 },
	{ 100, 64 }, { 8, 200 }, { 129, 63 }, { 192, 129 }, { 64, 0 },
};

typedef void (*ranged_fn)(const void *addr, size_t length);

/* Marks the end of one call and the start of the next for the tracer. */
static void mark(void)
{
	__asm__ volatile("int3");
}

static pid_t start_child(ranged_fn ranged, void (*plain)(void))
{
	pid_t child = fork();

	if (child != 0)
		return child;
	signal(SIGTRAP, SIG_DFL);
	if (ptrace(PTRACE_TRACEME, 0, 0, 0) < 0)
		_exit(1);
	mark();
	for (size_t i = 0; i < ARRAY_SIZE(ranges); i++) {
		if (ranged)
			ranged(area + ranges[i].at, ranges[i].length);
		else
			plain();
		mark();
	}
	_exit(0);
}

/* Records the effect of the next instruction, call by call. */
static bool look(pid_t child, struct trace *traces, size_t *call)
{
	struct user_regs_struct regs;
	unsigned char bytes[16];

	if (ptrace(PTRACE_GETREGS, child, 0, &regs) < 0)
		return false;
	for (size_t i = 0; i < sizeof(bytes); i += sizeof(long)) {
		long word = ptrace(PTRACE_PEEKTEXT, child, regs.rip + i, 0);

		memcpy(bytes + i, &word, sizeof(word));
	}
	if (bytes[0] == 0xcc)
		(*call)++;
	else
		decode(&traces[*call], &regs, bytes);
	return true;
}

static void trace_calls(ranged_fn ranged, void (*plain)(void), struct trace *traces)
{
	pid_t child = start_child(ranged, plain);
	size_t call = 0;
	int status;

	assert_true(child > 0);
	memset(traces, 0, ARRAY_SIZE(ranges) * sizeof(*traces));
	while (waitpid(child, &status, 0) == child && WIFSTOPPED(status)) {
		bool more = call < ARRAY_SIZE(ranges) && look(child, traces, &call);

		ptrace(more ? PTRACE_SINGLESTEP : PTRACE_CONT, child, 0, 0);
	}
	assert_true(WIFEXITED(status) && WEXITSTATUS(status) == 0);
	assert_int_equal(call, ARRAY_SIZE(ranges));
}

/* Each line of the range is touched, and no other. */
static void check_lines(ranged_fn ranged, uint32_t wanted, uint32_t last)
{
	struct trace traces[ARRAY_SIZE(ranges)];

	trace_calls(ranged, NULL, traces);
	for (size_t i = 0; i < ARRAY_SIZE(ranges); i++) {
		size_t at = ranges[i].at, length = ranges[i].length;

		for (size_t line = 0; line < ARRAY_SIZE(traces[i].lines); line++) {
			bool in = length && line >= at / 64 && line <= (at + length - 1) / 64;

			assert_int_equal(traces[i].lines[line], in ? wanted : 0);
		}
		assert_int_equal(traces[i].outside, 0);
		if (last)
			assert_int_equal(traces[i].last, last);
	}
}

static bool has_clflushopt(void)
{
	return strcmp(persist_for_cpu()->name, "clflush") != 0;
}

static bool has_clwb(void)
{
	return strcmp(persist_for_cpu()->name, "clwb") == 0;
}

static void flush_lines(void **state)
{
	(void)state;
	check_lines(with_clflush.flush, CLFLUSH, 0);
	if (has_clflushopt())
		check_lines(with_clflushopt.flush, CLFLUSHOPT, 0);
	else
		note("needs a processor with clflushopt\n");
	if (has_clwb())
		check_lines(with_clwb.flush, CLWB, 0);
	else
		note("needs a processor with clwb\n");
}

static void invalidate_lines(void **state)
{
	(void)state;
	check_lines(with_clflush.invalidate, CLFLUSH, MFENCE);
	if (!has_clflushopt())
		return;
	check_lines(with_clflushopt.invalidate, CLFLUSHOPT, MFENCE);
	/* CLWB may keep the line, so it must not be used to drop one. */
	assert_ptr_equal(with_clwb.invalidate, with_clflushopt.invalidate);
}

static void fences(void **state)
{
	const struct persist *all[] = { &with_clwb, &with_clflushopt, &with_clflush };
	struct trace traces[ARRAY_SIZE(ranges)];

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(all); i++) {
		trace_calls(NULL, all[i]->fence, traces);
		assert_int_equal(traces[0].all, SFENCE);
	}
}

static void store_copy(const void *addr, size_t length)
{
	static const unsigned char from[sizeof(area) + 1];

	persist_store(&with_clflush, (void *)(uintptr_t)addr, from + 1, length);
}

static void store_zeros(const void *addr, size_t length)
{
	persist_store(&with_clflush, (void *)(uintptr_t)addr, NULL, length);
}

/* Whole lines bypass the caches completely; the rest of the first and the last line is flushed. */
static void check_store(ranged_fn store)
{
	struct trace traces[ARRAY_SIZE(ranges)];

	trace_calls(store, NULL, traces);
	for (size_t i = 0; i < ARRAY_SIZE(ranges); i++) {
		size_t at = ranges[i].at, end = at + ranges[i].length;

		for (size_t line = 0; line < ARRAY_SIZE(traces[i].lines); line++) {
			size_t from = line * 64, to = from + 64;
			uint32_t want = from >= at && to <= end ? MOVNT_LINE
					: from < end && to > at ? CLFLUSH
								: 0;

			assert_int_equal(traces[i].lines[line], end > at ? want : 0);
		}
		assert_int_equal(traces[i].outside, 0);
	}
}

static void store_lines(void **state)
{
	(void)state;
	check_store(store_copy);
	check_store(store_zeros);
}

static bool may_trace(void)
{
	pid_t child = fork();
	int status;

	if (child == 0)
		_exit(ptrace(PTRACE_TRACEME, 0, 0, 0) < 0);
	return child > 0 && waitpid(child, &status, 0) == child && status == 0;
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST("the best variant of this processor runs and changes no data", best),
		TEST("a flush touches each line of its range and no other", flush_lines),
		TEST("an invalidation touches the same lines and ends in a full fence",
		     invalidate_lines),
		TEST("a fence is a store fence", fences),
		TEST("a bulk store leaves no line behind in the caches", store_lines),
		TEST("a bulk store writes its range and nothing else", store_contents),
	};

	if (may_trace())
		return run_group(tests);
	note("needs ptrace\n");
	return cmocka_run_group_tests_name("without ptrace", ((struct CMUnitTest[]){ tests[0] }),
					   NULL, NULL);
}

#else

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST("the best variant of this processor runs and changes no data", best),
		TEST("a bulk store writes its range and nothing else", store_contents),
	};

	return run_group(tests);
}

#endif
