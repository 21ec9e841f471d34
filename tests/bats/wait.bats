#!/usr/bin/env bats
# SPDX-License-Identifier: Apache-2.0
# wait: the barrier between hosts.

load helper

CLIENT=22222222-2222-4222-8222-222222222222

@test "wait returns at once for a file that exists" {
	new_image
	famfsctl mkdir "$img:/d"
	famfsctl creat -s 5M "$img:/d/f"
	run -0 famfsctl wait "$img:/d/f" "$img:/d" "$img:/"
	assert_output ""
	run -0 famfsctl wait --timeout 0 "$img:/d/f"
}

# bats test_tags=dax
@test "wait ends when another process makes the file, which is complete then" {
	new_image
	{
		sleep 0.3
		famfsctl creat -s 20M -S 7 "$img:/later"
	} 3>&- &
	run -0 famfsctl_as "$CLIENT" wait --timeout 20 "$img:/later"
	run -0 famfsctl verify -S 7 "$img:/later"
	wait
}

@test "wait on a client's mount ends when the master has made the file" {
	new_image
	mount_image
	mount_as "$CLIENT" "$mnt.client"
	{
		sleep 0.3
		famfsctl creat -s 3M -S 9 "$mnt/later"
	} 3>&- &
	run -0 famfsctl_as "$CLIENT" wait --timeout 20 "$mnt.client/later"
	cmp "$mnt/later" "$mnt.client/later"
	wait
}

@test "wait gives up after its timeout, and names the missing file" {
	new_image
	run -1 --separate-stderr famfsctl wait -t 0 "$img:/never"
	assert_equal "$stderr" "famfsctl wait: '$img:/never' did not appear within 0 s"
	SECONDS=0
	run -1 --separate-stderr famfsctl wait -t 1 "$img:/never"
	assert_equal "$stderr" "famfsctl wait: '$img:/never' did not appear within 1 s"
	((SECONDS >= 1))
}

@test "wait fails if the file system is formatted meanwhile" {
	needs_image
	new_image
	# Here mkfs refuses, since the device is mapped; another host does not see that.
	famfsctl mkfs --size 4G "$img.other" >/dev/null
	head -c 4M "$img" >"$img.own"
	# There and back several times, since it is unknown when the wait has looked for the first
	# time.
	{
		while sleep 1 && [[ ! -e $BATS_TEST_TMPDIR/ended ]]; do
			dd if="$img.other" of="$img" bs=2M count=2 conv=notrunc status=none
			sleep 1
			dd if="$img.own" of="$img" bs=2M count=2 conv=notrunc status=none
		done
	} 3>&- &
	run -1 --separate-stderr famfsctl wait -t 60 "$img:/never"
	touch "$BATS_TEST_TMPDIR/ended"
	assert_regex "$stderr" "another file system"
	wait
}

@test "wait refuses an impossible path and an invalid timeout" {
	new_image
	famfsctl creat -s 2M "$img:/file"
	run -1 --separate-stderr famfsctl wait "$img:/file/below"
	assert_regex "$stderr" "a parent is not a directory"
	run -1 --separate-stderr famfsctl wait "$img:/$(printf 'x%.0s' {1..90})"
	assert_regex "$stderr" "the limit is 78 bytes"
	run -2 --separate-stderr famfsctl wait --timeout soon "$img:/x"
	assert_regex "$stderr" "--timeout expects a number"
	run -2 --separate-stderr famfsctl wait
	assert_regex "$stderr" "missing argument"
}
