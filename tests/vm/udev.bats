#!/usr/bin/env bats
# SPDX-License-Identifier: Apache-2.0
# cli/udev/60-famfs.rules, under the udevd of the distribution, with a real DAX device.
# bats file_tags=system

load ../bats/helper

dax=/dev/dax0.0
drivers=/sys/bus/dax/drivers
rules=/run/udev/rules.d
links=/dev/famfs/by-uuid

setup_file()
{
	# The machine's files are below a folder of the initial ones, which udevadm takes for a chroot
	# that udevd is not in.
	export SYSTEMD_IGNORE_CHROOT=1
	mkdir -p "$rules"
	# The program that is tested, instead of the one that would be installed.
	sed -E "s|\"/[^ ]*/famfsctl |\"$FAMFSCTL |" "$FAMFS_BUILD/cli/udev/60-famfs.rules" >"$rules/60-famfs.rules"
	# The machine's files are its own, and gone when it ends.
	ln -sf "$FAMFSCTL" /usr/sbin/mount.famfs
	ln -sf "$FAMFSCTL" /usr/sbin/fsck.famfs
	/lib/systemd/systemd-udevd 3>&- >/run/udevd.log 2>&1 &
	echo $! >/run/udevd.pid
}

teardown_file()
{
	kill "$(</run/udevd.pid)"
}

suite_setup()
{
	# shellcheck disable=SC2034 # for the helpers
	img=$dax
}

suite_teardown()
{
	rm -f "$rules/10-no-probe.rules"
	if [[ ! -e $drivers/device_dax/dax0.0 ]]; then
		daxctl reconfigure-device --mode=devdax --force dax0.0 >/dev/null
	fi
}

uuid()
{
	famfsctl info --json "$dax" | jq -r .uuid
}

property()
{
	udevadm info --query=property --property="$1" --value "$dax"
}

# An event of the device; udevd has seen to it when this returns.
event()
{
	udevadm trigger --settle --action=change /sys/bus/dax/devices/dax0.0
}

links_to()
{
	[[ $(ls "$links" 2>/dev/null) == "$1" ]] && [[ $links/$1 -ef $dax ]]
}

no_link()
{
	[[ -z $(ls "$links" 2>/dev/null) ]]
}

@test "udev accepts the rules without a complaint" {
	run -0 udevadm test --action=change "$(readlink -f /sys/bus/dax/devices/dax0.0)"
	assert_line --partial "Reading rules file: $rules/60-famfs.rules"
	refute_line --regexp '^[^ ]*/60-famfs\.rules:[0-9]'
}

@test "mkfs makes the link by UUID and the next mkfs moves it" {
	new_image
	wait_for 30 links_to "$(uuid)"
	assert_equal "$(property ID_FS_TYPE)" famfs
	assert_equal "$(property ID_FS_UUID)" "$(uuid)"
	assert_equal "$(property ID_FS_VERSION)" 2.2
	assert_equal "$(property CURRENT_TAGS)" :systemd:
	new_image 4G --uuid 6f1c8a52-0d8e-4a83-9d29-5a0c7f1b2e34
	wait_for 30 links_to 6f1c8a52-0d8e-4a83-9d29-5a0c7f1b2e34
}

@test "the link by UUID can be mounted and checked" {
	new_image
	wait_for 30 links_to "$(uuid)"
	mkdir -p "$mnt"
	famfsctl mount "$links/$(uuid)" "$mnt"
	assert_equal "$(findmnt -no SOURCE "$mnt")" "$dax"
	event
	links_to "$(uuid)"
	famfsctl umount "$mnt"
	run -0 famfsctl fsck "$links/$(uuid)"
}

@test "mount, mount -a, fsck and findmnt know the device by its UUID" {
	new_image
	wait_for 30 links_to "$(uuid)"
	local id fstab=$BATS_TEST_TMPDIR/fstab
	id=$(uuid)
	mkdir -p "$mnt"
	echo "$links/$id $mnt famfs ro,nofail,x-systemd.device-timeout=30s 0 0" >"$fstab"
	mount -a -T "$fstab" 3>&-
	assert_equal "$(findmnt -no SOURCE,FSTYPE "$mnt" | xargs)" "$dax fuse.famfs"
	umount "$mnt"
	wait_for 30 no_server
	mount -t famfs "famfs:$id" "$mnt" 3>&-
	assert_equal "$(findmnt -no SOURCE,FSTYPE "$mnt" | xargs)" "$dax fuse.famfs"
	umount "$mnt"
	run mount -t famfs "UUID=$id" "$mnt"
	assert_failure
	assert_output --partial "can't find UUID=$id"
	run -0 fsck -t famfs "$links/$id"
	assert_line clean
}

@test "a device that holds no famfs has the tag of systemd and no link" {
	head -c 4096 /dev/zero | "$OMFEDIT" "$dax" write 0
	event
	no_link
	assert_equal "$(property ID_FS_TYPE)" ""
	assert_equal "$(property CURRENT_TAGS)" :systemd:
}

@test "a device that lost its driver keeps its link, and gets it anew with the driver" {
	new_image
	wait_for 30 links_to "$(uuid)"
	local id
	id=$(uuid)
	echo dax0.0 >"$drivers/device_dax/unbind"
	event
	links_to "$id"
	echo dax0.0 >"$drivers/device_dax/bind"
	event
	links_to "$id"
}

@test "a device that became system memory is not read, and its link is gone" {
	new_image
	wait_for 30 links_to "$(uuid)"
	modprobe kmem
	daxctl reconfigure-device --mode=system-ram --no-online dax0.0 >/dev/null
	event
	no_link
	assert_equal "$(property CURRENT_TAGS)" :systemd:
	run famfsctl __udev "$dax"
	assert_error 1 "'$dax' is in system-ram mode (driver kmem)"
	daxctl reconfigure-device --mode=devdax --force dax0.0 >/dev/null
	event
	links_to "$(uuid)"
}

@test "FAMFS_NO_PROBE in an earlier rule keeps a device from being read" {
	new_image
	wait_for 30 links_to "$(uuid)"
	echo 'KERNEL=="dax0.0", ENV{FAMFS_NO_PROBE}="1"' >"$rules/10-no-probe.rules"
	udevadm control --reload
	event
	no_link
	assert_equal "$(property CURRENT_TAGS)" :systemd:
}
