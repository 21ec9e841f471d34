#!/usr/bin/env bats
# SPDX-License-Identifier: Apache-2.0
# dump-super and dump-log: every field of a medium, damaged or not.

load helper

suite_setup()
{
	new_image 1G
	[[ $BATS_TEST_DESCRIPTION == *"own decoder"* ]] && return
	famfsctl mkdir "$img:/d"
	famfsctl creat --no-zero -s 5000 "$img:/d/f"
	famfsctl creat --no-zero -s 3000000 "$img:/g"
}

# A field of the only structure, or of the only entry.
field()
{
	jq -r --arg name "$1" '.'"${2:-structures}"'[0].fields[] | select(.name == $name) | '"${3:-.value}" <<<"$output"
}

@test "dump-super shows every byte of the superblock with its offset and meaning" {
	run -0 famfsctl dump-super "$img"
	assert_line --index 0 "superblock at 0x0, 200 bytes: ok"
	assert_line --regexp '^ +0x0 +8  ok  ts_magic +0x87b282ff +a famfs superblock$'
	assert_line --regexp '^ +0x60 +8  ok  ts_crc .*is right$'
	refute_output --partial "BAD"
	run -0 famfsctl dump-super --json "$img"
	assert_equal "$(jq -r .schema <<<"$output")" famfsctl.dump-super/1
	assert_equal "$(jq '[.structures[0].fields[].bytes] | add' <<<"$output")" 200
	assert_equal "$(field ts_uuid)" "$(famfsctl info --json "$img" | jq -r .uuid)"
	assert_equal "$(field ts_magic structures .raw)" ff82b28700000000
	run -0 famfsctl dump-super --raw "$img"
	assert_line --partial "0  ff 82 b2 87 00 00 00 00  30 00 00 00 00 00 00 00  |........0.......|"
}

@test "dump-log has a line for each entry" {
	run -0 famfsctl dump-log "$img"
	assert_line --index 0 "log header at 0x200000, 48 bytes: ok; 3 of 15420 entries"
	assert_line --regexp '^ +0 +0x200030  mkdir +-  ok   d$'
	assert_line --regexp '^ +1 +0x200250  file +5000  ok   d/f$'
	assert_line --regexp '^ +2 +0x200470  file +3000000  ok   g$'
	run -0 famfsctl dump-log --json "$img"
	run -0 jq -e '.schema == "famfsctl.dump-log/1" and .published == 3
		and [.entries[].path] == ["d", "d/f", "g"] and .entries[1].extents[0].length == 2097152
		and .entries[2].crc_ok and .entries[0].extents == []' <<<"$output"
}

@test "--entry and --verbose show all fields of entries, --raw their bytes" {
	run -0 famfsctl dump-log --entry 1 "$img"
	assert_line --regexp '^ +0x200278 +80  ok  fm_relpath +d/f +3 bytes'
	assert_line --regexp 'extent\[0\]\.se_offset +0x[0-9a-f]+'
	refute_output --partial "log header"
	run -0 famfsctl dump-log --json --raw --entry 1-2 "$img"
	assert_equal "$(jq '[.entries[].fields[].bytes] | add' <<<"$output")" $((2 * 544))
	assert_equal "$(jq -r '.entries[1].raw' <<<"$output")" "$(bytes "$img" $((0x200470)) 544 | od -An -v -tx1 | tr -d ' \n')"
	run -0 famfsctl dump-log -v "$img"
	assert_equal "$(grep -c famfs_log_entry_crc <<<"$output")" 3
	run -0 famfsctl dump-log --entry 3 "$img"
	assert_line --regexp '^ +3 +0x[0-9a-f]+ +- +- +- +\(empty\)$'
	refute_output --partial BAD
}

@test "dump-log --entry beyond the log is wrong usage" {
	for bad in x -1 1-x 3-2 99999999999999999999999999 ""; do
		run -2 famfsctl dump-log "--entry=$bad" "$img"
		assert_output --partial "--entry expects"
	done
	run -2 famfsctl dump-log --entry 15420 "$img"
	assert_output --partial "room for 15420 entries"
	run -2 famfsctl dump-super "$img:/g"
	assert_output --partial "names a file"
}

@test "dump-log and the tests' own decoder agree on the fields" {
	needs_image
	"$OMFEDIT" "$img" append path=a size=5 mode=0600 uid=7 nextents=1 offset.0=0xa00000 length.0=0x200000
	run -0 famfsctl dump-log --json --entry 0 "$img"
	assert_equal "$(field fm_size entries)" 5
	assert_equal "$(field fm_mode entries)" 0600
	assert_equal "$(field fm_uid entries)" 7
	assert_equal "$(field se_offset entries)" 0xa00000
	assert_equal "$(field fm_relpath entries .offset)" $((0x200030 + 40))
}

