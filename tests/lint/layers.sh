#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# Includes point down only: a layer that reaches up cannot be understood, tested or replaced alone.
. "$(dirname "$0")/common.bash"

# allowed LAYER INCLUDE: may a file of LAYER include "INCLUDE"?
allowed()
{
	local include=$2
	[[ $include == famfs.h && $1 != root ]] && return 0
	case $1/$include in
	base/base/* | media/base/* | media/media/* | device/base/* | device/device/*) return 0 ;;
	fs/base/* | fs/media/* | fs/device/* | fs/fs/*) return 0 ;;
	# The server never parses records.
	server/media/record.h | server/media/superblock.h) return 1 ;;
	server/base/* | server/media/* | server/device/* | server/fs/* | server/server/*) return 0 ;;
	# cli sees the public header and its own folder, and nothing else.
	cli/*/*) return 1 ;;
	cli/*) [[ -f cli/$include ]] && return 0 ;;
	esac
	return 1
}

check()
{
	local layer=$1 file line include
	shift
	for file in "$@"; do
		while IFS=: read -r line include; do
			allowed "$layer" "$include" ||
				finding "$file:$line: $layer may not include \"$include\""
		done < <(sed -n 's/^[ \t]*#[ \t]*include[ \t]*"\([^"]*\)".*/\1/;t p;b;:p;=;p' "$file" |
			paste -d: - -)
	done
}

for layer in base media device fs server; do
	mapfile -t files < <(c_files | grep "^lib/$layer/" || true)
	check "$layer" "${files[@]}"
done
check root lib/famfs.h
mapfile -t files < <(c_files | grep '^cli/' || true)
check cli "${files[@]}"
finish
