#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# No notes to self, no conflict markers, no paths of one machine: all of them are wrong for the next
# reader.
. "$(dirname "$0")/common.bash"

mapfile -t files < <(tree ! -path './LICENSE' ! -path './tests/lint/words.sh' \
	! -path './tests/vectors/*' ! -path './tests/fuzz/corpus/*')
notes='\b(TO''DO|FIX''ME|XX''X|HA''CK)\b'
machine='(^|[^[:alnum:]_.-])/(work|home)/|\.\./shared/|\b(deb|ftp|security)\.debian\.org\b'
found=$(grep -InE "$notes|$machine|^(<<<<<<<|>>>>>>>) " "${files[@]}" || true)
[[ -z $found ]] || finding "$found"
found=$(grep -InE '[ 	]+$' "${files[@]}" || true)
[[ -z $found ]] || finding "white space at the end of a line:"$'\n'"$found"
finish