@test "dump-super shows a damaged superblock, and dump-log the log after it" {
	"$OMFEDIT" "$img" set super magic=1 crc=2 log_len=3
	run -0 famfsctl dump-super "$img"
	assert_line --index 0 "superblock at 0x0, 200 bytes: BAD, no famfs superblock, its magic is not 0x87b282ff"
	assert_line --regexp 'BAD ts_magic .*no famfs superblock, its magic is not 0x87b282ff$'
	assert_line --regexp 'BAD ts_log_len +3 +log length 3 is not a power of two from 8 MiB$'
	assert_line --regexp 'BAD ts_crc +0x2 .*superblock CRC is 0x2, expected 0x'
	run -0 --separate-stderr famfsctl dump-log "$img"
	assert_line --partial "d/f"
	assert_regex "$stderr" "superblock .* is damaged; the log's length is taken from the log header"
	run -0 --separate-stderr famfsctl dump-log --json "$img"
	run -0 jq -e '.super_ok == false and .log_length_source == "log header" and (.entries | length) == 3' <<<"$output"
}

@test "dump-log shows all entries even if the log header is wrong" {
	for lie in next_index=0x10000000000 "magic=0" "next_index=0xffffffffffffffff next_seqnum=0xffffffffffffffff" \
		"len=0xffffffffffffffff last_index=0xffffffffffffffff next_index=0x7fffffffffffffff"; do
		# shellcheck disable=SC2086 # fields are words
		"$OMFEDIT" "$img" set header $lie
		run -0 --separate-stderr famfsctl dump-log "$img"
		assert_line --regexp '^log header .*BAD'
		assert_equal "$(grep -c '  ok   ' <<<"$output")" 3
		assert_regex "$stderr" "3 whole entries were counted"
	done
}

@test "dump-log shows damaged entries with their faults" {
	"$OMFEDIT" "$img" set 0 crc=1
	"$OMFEDIT" "$img" set 1 path=../x nextents=4000000000
	"$OMFEDIT" "$img" set 2 offset.0=0x7fffffffffe00000
	run -0 famfsctl dump-log "$img"
	assert_line --regexp '^ +0 .*BAD  d  \[crc: CRC is 0x1, expected'
	assert_line --regexp '^ +1 .*ok   \.\./x  \[map: 4000000000 extents'
	assert_line --regexp '^ +2 .*ok   g  \[extent: '
	run -0 famfsctl dump-log --entry 0-2 "$img"
	assert_line --regexp 'BAD fmap_nextents +4000000000 +4000000000 extents, 1 to 16 are possible'
	assert_line --regexp 'BAD extent\[0\].se_offset .*ends beyond the device of '
	printf 'a\033[31mb\377' | "$OMFEDIT" "$img" write $((0x200030 + 28))
	run -0 famfsctl dump-log "$img"
	assert_line --partial 'a\033[31mb\377'
	run -0 famfsctl dump-log --json "$img"
	assert_equal "$(jq -r '.entries[0].path_hex' <<<"$output")" 611b5b33316d62ff
}

@test "dump-log --all shows slots after the last entry" {
	"$OMFEDIT" "$img" set header next_index=2 next_seqnum=2
	run -0 famfsctl dump-log "$img"
	refute_output --regexp '  g$'
	run -0 famfsctl dump-log --all "$img"
	assert_line --regexp '^ +2 .*  g \(not published\)$'
	assert_equal "$(grep -c 'file\|mkdir' <<<"$output")" 3
	run -0 famfsctl dump-log --entry 2 "$img"
	assert_line --partial "(not published)"
}

@test "dump-super shows a device without a famfs, and fails for one that is too small" {
	needs_image
	head -c 1M /dev/urandom >"$BATS_TEST_TMPDIR/noise.img"
	run -0 famfsctl dump-super "$BATS_TEST_TMPDIR/noise.img"
	assert_output --partial "no famfs superblock"
	run famfsctl dump-log "$BATS_TEST_TMPDIR/noise.img"
	assert_error 1 "ends before its log"
	head -c 12M /dev/urandom >"$BATS_TEST_TMPDIR/noise.img"
	run -0 famfsctl dump-log --all --json "$BATS_TEST_TMPDIR/noise.img"
	head -c 199 /dev/urandom >"$BATS_TEST_TMPDIR/noise.img"
	run famfsctl dump-super "$BATS_TEST_TMPDIR/noise.img"
	assert_error 1 "199 bytes, too few for a superblock"
	truncate -s 2097800 "$img"
	run -0 famfsctl dump-log "$img"
	assert_line --regexp '^ +0 .*  d$'
	refute_output --partial "d/f"
}

@test "dump-super and dump-log read a mount for a user who may not open the device" {
	needs_image
	mount_image -o allow_other,metadata=public
	run -0 famfsctl dump-log "$mnt"
	assert_line --partial "d/f"
	chmod 600 "$img"
	chmod 755 "$BATS_TEST_TMPDIR"
	run -0 user_famfsctl dump-log "$mnt/d"
	assert_line --partial "d/f"
	run -0 user_famfsctl dump-super "$mnt"
	assert_line --index 0 --partial ": ok"
}

@test "dump-log prints a large log, and fails on a full disk" {
	"$OMFEDIT" "$img" fill 15000
	run -0 famfsctl dump-log --json "$img"
	assert_equal "$(jq '.entries | length' <<<"$output")" 15003
	run bash -c '"$FAMFSCTL" dump-log --raw "$1" >/dev/full' - "$img"
	assert_error 1 "standard output"
}
