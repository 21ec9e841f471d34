# SPDX-License-Identifier: Apache-2.0
# shellcheck shell=bash
# In the guest: a kernel that has the driver for famfs mode, but no famfs.
. tests/vm/guest.bash
export FAMFS_SYSTEM_UUID=$master
drivers=/sys/bus/dax/drivers
claim=/run/famfsctl/dax0.0

unbind()
{
	modprobe fsdev_dax && echo dax0.0 >"$drivers/device_dax/unbind"
}

to_famfs_mode()
{
	unbind && echo dax0.0 >"$drivers/fsdev_dax/new_id"
}

listed_as()
{
	"$famfsctl" list --json | jq -e --arg mode "$1" '.devices[0].mode == $mode'
}

# mounts REASON OPTION...: mounts in devdax mode with this reason, reads the files and unmounts.
mounts()
{
	local reason=$1
	shift
	"$famfsctl" mount "$@" "$dax" "$mnt" &&
		fails 0 "by the server (the device stays in devdax mode, since $reason" "$famfsctl" info "$mnt" &&
		diff -r /usr/include/asm-generic "$mnt/tree" &&
		listed_as devdax && [[ ! -s $claim ]] && "$famfsctl" umount "$mnt"
}

# Runs a command while a process has the device open.
held()
{
	"$@" 9<"$dax"
}

# A container's own node of the device.
other_node=/run/other-node
mknod "$other_node" c $((0x$(stat -c %t "$dax"))) $((0x$(stat -c %T "$dax")))

# mapped NODE COMMAND...: runs the command while a process has the device mapped.
mapped()
{
	local pid status=0 node=$1
	shift
	rm -f /run/mapped
	python3 -c 'import mmap, os, sys
m = mmap.mmap(os.open(sys.argv[1], os.O_RDONLY), 2 << 20, prot=mmap.PROT_READ)
os.closerange(3, 64)
print(flush=True)
sys.stdin.read()' "$node" < <(sleep 600 & echo $! >/run/sleep && wait) >/run/mapped &
	pid=$!
	until [[ -s /run/mapped ]]; do sleep 0.1; done
	"$@" || status=$?
	kill "$(</run/sleep)" && wait "$pid"
	return "$status"
}

mounted()
{
	local status=0
	mkdir -p /run/first && "$famfsctl" mount --no-mode-switch "$dax" /run/first || return
	"$@" || status=$?
	"$famfsctl" umount /run/first && return "$status"
}

doctor_repairs()
{
	"$famfsctl" doctor --json | jq -e --arg repair "$1" 'any(.findings[]; .id == "dax.mode" and .repair == $repair)'
}

# doctor_has_no_repair TEXT
doctor_has_no_repair()
{
	"$famfsctl" doctor --json | jq -e --arg text "$1" 'any(.findings[]; .id == "dax.mode" and .repair == null and (.message | startswith($text)))'
}

# doctor examines a device in famfs mode without opening a file of its own.
doctor_leaves_no_file()
{
	local status=0
	mv /run/famfsctl /run/famfsctl.away || return
	doctor_repairs "$1" >/dev/null || status=1
	[[ ! -e /run/famfsctl ]] || status=2
	rm -rf /run/famfsctl
	mv /run/famfsctl.away /run/famfsctl && return "$status"
}

# A process that was killed in the middle of a switch leaves a record behind.
left_behind()
{
	mkdir -p /run/famfsctl && echo devdax >"$claim" && "$@"
}

# Run udev as on any host: it reads the device after each switch. It keeps the link, although it
# cannot read the device in famfs mode.
export SYSTEMD_IGNORE_CHROOT=1
link_stays()
{
	udevadm trigger --settle --action=change /sys/bus/dax/devices/dax0.0 &&
		[[ /dev/famfs/by-uuid/$(udevadm info --query=property --property=ID_FS_UUID --value "$dax") -ef $dax ]]
}

mkdir -p /run/udev/rules.d
sed -E "s|\"/[^ ]*/famfsctl |\"$famfsctl |" "$FAMFS_BUILD/cli/udev/60-famfs.rules" >/run/udev/rules.d/60-famfs.rules
/lib/systemd/systemd-udevd >/run/udevd.log 2>&1 &

