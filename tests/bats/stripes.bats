#!/usr/bin/env bats
# SPDX-License-Identifier: Apache-2.0
# Interleaved files: the effects of -N, -B and -C, and refusals.

load helper

suite_setup()
{
	new_image 8G
}

last()
{
	"$OMFEDIT" "$img" show | jq -ec ".entries[-1] | $1"
}

@test "an interleaved file has strips of equal length, a bucket each" {
	run -0 famfsctl creat -s 37M -N 3 -B 4 -C 4M "$img:/f"
	# 37 MiB in stripes of 12 MiB: 4 stripes, so 16 MiB a strip. A bucket is 2 GiB.
	last '.ext_type == 1 and .nstrips == 3 and .chunk == 4194304'
	last '.ext | map(.[2]) == [16777216, 16777216, 16777216]'
	last ".ext | map(.[1] / (2 * $GiB) | floor) | unique | length == 3"
	last '.ext | all(.[1] % 2097152 == 0 and .[1] >= 10485760)'
}

@test "the place of strips is the same every time" {
	run -0 famfsctl creat -s 37M -N 3 -B 4 -C 4M "$img:/f"
	first=$(last .ext)
	new_image 8G -f
	run -0 famfsctl creat -s 37M -N 3 -B 4 -C 4M "$img:/f"
	assert_equal "$(last .ext)" "$first"
}

@test "many files of one strip spread over all buckets" {
	for ((i = 0; i < 16; i++)); do
		famfsctl creat --no-zero -s 8M -N 1 -B 8 -C 2M "$img:/f$i"
	done
	"$OMFEDIT" "$img" show | jq -e "[.entries[].ext[0][1] / $GiB | floor] | unique | length == 8"
}

@test "a file shorter than a chunk is simple, one of exactly a chunk is not" {
	run -0 famfsctl creat -s 4194303 -N 2 -B 4 -C 4M "$img:/short"
	last '.ext_type == 0'
	run -0 famfsctl creat -s 4M -N 2 -B 4 -C 4M "$img:/exact"
	last '.ext_type == 1 and .nstrips == 2'
}

@test "16 strips are accepted and 17 are refused" {
	needs_image
	new_image 16G -f
	run -0 famfsctl creat --no-zero -s 64M -N 16 -B 16 -C 2M "$img:/f"
	last '.nstrips == 16'
	run famfsctl creat --no-zero -s 64M -N 17 -B 17 -C 2M "$img:/g"
	assert_failure
	assert_output --partial "16"
}

@test "invalid numbers of strips, buckets and chunk sizes are refused with the limit" {
	# options:part of the message
	local -a bad=(
		'-N 4 -B 3 -C 2M:--nbuckets' # fewer buckets than strips
		'-N 2 -B 65 -C 2M:64'        # too many buckets
		'-N 2 -B 16 -C 2M:1024 MiB'  # buckets too small
		'-N 2 -B 4 -C 3M:power of two'
		'-N 2 -B 4 -C 1M:power of two'
		'-N 0 -B 4 -C 2M:16'
	)
	for case in "${bad[@]}"; do
		# shellcheck disable=SC2086 # options are words
		run famfsctl creat -s 64M ${case%%:*} "$img:/f"
		assert_failure
		assert_output --partial "${case#*:}"
	done
	"$OMFEDIT" "$img" show | jq -e '.entries == []'
}

@test "buckets or a chunk size without strips are a usage error" {
	run famfsctl creat -s 64M -C 2M "$img:/f"
	assert_failure 2
	run famfsctl creat -s 64M -B 4 "$img:/f"
	assert_failure 2
	"$OMFEDIT" "$img" show | jq -e '.entries == []'
}

@test "contents are read and written through the map" {
	mount_image
	for geometry in '2 4 2M' '3 4 4M' '4 8 2M' '1 2 2M'; do
		read -r n b c <<<"$geometry"
		data "$BATS_TEST_TMPDIR/src" 9000001 "$n"
		run -0 famfsctl cp -N "$n" -B "$b" -C "$c" "$BATS_TEST_TMPDIR/src" "$mnt/f$n"
		cmp "$BATS_TEST_TMPDIR/src" "$mnt/f$n"
		file_from_medium "f$n" | cmp - "$BATS_TEST_TMPDIR/src"
	done
}

@test "writes in place go to the right chunk" {
	mount_image
	famfsctl creat -s 9M -N 2 -B 4 -C 2M "$mnt/f"
	# Across the border of chunk 1 and chunk 2, which is in strip 0 again.
	printf 'across the border' | dd of="$mnt/f" bs=1 seek=$((4 * MiB - 6)) conv=notrunc status=none
	read -r strip0 strip1 < <("$OMFEDIT" "$img" show | jq -r '.entries[0].ext | "\(.[0][1]) \(.[1][1])"')
	assert_equal "$(bytes "$img" $((strip1 + 2 * MiB - 6)) 6)" "across"
	assert_equal "$(bytes "$img" $((strip0 + 2 * MiB)) 11)" " the border"
}

@test "a device that is full in one bucket still takes simple files" {
	needs_image
	new_image 2G -f
	run -0 famfsctl creat --no-zero -s 1000M "$img:/big"
	run famfsctl creat --no-zero -s 200M -N 2 -B 2 -C 2M "$img:/striped"
	assert_failure 1
	run -0 famfsctl creat --no-zero -s 200M "$img:/simple"
}
