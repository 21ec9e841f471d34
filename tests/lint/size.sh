#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# A file over 600 lines, or a function over 60, does two things. The public header is one file at
# any size.
. "$(dirname "$0")/common.bash"

mapfile -t files < <(tree \( -name '*.c' -o -name '*.h' -o -name '*.sh' -o -name '*.bash' -o -name '*.bats' \))
for file in "${files[@]}"; do
	lines=$(wc -l <"$file")
	[[ $lines -le 600 || $file == lib/famfs.h ]] || finding "$file: $lines lines"
done
# Kernel style: the braces of a function, and only those, stand alone in the first column.
mapfile -t files < <(c_files)
found=$(awk '
	/^[a-z_].*\(/ { name = $0 }
	/^\{$/ { start = FNR }
	/^\}$/ && start {
		if (FNR - start - 1 > 60)
			printf "%s:%d: %d lines: %s\n", FILENAME, start, FNR - start - 1, name
		start = 0
	}' "${files[@]}")
[[ -z $found ]] || finding "functions over 60 lines:"$'\n'"$found"
finish
