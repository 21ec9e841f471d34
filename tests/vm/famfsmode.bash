# SPDX-License-Identifier: Apache-2.0
# shellcheck shell=bash
# A kernel that has the driver for famfs mode, and no famfs.
. tests/vm/guest.bash
export FAMFS_SYSTEM_UUID=$master
drivers=/sys/bus/dax/drivers

to_famfs_mode()
{
	modprobe fsdev_dax && echo dax0.0 >"$drivers/device_dax/unbind" && echo dax0.0 >"$drivers/fsdev_dax/new_id"
}

to_devdax_mode()
{
	echo dax0.0 >"$drivers/fsdev_dax/unbind" && echo dax0.0 >"$drivers/fsdev_dax/remove_id" &&
		echo dax0.0 >"$drivers/device_dax/bind"
}

listed_as()
{
	"$famfsctl" list --json | jq -e --arg mode "$1" '.devices[0].mode == $mode'
}

try "mkfs formats the device in devdax mode" "$famfsctl" mkfs -f --force-foreign "$dax"
try "it mounts" "$famfsctl" mount "$dax" "$mnt"
try "files are made" "$famfsctl" cp -r /usr/include/asm-generic "$mnt/tree"
try "and read" diff -r /usr/include/asm-generic "$mnt/tree"
try "info says who does the I/O, and why" fails 0 "by the server (a kernel cannot map a device in devdax mode" \
	"$famfsctl" info "$mnt"
try "it unmounts" "$famfsctl" umount "$mnt"
try "the kernel's driver is no famfs" fails 0 "none" "$famfsctl" info --kernel --json
try "list knows devdax mode" listed_as devdax

try "the driver takes the device" to_famfs_mode
try "list knows famfs mode" listed_as famfs
for command in "mkfs -f $dax" "mount $dax $mnt" "info $dax"; do
	# shellcheck disable=SC2086 # words
	try "refused in famfs mode: $command" fails 1 "is in famfs mode (driver fsdev_dax)" "$famfsctl" $command
done
try "the device goes back" to_devdax_mode
try "with what was on it" "$famfsctl" fsck "$dax"
[[ $failures == 0 ]]