try "mkfs formats the device in devdax mode" "$famfsctl" mkfs -f --force-foreign "$dax"
try "cp copies a tree to the device" "$famfsctl" cp -r /usr/include/asm-generic "$dax:/tree"
try "a kernel with the driver for famfs mode has no famfs support" fails 0 "none" "$famfsctl" info --kernel --json
try "list shows devdax mode" listed_as devdax

try "without famfs in the kernel, the device stays in devdax mode" mounts "the kernel has no famfs support"
try "with --no-mode-switch, the device stays in devdax mode" mounts "nomodeswitch was asked for" --no-mode-switch -o fmap=pull
try "with fmap=off, the device stays in devdax mode" mounts "fmap=off was asked for" --fmap off
for profile in pull push v2; do
	try "with $profile forced, the device is switched, switched back and served" \
		mounts "the kernel did not take it in famfs mode" --fmap "$profile"
done
try "with one thread, the device is switched, switched back and served" \
	mounts "the kernel did not take it in famfs mode" -o fmap=pull,single_thread
try "a device that a process has open is not switched" held mounts "cannot switch the mode of '$dax': it is open by process" --fmap pull
try "a device that a process has mapped is not switched" mapped "$dax" mounts "cannot switch the mode of '$dax': it is mapped by process" --fmap pull
try "a device that is mapped through another node is not switched" \
	mapped "$other_node" mounts "cannot switch the mode of '$dax': it is mapped by process" --fmap pull
try "a device that is mounted is not switched" mounted mounts "it is mounted" --fmap pull

try "the device loses its driver, as after a killed process" unbind
try "the next mount binds the device again" left_behind mounts "the kernel has no famfs support"
try "the device is in famfs mode, as after a killed process" to_famfs_mode
try "the next mount switches the device back" left_behind mounts "the kernel has no famfs support"
try "the device is switched, and a process holds it" to_famfs_mode
try "a mount names the process that holds the device" left_behind held fails 3 "it is open by process" "$famfsctl" mount "$dax" "$mnt"
try "the refused mount leaves the device in famfs mode" listed_as famfs
try "a device that no process holds any more is mounted" mounts "the kernel has no famfs support"

try "the driver of famfs mode accepts the device" to_famfs_mode
try "list shows famfs mode" listed_as famfs
try "the device keeps its name by UUID in famfs mode" link_stays
for command in "mkfs -f $dax" "mount $dax $mnt" "info $dax" "mount --no-mode-switch $dax $mnt"; do
	# shellcheck disable=SC2086 # words
	try "a device in famfs mode is refused: $command" fails 1 "is in famfs mode (driver fsdev_dax)" "$famfsctl" $command
done
try "a device found in famfs mode cannot be mounted if the kernel refuses it" \
	fails 1 "is in famfs mode: the kernel did not offer" "$famfsctl" mount --fmap pull "$dax" "$mnt"
try "the failed mount leaves the device in famfs mode" listed_as famfs
try "reset-mode is refused while a process holds the device" \
	held fails 3 "cannot switch the mode of '$dax': it is open by process" "$famfsctl" reset-mode "$dax"
try "the repair of doctor is reset-mode" doctor_repairs "famfsctl reset-mode '$dax'"
try "doctor leaves no file in /run" doctor_leaves_no_file "famfsctl reset-mode '$dax'"
try "doctor gives no repair while a process holds the device" \
	held doctor_has_no_repair "is in famfs mode and in use: cannot switch the mode of '$dax': it is open by process"
try "a dry run of reset-mode reports the change" fails 0 "would be in devdax mode; it is in famfs mode" "$famfsctl" reset-mode -n "$dax"
try "the dry run leaves the device in famfs mode" listed_as famfs
try "reset-mode resets the device to devdax mode" fails 0 "is in devdax mode again; it was in famfs mode" "$famfsctl" reset-mode "$dax"
try "list shows devdax mode after reset-mode" listed_as devdax
try "a second reset-mode changes nothing" fails 0 "is in devdax mode already" "$famfsctl" reset-mode "$dax"
try "the device loses its driver" unbind
try "reset-mode binds the device to its driver" fails 0 "it was without a driver" "$famfsctl" reset-mode "$dax"
try "the file system survives reset-mode" "$famfsctl" fsck "$dax"
try "the device keeps its name by UUID after reset-mode" link_stays
try "no switch is recorded" test ! -s "$claim"
[[ $failures == 0 ]]
