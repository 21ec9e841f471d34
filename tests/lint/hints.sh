#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# Hints are pasted into shells: famfs_shell_format() quotes each word of them. A format with quotes
# of its own undoes that, and a hint that is made in another way contains an unquoted name.
. "$(dirname "$0")/common.bash"

mapfile -t files < <(c_files | grep -E '^(lib|cli)/')
calls='(error_hint|report_hint|famfs_shell_format)\((?:"(?:[^"\\]|\\.)*"|[^";])*;'
count=0
for file in "${files[@]}"; do
	while IFS= read -r -d '' call; do
		# Prototypes and definitions have no format.
		[[ $call == *'"'* ]] || continue
		count=$((count + 1))
		call=$(tr -s '\n\t ' ' ' <<<"$call")
		# shellcheck disable=SC2001 # back references
		rest=$(sed -E 's/%(s|u|%|" ?PRIu64)//g' <<<"$call")
		[[ $rest != *%* ]] || finding "$file: a conversion that famfs_shell_format() does not know: $call"
		[[ ! $call =~ [\'\"\\]%s[\'\\] && ! $call =~ \'%s|%s\' ]] ||
			finding "$file: quotes around a word that is quoted already: $call"
	done < <(grep -Pzo "(?s)\\b$calls" "$file" || true)
done
[[ $count -ge 30 ]] || finding "only $count hints were found"

# These two put a hint into an error: error_hint(), and error_hint_same_size() for one without names.
mapfile -t others < <(printf '%s\n' "${files[@]}" | grep -vxE 'lib/base/error.c|cli/core/session.c')
found=$(grep_code '(printf|cpy|cat|memmove) *\([^;]*(->|\berr\.)hint\b' "${others[@]}")
[[ -z $found ]] || finding "a hint is made by error_hint():"$'\n'"$found"
finish
