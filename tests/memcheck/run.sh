#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# Fast unit tests, and the command line on an image, under valgrind's memcheck: no value that was
# never set decides anything, or reaches a system call or a device. stores.c checks what is stored
# through a mapping. Takes the build from $FAMFS_BUILD, prints TAP.
# server/btf is left out: half a minute.
#
# Valgrind's processor has neither CLWB nor CLFLUSHOPT: persist_for_cpu() asks CPUID, and takes CLFLUSH.
set -euo pipefail

top=$(cd "$(dirname "${BASH_SOURCE[0]}")/../.." && pwd)
build=${FAMFS_BUILD:?is the folder of the build}
stores=$build/tests/memcheck/libmemcheck_stores.so
work=$(mktemp -d "${TMPDIR:-/tmp}/famfs-memcheck.XXXXXX")
trap 'rm -rf "$work"' EXIT

export FAMFS_SYSTEM_UUID=00000000-0000-4000-8000-000000000001 CMOCKA_MESSAGE_OUTPUT=TAP
export UNIT_VECTORS=$top/tests/vectors UNIT_PROTOCOL_PAGE=$top/docs/PROTOCOL.md
export UNIT_CORPUS=$top/tests/fuzz/corpus
units=(
	fs/create fs/fsck fs/heal fs/judged_again fs/mkfs fs/replay
	media/fields media/log_header media/path media/record media/record_check media/superblock media/vectors
	server/first_open server/handlers server/invalidate server/kernel server/kernel_detect server/log server/message
	server/profile
)

command -v valgrind >/dev/null || { echo "1..0 # skip needs valgrind" && exit 0; }
if [[ ! -f $stores ]]; then
	echo "not ok 1 - $stores is not built: configure the build where valgrind's headers are"
	echo "1..1"
	exit 1
fi

number=0 failures=0
result()
{
	number=$((number + 1))
	[[ $1 == ok ]] || failures=$((failures + 1))
	echo "$([[ $1 == ok ]] && echo ok || echo "not ok") $number - $2"
}

# memcheck PROGRAM ARG...: reports, those of its children too, land in files. Some tests have devices
# on their stack, which valgrind must not take for another stack.
memcheck()
{
	LD_PRELOAD=$stores timeout -k 5 300 valgrind -q --error-exitcode=99 --track-origins=no --leak-check=no \
		--max-stackframe=16777216 --log-file="$work/report.%p" "$@" >"$work/output" 2>&1 </dev/null
}

reported()
{
	[[ -n $(find "$work" -name 'report.*' -size +0) ]]
}

# check CODE TITLE PROGRAM ARG...: it exits so, and nothing is reported.
check()
{
	local code=$1 title=$2 status=0
	shift 2
	rm -f "$work"/report.*
	memcheck "$@" || status=$?
	if [[ $status == "$code" ]] && ! reported; then
		result ok "$title"
	else
		result not "$title: exit code $status"
		# grep fails when the command printed nothing.
		{ cat "$work"/report.* "$work/output" | grep -v '^ok ' | head -n 60 | sed 's/^/# /'; } || true
	fi
}

# famfsctl_exits CODE ARG...
famfsctl_exits()
{
	check "$1" "famfsctl ${*:2}" "$build/cli/famfsctl" "${@:2}"
}

cd "$work"
for unit in "${units[@]}"; do
	check 0 "$unit" "$build/tests/unit/unit_${unit/\//_}"
done

head -c 100000 /dev/urandom >data
famfsctl_exits 0 mkfs --size 4G fam.img
famfsctl_exits 0 mkdir fam.img:/d
famfsctl_exits 0 mkdir -p fam.img:/d/e/f
famfsctl_exits 0 creat -s 3M -S 7 fam.img:/d/a
famfsctl_exits 0 creat -s 8M -N 2 -B 4 fam.img:/d/striped
famfsctl_exits 0 cp data fam.img:/d/b
famfsctl_exits 0 cat fam.img:/d/b
famfsctl_exits 0 ls -l fam.img:/d
famfsctl_exits 0 info fam.img
famfsctl_exits 0 dump-log fam.img
famfsctl_exits 0 map --svg=fam.svg fam.img
famfsctl_exits 0 fsck fam.img
omfedit=$build/tests/tools/omfedit
"$omfedit" fam.img set 3 mode=0100755 # more than permission bits
"$omfedit" fam.img set 5 uid=9 crc=1
"$omfedit" fam.img set header next_seqnum=9
famfsctl_exits 4 fsck fam.img
famfsctl_exits 1 fsck --repair --yes fam.img
famfsctl_exits 0 fsck fam.img

# reports_spoilt FUNCTION ARG...: checks what this lane relies on: it notices an undefined value
# that the function stores.
reports_spoilt()
{
	local title="an uninitialised byte that $1() stores is reported"
	rm -f "$work"/report.*
	MEMCHECK_SPOIL=$1 memcheck "$build/cli/famfsctl" "${@:2}" || true
	if grep -qs 'Uninitialised byte(s) found during client check request' "$work"/report.*; then
		result ok "$title"
	else
		result not "$title"
	fi
}

reports_spoilt device_write mkdir fam.img:/spoilt
reports_spoilt device_store creat -s 1M -S 1 fam.img:/d/spoilt
echo "1..$number"
[[ $failures == 0 ]]
