#!/usr/bin/env bats
# SPDX-License-Identifier: Apache-2.0
# A local user who gets in root's way: with mounts that claim to be of any device, with locks that
# are never released, with links, fifos and device nodes in place of an image. (Names that hold
# shell code are in hints.bats.)

load helper
load fuse-user

suite_setup()
{
	needs_root
	needs_image
	chmod 755 "$BATS_TEST_TMPDIR"
	home=$BATS_TEST_TMPDIR/home mnt=$BATS_TEST_TMPDIR/home/mnt
	mkdir -p "$home" "$mnt"
	chown 65534:65534 "$home" "$mnt"
	holders=()
}

suite_teardown()
{
	local pid
	for pid in "${holders[@]}"; do
		kill "$pid" 2>/dev/null || true
	done
	umount_private
	close_fuse
}

# fake_mount SOURCE [TYPE [DIR]]: the user's mount, which claims to be of SOURCE.
fake_mount()
{
	mkdir -p "${3:-$mnt}"
	chown 65534:65534 "${3:-$mnt}"
	as_user "$HOSTILE" mount "$1" "${2:-famfs}" "${3:-$mnt}"
}

# Runs root's commands in the namespace of the user's mounts.
root_famfsctl()
{
	here timeout -k 5 60 "$FAMFSCTL" "$@" 3>&- 8<&-
}

# hold FILE OFFSET LENGTH: the user keeps bytes locked; $holder is the process.
hold()
{
	setpriv --reuid=65534 --regid=65534 --clear-groups "$HOSTILE" lock "$@" \
		>"$BATS_TEST_TMPDIR/locked" 3>&- &
	holder=$!
	holders+=("$holder")
	wait_for 10 test -s "$BATS_TEST_TMPDIR/locked"
}

@test "a user's mount that claims to be of root's image does not block root" {
	local type
	open_fuse
	new_image 256M
	for type in famfs other; do
		fake_mount "$img" "$type"
		run -0 root_famfsctl creat -s 1 -S 1 "$img:/$type"
		run -0 root_famfsctl ls "$img"
		assert_line "$type"
		run -0 root_famfsctl fsck --repair "$img"
		run -0 root_famfsctl info "$img"
		refute_output --partial "$mnt"
		mkdir -p "$BATS_TEST_TMPDIR/root"
		run -0 root_famfsctl mount "$img" "$BATS_TEST_TMPDIR/root"
		run -0 root_famfsctl umount "$BATS_TEST_TMPDIR/root"
		here umount "$mnt"
	done
	fake_mount "$img"
	run -0 root_famfsctl mkfs -f "$img"
	here umount "$mnt"
}

@test "the device that a user's mount claims to be of is not opened" {
	local source
	open_fuse
	new_image 64M
	mknod "$BATS_TEST_TMPDIR/node" c 1 5
	for source in "$img" "$BATS_TEST_TMPDIR/node"; do
		fake_mount "$source"
		# Checks what the rest of the test relies on: an open is noticed.
		run -97 here "$HOSTILE" watch "$source" head -c 1 "$source" 3>&- 8<&-
		for command in doctor info "info $mnt" "ls $mnt" "fsck $mnt" "umount $mnt" list \
			"__complete -- famfsctl ls $mnt/"; do
			# shellcheck disable=SC2086 # command and arguments
			run here timeout 60 "$HOSTILE" watch "$source" "$FAMFSCTL" $command 3>&- 8<&-
			[[ $status -ne 97 ]] || fail "$command opens $source"
			[[ $status -lt 90 ]] || fail "$command ends with $status"
			refute_output --partial "Sanitizer"
		done
		run here "$FAMFSCTL" doctor 3>&- 8<&-
		assert_line --regexp '^ok +mount\.others +1 mount of other users: not checked'
		refute_output --partial "$mnt"
		run root_famfsctl ls "$mnt/x"
		assert_error 1 "'$mnt/x' is in a mount of another user, who may have made up its device '$source'"
		assert_line "hint: name the device instead; to unmount it, run: umount '$mnt'"
		run root_famfsctl umount "$mnt"
		assert_error 1 "is in a mount of another user"
		run -0 root_famfsctl info
		assert_line "1 mount of another user is not shown"
		run -0 root_famfsctl __complete -- famfsctl umount ""
		refute_output --partial "$mnt"
		here umount "$mnt"
	done
}

