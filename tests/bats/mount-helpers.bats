#!/usr/bin/env bats
# SPDX-License-Identifier: Apache-2.0
# mount.famfs, mount.fuse.famfs, fsck.famfs and mkfs.famfs, as mount(8), fsck(8) and mkfs(8) run
# them. Those look into /sbin alone, so the suite has a mount namespace with an /sbin, a /dev and an
# /etc/fstab of its own.

load helper

HELPERS=(fsck.famfs mkfs.famfs mount.famfs mount.fuse.famfs)

# Moves the folder $1 to $2, and makes $1 a writable folder of links to its contents.
replace_folder()
{
	mkdir "$2"
	mount --rbind "$1" "$2"
	mount -t tmpfs -o mode=755 tmpfs "$1"
	find "$2" -mindepth 1 -maxdepth 1 -exec ln -s -t "$1" {} +
}

make_host()
{
	local name
	mount --make-rprivate /
	mount -t tmpfs -o mode=755 tmpfs /mnt
	replace_folder /usr/sbin /mnt/sbin
	replace_folder /dev /mnt/dev
	# The suite's own files may lie there.
	if [[ -d /mnt/dev/shm ]]; then
		rm /dev/shm
		mkdir /dev/shm
		mount --bind /mnt/dev/shm /dev/shm
	fi
	touch "$1/fstab"
	chmod 644 "$1/fstab"
	mount --bind "$1/fstab" /etc/fstab
	for name in "${HELPERS[@]}"; do
		ln -s "$FAMFS_PUBLIC/cli/famfsctl" "/usr/sbin/$name"
	done
	touch "$1/ready"
}

setup_file()
{
	needs_mount
	export HOST_DIR=$BATS_FILE_TMPDIR/host HOST_PID
	mkdir "$HOST_DIR"
	export -f make_host replace_folder
	export HELPERS_LIST="${HELPERS[*]}"
	unshare -m bash -c 'set -e; read -ra HELPERS <<<"$HELPERS_LIST"; make_host "$1"; exec sleep infinity' \
		- "$HOST_DIR" >"$HOST_DIR/log" 2>&1 3>&- &
	HOST_PID=$!
	if ! wait_for 20 test -e "$HOST_DIR/ready"; then
		cat "$HOST_DIR/log"
		return 1
	fi
}

teardown_file()
{
	kill "${HOST_PID:-}" 2>/dev/null || true
}

# Runs a program in that namespace.
host()
{
	timeout -k 5 "${FAMFS_TIMEOUT:-60}" nsenter -t "$HOST_PID" -m -r --wd="$BATS_TEST_TMPDIR" -- "$@" 3>&-
}

host_mounts()
{
	awk -v dir="$BATS_TEST_TMPDIR/" 'index($5, dir) == 1' "/proc/$HOST_PID/mountinfo"
}

suite_setup()
{
	needs_image
	new_image 1G
	mkdir "$mnt"
	famfsctl creat -S 42 -s 1M "$img:/f"
	uuid=$(famfsctl info --json "$img" | jq -r .uuid)
}

suite_teardown()
{
	while host umount -l "$mnt" 2>/dev/null; do :; done
	: >"$HOST_DIR/fstab"
	host rm -rf /dev/famfs
}

# fstab LINE...
fstab()
{
	printf '%s\n' "$@" >"$HOST_DIR/fstab"
}

@test "mount -t famfs returns when the mount answers, umount ends it" {
	for type in famfs fuse.famfs; do
		run -0 host mount -v -t "$type" "$img" "$mnt"
		assert_output --partial "'$img' is mounted at '$mnt', for reading and writing"
		run -0 host sh -c "cat '$mnt/f' | wc -c; stat -f -c %T '$mnt'; df --output=source,fstype,size '$mnt'"
		assert_line --index 0 "$MiB"
		assert_output --partial "fuse"
		assert_output --regexp "$img +fuse.famfs +10[0-9]+"
		run -0 host findmnt -n -o SOURCE,FSTYPE,TARGET "$mnt"
		assert_output --regexp "^$img +fuse.famfs +$mnt\$"
		run -0 host findmnt -n -t fuse.famfs -S "$img"
		assert_output --partial "$mnt"
		host mountpoint -q "$mnt"
		run -0 host umount "$mnt"
		assert_output ""
		wait_for 10 no_server
	done
}

