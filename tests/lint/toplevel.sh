#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# The top level shows the parts of the project; the files of a part are in its folder.
. "$(dirname "$0")/common.bash"

for entry in *; do
	case $entry in
	cli | lib | completion | tests | docs | meson.build | meson_options.txt | README.md | LICENSE) ;;
	build*) [[ -d $entry ]] || finding "$entry: does not belong to the top level" ;;
	*) finding "$entry: does not belong to the top level" ;;
	esac
done
finish
