#!/usr/bin/env bats
# SPDX-License-Identifier: Apache-2.0
# Behaviour that only a real DAX device shows. The machine has one, and each test restores it.
# bats file_tags=dax

load ../bats/helper

dax=/dev/dax0.0
drivers=/sys/bus/dax/drivers

suite_setup()
{
	# shellcheck disable=SC2034 # for the helpers
	img=$dax
}

suite_teardown()
{
	if [[ ! -e $drivers/device_dax/dax0.0 ]]; then
		echo dax0.0 >"$drivers/device_dax/bind" || true
	fi
}

unbind()
{
	echo dax0.0 >"$drivers/device_dax/unbind"
}

@test "list shows size, alignment, mode, node, and the famfs on the device" {
	new_image
	run -0 famfsctl list --json
	jq -e --arg size "$(</sys/bus/dax/devices/dax0.0/size)" '.devices | length == 1 and (.[0] |
		.device == "/dev/dax0.0" and .size == ($size | tonumber) and .align == 2097152 and
		.mode == "devdax" and .numa_node == 0 and .famfs and .role == "master" and
		.mountpoint == null and .error == null)' <<<"$output"
	mount_image
	run -0 famfsctl list
	assert_line --regexp "^/dev/dax0.0 .* devdax .* master $mnt\$"
}

@test "files on the device stay there from one mount to the next" {
	new_image
	mount_image
	famfsctl cp -r /usr/include/asm-generic "$mnt/include"
	famfsctl umount "$mnt"
	run -0 famfsctl fsck "$dax"
	mount_image
	diff -r /usr/include/asm-generic "$mnt/include"
}

@test "a file can be mapped through the node, and cat --map shows it" {
	new_image
	famfsctl creat -s 37M -N 2 -B 3 -C 2M -S 42 "$dax:/striped"
	famfsctl creat -s 5M -S 43 "$dax:/simple"
	mount_image
	run -0 cmp "$mnt/striped" <(famfsctl cat --map "$dax:/striped")
	run -0 cmp "$mnt/simple" <(famfsctl cat --map "$mnt/simple")
}

@test "a famfs is refused, mounted and not mounted" {
	new_image
	run famfsctl mkfs "$dax"
	assert_error 3 "'$dax' already holds a famfs file system"
	mount_image
	run famfsctl mkfs -f "$dax"
	assert_error 3 "'$dax' is mounted at '$mnt'"
}

@test "df and info agree on the used space of the device" {
	new_image
	famfsctl creat -s 100M --no-zero "$dax:/f"
	mount_image
	assert_equal "$(df -B1 --output=size,avail "$mnt" | tail -n 1 | xargs)" \
		"$(famfsctl info --json "$dax" | jq -r '"\(.data_length) \(.free_bytes)"')"
}

@test "a full device is an error with the wanted and the free space" {
	new_image
	run famfsctl creat --no-zero -s 10G "$dax:/f"
	assert_error 1 "need 10240 MiB"
	famfsctl creat --no-zero -s "$(info_number free_bytes)" "$dax:/all"
	assert_equal "$(info_number free_bytes)" 0
	run -0 famfsctl fsck "$dax"
}

@test "a damaged entry is found on the device and removed" {
	new_image
	famfsctl creat -s 2M "$dax:/good"
	famfsctl creat -s 2M "$dax:/bad"
	"$OMFEDIT" "$dax" set 1 crc=1
	run famfsctl fsck "$dax"
	assert_failure 4
	run famfsctl fsck --repair --save "$BATS_TEST_TMPDIR/undo" "$dax"
	assert_failure 1
	run -0 famfsctl fsck "$dax"
	run -0 famfsctl cat "$dax:/good"
}

@test "a signature in the device's memory is refused by name" {
	mkfs.ext4 -q -F "$BATS_TEST_TMPDIR/ext4.img" 8M
	"$OMFEDIT" "$dax" write 0 <"$BATS_TEST_TMPDIR/ext4.img"
	run famfsctl mkfs "$dax"
	assert_error 3 "'$dax' already holds a signature of ext4"
	run -0 famfsctl mkfs -f "$dax"
	assert_line "destroyed a signature of ext4"
}

@test "a device is not resized" {
	new_image
	run famfsctl mkfs -f --size 1G "$dax"
	assert_error 1 "only images can be resized"
}

@test "a character device that is no DAX device is refused" {
	run famfsctl mkfs /dev/null
	assert_error 1 "'/dev/null' is a character device, but not a DAX device"
}

