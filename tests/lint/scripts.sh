#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# Scripts pass shellcheck and stop at the first error: most of them run as root.
. "$(dirname "$0")/common.bash"

command -v shellcheck >/dev/null || skip shellcheck
mapfile -t scripts < <(tree \( -name '*.sh' -o -name '*.bash' -o -path './.ci/run' \))
shellcheck -x -P SCRIPTDIR -e SC2016 "${scripts[@]}" || finding "shellcheck has complaints"
# Titles and run make bats files their own language; these four do not fit it.
mapfile -t suites < <(tree -name '*.bats')
[[ ${#suites[@]} -eq 0 ]] ||
	shellcheck -x -P SCRIPTDIR -e SC2016,SC2030,SC2031,SC2154 "${suites[@]}" ||
	finding "shellcheck has complaints"
for script in "${scripts[@]}"; do
	[[ $(head -c 2 "$script") == "#!" ]] || continue
	grep -qE '^(set -euo pipefail|\. .*common\.bash")$' "$script" ||
		finding "$script: does not set -euo pipefail"
done
finish
