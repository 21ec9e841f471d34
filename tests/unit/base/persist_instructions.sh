#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# Compares the compiled cache instructions with the source: each exists, takes its address from a
# register, and that address advances by a line in the same function. This also checks variants that
# the processor of the tests cannot run.
#
# persist_instructions.sh LIBRARY.a
set -euo pipefail

number=0 failed=0
result()
{
	number=$((number + 1))
	if [[ $1 == ok ]]; then
		echo "ok $number - $2"
	else
		failed=1
		echo "not ok $number - $2"
	fi
}

code=$(objdump -d --no-show-raw-insn "$1" |
	awk '/: +file format/ { ours = /persist\.c\.o:/ } ours')
if [[ $code != *x86-64* ]]; then
	echo "1..0 # SKIP needs an x86-64 build"
	exit 0
fi

# A function of the listing, from its label to the next one.
function_of()
{
	awk -v name="<$1>:" '$2 == name { on = 1; next } / <.*>:$/ { on = 0 } on' <<<"$code"
}

echo "1..8"
for name in clwb clflushopt clflush; do
	body=$(function_of "flush_$name")
	if grep -qE "[[:space:]]$name +\(?[^(]*\(%r[a-z0-9]+\)" <<<"$body" &&
		! grep -qE "[[:space:]]$name .*%rip" <<<"$body"; then
		result ok "$name takes its address from a register"
	else
		result not "$name takes its address from a register"
	fi
	# Compilers subtract -64, which is shorter than adding 64.
	if grep -qE '(add[lq]? +\$0x40|sub[lq]? +\$0xffffffffffffffc0|lea +0x40\()' <<<"$body"; then
		result ok "$name goes on by a line of 64 bytes"
	else
		result not "$name goes on by a line of 64 bytes"
	fi
done
for name in sfence mfence; do
	if grep -qE "[[:space:]]$name\b" <<<"$code"; then
		result ok "$name is there"
	else
		result not "$name is there"
	fi
done
exit "$failed"
