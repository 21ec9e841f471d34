#!/usr/bin/env bats
# SPDX-License-Identifier: Apache-2.0
# mount and umount.

load helper

suite_setup()
{
	needs_mount
	new_image 1G
	famfsctl creat -r -S 42 -s 3M "$img:/f"
}

was_written()
{
	[[ $(head -c 16 "$mnt/f") == "written in place" ]]
}

mount_options()
{
	awk -v dir="$mnt" '$5 == dir { print $6 "," $NF }' /proc/self/mountinfo
}

@test "mount returns when the mount answers, and umount ends the server" {
	mkdir "$mnt"
	run -0 famfsctl mount "$img" "$mnt"
	assert_output ""
	run -0 famfsctl verify -S 42 "$mnt/f"
	[[ -n $(servers) ]]
	run -0 famfsctl umount "$mnt"
	assert_output ""
	wait_for 10 no_server
	run is_mounted "$mnt"
	assert_failure
}

@test "the mount table has the type, the device's absolute path and safe options" {
	cd "$BATS_TEST_TMPDIR"
	mkdir "$mnt"
	famfsctl mount fam.img mnt
	run -0 awk -v dir="$mnt" '$5 == dir' /proc/self/mountinfo
	assert_output --partial " - fuse.famfs $img "
	assert_output --partial "nosuid"
	assert_output --partial "nodev"
	assert_output --partial "default_permissions"
	assert_output --partial "allow_other"
}

@test "inode numbers and contents are the same after an unmount and a mount" {
	famfsctl mkdir "$img:/d"
	mount_image
	before=$(cd "$mnt" && find . -path ./.meta -prune -o -printf '%P %i %s %T@\n' | sort)
	famfsctl umount "$mnt"
	mount_image
	after=$(cd "$mnt" && find . -path ./.meta -prune -o -printf '%P %i %s %T@\n' | sort)
	assert_equal "$after" "$before"
	famfsctl verify -S 42 "$mnt/f"
}

@test "umount(8) works as well" {
	mount_image
	run -0 umount "$mnt"
	wait_for 10 no_server
}

@test "mount -o ro refuses writes, while creat works through the device" {
	mount_image -o ro
	run bash -c "printf x | dd of='$mnt/f' conv=notrunc status=none"
	assert_error 1 "Read-only file system"
	run -0 famfsctl creat -s 1 "$mnt/g"
	assert_file_exist "$mnt/g"
}

@test "mount on a master is read-write with and without -o rw" {
	mount_image
	[[ $(mount_options) == *rw* ]]
	printf x | dd of="$mnt/f" conv=notrunc status=none
	famfsctl umount "$mnt"
	mount_image -o rw
	printf y | dd of="$mnt/f" conv=notrunc status=none
	assert_equal "$(head -c 1 "$mnt/f")" y
}

@test "an unknown option is an error that names it" {
	mkdir "$mnt"
	for option in nonsense ro,nonsense max_read=x; do
		run famfsctl mount -o "$option" "$img" "$mnt"
		assert_failure 2
		assert_output --partial "${option##*,}"
		run is_mounted "$mnt"
		assert_failure
	done
}

@test "options that mount(8) and fstab pass on are accepted" {
	mount_image -o rw,noatime,nofail,_netdev,noexec,nosuid,nodev
	[[ $(mount_options) == *noexec* ]]
}

@test "mount names a device or directory that cannot be used" {
	mkdir "$mnt"
	truncate -s 64M "$BATS_TEST_TMPDIR/none.img"
	run famfsctl mount "$BATS_TEST_TMPDIR/none.img" "$mnt"
	assert_error 1 "famfs"
	run famfsctl mount "$BATS_TEST_TMPDIR/missing.img" "$mnt"
	assert_error 1 "missing.img"
	run famfsctl mount "$img" "$BATS_TEST_TMPDIR/nodir"
	assert_error 1 "nodir"
	run famfsctl mount "$img" "$img"
	assert_error 1 "fam.img"
	run famfsctl umount "$mnt"
	assert_error 1 "$mnt"
	run is_mounted "$mnt"
	assert_failure
}

@test "mount in the foreground serves until the unmount" {
	mkdir "$mnt"
	"$FAMFSCTL" mount --foreground "$img" "$mnt" 3>&- &
	server=$!
	wait_for 10 is_mounted "$mnt"
	run -0 famfsctl verify -S 42 "$mnt/f"
	run -0 famfsctl umount "$mnt"
	wait $server
}

@test "SIGTERM and SIGINT end a server in the foreground cleanly" {
	mkdir "$mnt"
	for signal in TERM INT; do
		# A shell starts background jobs with SIGINT ignored.
		env --default-signal=INT "$FAMFSCTL" mount --foreground "$img" "$mnt" 3>&- &
		server=$!
		wait_for 10 is_mounted "$mnt"
		kill -$signal $server
		wait $server || true
		run is_mounted "$mnt"
		assert_failure
	done
}

