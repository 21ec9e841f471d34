#!/usr/bin/env bats
# SPDX-License-Identifier: Apache-2.0
# creat: sizes, modes, old contents of the memory, reproducible contents.

load helper

suite_setup()
{
	new_image 4G
}

entry()
{
	"$OMFEDIT" "$img" show | jq -ec ".entries[-1] | $1"
}

# Fills the data area with a pattern, so that bytes that are not zeroed show.
old_data()
{
	yes 'old secret' | head -c $((16 * MiB)) |
		dd of="$img" bs=1M seek=$((10 * MiB)) oflag=seek_bytes conv=notrunc status=none iflag=fullblock
}

# bats test_tags=dax
@test "creat makes a file of the exact size" {
	run -0 famfsctl creat -s 5000000 "$img:/f"
	assert_equal "$(entry '[.type, .path, .size, .flags, .ext_type, .ext[0][2]]')" \
		'["FILE","f",5000000,2,0,6291456]'
}

@test "a default mode obeys the umask, and -m is exact" {
	(umask 027 && famfsctl creat -s 1 "$img:/a")
	assert_equal "$(entry '[.mode, .uid, .gid]')" "[\"0o640\",$(id -u),$(id -g)]"
	(umask 077 && famfsctl creat -s 1 -m 666 -u 12 -g 34 "$img:/b")
	assert_equal "$(entry '[.mode, .uid, .gid]')" '["0o666",12,34]'
}

@test "creat zeroes new space" {
	old_data
	run -0 famfsctl creat -s 3M "$img:/f"
	assert_equal "$(file_from_medium f | tr -d '\0' | wc -c)" 0
}

@test "creat --no-zero leaves the old contents of the memory" {
	needs_image
	old_data
	run -0 famfsctl creat --no-zero -s 3M "$img:/f"
	assert_equal "$(file_from_medium f | head -c 10)" "old secret"
}

@test "the slack after a file's end is zeroed always" {
	needs_image
	old_data
	run -0 famfsctl creat --no-zero -s 3M "$img:/simple"
	run -0 famfsctl creat --no-zero -s 5M -N 2 -B 2 -C 2M "$img:/striped"
	run -0 famfsctl creat --no-zero -s 1000 "$img:/small"
	for pair in 0:$((3 * MiB)):$MiB 2:1000:$((UNIT - 1000)); do
		IFS=: read -r index size slack <<<"$pair"
		offset=$("$OMFEDIT" "$img" show | jq ".entries[$index].ext[0][1]")
		assert_equal "$(bytes "$img" $((offset + size)) "$slack" | tr -d '\0' | wc -c)" 0
	done
	# 5 MiB in chunks of 2 MiB: the second half of chunk 2 in strip 0, and chunk 1 of strip 1.
	read -r first second < <("$OMFEDIT" "$img" show | jq -r '.entries[1].ext | "\(.[0][1]) \(.[1][1])"')
	assert_equal "$(bytes "$img" $((first + 3 * MiB)) "$MiB" | tr -d '\0' | wc -c)" 0
	assert_equal "$(bytes "$img" $((second + 2 * MiB)) $((2 * MiB)) | tr -d '\0' | wc -c)" 0
}

@test "a size of zero is refused: the format has no empty files" {
	run famfsctl creat -s 0 "$img:/f"
	assert_failure
	assert_output --partial "size"
	run famfsctl creat "$img:/f"
	assert_failure 2
	assert_output --partial "size"
}

@test "creat fails for a file that exists, and does not change it" {
	famfsctl creat -s 1 "$img:/f"
	famfsctl mkdir "$img:/d"
	before=$("$OMFEDIT" "$img" show)
	run famfsctl creat -s 1 "$img:/f"
	assert_error 1 "exists"
	run famfsctl creat -s 1 "$img:/d"
	assert_error 1 "exists"
	assert_equal "$("$OMFEDIT" "$img" show)" "$before"
}

@test "a missing parent is an error" {
	run famfsctl creat -s 1 "$img:/d/f"
	assert_error 1 "no directory 'd'"
}

@test "sizes take K, M, G, KiB and KB" {
	for pair in 1K:1024 1k:1024 1KiB:1024 1KB:1000 2M:2097152 1MB:1000000 4096:4096 1G:1073741824; do
		run -0 famfsctl creat --no-zero -s "${pair%:*}" "$img:/s${pair%:*}"
		assert_equal "$pair $(entry .size)" "$pair ${pair#*:}"
	done
}

