/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Cache instructions, chosen at run time.
 *
 * x86 (Intel SDM vol. 2): CLWB and CLFLUSHOPT are ordered by SFENCE only; CLFLUSH orders itself.
 * SFENCE does not order later loads, so invalidation ends with MFENCE. CLWB may keep the line and
 * so never invalidates. arm64 (ARM ARM): DC CVAC cleans and DC CIVAC also invalidates, to the point
 * of coherency, both ordered by DSB.
 */
#include "base/persist.h"

#include <stdint.h>
#include <string.h>

static void store_cached(const struct persist *persist, char *to, const char *from, size_t length)
{
	if (from)
		memcpy(to, from, length);
	else
		memset(to, 0, length);
	persist->flush(to, length);
}

#if defined(__x86_64__)

#include <cpuid.h>
#include <emmintrin.h>

#define LINE 64

#define FOR_EACH_LINE(p, addr, length)                                                             \
	for (char *p = (char *)((uintptr_t)(addr) & ~(uintptr_t)(LINE - 1)),                       \
		  *p##_end = (char *)((uintptr_t)(addr) + (length));                               \
	     p < p##_end; p += LINE)

/* The operand is "+m", so that the compiler moves no store to the line past the instruction. */
static void flush_clwb(const void *addr, size_t length)
{
	FOR_EACH_LINE(p, addr, length)
	__asm__ volatile("clwb %0" : "+m"(*(volatile char *)p) : : "memory");
}

static void flush_clflushopt(const void *addr, size_t length)
{
	FOR_EACH_LINE(p, addr, length)
	__asm__ volatile("clflushopt %0" : "+m"(*(volatile char *)p) : : "memory");
}

static void flush_clflush(const void *addr, size_t length)
{
	FOR_EACH_LINE(p, addr, length)
	__asm__ volatile("clflush %0" : "+m"(*(volatile char *)p) : : "memory");
}

static void fence_store(void)
{
	__asm__ volatile("sfence" : : : "memory");
}

static void fence_full(void)
{
	__asm__ volatile("mfence" : : : "memory");
}

static void invalidate_clflushopt(const void *addr, size_t length)
{
	flush_clflushopt(addr, length);
	fence_full();
}

static void invalidate_clflush(const void *addr, size_t length)
{
	flush_clflush(addr, length);
	fence_full();
}

static const struct persist with_clwb = { "clwb", flush_clwb, fence_store, invalidate_clflushopt };
static const struct persist with_clflushopt = { "clflushopt", flush_clflushopt, fence_store,
						invalidate_clflushopt };
static const struct persist with_clflush = { "clflush", flush_clflush, fence_store,
					     invalidate_clflush };

const struct persist *persist_for_cpu(void)
{
	unsigned int eax, ebx = 0, ecx, edx;

	/* CPUID leaf 7: EBX bit 24 is CLWB, bit 23 CLFLUSHOPT; CLFLUSH is part of x86-64. */
	if (!__get_cpuid_count(7, 0, &eax, &ebx, &ecx, &edx))
		return &with_clflush;
	if ((ebx & (1u << 24)) && (ebx & (1u << 23)))
		return &with_clwb;
	return ebx & (1u << 23) ? &with_clflushopt : &with_clflush;
}

/* Stores whole lines past the caches; SFENCE orders them, too (SDM vol. 1, 10.4.6.2). */
static void stream_lines(char *to, const char *from, size_t length)
{
	const __m128i zero = _mm_setzero_si128();

	for (size_t i = 0; i < length; i += 16)
		_mm_stream_si128((__m128i *)(void *)(to + i),
				 from ? _mm_loadu_si128((const __m128i *)(const void *)(from + i))
				      : zero);
}

void persist_store(const struct persist *persist, void *to, const void *from, size_t length)
{
	size_t head = -(uintptr_t)to & (LINE - 1), middle;
	const char *src = from;
	char *dst = to;

	if (head > length)
		head = length;
	middle = (length - head) & ~(size_t)(LINE - 1);
	if (head)
		store_cached(persist, dst, src, head);
	stream_lines(dst + head, src ? src + head : NULL, middle);
	length -= head + middle;
	if (length)
		store_cached(persist, dst + head + middle, src ? src + head + middle : NULL,
			     length);
}

#elif defined(__aarch64__)

static size_t line_size(void)
{
	uint64_t ctr;

	/* CTR_EL0.DminLine: log2 of the words in the smallest data cache line. */
	__asm__("mrs %0, ctr_el0" : "=r"(ctr));
	return (size_t)4 << ((ctr >> 16) & 0xf);
}

static void flush_cvac(const void *addr, size_t length)
{
	const size_t line = line_size();
	uintptr_t p = (uintptr_t)addr & ~(line - 1), end = (uintptr_t)addr + length;

	for (; p < end; p += line)
		__asm__ volatile("dc cvac, %0" : : "r"(p) : "memory");
}

static void fence_dsb(void)
{
	__asm__ volatile("dsb sy" : : : "memory");
}

static void invalidate_civac(const void *addr, size_t length)
{
	const size_t line = line_size();
	uintptr_t p = (uintptr_t)addr & ~(line - 1), end = (uintptr_t)addr + length;

	for (; p < end; p += line)
		__asm__ volatile("dc civac, %0" : : "r"(p) : "memory");
	fence_dsb();
}

void persist_store(const struct persist *persist, void *to, const void *from, size_t length)
{
	store_cached(persist, to, from, length);
}

static const struct persist with_dc = { "dc cvac", flush_cvac, fence_dsb, invalidate_civac };

const struct persist *persist_for_cpu(void)
{
	return &with_dc;
}

#else
#error "famfs needs to know how this architecture writes back and invalidates cache lines"
#endif
