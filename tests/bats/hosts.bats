#!/usr/bin/env bats
# SPDX-License-Identifier: Apache-2.0
# Several processes and several hosts: following, roles, takeover.

load helper

suite_setup()
{
	new_image 1G
	a=$BATS_TEST_TMPDIR/a b=$BATS_TEST_TMPDIR/b
}

# bats test_tags=dax
@test "a file that another process made is visible at the next lookup" {
	mount_image
	run stat "$mnt/new"
	assert_failure 1
	famfsctl creat -r -S 42 -s 3M "$img:/new"
	run -0 stat -c %s "$mnt/new"
	assert_output 3145728
	run -0 famfsctl verify -S 42 "$mnt/new"
	famfsctl mkdir "$img:/dir"
	famfsctl creat -s 1 "$img:/dir/in"
	run -0 ls "$mnt/dir"
	assert_output in
}

@test "a listing shows files that were just made" {
	mount_image
	for name in f1 f2 f3 f4 f5; do
		famfsctl creat -s 1 "$img:/$name"
		run -0 ls "$mnt"
		assert_output --partial "$name"
	done
}

@test "two mounts under two identities are master and client" {
	mount_as "$MASTER" "$a"
	mount_as "$OTHER" "$b"
	run -0 famfsctl info "$a"
	assert_output --partial "master"
	run -0 famfsctl_as "$OTHER" info "$b"
	assert_output --partial "client"
	famfsctl creat -r -S 42 -s 3M "$a/f"
	run -0 famfsctl_as "$OTHER" verify -S 42 "$b/f"
	cmp "$a/f" "$b/f"
}

# bats test_tags=dax
@test "a client cannot add, and the message names the master" {
	mount_as "$OTHER" "$b"
	data "$BATS_TEST_TMPDIR/src" 10
	for target in "$b" "$img:"; do
		run famfsctl_as "$OTHER" creat -s 1 "$target/f"
		assert_error 1 "$MASTER"
		run famfsctl_as "$OTHER" mkdir "$target/d"
		assert_error 1 "$MASTER"
		run famfsctl_as "$OTHER" cp "$BATS_TEST_TMPDIR/src" "$target/c"
		assert_error 1 "$MASTER"
	done
	"$OMFEDIT" "$img" show | jq -e '.entries == []'
}

@test "a client mounts read-only unless asked" {
	famfsctl creat -s 10 "$img:/f"
	mount_as "$OTHER" "$b"
	run bash -c "printf x | dd of='$b/f' conv=notrunc status=none"
	assert_error 1 "Read-only"
	famfsctl umount "$b"
	mount_as "$OTHER" "$b" -o rw
	printf 'by client' | dd of="$b/f" conv=notrunc status=none
	assert_equal "$(file_from_medium f | head -c 9)" "by client"
}

# bats test_tags=dax
@test "bytes that one mount wrote are visible to the other after an open" {
	famfsctl creat -s 3M "$img:/f"
	mount_as "$MASTER" "$a"
	mount_as "$OTHER" "$b"
	for word in first later final; do
		printf '%s' $word | dd of="$a/f" conv=notrunc,fsync status=none
		assert_equal "$(head -c 5 "$b/f")" $word
	done
}

@test "takeover needs --force, and names the old master" {
	run famfsctl_as "$OTHER" takeover "$img"
	assert_error 3 "$MASTER"
	assert_output --partial "--force"
	run famfsctl_as "$OTHER" creat -s 1 "$img:/f"
	assert_failure 1
	run -0 famfsctl_as "$OTHER" takeover --force "$img"
	assert_output --partial "$MASTER"
	run -0 famfsctl_as "$OTHER" creat -s 1 "$img:/f"
	run famfsctl creat -s 1 "$img:/g"
	assert_error 1 "$OTHER"
	run -0 famfsctl fsck "$img"
	"$OMFEDIT" "$img" show | jq -e ".superblock.crc_ok and .superblock.sys_uuid == \"$OTHER\""
}

# The new owner, or its first half, with the CRC of the old one.
tear_takeover()
{
	"$OMFEDIT" "$img" set super sys_uuid="$1" crc="$("$OMFEDIT" "$img" show | jq .superblock.crc)"
}

@test "an interrupted takeover is completed by the same command" {
	famfsctl creat -s 1 "$img:/f"
	for owner in "$OTHER" "${OTHER:0:18}-${MASTER:19}"; do
		tear_takeover "$owner"
		run famfsctl_as "$OTHER" info "$img"
		assert_error 1 "superblock CRC"
		before=$(fingerprint)
		run famfsctl_as "$OTHER" takeover -n --yes "$img"
		assert_error 1 "superblock CRC"
		assert_output --partial "hint: if a takeover was interrupted, repeat it on the host"
		run famfsctl takeover --yes "$img"
		assert_error 1 "superblock CRC"
		assert_output --partial "hint: if a takeover was interrupted, repeat it on the host"
		assert_equal "$(fingerprint)" "$before"
		run famfsctl_as "$OTHER" takeover "$img"
		assert_error 3 "the superblock of '$img' is damaged, as by an interrupted takeover"
		assert_line "hint: use --yes or --force to complete a takeover by this host"
		assert_equal "$(fingerprint)" "$before"
		run -0 famfsctl_as "$OTHER" takeover --yes "$img"
		assert_output "this host is the master now: its interrupted takeover is complete"
		run -0 famfsctl_as "$OTHER" creat -s 1 "$img:/${owner: -1}"
		run -0 famfsctl_as "$OTHER" fsck "$img"
		run -0 famfsctl takeover --yes "$img"
	done
}

