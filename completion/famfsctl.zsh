#compdef famfsctl mkfs.famfs fsck.famfs mount.famfs mount.fuse.famfs
# SPDX-License-Identifier: Apache-2.0
# The program knows what can follow; see docs/HACKING.md. Words that go on take no space.

local line value
local -a full full_shown open open_shown
for line in ${(f)"$(famfsctl __complete -- "${(@Q)words[1,CURRENT-1]}" "${(Q)PREFIX}" 2>/dev/null)"}; do
	value=${line%%$'\t'*}
	[[ $line == *$'\t'* ]] && line="$value  -- ${line#*$'\t'}"
	if [[ $value == *[/=:,] ]]; then
		open+=("$value") open_shown+=("$line")
	else
		full+=("$value") full_shown+=("$line")
	fi
done
compadd -l -d full_shown -a full
compadd -l -S '' -d open_shown -a open
