#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# The library exports what its two headers declare, under its version, and nothing else: each visible
# symbol becomes an interface that programs rely on.
. "$(dirname "$0")/common.bash"
need_build

work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
echo '#include "famfs_inspect.h"' | gcc -Ilib -x c -aux-info "$work/aux" -fsyntax-only -
sed -n 's,^/\* lib/famfs[a-z_]*\.h:.*[ *]\(famfs_[a-z0-9_]*\) (.*,\1,p' "$work/aux" | sort -u >"$work/declared"
nm -D --defined-only "$build/lib/libfamfs.so" | awk '$2 != "A" { print $3 }' >"$work/symbols"
sed 's/@.*//' "$work/symbols" | sort -u >"$work/exported"

grep -v '^famfs_[a-z0-9_]*@@LIBFAMFS_0$' "$work/symbols" >"$work/odd" || true
finding_each "exported, but not as famfs_* under LIBFAMFS_0" <"$work/odd"
comm -23 "$work/declared" "$work/exported" >"$work/odd"
finding_each "declared in a public header, but not exported" <"$work/odd"
comm -13 "$work/declared" "$work/exported" >"$work/odd"
finding_each "exported, but in no public header" <"$work/odd"
[[ -s $work/declared ]] || finding "no declaration was found"
finish
