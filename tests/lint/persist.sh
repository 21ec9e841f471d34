#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# Cache instructions live in lib/base/persist*, and in no other file: the tests replace that table by
# a memory that loses power, and an instruction elsewhere would escape them.
. "$(dirname "$0")/common.bash"

mapfile -t files < <(c_files | grep -E '^(lib|cli)/' | grep -v '^lib/base/persist')
found=$(grep_code '\b(asm|__asm__|__asm)\b|_mm_|__builtin_ia32_|immintrin|x86intrin|\bmsync *\(' "${files[@]}")
[[ -z $found ]] || finding "belongs into lib/base/persist:"$'\n'"$found"
finish
