#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# The library does not know the command line: it returns a remedy, which each program words with its
# own commands and options. So no string of lib/ names a command or an option of famfsctl, each
# remedy of famfs.h is set somewhere, and cli/core/remedy.c words each with the argument it has.
. "$(dirname "$0")/common.bash"

mapfile -t files < <(c_files | grep '^lib/.*\.c$')

# Strings of the preprocessed text, so that words in comments do not count.
strings()
{
	gcc -fpreprocessed -dD -E -P "$1" 2>/dev/null | grep -oE '"([^"\\]|\\.)*"' || true
}

for file in "${files[@]}"; do
	found=$(strings "$file" | grep -E '(^|[^[:alnum:]_/.-])(famfsctl[" ]|--[a-z])' || true)
	[[ -z $found ]] || finding "$file: names a command or an option, a remedy does not:"$'\n'"$found"
done

work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
code_only lib/famfs.h | grep -oE '\bFAMFS_REMEDY_[A-Z_]+' | grep -vx FAMFS_REMEDY_NONE | sort -u >"$work/declared"
[[ -s $work/declared ]] || finding "no remedy was found in famfs.h"

# remedies_set FILE...: REMEDY ARGUMENT for each that is set, ARGUMENT being none, object or number.
remedies_set()
{
	local call remedy
	while IFS= read -r -d '' call; do
		call=$(tr -s '\n\t ' ' ' <<<"$call")
		while read -r remedy; do
			case $call in
			*error_remedy_number*) echo "$remedy number" ;;
			*', NULL)'*) echo "$remedy none" ;;
			*) echo "$remedy object" ;;
			esac
		done < <(grep -oE 'FAMFS_REMEDY_[A-Z_]+' <<<"$call")
	done < <(grep -Pzoh '(?s)\berror_remedy(_number)?\([^;]*;' "$@")
}
remedies_set "${files[@]}" | grep -vE '^FAMFS_REMEDY_NONE ' | sort -u >"$work/set"

# The same of what the table does with them.
code=$(gcc -fpreprocessed -dD -E -P cli/core/remedy.c | tr -s '\n\t ' ' ')
grep -oE '\[FAMFS_REMEDY_[A-Z_]+\] = ("([^"\\]|\\.)*"|PRIu64| )+' <<<"$code" |
	sed -E 's/^\[([A-Z_]+)\].*%" ?PRIu64.*/\1 number/; s/^\[([A-Z_]+)\].*%s.*/\1 object/; s/^\[([A-Z_]+)\].*/\1 none/' |
	sort -u >"$work/worded"

finding_each "is declared, and no function of lib/ sets it" \
	< <(cut -d' ' -f1 "$work/set" | sort -u | comm -23 "$work/declared" -)
finding_each "has no hint in cli/core/remedy.c" \
	< <(cut -d' ' -f1 "$work/worded" | comm -23 "$work/declared" -)
finding_each "is the argument in lib/, not in cli/core/remedy.c" \
	< <(comm -23 "$work/set" "$work/worded")
finish