# In a mount namespace of its own, so that no other process can walk the mount: all requests come
# from this test. The parent of the shell is in the other namespace, and listing files there causes
# none.
@test "mount --debug shows requests: one OPEN and one RELEASE for an open" {
	needs_mount
	unshare -m true || skip "needs mount namespaces"
	mkdir "$mnt"
	cat >"$BATS_TEST_TMPDIR/accesses" <<END
"$FAMFSCTL" mount -d "$img" "$mnt" >"$BATS_TEST_TMPDIR/log" 2>&1 &
until grep -q " $mnt " /proc/self/mountinfo; do sleep 0.05; done
stat "$mnt/f" >/dev/null
for _ in 1 2 3; do
	: <"$mnt/f"
	nsenter -t \$PPID -m ls -R "$mnt"
done
"$FAMFSCTL" umount "$mnt"
wait
END
	run -0 timeout -k 5 60 unshare --mount --propagation private bash -e "$BATS_TEST_TMPDIR/accesses" 3>&-
	assert_output "$(printf "$mnt:\n%.0s" 1 2 3)"
	run -0 grep -o 'opcode: [^,]*' "$BATS_TEST_TMPDIR/log"
	assert_line --partial "LOOKUP"
	# The kernel must send no other requests: attributes, flushes, xattrs, more lookups.
	assert_equal "$(sed -n '/OPEN/,$p' <<<"$output" | grep -cE 'OPEN|RELEASE')" 6
	refute_line --regexp "FLUSH|XATTR"
	assert_equal "$(sed -n '/OPEN/,$p' <<<"$output" | grep -cE 'LOOKUP|GETATTR' || true)" 0
}

@test "umount says when it cannot write back the image" {
	mount_image
	mv "$img" "$img.moved"
	run famfsctl umount "$mnt"
	assert_failure 1
	assert_output "famfsctl umount: unmounted, but cannot write back '$img': No such file or directory"
	run mountpoint -q "$mnt"
	assert_failure
}

@test "a busy mount is not unmounted, and -l detaches it" {
	mount_image
	mkfifo "$BATS_TEST_TMPDIR/go"
	"$MMAPIO" hold "$mnt/f" <"$BATS_TEST_TMPDIR/go" >"$BATS_TEST_TMPDIR/out" 3>&- &
	holder=$!
	exec 9>"$BATS_TEST_TMPDIR/go"
	wait_for 5 grep -q open "$BATS_TEST_TMPDIR/out"
	run famfsctl umount "$mnt"
	status_busy=$status output_busy=$output
	run famfsctl umount -l "$mnt"
	exec 9>&-
	wait $holder
	assert_success
	assert_equal "$status_busy" 1
	[[ $output_busy == *busy* || $output_busy == *"in use"* ]]
	wait_for 10 no_server
}

# bats test_tags=dax
@test "a mount whose server was killed can be unmounted, and mounted again" {
	mount_image
	kill -9 "$(servers)"
	wait_for 10 no_server
	run timeout 10 ls "$mnt"
	assert_failure
	# The second unmount, while the kernel still ends the connection.
	assert_output --regexp "not connected|connection abort"
	# Commands on the dead mount neither hang nor crash; the device still answers.
	FAMFS_TIMEOUT=10 run famfsctl info "$img"
	assert_success
	FAMFS_TIMEOUT=10 run famfsctl creat -s 1 "$img:/while-dead"
	assert_success
	run -0 famfsctl umount "$mnt"
	run is_mounted "$mnt"
	assert_failure
	mount_image
	run -0 famfsctl verify -S 42 "$mnt/f"
	assert_file_exist "$mnt/while-dead"
	famfsctl umount "$mnt"
	run -0 famfsctl fsck "$img"
}

# bats test_tags=dax
@test "a server that is killed while a file is written leaves a clean medium" {
	mount_image
	(while printf 'written in place' | dd of="$mnt/f" conv=notrunc status=none 2>/dev/null; do :; done) 3>&- &
	writer=$!
	wait_for 10 was_written
	kill -9 "$(servers)"
	wait $writer || true
	run -0 famfsctl umount "$mnt"
	run -0 famfsctl fsck "$img"
	mount_image
	assert_equal "$(head -c 16 "$mnt/f")" "written in place"
}

# bats test_tags=dax
@test ".meta shows superblock and log, to be read only, and is not listed" {
	mount_image
	cmp <(bytes "$mnt/.meta/.superblock" 0 200) <(bytes "$img" 0 200)
	cmp <(bytes "$mnt/.meta/.log" 0 "$MiB") <(bytes "$img" "$UNIT" "$MiB")
	run ls -A "$mnt"
	refute_output --partial ".meta"
	run bash -c "printf x | dd of='$mnt/.meta/.log' conv=notrunc status=none"
	assert_failure 1
	famfsctl creat -s 1 "$img:/g"
	cmp <(bytes "$mnt/.meta/.log" 0 "$MiB") <(bytes "$img" "$UNIT" "$MiB")
}

