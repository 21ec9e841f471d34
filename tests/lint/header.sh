#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# Each public header stands alone, in C and in C++: the programs that include it are not ours.
. "$(dirname "$0")/common.bash"

work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
cp lib/famfs.h lib/famfs_inspect.h "$work"
strict=(-I"$work" -Wall -Wextra -pedantic -Werror -fsyntax-only)
try()
{
	local header
	for header in famfs.h famfs_inspect.h; do
		echo "#include \"$header\"" | "$@" "${strict[@]}" - || finding "$header does not compile with: $*"
	done
}
try gcc -std=c11 -x c
try clang -std=c11 -x c
try g++ -std=c++17 -x c++
try clang++ -std=c++17 -x c++
finish
