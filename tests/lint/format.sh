#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# clang-format decides about white space, so that reviews need not.
. "$(dirname "$0")/common.bash"

command -v clang-format >/dev/null || skip clang-format
mapfile -t files < <(c_files)
clang-format --dry-run --Werror "${files[@]}" || finding "run: clang-format -i on these files"
finish