@test "mounts of the caller and of root are trusted" {
	open_fuse
	run -0 user_famfsctl mkfs --size 64M "$home/own.img"
	run -0 user_famfsctl mount "$home/own.img" "$mnt"
	run -0 user_famfsctl info "$mnt"
	assert_output --partial "$home/own.img"
	run -0 user_famfsctl umount "$mnt"
	new_image 64M
	chmod 644 "$img"
	mkdir "$BATS_TEST_TMPDIR/root"
	run -0 root_famfsctl mount "$img" "$BATS_TEST_TMPDIR/root"
	run -0 user_famfsctl info "$BATS_TEST_TMPDIR/root"
	assert_output --partial "$img"
	run -0 root_famfsctl umount "$BATS_TEST_TMPDIR/root"
}

@test "a mount by root does not run a fusermount3 of the search path" {
	unshare -m true || skip "needs mount namespaces"
	helper=$(PATH=/usr/bin:/bin:/usr/sbin:/sbin command -v fusermount3) || skip "needs fusermount3"
	new_image 64M
	mkdir "$BATS_TEST_TMPDIR/planted" "$BATS_TEST_TMPDIR/dir"
	printf '#!/bin/sh\ntouch "%s"\n' "$BATS_TEST_TMPDIR/ran" >"$BATS_TEST_TMPDIR/planted/fusermount3"
	chmod 755 "$BATS_TEST_TMPDIR/planted/fusermount3"
	touch "$BATS_TEST_TMPDIR/not-executable"
	# libfuse calls the helper if root may not mount, and searches $PATH if the usual one fails.
	# shellcheck disable=SC2016 # for the inner shell
	run unshare -m bash -c 'mount --bind "$1/not-executable" "$2" && PATH=$1/planted:$PATH \
		setpriv --bounding-set=-sys_admin "$FAMFSCTL" mount "$3" "$1/dir"' - \
		"$BATS_TEST_TMPDIR" "$helper" "$img" 3>&-
	assert_error 1 "cannot mount '$img'"
	assert_file_not_exist "$BATS_TEST_TMPDIR/ran"
}

@test "doctor checks no more than 64 mounts, and counts the rest" {
	needs_mount
	unshare -m true || skip "needs mount namespaces"
	# A namespace without the mounts of other tests, which do not see these either.
	# shellcheck disable=SC2016 # for the inner shell
	run -1 timeout 120 unshare -m bash -c '
		findmnt -rno TARGET -t fuse.famfs | while read -r dir; do
			umount -l "$dir"
		done
		for n in {1..66}; do
			mkdir -p "$1/$n" && "$HOSTILE" mount /nowhere famfs "$1/$n"
		done
		"$FAMFSCTL" doctor && status=0 || status=$?
		for n in {1..66}; do
			umount -l "$1/$n"
		done
		exit "$status"' - "$BATS_TEST_TMPDIR/m" 3>&-
	assert_line --regexp '^warning +mount\.more +and 2 more mounts, which were not checked$'
	[[ $(grep -c 'its server answers' <<<"$output") -eq 64 ]]
}

@test "a command fails if a reader keeps the append lock, and names the process" {
	new_image 64M
	chmod 644 "$img"
	hold "$img" 0x200000 1
	run famfsctl creat -s 1 -S 1 "$img:/f"
	assert_error 1 "cannot lock the log of '$img': it is locked by process $holder (hostile), for 10 seconds now"
	kill "$holder"
	run -0 famfsctl creat -s 1 -S 1 "$img:/f"
}

# tree COUNT: a directory of this many files, $src.
tree()
{
	local n
	src=$BATS_TEST_TMPDIR/src
	mkdir "$src"
	for ((n = 0; n < $1; n++)); do
		echo "$n" >"$src/$n"
	done
}

@test "a command with many files waits only once for an append lock that a reader keeps" {
	local command plans=() n
	new_image 64M
	chmod 644 "$img"
	tree 40
	for n in {1..40}; do
		plans+=(-M "$n,1,1")
	done
	hold "$img" 0x200000 1
	for command in "cp -r $src/. $img" "cp -j 4 $src/* $img" "creat ${plans[*]} $img" \
		"mkdir $img:/1 $img:/2 $img:/3"; do
		SECONDS=0
		# shellcheck disable=SC2086 # command and arguments
		run famfsctl $command
		assert_error 1 "cannot lock the log of '$img': it is locked by process $holder (hostile), for 10 seconds now"
		[[ $(grep -c "cannot lock the log" <<<"$output") -eq 1 ]]
		[[ $SECONDS -lt 17 ]] || fail "$command waited $SECONDS s"
	done
	run -0 famfsctl ls "$img"
	assert_output ""
}

