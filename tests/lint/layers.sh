#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# Includes point down only: a layer that includes an upper one cannot be understood, tested or
# replaced alone.
. "$(dirname "$0")/common.bash"

# allowed LAYER INCLUDE: may a file of LAYER include "INCLUDE"?
allowed()
{
	local include=$2
	# famfs.h includes nothing of ours, and famfs_inspect.h only famfs.h.
	[[ $include == famfs.h && $1 != root ]] && return 0
	[[ $include == famfs_inspect.h && $1 != root && $1 != inspect && $1 != shared ]] && return 0
	case $1/$include in
	# Inline functions for both sides, library and command line.
	root/* | inspect/* | shared/*) return 1 ;;
	*/shared/*) [[ -f lib/$include ]] && return 0 ;;
	base/base/* | media/base/* | media/media/* | device/base/* | device/device/*) return 0 ;;
	fs/base/* | fs/media/* | fs/device/* | fs/fs/*) return 0 ;;
	# The server never parses records.
	server/media/checks.h | server/media/describe.h | server/media/fields.h) return 1 ;;
	server/media/record.h | server/media/superblock.h) return 1 ;;
	server/base/* | server/media/* | server/device/* | server/fs/* | server/server/*) return 0 ;;
	base/* | media/* | device/* | fs/* | server/*) return 1 ;;
	# main() and the commands see all of cli; core and output serve every room.
	main/*/* | commands/*/*) [[ -f cli/$include ]] && return 0 ;;
	*/core/* | */output/*) [[ -f cli/$include ]] && return 0 ;;
	# The other folders see themselves, and the ones that are named here.
	complete/complete/* | cp/cp/* | doctor/doctor/* | dump/dump/* | fsck/fsck/* | map/map/*) return 0 ;;
	helpers/helpers/* | helpers/fsck/* | helpers/mount/* | mount/mount/*) return 0 ;;
	complete/helpers/helpers.h) return 0 ;;
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

for layer in lib/*/; do
	layer=$(basename "$layer")
	mapfile -t files < <(c_files | grep "^lib/$layer/" || true)
	check "$layer" "${files[@]}"
done
check root lib/famfs.h
check inspect lib/famfs_inspect.h
# A function that is not inline would be a symbol of the library, which the program cannot reach.
finding_each "lib/shared holds only static inline functions" < <(
	tree -path './lib/shared/*' ! -name '*.h'
	grep -HnE '^[a-z][a-z_ ]* \**[a-z_]+\(' lib/shared/*.h | grep -v 'static inline' || true
)
for room in cli/*/; do
	room=$(basename "$room")
	mapfile -t files < <(c_files | grep "^cli/$room/" || true)
	check "$room" "${files[@]}"
done
check main cli/main.c
finish
