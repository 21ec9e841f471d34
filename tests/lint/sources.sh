#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# Each C file is named by a meson.build, or by the list of commands, which a meson.build reads: a file
# that is not built is not compiled, checked or tested.
. "$(dirname "$0")/common.bash"

mapfile -t files < <(tree -name '*.c')
for file in "${files[@]}"; do
	[[ $file != docs/example*.c ]] || continue # built by tests/run.sh, against the installed library
	if [[ $file == cli/commands/* ]]; then
		name=$(basename "$file" .c)
		grep -qE "^(UNLISTED_)?COMMAND\($name\)$" cli/core/command_list.h ||
			finding "$file: not named in cli/core/command_list.h"
		continue
	fi
	dir=$(dirname "$file") rest=$(basename "$file")
	while :; do
		if [[ -f $dir/meson.build ]]; then
			break
		fi
		rest=$(basename "$dir")/$rest dir=$(dirname "$dir")
	done
	grep -qF "$rest" "$dir/meson.build" || grep -qF "'${rest%.c}'" "$dir/meson.build" ||
		finding "$file: not named in $dir/meson.build"
done
finish