@test "mount accepts an fstab line with all options of mount(8) and systemd" {
	fstab "$img $mnt famfs nofail,_netdev,noatime,x-systemd.device-timeout=30s,X-own=1,comment=x 0 0"
	run -0 host mount -a
	host test -e "$mnt/f"
	# Once more finds it mounted.
	run -0 host mount -a
	assert_equal "$(host_mounts | wc -l)" 1
	run -32 host mount "$mnt"
	assert_output --regexp "already (a mount of|mounted)"
	run -0 host umount "$mnt"
	fstab "$img $mnt famfs ro,noauto,user,owner,group,users,exec 0 0"
	run -0 host mount -a
	assert_equal "$(host_mounts)" ""
	run -0 host mount "$mnt"
	run -0 host_mounts
	assert_output --regexp " ro,[^ ]*nosuid,nodev"
	run -0 host findmnt --verify
	assert_output --partial "0 errors"
	host lsblk >/dev/null
}

@test "a user mounts and unmounts an fstab line with the option user" {
	chmod 755 "$BATS_TEST_TMPDIR"
	chmod 666 "$img"
	host setpriv --reuid=65534 --regid=65534 --clear-groups -- test -w /dev/fuse ||
		skip "needs a /dev/fuse that users may open"
	chown 65534 "$mnt"
	fstab "$img $mnt famfs noauto,user 0 0"
	# shellcheck disable=SC2016
	run -0 host setpriv --reuid=65534 --regid=65534 --clear-groups -- sh -c \
		'mount "$1" && cat "$1/f" | wc -c && umount "$1"' - "$mnt"
	assert_output --partial "$MiB"
	assert_equal "$(host_mounts)" ""
	wait_for 10 no_server
}

@test "a famfs is found by its UUID, by udev's link and by fstab's famfs:UUID" {
	host mkdir -p /dev/famfs/by-uuid
	host ln -s "$img" "/dev/famfs/by-uuid/$uuid"
	fstab "/dev/famfs/by-uuid/$uuid $mnt famfs ro 0 0"
	run -0 host mount -a
	run -0 host mount -a
	assert_equal "$(host_mounts | grep -c " $img ")" 1
	run -0 host umount "$mnt"

	fstab "famfs:$uuid $mnt famfs ro 0 0"
	run -0 host mount -a
	host test -e "$mnt/f"
	# mount(8) cannot recognise this, so the helper has to.
	run -0 host mount -a
	assert_output --partial "is mounted at '$mnt' already"
	assert_equal "$(host_mounts | grep -c " $img ")" 1
	run -0 host fsck.famfs "famfs:$uuid"
	run -0 host umount "$mnt"

	# A link that is older than the file system.
	famfsctl mkfs -f "$img" >/dev/null
	run -32 host mount -a
	assert_output --partial "no DAX device of this host holds 'famfs:$uuid'"
	run -32 host mount -t famfs famfs:nonsense "$mnt"
	assert_output --partial "famfs:nonsense"
	assert_equal "$(host_mounts)" ""
}

@test "mount.famfs ignores rw, which mount(8) always adds, but not client_rw" {
	FAMFS_SYSTEM_UUID=$OTHER run -0 host mount -t famfs -o rw "$img" "$mnt"
	assert_output --partial "warning: '$mnt' is mounted read-only"
	run host sh -c "printf x | dd of='$mnt/f' conv=notrunc status=none"
	assert_error 1 "Read-only file system"
	host umount "$mnt"
	FAMFS_SYSTEM_UUID=$OTHER run -0 host mount -t famfs -o ro "$img" "$mnt"
	assert_output ""
	host umount "$mnt"
	FAMFS_SYSTEM_UUID=$OTHER run -0 host mount -t famfs -o client_rw "$img" "$mnt"
	assert_output ""
	run -0 host sh -c "printf x | dd of='$mnt/f' conv=notrunc status=none"
}

