#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# Each C file is named by a meson.build: a file that is not built is not compiled, checked or tested.
. "$(dirname "$0")/common.bash"

mapfile -t files < <(tree -name '*.c')
for file in "${files[@]}"; do
	[[ $file != docs/example*.c ]] || continue # built by tests/run.sh, against the installed library
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