@test "takeover on the master changes nothing" {
	before=$(fingerprint)
	run -0 famfsctl takeover --force "$img"
	assert_equal "$(fingerprint)" "$before"
}

@test "a host without an identity is a client" {
	needs_root
	unshare -m true || skip "needs mount namespaces"
	# shellcheck disable=SC2016 # for the inner shell
	run unshare -m env -u FAMFS_SYSTEM_UUID bash -c '
		for dir in /etc/famfs /opt/famfs; do
			[[ ! -d $dir ]] || mount -t tmpfs tmpfs "$dir"
		done
		[[ ! -e /etc/machine-id ]] || mount --bind /dev/null /etc/machine-id
		"$1" info --json "$2:/" | jq -c "[.role, .identity_source, .system_uuid]"
		"$1" creat -s 1 "$2:/f"' - "$FAMFSCTL" "$img" 3>&-
	assert_error 1 "$MASTER"
	assert_line '["client","none",null]'
}

@test "a new file system under a mount gives ESTALE, not the data of other files" {
	needs_image
	famfsctl creat -r -S 1 -s 3M "$img:/f"
	mount_image
	cat "$mnt/f" >/dev/null
	# As another host would do it, which cannot see our mount.
	cp --sparse=always "$img" "$img.other"
	"$OMFEDIT" "$img" set super magic=0
	"$OMFEDIT" "$img" set header next_index=0 next_seqnum=0
	"$OMFEDIT" "$img" set super magic=0x87b282ff fs_uuid=bbbbbbbb-0000-4000-8000-000000000002
	run ls "$mnt"
	assert_failure
	assert_output --partial "Stale file handle"
	run cat "$mnt/f"
	assert_error 1 "Stale file handle"
	run -0 famfsctl umount "$mnt"
	run -0 famfsctl fsck "$img"
}

@test "concurrent creators in several processes lose nothing" {
	local -a pids=()
	for p in 1 2 3 4; do
		(for ((i = 0; i < 25; i++)); do
			"$FAMFSCTL" creat -r -S $((p * 100 + i)) -s 100000 "$img:/p$p-$i" || exit 1
		done) 3>&- &
		pids+=($!)
	done
	for pid in "${pids[@]}"; do
		wait "$pid"
	done
	run -0 famfsctl fsck "$img"
	assert_equal "$(info_number files)" 100
	for p in 1 2 3 4; do
		run -0 famfsctl verify -S $((p * 100 + 24)) "$img:/p$p-24"
		run -0 famfsctl verify -S $((p * 100)) "$img:/p$p-0"
	done
	"$OMFEDIT" "$img" show | jq -e '[.entries[].ext[][1]] | length == (unique | length)'
}

@test "a long creation does not block others, and mkfs is refused meanwhile" {
	nice -n 19 "$FAMFSCTL" creat -r -S 1 -s 300M "$img:/long" 3>&- &
	creator=$!
	# It is stopped in the middle: its first bytes are in place.
	# shellcheck disable=SC2016 # for the inner shell
	timeout 30 bash -c 'until [[ -n $("$OMFEDIT" "$1" read 10485760 64 | tr -d "\0") ]]; do :; done' - "$img"
	kill -STOP $creator
	run famfsctl creat -r -S 2 -s 3M "$img:/short"
	status_short=$status
	run famfsctl mkfs -f "$img"
	paths=$("$OMFEDIT" "$img" show | jq -c '[.entries[].path]')
	kill -CONT $creator
	assert_error 3 "$(basename "$img")"
	assert_equal "$status_short" 0
	assert_equal "$paths" '["short"]'
	wait $creator
	run -0 famfsctl verify -S 1 "$img:/long"
	run -0 famfsctl verify -S 2 "$img:/short"
	run -0 famfsctl fsck "$img"
}

@test "of several creators of one name exactly one succeeds" {
	local -a pids=()
	for p in 1 2 3 4; do
		"$FAMFSCTL" creat -s 20M "$img:/same" 3>&- 2>/dev/null &
		pids+=($!)
	done
	good=0
	for pid in "${pids[@]}"; do
		wait "$pid" && good=$((good + 1))
	done
	assert_equal $good 1
	assert_equal "$(info_number files)" 1
	assert_equal "$(info_number allocated_bytes)" $((20 * MiB))
	run -0 famfsctl fsck "$img"
}

@test "files can be created while the famfs is mounted, read and checked" {
	mount_image
	(for ((i = 0; i < 30; i++)); do
		"$FAMFSCTL" creat -r -S $i -s 100000 "$img:/f$i" || exit 1
	done) 3>&- &
	creator=$!
	while kill -0 $creator 2>/dev/null; do
		famfsctl fsck "$img" >/dev/null
		find "$mnt" -type f -exec cat {} + >/dev/null
	done
	wait $creator
	for seed in 0 15 29; do
		run -0 famfsctl verify -S $seed "$mnt/f$seed"
	done
}
