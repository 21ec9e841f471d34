#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# Hints are pasted into shells: famfs_shell_format() quotes each word of them. A format with quotes
# of its own undoes that.
. "$(dirname "$0")/common.bash"

mapfile -t files < <(c_files | grep -E '^(lib|cli)/')
calls='(report_hint|famfs_shell_format)\((?:"(?:[^"\\]|\\.)*"|[^";])*;'
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
[[ $count -ge 20 ]] || finding "only $count hints were found"

# The formats of remedies, for the same function.
formats=$(sed -n '/hints\[\] = {/,/^};/p' cli/core/remedy.c)
[[ $formats == *FAMFS_REMEDY_* ]] || finding "no formats were found in cli/core/remedy.c"
# shellcheck disable=SC2001 # back references
rest=$(sed -E 's/%(s|" ?PRIu64)//g' <<<"$formats")
[[ $rest != *%* ]] || finding "cli/core/remedy.c: a conversion that is neither the object nor the number"
[[ ! $formats =~ \'%s|%s\'|\\\"%s ]] || finding "cli/core/remedy.c: quotes around a word that is quoted already"

finish
