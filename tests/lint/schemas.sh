#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# Each JSON schema that the sources or the pages name has a file, and each file is named by a source:
# what is printed is promised. tests/bats/json.bats holds real output against them.
. "$(dirname "$0")/common.bash"

names_in()
{
	grep -ohE 'famfsctl\.[a-z-]+/[0-9]+' "$@" | sort -u
}

mapfile -t sources < <(c_files | grep '^cli/')
for name in $(names_in "${sources[@]}" README.md docs/*.md docs/man/*.scd); do
	file=${name#famfsctl.} file=docs/schema/${file%/*}.json
	[[ -f $file ]] || finding "$name: no $file"
	[[ ! -f $file ]] || grep -qF "\"$name\"" "$file" || finding "$file: is not about $name"
done
for file in docs/schema/*.json; do
	name=$(names_in "$file")
	names_in "${sources[@]}" | grep -qxF "$name" || finding "$file: no source prints '$name'"
	grep -qF '"$schema": "https://json-schema.org/draft/2020-12/schema"' "$file" ||
		finding "$file: is not of JSON Schema 2020-12, as the others are"
done
/usr/bin/python3 -c 'import jsonschema' 2>/dev/null || skip python3-jsonschema
/usr/bin/python3 tests/tools/schema.py --check docs/schema || finding "see above"
finish
