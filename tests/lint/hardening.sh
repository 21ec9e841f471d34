#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# The program and the library are hardened: it is read from the files that were built, since a flag
# that a compiler does not know is left out silently. A build with the sanitizers has its own checks.
. "$(dirname "$0")/common.bash"
need_build

program=$build/cli/famfsctl
library=$(readlink -f "$build/lib/libfamfs.so.0")
[[ $(nm -D "$library") != *__asan_* ]] || skip "a build without the sanitizers"

# expect FILE WHAT PATTERN READELF-OPTION...
expect()
{
	local file=$1 what=$2 pattern=$3
	shift 3
	grep -qE "$pattern" <<<"$(readelf -W "$@" "$file")" || finding "$(basename "$file"): no $what"
}

for file in "$program" "$library"; do
	expect "$file" "read-only relocations" ' GNU_RELRO ' --segments
	expect "$file" "immediate binding" 'FLAGS_1.* NOW' --dynamic
	expect "$file" "stack without execution" 'GNU_STACK .* RW +0x' --segments
	expect "$file" "stack protector" '__stack_chk_fail' --dyn-syms
done
# The mark in the file (IBT, BTI) is lost where the C library's start files have none, as in Debian
# 12, so that the functions are looked at.
declare -A landing=([x86_64]=endbr64 [aarch64]='bti|paciasp')
if [[ -v landing[$(uname -m)] ]]; then
	code=$(objdump -d --disassemble=famfs_version "$library")
	grep -qE "${landing[$(uname -m)]}" <<<"$code" ||
		finding "$(basename "$library"): no protection of indirect calls"
fi
expect "$program" "position-independent code" 'Type: +DYN' --file-header
expect "$library" "fortified call" '__[a-z]+_chk(@|$)' --dyn-syms
expect "$program" "fortified call" '__[a-z]+_chk(@|$)' --dyn-syms
finish