@test "a node that another program made can be read, but not written" {
	new_image
	mknod "$BATS_TEST_TMPDIR/node" c $((0x$(stat -c %t "$dax"))) $((0x$(stat -c %T "$dax")))
	run famfsctl mkfs -f "$BATS_TEST_TMPDIR/node"
	assert_error 3 "is not the kernel's node of the device"
	run famfsctl mkdir "$BATS_TEST_TMPDIR/node:/d"
	assert_error 3 "is not the kernel's node of the device"
	run -0 famfsctl info "$BATS_TEST_TMPDIR/node"
	mkdir -p "$mnt"
	famfsctl mount "$BATS_TEST_TMPDIR/node" "$mnt"
	famfsctl info --json "$mnt" | jq -e '.mounts[0].read_only'
}

@test "a device without a driver is refused, with the command that changes it" {
	new_image
	unbind
	for command in "mkfs -f $dax" "mount $dax /mnt" "info $dax" "mkdir $dax:/d"; do
		# shellcheck disable=SC2086 # words
		run famfsctl $command
		assert_error 1 "'$dax' has no driver, so it cannot be used"
		assert_line "hint: run: famfsctl reset-mode '$dax'"
	done
	run -0 famfsctl list
	assert_output "no DAX device that can be used"
	run -0 famfsctl list --all
	assert_line --regexp "^$dax .* disabled "
	run -0 famfsctl doctor --json
	assert_equal "$(jq -r '.findings[] | select(.id == "dax.mode") | .repair' <<<"$output")" "famfsctl reset-mode '$dax'"
	# The command in the hint works.
	run -0 famfsctl reset-mode --dry-run "$dax"
	assert_output "'$dax' would be in devdax mode; it is without a driver"
	run -0 famfsctl reset-mode --json "$dax"
	assert_equal "$(jq -c '.devices[0]' <<<"$output")" \
		"{\"device\":\"$dax\",\"mode_before\":\"disabled\",\"mode\":\"devdax\",\"would_switch\":false}"
	run -0 famfsctl reset-mode "$dax"
	assert_output "'$dax' is in devdax mode already"
	run -0 famfsctl fsck "$dax"
}

@test "a mapping through another node of the device is found" {
	new_image
	mknod "$BATS_TEST_TMPDIR/node" c $((0x$(stat -c %t "$dax"))) $((0x$(stat -c %T "$dax")))
	{
		python3 -c 'import mmap, os, sys, time
m = mmap.mmap(os.open(sys.argv[1], os.O_RDONLY), 2 << 20, prot=mmap.PROT_READ)
os.closerange(3, 64)
print(flush=True)
time.sleep(600)' "$BATS_TEST_TMPDIR/node" 3>&- >"$BATS_TEST_TMPDIR/mapped" &
	}
	mapper=$!
	wait_for 60 test -s "$BATS_TEST_TMPDIR/mapped"
	run famfsctl mkfs -f "$dax"
	assert_error 3 "mapped by process $mapper (python3)"
	kill "$mapper"
}

@test "a device that is system memory is refused, with the command that changes it" {
	new_image
	modprobe kmem
	daxctl reconfigure-device --mode=system-ram --no-online dax0.0 >/dev/null
	run famfsctl mkfs -f "$dax"
	assert_error 1 "'$dax' is in system-ram mode (driver kmem)"
	assert_line "hint: run: daxctl reconfigure-device --mode=devdax --force 'dax0.0'"
	run -0 famfsctl list -a
	assert_line --regexp "^$dax .* system-ram "
	daxctl reconfigure-device --mode=devdax --force dax0.0 >/dev/null
	run -0 famfsctl fsck "$dax"
}

@test "reading memory that vanishes gives EIO, and the server continues" {
	new_image
	famfsctl creat -s 6M -S 5 "$dax:/f"
	mount_image
	cmp -n 4096 "$mnt/f" "$mnt/f"
	unbind
	run cat "$mnt/f"
	assert_failure 1
	assert_output --partial "Input/output error"
	run ls "$mnt/nothing"
	assert_error 2 "Input/output error"
	# The server looks at the superblock once a second, from a thread of its own.
	sleep 2.5
	[[ -n $(servers) ]]
	famfsctl umount "$mnt"
	wait_for 10 no_server
	echo dax0.0 >"$drivers/device_dax/bind"
	run -0 famfsctl verify -S 5 "$dax:/f"
}

@test "memory that vanishes under a command is an error of that command" {
	new_image
	{
		sleep 1
		unbind
	} 3>&- &
	run famfsctl creat -s 3G "$dax:/long"
	wait
	assert_error 1 "Input/output error"
	echo dax0.0 >"$drivers/device_dax/bind"
	run -0 famfsctl fsck "$dax"
}

@test "reset-mode leaves a device in devdax mode as it is" {
	for options in --dry-run ""; do
		# shellcheck disable=SC2086 # options are words
		run -0 famfsctl reset-mode $options "$dax"
		assert_output "'$dax' is in devdax mode already"
	done
}
