#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# Root's programs are found by fixed paths, never in the $PATH of the caller: base/program.h has the way.
. "$(dirname "$0")/common.bash"

mapfile -t files < <(c_files | grep -E '^(lib|cli)/')
found=$(grep_code '(^|[^_[:alnum:]>.])(posix_spawnp|exec[lv]pe?|system|popen) *\(' "${files[@]}")
[[ -z $found ]] || finding "these look for a program in \$PATH, or run a shell:"$'\n'"$found"

# A program with more rights than its caller must not take its identity, or anything else, from the caller.
mapfile -t files < <(c_files | grep -E '^lib/')
found=$(grep_code '(^|[^_[:alnum:]>.])getenv *\(' "${files[@]}")
[[ -z $found ]] || finding "these read the environment of a caller with fewer rights; use secure_getenv():"$'\n'"$found"
finish
