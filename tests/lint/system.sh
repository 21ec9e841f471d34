#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# The unit and the lines of fstab in docs/SYSTEM.md are what systemd understands. In a machine with
# udev, tests/vm/udev.bats tries the rule; tests/bats the helpers that mount(8) calls.
. "$(dirname "$0")/common.bash"
need_build
page=docs/SYSTEM.md
generator=/lib/systemd/system-generators/systemd-fstab-generator
command -v systemd-analyze >/dev/null || skip systemd-analyze
[[ -x $generator ]] || skip "systemd-fstab-generator"

work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT

# block LANGUAGE: the blocks of the page in it.
block()
{
	awk -v fence="\`\`\`$1" '$0 == fence { on = 1; next } /^```/ { on = 0 } on' "$page"
}

# The program that is built stands in for the one that would be installed.
block ini | sed "s|/usr/bin/famfsctl|$build/cli/famfsctl|" >"$work/famfs@.service"
grep -q "^ExecStart=$build/cli/famfsctl mount " "$work/famfs@.service" || finding "$page: has no unit"
said=$(SYSTEMD_LOG_LEVEL=warning systemd-analyze verify --man=no "$work/famfs@.service" 2>&1) ||
	finding "$page: systemd-analyze has complaints: $said"
[[ -z $said ]] || finding "$page, famfs@.service: $said"

# The lines of the README are the same kind.
{
	block fstab
	grep -E '^/dev/famfs/by-uuid/[^ ]+ /mnt' README.md
} >"$work/fstab"
[[ $(wc -l <"$work/fstab") -ge 3 ]] || finding "$page: has no lines of fstab"
findmnt --verify --tab-file "$work/fstab" >"$work/log" 2>&1 || true
if grep -E '^[1-9][0-9]* parse error' "$work/log"; then
	finding "$page: findmnt has complaints"
fi
while read -r source dir type options dump passno; do
	mkdir "$work/units"
	echo "$source $dir $type $options $dump $passno" >"$work/line"
	SYSTEMD_FSTAB=$work/line SYSTEMD_LOG_TARGET=console "$generator" "$work/units" "$work/units" "$work/units" \
		>"$work/log" 2>&1 || finding "$page: the generator refuses the line of $source"
	unit=$work/units/$(systemd-escape -p --suffix=mount "$dir")
	grep -qxF "What=$source" "$unit" || finding "$page: no unit for $source"
	grep -qx "Type=famfs" "$unit" || finding "$page: the unit for $source has no type"
	! grep -q systemd-fsck "$unit" || finding "$page: the unit for $source is to be checked before"
	rm -r "$work/units"
done <"$work/fstab"
finish
