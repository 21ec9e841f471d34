#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# Root's programs are found by fixed paths, never in the $PATH of the caller: base/program.h has the way.
. "$(dirname "$0")/common.bash"

mapfile -t files < <(c_files | grep -E '^(lib|cli)/')
found=$(grep_code '(^|[^_[:alnum:]>.])(posix_spawnp|exec[lv]pe?|system|popen) *\(' "${files[@]}")
[[ -z $found ]] || finding "these look for a program in \$PATH, or run a shell:"$'\n'"$found"
finish
