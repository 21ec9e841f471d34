#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# All of lib/ and cli/ compiles for arm64, and its cache instructions are there: clean to the point
# of coherency, clean and invalidate, each on an address that moves by the line, and the barrier
# behind them. Prints TAP.
set -euo pipefail

top=$(cd "$(dirname "${BASH_SOURCE[0]}")/../.." && pwd)
work=$(mktemp -d "${TMPDIR:-/tmp}/famfs-arm64.XXXXXX")
trap 'rm -rf "$work"' EXIT
cross=aarch64-linux-gnu

number=0 failures=0
result()
{
	number=$((number + 1))
	[[ $1 == ok ]] || failures=$((failures + 1))
	echo "$([[ $1 == ok ]] && echo ok || echo "not ok") $number - $2"
}

# Headers of other libraries are the same for all architectures; behind the cross compiler's own.
flags=(-std=gnu11 -O2 -D_GNU_SOURCE -D_FILE_OFFSET_BITS=64 -fvisibility=hidden '-DFAMFS_VERSION="0"'
	-Wall -Wextra -Werror -Wno-missing-field-initializers -I"$top/lib" -I"$top/cli")
for dir in $(pkg-config --cflags-only-I fuse3 uuid blkid json-c) -I/usr/include; do
	flags+=(-idirafter "${dir#-I}")
done

compile_all()
{
	local file
	for file in "$top"/lib/*/*.c "$top"/cli/*.c "$top"/cli/*/*.c; do
		"$cross-gcc" "${flags[@]}" -c "$file" -o "$work/$(tr / _ <<<"${file#"$top/"}").o" || return 1
	done
}

if compile_all 2>"$work/errors"; then
	result ok "all of lib/ and cli/ compiles for arm64 without a warning"
else
	result not "all of lib/ and cli/ compiles for arm64 without a warning"
	sed 's/^/# /' "$work/errors"
	echo "1..$number"
	exit 1
fi

"$cross-gcc" "${flags[@]}" -c "$top/lib/base/persist.c" -o "$work/persist.o"
code=$("$cross-objdump" -d --no-show-raw-insn "$work/persist.o")

# function_has NAME PATTERN...: in this order.
function_has()
{
	local body pattern name=$1
	shift
	body=$(awk -v name="<$name>:" '$2 == name { on = 1; next } / <.*>:$/ { on = 0 } on' <<<"$code")
	for pattern; do
		grep -qE "$pattern" <<<"$body" || return 1
		body=$(sed -E "0,/$pattern/d" <<<"$body")
	done
}

# check TITLE FUNCTION PATTERN...
check()
{
	local title=$1
	shift
	if function_has "$@"; then
		result ok "$title"
	else
		result not "$title"
	fi
}

check "a flush cleans each line" flush_cvac 'mrs.*ctr_el0' 'dc[[:space:]]+cvac, x[0-9]+' 'b\.'
check "an invalidation cleans and drops each line, and waits" \
	invalidate_civac 'mrs.*ctr_el0' 'dc[[:space:]]+civac, x[0-9]+' 'dsb[[:space:]]+sy'
check "a fence waits for all of the system" fence_dsb 'dsb[[:space:]]+sy'
check "a bulk store flushes what it wrote" persist_store 'bl[[:space:]].*mem' 'bl?r[[:space:]]+x[0-9]+'
echo "1..$number"
[[ $failures == 0 ]]
