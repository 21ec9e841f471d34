#!/usr/bin/env bats
# SPDX-License-Identifier: Apache-2.0
# A user without privileges: everything on an image, and mounts through fusermount3.

load helper
load fuse-user

suite_setup()
{
	needs_root
	needs_image
	chmod 755 "$BATS_TEST_TMPDIR"
	home=$BATS_TEST_TMPDIR/home img=$BATS_TEST_TMPDIR/home/fam.img mnt=$BATS_TEST_TMPDIR/home/mnt
	mkdir -p "$home" "$mnt"
	chown 65534:65534 "$home" "$mnt"
}

suite_teardown()
{
	umount_private
	close_fuse
	rm -f "$img"
}

mounted()
{
	here awk -v dir="$mnt" '$5 == dir' /proc/self/mountinfo
}

@test "a user formats, fills, lists, checks and dumps an image" {
	data "$BATS_TEST_TMPDIR/src" 3000000
	run -0 user_famfsctl mkfs --size 1G "$img"
	run -0 user_famfsctl mkdir "$img:/d"
	run -0 user_famfsctl cp "$BATS_TEST_TMPDIR/src" "$img:/d/f"
	run -0 user_famfsctl creat -r -S 42 -s 5M "$img:/d/g"
	run -0 user_famfsctl verify -S 42 "$img:/d/g"
	run -0 user_famfsctl dump-fmap -r "$img"
	run -0 user_famfsctl info "$img"
	run -0 user_famfsctl fsck "$img"
	"$OMFEDIT" "$img" show | jq -e '[.entries[] | [.uid, .gid]] | unique == [[65534, 65534]]'
}

@test "an undo file goes into a folder that the user may write and not read" {
	user_famfsctl mkfs --size 64M "$img"
	user_famfsctl creat -s 5M "$img:/f"
	"$OMFEDIT" "$img" set 0 crc=1
	mkdir -m 333 "$home/saved"
	run -1 user_famfsctl fsck --repair --save "$home/saved/undo" "$img"
	assert_output --partial "the old bytes are saved in '$home/saved/undo'"
	assert_file_exist "$home/saved/undo"
}

@test "a user mounts and unmounts" {
	user_famfsctl mkfs --size 1G "$img"
	user_famfsctl creat -r -S 42 -s 5M "$img:/f"
	open_fuse
	run -0 user_famfsctl mount "$img" "$mnt"
	run -0 as_user ls -l "$mnt"
	assert_output --partial "f"
	run -0 user_famfsctl verify -S 42 "$mnt/f"
	run -0 user_famfsctl creat -s 1 "$mnt/g"
	run -0 mounted
	assert_output --partial " - fuse.famfs $img "
	assert_output --partial "default_permissions"
	refute_output --partial "allow_other"
	run -0 user_famfsctl umount "$mnt"
	wait_for 10 no_server
	run -0 mounted
	assert_output ""
}

@test "a user unmounts a mount whose server was killed" {
	open_fuse
	user_famfsctl mkfs --size 1G "$img"
	user_famfsctl mount "$img" "$mnt"
	kill -9 "$(servers)"
	wait_for 10 no_server
	run -0 user_famfsctl umount "$mnt"
	run -0 mounted
	assert_output ""
}

@test "a user cannot open an image of another user" {
	famfsctl mkfs --size 1G "$img"
	chmod 600 "$img"
	for command in info fsck "dump-fmap -r"; do
		# shellcheck disable=SC2086 # command and options
		run user_famfsctl $command "$img"
		assert_failure
		assert_output --partial "Permission denied"
	done
	run user_famfsctl mount "$img" "$mnt"
	assert_error 1 "Permission denied"
}

@test "a user reads an image that may only be read" {
	famfsctl mkfs --size 1G "$img"
	famfsctl creat -r -S 42 -s 5M "$img:/f"
	chmod 644 "$img"
	run -0 user_famfsctl info "$img"
	run -0 user_famfsctl dump-fmap "$img:/f"
	run -0 user_famfsctl verify -S 42 "$img:/f"
	run -0 user_famfsctl fsck "$img"
	run user_famfsctl creat -s 1 "$img:/g"
	assert_error 1 "Permission denied"
}

# A mount by root for all users, of an image that only root may read.
mount_for_others()
{
	famfsctl mkfs --size 1G "$img"
	famfsctl creat -r -S 42 -s 5M "$img:/f"
	famfsctl mkdir -m 700 "$img:/private"
	famfsctl creat -s 1 "$img:/private/secret"
	chmod 600 "$img"
	mkdir "$BATS_TEST_TMPDIR/rootmnt"
	mnt=$BATS_TEST_TMPDIR/rootmnt
	mount_image "$@"
}

@test "with -o metadata=public, reading commands work on root's mount without access to the device" {
	mount_for_others -o metadata=public
	assert_equal "$(stat -c '%a %U' "$mnt/.meta/.superblock" "$mnt/.meta/.log")" $'444 root\n644 root'
	run -0 user_famfsctl info "$mnt"
	run -0 user_famfsctl dump-fmap "$mnt/f"
	run -0 user_famfsctl fsck "$mnt"
	run -0 user_famfsctl verify -S 42 "$mnt/f"
	run user_famfsctl creat -s 1 "$mnt/g"
	assert_error 1 "Permission denied"
}

@test ".meta does not show the names in a directory of mode 700 to other users" {
	mount_for_others
	assert_equal "$(stat -c '%a %U' "$mnt/.meta/.superblock" "$mnt/.meta/.log")" $'400 root\n600 root'
	grep -aq secret "$mnt/.meta/.log"
	run as_user cat "$mnt/.meta/.log"
	assert_error 1 "Permission denied"
	run as_user cat "$mnt/.meta/.superblock"
	assert_error 1 "Permission denied"
	for command in info ls usage fsck dump-log dump-super "dump-fmap -r"; do
		# shellcheck disable=SC2086 # command and options
		run user_famfsctl $command "$mnt"
		assert_failure
		assert_output --partial "cannot read the metadata of the mount '$mnt': Permission denied"
		assert_output --partial "hint: run it as the user who mounted the famfs, or mount it with -o metadata=public"
		refute_output --partial "secret"
	done
	# Files themselves need no metadata.
	run -0 as_user sh -c "wc -c <'$mnt/f'"
	assert_output 5242880
}

@test "a user can read the metadata of the user's own mount" {
	user_famfsctl mkfs --size 1G "$img"
	open_fuse
	user_famfsctl mount "$img" "$mnt"
	run -0 as_user stat -c '%a %u' "$mnt/.meta/.log"
	assert_output "600 65534"
	run -0 as_user sh -c "head -c 8 '$mnt/.meta/.log' | od -An -tx8"
	assert_output --partial "00000badcafef00d"
	user_famfsctl umount "$mnt"
}

@test "mount refuses an unknown value of metadata=" {
	user_famfsctl mkfs --size 1G "$img"
	run famfsctl mount -o metadata=secret "$img" "$mnt"
	assert_error 2 "metadata= expects private or public, got 'secret'"
}
