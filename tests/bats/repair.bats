#!/usr/bin/env bats
# SPDX-License-Identifier: Apache-2.0
# fsck --repair: the bytes that it changes, saves, and asks about.

load helper

suite_setup()
{
	needs_image
	new_image 64M
	cd "$BATS_TEST_TMPDIR" || return
	famfsctl mkdir "$img:/d"
	famfsctl creat -r -S 42 -s 3000000 "$img:/d/good"
	famfsctl creat -r -S 1 -s 9M "$img:/victim"
	famfsctl creat -r -S 43 -s 5M "$img:/after"
	cp --sparse=always "$img" "$img.base.img"
	undo=$BATS_TEST_TMPDIR/undo
}

# Restores the contents of an undo file, by the recipe in it.
put_back()
{
	local offset _ hex
	while read -r offset _ hex; do
		[[ $offset != "#" ]] || continue
		# shellcheck disable=SC2001 # every byte gets an escape
		printf '%b' "$(sed 's/../\\x&/g' <<<"$hex")" |
			dd of="$img" bs=1 seek="$offset" conv=notrunc status=none
	done <"$1"
}

@test "fsck --repair does not change a clean medium, and leaves no undo file" {
	before=$(fingerprint)
	run -0 famfsctl fsck --repair --save "$undo" "$img"
	assert_equal "$(fingerprint)" "$before"
	assert_file_not_exist "$undo"
}

@test "a bad tail is removed, after it was saved" {
	"$OMFEDIT" "$img" set 3 crc=1
	cp --sparse=always "$img" "$img.damaged.img"
	run -1 famfsctl fsck --repair --save "$undo" "$img"
	assert_output --partial "entry 3"
	assert_output --partial "repaired"
	assert_output --partial "$undo"
	"$OMFEDIT" "$img" show | jq -e '.log.next_index == 3 and .log.next_seqnum == 3'
	run -0 famfsctl fsck "$img"
	run -0 famfsctl verify -S 42 "$img:/d/good"
	run -0 famfsctl creat -r -S 9 -s 5M "$img:/new"
	run -0 famfsctl fsck "$img"
	# The undo file brings the damage back, byte for byte.
	cp --sparse=always "$img.damaged.img" "$img"
	rm "$undo"
	run -1 famfsctl fsck --repair --save "$undo" "$img"
	put_back "$undo"
	cmp "$img" "$img.damaged.img"
}

@test "fsck --repair removes several bad entries at the tail together" {
	"$OMFEDIT" "$img" set 2 crc=1
	"$OMFEDIT" "$img" set 3 seqnum=77
	run -1 famfsctl fsck --repair --save "$undo" "$img"
	"$OMFEDIT" "$img" show | jq -e '.log.next_index == 2'
	run -0 famfsctl fsck "$img"
	run -0 famfsctl verify -S 42 "$img:/d/good"
}

@test "a bad entry in the middle stays without a confirmation" {
	"$OMFEDIT" "$img" set 2 crc=1
	before=$(fingerprint)
	run -4 famfsctl fsck --repair --save "$undo" "$img" </dev/null
	assert_output --partial "entry 2"
	assert_equal "$(fingerprint)" "$before"
}

@test "a bad entry in the middle is replaced with --yes, and its space stays unused" {
	"$OMFEDIT" "$img" set 2 path=../escape
	run -1 famfsctl fsck --repair --yes --save "$undo" "$img"
	assert_output --partial "repaired"
	"$OMFEDIT" "$img" show | jq -e '.entries[2] | .type == "OTHER" and .crc_ok and .seq_ok'
	run -0 famfsctl fsck "$img"
	run -0 famfsctl verify -S 42 "$img:/d/good"
	run -0 famfsctl verify -S 43 "$img:/after"
	run -0 famfsctl creat --no-zero -s 20M "$img:/new"
	"$OMFEDIT" "$img" show | jq -e '.entries[4].ext[0][1] >= 25165824 + 6291456'
	run -0 famfsctl fsck "$img"
	assert_file_exist "$undo"
}

@test "a damaged entry that seems to name another file's space does that file no harm" {
	# The space of entry 3, by its first byte; the CRC tells that this is damage.
	"$OMFEDIT" "$img" set 2 offset.0=25165824
	"$OMFEDIT" "$img" set 2 crc=1
	run -1 famfsctl fsck --repair --yes --save "$undo" "$img"
	run -0 famfsctl fsck "$img"
	run -0 famfsctl verify -S 43 "$img:/after"
	run -0 famfsctl creat -r -S 9 -s 5M "$img:/new"
	run -0 famfsctl verify -S 43 "$img:/after"
}