@test "an unknown option is an error that names it, unless -s; -f mounts nothing" {
	run host mount -t famfs -o nonsense=1 "$img" "$mnt"
	assert_error 1 "'nonsense=1' is not a mount option"
	refute_output --partial "did you mean"
	run host mount -t famfs -o ro,nofail,client_wr "$img" "$mnt"
	assert_error 1 "'client_wr' is not a mount option"
	assert_output --partial "did you mean 'client_rw'?"
	run host mount.famfs "$img" "$mnt" --nonsense
	assert_error 1 "unknown option '--nonsense'"
	run host mount.famfs "$img"
	assert_error 1 "missing argument"
	run host mount.famfs "$img" "$mnt" -t ext4
	assert_error 1 "--types expects famfs or fuse.famfs, got 'ext4'"
	run host mount -f -t famfs "$img" "$mnt"
	assert_success
	assert_equal "$(host_mounts)" ""
	run host mount -f -t famfs -o nonsense "$img" "$mnt"
	assert_error 1 "nonsense"
	truncate -s 64M "$BATS_TEST_TMPDIR/none.img"
	run host mount -f -t famfs "$BATS_TEST_TMPDIR/none.img" "$mnt"
	assert_error 32 "does not hold a famfs"
	run host mount -f -t famfs "$img" "$mnt/missing"
	assert_failure 32
	run -0 host mount -s -n -t famfs -o nonsense "$img" "$mnt"
	host test -e "$mnt/f"
}

@test "mount.famfs exits 32 with the reason if it cannot mount" {
	truncate -s 64M "$BATS_TEST_TMPDIR/none.img"
	run host mount -t famfs "$BATS_TEST_TMPDIR/none.img" "$mnt"
	assert_error 32 "mount.famfs: '$BATS_TEST_TMPDIR/none.img' does not hold a famfs"
	run host mount.famfs "$BATS_TEST_TMPDIR/missing.img" "$mnt"
	assert_error 32 "missing.img"
	run host mount.famfs "$img" "$img"
	assert_error 32 "fam.img"
	host mount -t famfs "$img" "$mnt"
	run host mount.famfs "$img" "$mnt"
	assert_error 32 "is already a mount of"
}

@test "-o fsck checks first: a damaged log is not mounted" {
	run -0 host mount -t famfs -o fsck "$img" "$mnt"
	host umount "$mnt"
	"$OMFEDIT" "$img" set 0 crc=1
	run host mount -t famfs -o fsck "$img" "$mnt"
	assert_error 32 "the check found 1 problem: entry 0: crc"
	assert_equal "$(host_mounts)" ""
	run -0 host mount -t famfs "$img" "$mnt"
}

@test "remount changes flags, and reports those that it cannot change" {
	host mount -t famfs "$img" "$mnt"
	run -0 host mount -o remount,ro,noexec "$mnt"
	run -0 host_mounts
	assert_output --regexp "$mnt ro,nosuid,nodev,noexec"
	run host sh -c "printf x | dd of='$mnt/f' conv=notrunc status=none"
	assert_error 1 "Read-only file system"
	run host mount -o remount,rw "$mnt"
	assert_error 32 "stays so until it is unmounted"
	run host mount.famfs "$img" "$BATS_TEST_TMPDIR" -o remount,ro
	assert_error 1 "no famfs is mounted at"
	run -0 host umount "$mnt"
}