@test "numbers with a bad suffix, a sign, an overflow or trailing junk are refused" {
	for bad in 64Q 1.5M -1 +1 1MM '1 M' 0x 0x10Q 18446744073709551616 20E M '' 1Mi; do
		run famfsctl creat -s "$bad" "$img:/f"
		assert_failure 2
		assert_output --partial "--size expects"
		assert_output --partial "'$bad'"
	done
	for bad in 8 9999 7779 a -1 +7 ''; do
		run famfsctl creat -s 1 -m "$bad" "$img:/f"
		assert_failure 2
		assert_output --partial "--mode expects"
	done
	for option in -u -g -N -B; do
		for bad in x 1x -1 4294967296 99999999999999999999 ''; do
			run famfsctl creat -s 1 -C 2M $option "$bad" "$img:/f"
			assert_failure 2
			assert_output --partial "expects"
		done
	done
	"$OMFEDIT" "$img" show | jq -e '.entries == []'
}

# bats test_tags=dax
@test "creat -r fills a file with the stream of its seed" {
	run -0 famfsctl creat -r -S 42 -s 32 "$img:/f"
	assert_equal "$(file_from_medium f | od -An -v -tx1 | tr -d ' \n')" \
		985f52e27afb0c3df88c822b402249e5d5781cc4cce1aad536a0a03bdb08a0ef
}

@test "the stream of a seed ends with the first bytes of one more output if 1 to 3 bytes remain" {
	for size in 1 2 3 5 30 31; do
		run -0 famfsctl creat -r -S 42 -s $size "$img:/f$size"
		assert_equal "$(file_from_medium f$size | od -An -v -tx1 | tr -d ' \n')" \
			"$(cut -c 1-$((2 * size)) <<<985f52e27afb0c3df88c822b402249e5d5781cc4cce1aad536a0a03bdb08a0ef)"
	done
}

@test "the stream does not depend on the layout" {
	famfsctl creat -r -S 7 -s 9000001 "$img:/simple"
	famfsctl creat -r -S 7 -s 9000001 -N 3 -B 4 -C 2M "$img:/striped"
	file_from_medium simple >"$BATS_TEST_TMPDIR/simple"
	file_from_medium striped | cmp - "$BATS_TEST_TMPDIR/simple"
	run -0 famfsctl verify -S 7 "$img:/simple"
	run -0 famfsctl verify -S 7 "$img:/striped"
}

@test "verify finds another seed and a single wrong byte, with its offset" {
	famfsctl creat -r -S 7 -s 5000000 "$img:/f"
	run famfsctl verify -S 8 "$img:/f"
	assert_failure 1
	assert_output --partial "f"
	offset=$("$OMFEDIT" "$img" show | jq '.entries[0].ext[0][1]')
	printf X | dd of="$img" bs=1 seek=$((offset + 4444444)) conv=notrunc status=none
	run famfsctl verify -S 7 "$img:/f"
	assert_failure 1
	assert_output --partial "4444444"
}

@test "verify needs a seed and a file" {
	famfsctl creat -s 1 "$img:/f"
	run famfsctl verify "$img:/f"
	assert_failure 2
	run famfsctl verify -S 1 "$img:/none"
	assert_error 1 "'none' does not exist"
	run famfsctl verify -S 1x "$img:/f"
	assert_failure 2
}

@test "creat -M makes several files, with seeds where they are given" {
	famfsctl mkdir "$img:/d"
	run -0 famfsctl creat -M "d/a,3M" -M "d/b,1000,42" -M "c,64K,7" "$img:/"
	assert_equal "$("$OMFEDIT" "$img" show | jq -c '[.entries[1:][] | [.path, .size]]')" \
		'[["d/a",3145728],["d/b",1000],["c",65536]]'
	run -0 famfsctl verify -S 42 "$img:/d/b"
	run -0 famfsctl verify -S 7 "$img:/c"
}

@test "creat -M refuses arguments that are not NAME,SIZE or NAME,SIZE,SEED" {
	for bad in a "a," ,1 a,x a,1,x a,1,2,3 ''; do
		run famfsctl creat -M "$bad" "$img:/"
		assert_failure 2
	done
	"$OMFEDIT" "$img" show | jq -e '.entries == []'
}

@test "creat works on a mounted path" {
	mount_image
	run -0 famfsctl creat -r -S 42 -s 3M "$mnt/f"
	assert_equal "$(stat -c %s "$mnt/f")" $((3 * MiB))
	run -0 famfsctl verify -S 42 "$mnt/f"
	assert_equal "$(head -c 8 "$mnt/f" | od -An -tx1 | tr -d ' ')" 985f52e27afb0c3d
	cd "$mnt"
	run -0 famfsctl creat -s 1 relative
	assert_file_exist relative
}