@test "a problem that a repair uncovers is found, and not called repaired" {
	"$OMFEDIT" "$img" set 2 path=../escape
	"$OMFEDIT" "$img" set header next_index=1 next_seqnum=1
	run -4 famfsctl fsck --json --repair --yes --save "$undo" "$img"
	jq -e '[.problems[] | [.entry, .code, .repaired]] == [[null, "header", true], [2, "path", false]]' \
		<<<"$output"
	jq -e '.files == 2 and .log_entries == 4 and .problem_count == 2 and .repaired_count == 1' \
		<<<"$output"
	run -1 famfsctl fsck --repair --yes --save "$undo.2" "$img"
	run -0 famfsctl fsck "$img"
}

@test "fsck -n changes nothing, even with --repair" {
	"$OMFEDIT" "$img" set 3 crc=1
	before=$(fingerprint)
	run -4 famfsctl fsck -n --repair --yes --save "$undo" "$img"
	assert_equal "$(fingerprint)" "$before"
	assert_file_not_exist "$undo"
}

@test "an undo file is never overwritten, and no repair is made without one" {
	"$OMFEDIT" "$img" set 3 crc=1
	echo precious >"$undo"
	before=$(fingerprint)
	run famfsctl fsck --repair --save "$undo" "$img"
	assert_failure
	assert_output --partial "exists"
	assert_equal "$(cat "$undo")" precious
	assert_equal "$(fingerprint)" "$before"
	run famfsctl fsck --repair --save "$BATS_TEST_TMPDIR/no/dir" "$img"
	assert_failure
	assert_equal "$(fingerprint)" "$before"
}

@test "an undo file is not written into a mounted famfs" {
	famfsctl mkfs --size 1G "$BATS_TEST_TMPDIR/other.img"
	mkdir -p "$mnt"
	famfsctl mount "$BATS_TEST_TMPDIR/other.img" "$mnt"
	ln -s "$mnt" "$BATS_TEST_TMPDIR/link"
	"$OMFEDIT" "$img" set 3 crc=1
	before=$(fingerprint)
	run famfsctl fsck --repair --save "$BATS_TEST_TMPDIR/link/undo" "$img"
	assert_error 8 "'$BATS_TEST_TMPDIR/link/undo' would lie in the famfs that is mounted at '$mnt'"
	run bash -c 'cd "$1" && "$FAMFSCTL" fsck --repair "$2"' - "$mnt" "$img"
	assert_error 8 "'famfs-fsck-fam.img.undo' would lie in the famfs that is mounted at '$mnt'"
	assert_equal "$(fingerprint)" "$before"
	# A check that needs no undo file is not refused.
	cp --sparse=always "$img.base.img" "$img"
	run -0 bash -c 'cd "$1" && "$FAMFSCTL" fsck --repair "$2"' - "$mnt" "$img"
	famfsctl umount "$mnt"
}

@test "fsck --repair does not write its undo file through a link that changed during the question" {
	script -qec true /dev/null >/dev/null 2>&1 || skip "needs a pseudo terminal"
	famfsctl mkfs --size 1G "$BATS_TEST_TMPDIR/other.img"
	mkdir -p "$mnt" "$BATS_TEST_TMPDIR/saved"
	famfsctl mount "$BATS_TEST_TMPDIR/other.img" "$mnt"
	ln -s saved "$BATS_TEST_TMPDIR/link"
	"$OMFEDIT" "$img" set 2 crc=1
	before=$(fingerprint)
	mkfifo "$BATS_TEST_TMPDIR/answer"
	script -qec "$FAMFSCTL fsck --repair --save $BATS_TEST_TMPDIR/link/undo $img" /dev/null \
		<"$BATS_TEST_TMPDIR/answer" >"$BATS_TEST_TMPDIR/shown" 3>&- &
	exec 4>"$BATS_TEST_TMPDIR/answer"
	wait_for 10 grep -q '\[y/N\]' "$BATS_TEST_TMPDIR/shown"
	ln -sfn "$mnt" "$BATS_TEST_TMPDIR/link"
	echo y >&4
	status=0
	wait $! || status=$?
	exec 4>&-
	output=$(<"$BATS_TEST_TMPDIR/shown")
	assert_error 8 "'$BATS_TEST_TMPDIR/link/undo' would lie in the famfs that is mounted at '$mnt'"
	assert_equal "$(fingerprint)" "$before"
	famfsctl umount "$mnt"
}