@test "one image can be mounted twice on one host" {
	mount_image
	mkdir "$mnt.2"
	run -0 famfsctl mount "$img" "$mnt.2"
	famfsctl creat -s 1 "$mnt/new"
	assert_file_exist "$mnt.2/new"
	famfsctl umount "$mnt"
	assert_file_exist "$mnt.2/new"
	famfsctl umount "$mnt.2"
}

@test "the path of a hidden famfs mount leads to the mount that hides it" {
	mkdir -p "$mnt/famfs"
	famfsctl mount "$img" "$mnt/famfs"
	famfsctl creat -s 2M "$mnt/famfs/below"
	mount -t tmpfs tmpfs "$mnt"
	mkdir "$mnt/famfs"
	run famfsctl creat -s 2M "$mnt/famfs/above"
	umount "$mnt"
	assert_error 1 "'$mnt/famfs/above'"
	[[ -e $mnt/famfs/below && ! -e $mnt/famfs/above ]]
	# A mount that is on top of another is the one that counts.
	famfsctl mkfs --size 1G "$img.2" >/dev/null
	mount -t tmpfs tmpfs "$mnt/famfs"
	mkdir "$mnt/famfs/deep"
	famfsctl mount "$img.2" "$mnt/famfs/deep"
	famfsctl creat -s 2M "$mnt/famfs/deep/file"
	run -0 famfsctl info --json "$mnt/famfs/deep"
	jq -e '.files == 1 and (.device | endswith("fam.img.2"))' <<<"$output"
	famfsctl umount "$mnt/famfs/deep"
	umount "$mnt/famfs"
}

@test "a mount keeps its image although another file has taken its name" {
	mount_image
	famfsctl mkfs --size 1G "$img.new" >/dev/null
	famfsctl mkdir "$img.new:/other"
	mv "$img" "$img.old"
	mv "$img.new" "$img"
	run -0 famfsctl ls "$mnt"
	assert_output f
	for command in "creat -s 1" mkdir; do
		# shellcheck disable=SC2086 # command and options
		run famfsctl $command "$mnt/new"
		assert_error 1 "is not what is mounted at '$mnt'"
	done
	run famfsctl fsck --repair "$mnt"
	assert_error 8 "is not what is mounted at '$mnt'"
	run -0 famfsctl ls -R "$img"
	assert_output --partial other
	refute_output --partial new
}

@test "no files are added while another implementation has the device mounted" {
	mkdir "$mnt"
	mount -t tmpfs -o size=1M "$(realpath "$img")" "$mnt"
	for command in "creat -s 1" mkdir; do
		# shellcheck disable=SC2086 # command and options
		run famfsctl $command "$img:/new"
		assert_error 3 "is mounted at '$mnt' by another implementation"
	done
	run famfsctl fsck --repair "$img"
	assert_error 8 "by another implementation"
	run -0 famfsctl ls "$img"
	assert_output f
	umount "$mnt"
	run -0 famfsctl creat -s 1 "$img:/new"
}

@test "mount points with spaces and newlines work" {
	mnt="$BATS_TEST_TMPDIR/a b"$'\n'"c\\d"
	mkdir "$mnt"
	famfsctl mount "$img" "$mnt"
	run -0 famfsctl dump-fmap "$mnt/f"
	run -0 famfsctl creat -s 1 "$mnt/new"
	run -0 famfsctl umount "$mnt"
	wait_for 10 no_server
}

# syncs TRACE: counts the fdatasync() calls on the image.
syncs()
{
	grep -c "fdatasync([0-9]*<$img>) *= 0" "$BATS_TEST_TMPDIR/$1" || true
}

@test "fsync in a mount, and umount, wait until the image is on its disk" {
	command -v strace >/dev/null || skip "needs strace"
	# Leaks cannot be looked for under strace.
	export ASAN_OPTIONS=${ASAN_OPTIONS:-}:detect_leaks=0
	mkdir "$mnt"
	strace -f -qq -y -e trace=fdatasync,fsync -o "$BATS_TEST_TMPDIR/server" "$FAMFSCTL" mount --foreground "$img" "$mnt" 3>&- &
	wait_for 30 is_mounted "$mnt"
	printf x | dd of="$mnt/f" conv=notrunc status=none
	assert_equal "$(syncs server)" 0
	printf x | dd of="$mnt/f" conv=notrunc,fsync status=none
	assert_equal "$(syncs server)" 1
	run -0 strace -f -qq -y -e trace=fdatasync,fsync -o "$BATS_TEST_TMPDIR/umount" "$FAMFSCTL" umount "$mnt"
	assert_equal "$(syncs umount)" 1
	wait_for 10 no_server
}
