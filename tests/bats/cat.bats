#!/usr/bin/env bats
# SPDX-License-Identifier: Apache-2.0
# cat: contents from a device or a mount, read or mapped.

load helper

suite_setup()
{
	new_image 4G
	famfsctl creat -s 3000001 -S 1 "$img:/simple"
	famfsctl creat -s 9M -N 2 -B 3 -C 2M -S 2 "$img:/striped"
}

@test "cat writes the contents of the medium, read or mapped" {
	for file in simple striped; do
		file_from_medium "$file" >"$BATS_TEST_TMPDIR/want"
		cmp "$BATS_TEST_TMPDIR/want" <(famfsctl cat "$img:/$file")
		cmp "$BATS_TEST_TMPDIR/want" <(famfsctl cat --map "$img:/$file")
	done
	cmp <(cat <(file_from_medium simple) <(file_from_medium striped)) \
		<(famfsctl cat "$img:/simple" "$img:/striped")
}

@test "cat takes paths in a mount" {
	mount_image
	cmp "$mnt/striped" <(famfsctl cat "$mnt/striped")
	cmp "$mnt/striped" <(famfsctl cat --map "$mnt/striped")
}

@test "cat continues after a file that cannot be read, and exits 1" {
	famfsctl mkdir "$img:/d"
	run -1 --separate-stderr famfsctl cat "$img:/none" "$img:/d"
	assert_regex "$stderr" "'none' does not exist"
	assert_regex "$stderr" "'d' is a directory"
	run -1 --separate-stderr famfsctl cat --map "$img:/d"
	assert_regex "$stderr" "'d' is a directory"
	cmp <(file_from_medium simple) <(famfsctl cat "$img:/none" "$img:/simple" 2>/dev/null)
}

@test "cat to a full standard output is an error" {
	run -1 --separate-stderr bash -c '"$FAMFSCTL" cat "$0:/striped" >/dev/full' "$img"
	assert_regex "$stderr" "No space left on device"
}

@test "cat --map names both numbers when there would be too many mappings" {
	needs_image
	local most
	most=$(</proc/sys/vm/max_map_count)
	((most <= 1 << 20)) || skip "needs a limit of mappings that a file can reach"
	famfsctl mkfs -f --size $(((most * 2 << 20) + 4 * GiB)) "$img" >/dev/null
	famfsctl creat --no-zero -s $((most * 2 << 20)) -N 2 -B 2 -C 2M "$img:/huge"
	run -1 --separate-stderr famfsctl cat --map "$img:/huge"
	assert_regex "$stderr" "'huge' takes $most mappings: the process has [0-9]+ of at most $most"
}
