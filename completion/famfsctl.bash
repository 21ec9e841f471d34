# SPDX-License-Identifier: Apache-2.0
# The program knows what can follow; see docs/HACKING.md. It takes the line as it is typed, since
# bash cuts words at ':' and '=', and gives what bash is to put in.

_famfsctl()
{
	local candidate meaning
	COMPREPLY=()
	while IFS=$'\t' read -r candidate meaning; do
		# 63: bash only lists, after a second TAB.
		[[ $COMP_TYPE != 63 || -z $meaning ]] || candidate+="  ($meaning)"
		COMPREPLY+=("$candidate")
	done < <(famfsctl __complete --bash "$COMP_WORDBREAKS" -- "${COMP_LINE:0:COMP_POINT}" 2>/dev/null)
	[[ ${COMPREPLY[0]:-} != *[/=:,] ]] || compopt -o nospace 2>/dev/null
}

complete -F _famfsctl famfsctl mkfs.famfs fsck.famfs mount.famfs mount.fuse.famfs
