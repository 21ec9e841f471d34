# SPDX-License-Identifier: Apache-2.0
# shellcheck shell=bash
# A kernel that has the driver for famfs mode, and no famfs.
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

# mounts REASON OPTION...: whether it mounts in devdax mode, says why, serves, and leaves nothing.
mounts()
{
	local reason=$1
	shift
	"$famfsctl" mount "$@" "$dax" "$mnt" &&
		fails 0 "by the server (the device stays in devdax mode, since $reason" "$famfsctl" info "$mnt" &&
		diff -r /usr/include/asm-generic "$mnt/tree" &&
		listed_as devdax && [[ ! -s $claim ]] && "$famfsctl" umount "$mnt"
}

# A process has the device open as long as the command runs.
held()
{
	"$@" 9<"$dax"
}

# A container's own node of the device.
other_node=/run/other-node
mknod "$other_node" c $((0x$(stat -c %t "$dax"))) $((0x$(stat -c %T "$dax")))

# mapped NODE COMMAND...: as long as the command runs, a process has the device mapped.
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

# With udev running as on any host, which reads the device after each switch. It keeps the link,
# although it cannot read in famfs mode.
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
try "files are made" "$famfsctl" cp -r /usr/include/asm-generic "$dax:/tree"
try "the kernel's driver is no famfs" fails 0 "none" "$famfsctl" info --kernel --json
try "list knows devdax mode" listed_as devdax

try "without famfs in the kernel, the device stays in devdax mode" mounts "the kernel has no famfs support"
try "so it does when that is asked for" mounts "nomodeswitch was asked for" --no-mode-switch -o fmap=pull
try "and without maps" mounts "fmap=off was asked for" --fmap off
for profile in pull push v2; do
	try "a kernel that does not take $profile: switched, switched back, and served" \
		mounts "the kernel did not take it in famfs mode" --fmap "$profile"
done
try "the same with one thread" \
	mounts "the kernel did not take it in famfs mode" -o fmap=pull,single_thread
try "a held descriptor: no switch" held mounts "cannot switch the mode of '$dax': it is open by process" --fmap pull
try "a mapping: no switch" mapped "$dax" mounts "cannot switch the mode of '$dax': it is mapped by process" --fmap pull
try "a mapping through another node: no switch" \
	mapped "$other_node" mounts "cannot switch the mode of '$dax': it is mapped by process" --fmap pull
try "another mount: no switch" mounted mounts "it is mounted" --fmap pull

try "unbound, as by a process that was killed" unbind
try "the next mount binds it again" left_behind mounts "the kernel has no famfs support"
try "switched, as by a process that was killed" to_famfs_mode
try "the next mount switches it back" left_behind mounts "the kernel has no famfs support"
try "the device is switched, and a process holds it" to_famfs_mode
try "a mount says so" left_behind held fails 3 "it is open by process" "$famfsctl" mount "$dax" "$mnt"
try "it is still switched" listed_as famfs
try "a device that no process holds any more is mounted" mounts "the kernel has no famfs support"

try "the driver takes the device" to_famfs_mode
try "list knows famfs mode" listed_as famfs
try "the device keeps its name by UUID in famfs mode" link_stays
for command in "mkfs -f $dax" "mount $dax $mnt" "info $dax" "mount --no-mode-switch $dax $mnt"; do
	# shellcheck disable=SC2086 # words
	try "refused in famfs mode: $command" fails 1 "is in famfs mode (driver fsdev_dax)" "$famfsctl" $command
done
try "who finds it so and the kernel does not take it: an error" \
	fails 1 "is in famfs mode: the kernel did not offer" "$famfsctl" mount --fmap pull "$dax" "$mnt"
try "it stays as it was found" listed_as famfs
try "reset-mode is refused while a process holds the device" \
	held fails 3 "cannot switch the mode of '$dax': it is open by process" "$famfsctl" reset-mode "$dax"
try "the repair of doctor is reset-mode" doctor_repairs "famfsctl reset-mode '$dax'"
try "doctor leaves no file in /run" doctor_leaves_no_file "famfsctl reset-mode '$dax'"
try "doctor gives no repair while a process holds the device" \
	held doctor_has_no_repair "is in famfs mode and in use: cannot switch the mode of '$dax': it is open by process"
try "a dry run leaves it" fails 0 "would be in devdax mode; it is in famfs mode" "$famfsctl" reset-mode -n "$dax"
try "so it is in famfs mode" listed_as famfs
try "reset-mode takes it back" fails 0 "is in devdax mode again; it was in famfs mode" "$famfsctl" reset-mode "$dax"
try "so it is in devdax mode" listed_as devdax
try "once more does nothing" fails 0 "is in devdax mode already" "$famfsctl" reset-mode "$dax"
try "no driver has it" unbind
try "reset-mode gives it its driver" fails 0 "it was without a driver" "$famfsctl" reset-mode "$dax"
try "with what was on it" "$famfsctl" fsck "$dax"
try "and with its name by UUID" link_stays
try "no switch is recorded" test ! -s "$claim"
[[ $failures == 0 ]]
