#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# Structs of famfs.h keep their size when members are added: each that is declared with members has
# reserved ones, and those of params are checked for zero. Without, the next member breaks programs
# that are built already.
. "$(dirname "$0")/common.bash"

# An extent and the state of a generator never change.
fixed='famfs_extent famfs_random'

structs=$(code_only lib/famfs.h | awk '
	/^struct famfs_[a-z_]+ \{$/ { name = $2; has = 0 }
	/^\tuint32_t reserved\[4\];$/ { has = 1 }
	/^};$/ && name != "" { print name, has; name = "" }')
[[ $(wc -l <<<"$structs") -ge 20 ]] || finding "only $(wc -l <<<"$structs") structs were found in famfs.h"

while read -r name has; do
	if [[ " $fixed " == *" $name "* ]]; then
		[[ $has -eq 0 ]] || finding "struct $name is not to change, and has reserved members"
	elif [[ $has -eq 0 ]]; then
		finding "struct $name has no reserved members"
	fi
done <<<"$structs"

# One check for each params struct; those of mkdir and create share one.
mapfile -t files < <(c_files | grep '^lib/.*\.c$')
params=$(grep -c '_params [01]$' <<<"$structs")
checks=$(grep_code '\b(error_if_reserved|check_attributes)\(.*reserved' "${files[@]}" | grep -c 'params->reserved')
[[ $checks -eq $params ]] || finding "$params params structs, and $checks checks of reserved members"
finish
