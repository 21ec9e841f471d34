#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# Only lib/device knows where bytes lie: a /dev/dax or sysfs path elsewhere is a second place that
# decides how a device is opened, mapped or switched. The kernel's types are not about devices, and
# neither are its connections to FUSE servers; /proc/sys is not sysfs.
. "$(dirname "$0")/common.bash"

mapfile -t files < <(c_files | grep -E '^(lib|cli)/' | grep -v '^lib/device/')
for file in "${files[@]}"; do
	# Paths live in strings, so comments are dropped and strings kept.
	found=$(gcc -fpreprocessed -dD -E -P "$file" 2>/dev/null |
		sed 's,/sys/kernel/btf/[a-z]*,,g; s,/sys/fs/fuse/connections/,,g; s,/proc/sys/,,g' |
		grep -E '"[^"]*(/dev/dax|/sys/)' || true)
	[[ -z $found ]] || finding "$file: device paths belong into lib/device: $found"
done
finish