@test "nothing is repaired before the name of the undo file is on the disk" {
	command -v strace >/dev/null || skip "needs strace"
	# Leaks cannot be looked for under strace.
	export ASAN_OPTIONS=${ASAN_OPTIONS:-}:detect_leaks=0
	"$OMFEDIT" "$img" set 3 crc=1
	before=$(fingerprint)
	mkdir "$BATS_TEST_TMPDIR/saved"
	# Only calls on the directory itself fail.
	run strace -f -qq -o "$BATS_TEST_TMPDIR/trace" -P "$BATS_TEST_TMPDIR/saved" -e trace=fsync \
		-e inject=fsync:error=EIO "$FAMFSCTL" fsck --repair --save "$BATS_TEST_TMPDIR/saved/undo" "$img"
	assert_error 8 "cannot save the old bytes to '$BATS_TEST_TMPDIR/saved/undo': Input/output error"
	run -0 grep -c 'fsync(.*EIO' "$BATS_TEST_TMPDIR/trace"
	assert_equal "$(fingerprint)" "$before"
}

@test "without --save the undo file is named after the device, in the current folder" {
	cd "$BATS_TEST_TMPDIR" || return
	"$OMFEDIT" "$img" set 3 crc=1
	run -1 famfsctl fsck --repair "$img"
	assert_output --partial "famfs-fsck-fam.img.undo"
	assert_file_exist famfs-fsck-fam.img.undo
}

@test "fsck --repair sets a next_index beyond the log to the end of the entries" {
	"$OMFEDIT" "$img" set header next_index=1099511627776
	run -1 famfsctl fsck --repair --yes --save "$undo" "$img"
	"$OMFEDIT" "$img" show | jq -e '.log.next_index == 4 and .log.next_seqnum == 4'
	run -0 famfsctl fsck "$img"
}

@test "a damaged log header is rewritten" {
	for field in magic=0 crc=1 len=5 last_index=99; do
		cp --sparse=always "$img.base.img" "$img"
		rm -f "$undo"
		"$OMFEDIT" "$img" set header $field
		run -1 famfsctl fsck --repair --yes --save "$undo" "$img"
		run -0 famfsctl fsck "$img"
		cmp "$img" "$img.base.img"
	done
}

@test "a mounted device is not repaired" {
	"$OMFEDIT" "$img" set 3 crc=1
	mount_image
	before=$(fingerprint)
	run famfsctl fsck --repair --save "$undo" "$img"
	assert_error 8 "mounted"
	run famfsctl fsck --repair --save "$undo" "$mnt"
	assert_error 8 "mounted"
	assert_equal "$(fingerprint)" "$before"
}

@test "fsck --repair refuses a client" {
	"$OMFEDIT" "$img" set 3 crc=1
	before=$(fingerprint)
	run famfsctl_as "$OTHER" fsck --repair --save "$undo" "$img"
	assert_error 8 "$MASTER"
	assert_equal "$(fingerprint)" "$before"
	run -4 famfsctl_as "$OTHER" fsck "$img"
}

@test "fsck prints one line for entries that were never written, and counts each" {
	"$OMFEDIT" "$img" set header next_index=15000 next_seqnum=15000
	run -4 famfsctl fsck "$img"
	assert_line --partial "entries 4 to 14999: crc: "
	assert_line --partial "14996 problems found, 0 repaired"
	run -4 --separate-stderr famfsctl fsck --json "$img"
	jq -e '.problem_count == 14996 and [.problems[] | .entry, .last_entry] == [4, 14999]' \
		<<<"$output"
	run -1 famfsctl fsck --repair --save "$undo" "$img"
	assert_line --partial "(repaired)"
	assert_equal "$(grep -vc '^#' "$undo")" 1
	run -0 famfsctl fsck "$img"
}

@test "fsck of a mount checks its device" {
	mount_image
	run -0 famfsctl fsck "$mnt"
	assert_output --partial "clean"
	"$OMFEDIT" "$img" set 3 crc=1
	run -4 famfsctl fsck "$mnt"
	assert_output --partial "entry 3: crc"
}

@test "fsck's exit codes are those of fsck(8)" {
	run -0 famfsctl fsck "$img"
	run -8 famfsctl fsck "$BATS_TEST_TMPDIR/none.img"
	truncate -s 64M "$BATS_TEST_TMPDIR/zero.img"
	run -8 famfsctl fsck "$BATS_TEST_TMPDIR/zero.img"
	run -16 famfsctl fsck
	run -16 famfsctl fsck --bad "$img"
	run -16 famfsctl fsck "$img" "$img"
}