@test "a signal ends the waits of all threads of cp for a lock" {
	local before
	new_image 64M
	chmod 644 "$img"
	tree 40
	hold "$img" 0x200000 1
	before=$(date +%s%N)
	run env --default-signal=INT timeout --preserve-status -s INT 1 "$FAMFSCTL" cp -j 16 "$src"/* "$img" 3>&-
	assert_failure 130
	assert_line --partial "interrupted: 0 files copied"
	refute_output --partial "cannot lock"
	[[ $(($(date +%s%N) - before)) -lt 9000000000 ]]
	run -0 famfsctl ls "$img"
	assert_output ""
}

@test "a signal ends the wait for a lock" {
	new_image 64M
	chmod 644 "$img"
	echo x >"$BATS_TEST_TMPDIR/x"
	hold "$img" 0x200000 1
	for command in "creat -s 1 $img:/f" "mkdir $img:/d" "cp $BATS_TEST_TMPDIR/x $img:/g"; do
		SECONDS=0
		# shellcheck disable=SC2086 # command and arguments
		run env --default-signal=INT timeout --preserve-status -s INT 1 "$FAMFSCTL" $command 3>&-
		assert_failure 130
		[[ $SECONDS -lt 8 ]]
	done
	run -0 famfsctl ls "$img"
	assert_output ""
}

@test "a device that a reader keeps locked is refused with the name of the process" {
	new_image 64M
	chmod 644 "$img"
	hold "$img" 0 1
	run famfsctl mkfs -f "$img"
	assert_error 3 "'$img' is in use by process $holder (hostile)"
	run famfsctl fsck --repair "$img"
	assert_failure
	assert_output --partial "'$img' is in use by process $holder (hostile), so it cannot be repaired"
	run -0 famfsctl creat -s 1 -S 1 "$img:/f"
}

@test "space that a reader keeps locked is not used, and the process is named" {
	new_image 64M
	chmod 644 "$img"
	hold "$img" 0xa00000 0x10000000
	run famfsctl creat -s 1 -S 1 "$img:/f"
	assert_error 1 "other space is reserved by process $holder (hostile)"
}

@test "a path that is not an image is not opened, whichever argument names it" {
	local file type command what
	cd "$BATS_TEST_TMPDIR" || return
	mkfifo fifo
	mknod node c 1 5
	mkdir dir
	ln -s fifo link
	for file in fifo:fifo link:fifo node:"character device" dir:directory; do
		type=${file#*:} file=${file%%:*}
		what="is neither an image file, nor a DAX device, nor in a famfs mount"
		[[ $file != node ]] || what="is a character device, but not a DAX device"
		for command in info ls map "creat -s 1"; do
			# shellcheck disable=SC2086 # command and options
			FAMFS_TIMEOUT=30 run famfsctl $command "./$file"
			assert_error 1 "/$file' $what"
		done
		FAMFS_TIMEOUT=30 run famfsctl fsck "./$file"
		assert_error 8 "/$file' $what"
		FAMFS_TIMEOUT=30 run famfsctl doctor "./$file"
		assert_error 1 "/$file' $what"
		FAMFS_TIMEOUT=30 run famfsctl mkfs -f "./$file"
		assert_error 1 "'./$file' is a $type, "
	done
	# Checks what the rest of the test relies on: an open is noticed.
	run -97 "$HOSTILE" watch node head -c 1 node 3>&-
	mkdir mount
	for command in "mkfs -f ./node" "info ./node" "mount ./node mount"; do
		# shellcheck disable=SC2086 # command and arguments
		run "$HOSTILE" watch node "$FAMFSCTL" $command 3>&-
		assert_error 1 "is a character device, but not a DAX device"
	done
}

@test "a dangling link is not made into an image" {
	cd "$home" || return
	ln -s "$BATS_TEST_TMPDIR/made" fam.img
	run famfsctl mkfs --size 64M ./fam.img
	assert_error 1 "cannot create './fam.img': File exists"
	assert_file_not_exist "$BATS_TEST_TMPDIR/made"
}