@test "umount -l detaches a busy mount, and umount one whose server is dead" {
	host mount -t famfs "$img" "$mnt"
	mkfifo "$BATS_TEST_TMPDIR/go"
	host "$MMAPIO" hold "$mnt/f" <"$BATS_TEST_TMPDIR/go" >"$BATS_TEST_TMPDIR/out" &
	holder=$!
	exec 9>"$BATS_TEST_TMPDIR/go"
	wait_for 5 grep -q open "$BATS_TEST_TMPDIR/out"
	run host umount "$mnt"
	status_busy=$status output_busy=$output
	run host umount -l "$mnt"
	exec 9>&-
	wait $holder
	assert_success
	assert_equal "$status_busy" 32
	[[ $output_busy == *"target is busy"* ]]
	wait_for 10 no_server
	host mount -t famfs "$img" "$mnt"
	kill -9 "$(servers)"
	wait_for 10 no_server
	run host mount.famfs "$img" "$mnt"
	assert_error 32 "is a dead mount of '$img'"
	run -0 host umount "$mnt"
	run -0 host mount -t famfs "$img" "$mnt"
}

@test "mount -N makes the mount in another namespace" {
	[[ $(nsenter -t "$HOST_PID" -m stat -c %d:%i /) == "$(stat -c %d:%i /)" ]] ||
		skip "needs a root that is no chroot, which a namespace's is not"
	run -0 timeout 30 "$FAMFS_PUBLIC/cli/famfsctl" --version
	ln -s "$FAMFS_PUBLIC/cli/famfsctl" "$BATS_TEST_TMPDIR/mount.famfs"
	# The last one counts.
	run -0 timeout 30 "$BATS_TEST_TMPDIR/mount.famfs" -N /none -N "$HOST_PID" "$img" "$mnt" 3>&-
	run is_mounted "$mnt"
	assert_failure
	host test -e "$mnt/f"
	host umount "$mnt"
	run -0 host mount -N "$HOST_PID" -t famfs "$img" "$mnt"
	host test -e "$mnt/f"
	run timeout 30 "$BATS_TEST_TMPDIR/mount.famfs" -N "$img" "$img" "$mnt" 3>&-
	assert_error 1 "cannot enter the mount namespace"
}

@test "an interrupted mount.famfs exits 8 and leaves nothing" {
	command -v strace >/dev/null || skip "needs strace"
	# Leaks cannot be looked for under strace.
	export ASAN_OPTIONS=${ASAN_OPTIONS:-}:detect_leaks=0
	# The server hangs in mount(2) until the helper has ended.
	# shellcheck disable=SC2016
	host env --default-signal=INT strace -f -qq -o "$BATS_TEST_TMPDIR/trace" -e trace=mount \
		-e inject=mount:delay_enter=3000000 sh -c 'echo $$ >pid; exec mount.famfs "$@"' - \
		"$img" "$mnt" 2>"$BATS_TEST_TMPDIR/said" 3>&- &
	tracer=$!
	wait_for 10 grep -qs 'mount(' "$BATS_TEST_TMPDIR/trace"
	kill -INT "$(<"$BATS_TEST_TMPDIR/pid")"
	code=0
	wait $tracer || code=$?
	assert_equal "$code" 8
	run cat "$BATS_TEST_TMPDIR/said"
	assert_output "mount.famfs: interrupted"
	wait_for 10 no_server
	assert_equal "$(host_mounts)" ""
}

@test "fsck -t famfs passes on the result of fsck.famfs, and -a repairs only without a loss" {
	run -0 host fsck -t famfs "$img"
	assert_output --partial "clean"
	run -0 host fsck -C5 -a -t famfs "$img"
	before=$(fingerprint)
	"$OMFEDIT" "$img" set header next_seqnum=9
	damaged=$(fingerprint)
	run host fsck -t famfs "$img"
	assert_error 4 "metadata: header"
	run host fsck -n -t famfs "$img"
	assert_error 4 "header"
	assert_equal "$(fingerprint)" "$damaged"
	run host fsck -p -t famfs "$img"
	assert_error 1 "(repaired)"
	assert_equal "$(fingerprint)" "$before"
	# A damaged entry in the middle costs a file.
	famfsctl creat -s 1 "$img:/g"
	"$OMFEDIT" "$img" set 0 crc=1
	damaged=$(fingerprint)
	run host fsck -a -t famfs "$img"
	assert_error 4 "hint: run: fsck.famfs -y '$img'"
	assert_equal "$(fingerprint)" "$damaged"
	run host fsck -y -t famfs "$img"
	assert_error 1 "(repaired)"
	run -0 host fsck -a -t famfs "$img"
}

@test "fsck.famfs accepts the options of fsck helpers, and its exit codes are bits" {
	run -0 host fsck.famfs -V
	assert_output --partial "famfsctl"
	run -0 host sh -c "fsck.famfs -f -C5 -a '$img' 5>progress && cat progress"
	assert_line "1 0 1 $img"
	assert_line "5 1 1 $img"
	run -0 host fsck.famfs -C "$img"
	run -0 host fsck.famfs -C 2 -p "$img"
	run host fsck.famfs -C77 "$img"
	assert_error 16 "--progress expects an open descriptor, got '77'"
	run host fsck.famfs -a -n "$img"
	assert_error 16 "only one of"
	run host fsck.famfs
	assert_error 16 "missing argument"
	run host fsck.famfs -Z "$img"
	assert_error 16 "unknown option"
	run host fsck.famfs -a missing.img
	assert_error 8 "missing.img"
	# Two problems, one of which can be repaired without a loss.
	famfsctl creat -s 1 "$img:/g"
	"$OMFEDIT" "$img" set header next_seqnum=9
	"$OMFEDIT" "$img" set 0 crc=1
	run host fsck.famfs -a "$img"
	assert_error 4 "1 repaired"
	# A clean one that is mounted, and on a host that may not repair.
	run -1 host fsck.famfs -y "$img"
	host mount -t famfs "$img" "$mnt"
	FAMFS_SYSTEM_UUID=$OTHER run -0 host fsck -a -t famfs "$img"
	"$OMFEDIT" "$img" set header next_seqnum=9
	run host fsck.famfs -a "$img"
	assert_error 12 "so it cannot be repaired"
	assert_output --partial "metadata: header"
}

# Whether fsck.famfs waits for the reader of its progress, at descriptor 5.
tells_progress()
{
	grep -q '^[0-9]* 0x5 ' "/proc/$checker/syscall"
}

@test "an interrupted fsck.famfs exits 32" {
	ln -s "$FAMFS_PUBLIC/cli/famfsctl" "$BATS_TEST_TMPDIR/fsck.famfs"
	mkfifo "$BATS_TEST_TMPDIR/progress"
	exec 8<>"$BATS_TEST_TMPDIR/progress"
	# As many bytes as a pipe holds.
	dd if=/dev/zero of="$BATS_TEST_TMPDIR/progress" oflag=nonblock bs=4096 2>/dev/null || true
	for signal in INT TERM HUP; do
		env --default-signal=$signal "$BATS_TEST_TMPDIR/fsck.famfs" -C5 "$img" 5>&8 8>&- 3>&- \
			2>"$BATS_TEST_TMPDIR/said" &
		checker=$!
		wait_for 20 tells_progress
		kill -$signal $checker
		code=0
		wait $checker || code=$?
		assert_equal "$code" 32
		assert_equal "$(<"$BATS_TEST_TMPDIR/said")" "fsck.famfs: interrupted"
	done
	exec 8>&-
}

@test "mkfs -t famfs formats, refuses existing data, and accepts a size" {
	run host mkfs -t famfs "$img"
	assert_error 3 "mkfs.famfs: '$img' already holds a famfs"
	run -0 host mkfs -t famfs -f "$img"
	assert_output --partial "made a famfs"
	run -0 host mkfs -t famfs -l 16M new.img 256M
	assert_equal "$(stat -c %s "$BATS_TEST_TMPDIR/new.img")" $((256 * MiB))
	run host mkfs.famfs new.img 12x
	assert_error 2 "a size such as 64M, got '12x'"
	run -0 host mkfs.famfs -V
	assert_output --partial "famfs format 2.2"
	run -0 host mkfs.famfs --help
	assert_line --index 0 "usage: mkfs.famfs [OPTION...] DEVICE [SIZE]"
}
