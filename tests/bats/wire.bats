#!/usr/bin/env bats
# SPDX-License-Identifier: Apache-2.0
# dump-fmap --wire: the reply to GET_FMAP, compared with bytes that were computed by hand.

load helper

# bytes_of PROFILE PATH: the bytes of the whole reply, in the order of their offsets.
bytes_of()
{
	famfsctl dump-fmap --wire "$1" "$img:/$2" | awk '
		$1 ~ /^[0-9]+$/ { for (i = 3; i < 3 + $2; i++) printf "%s", $i }'
}

# le SIZE VALUE: little-endian, as text.
le()
{
	local value=$2 i
	for ((i = 0; i < $1; i++)); do
		printf '%02x' $((value & 255))
		value=$((value >> 8))
	done
}

# header TYPE EXT_TYPE NEXTENTS SIZE FILE_SIZE
header()
{
	le 1 "$1"; le 1 0; le 2 1; le 4 "$2"; le 4 "$3"; le 4 "$4"; le 8 "$5"; le 8 0
}

# extent OFFSET LENGTH, on device 0
extent()
{
	le 4 0; le 4 0; le 8 "$1"; le 8 "$2"
}

@test "the wire form of a simple map is a header and extents, in every profile" {
	new_image
	famfsctl creat -s 3000000 "$img:/f"
	for profile in v1 v2 pull push; do
		assert_equal "$(bytes_of "$profile" f)" \
			"$(header 0 0 1 56 3000000; extent $((10 * MiB)) $((4 * MiB)))"
	done
}

@test "the wire form of an interleaved map has strips, or one extent for each chunk" {
	local chunk=$((2 * MiB)) size=$((5 * MiB)) a b
	new_image
	famfsctl creat -s "$size" -N 2 -B 2 -C 2M "$img:/f"
	read -r a b < <(famfsctl dump-fmap --json "$img:/f" | jq -r '[.files[0].extents[].offset] | @tsv')
	assert_equal "$(bytes_of pull f)" "$(header 0 1 1 104 "$size"
		le 4 2; le 4 "$chunk"; le 8 "$size"; le 8 0
		extent "$a" $((2 * chunk)); extent "$b" $((2 * chunk)))"
	assert_equal "$(bytes_of push f)" "$(header 0 0 3 104 "$size"
		extent "$a" "$chunk"; extent "$b" "$chunk"; extent $((a + chunk)) "$chunk")"
}

@test "superblock and log have maps of their own types" {
	new_image
	assert_equal "$(bytes_of pull .meta/.superblock)" \
		"$(header 1 0 1 56 $((2 * MiB)); extent 0 $((2 * MiB)))"
	assert_equal "$(bytes_of pull .meta/.log)" \
		"$(header 2 0 1 56 $((8 * MiB)); extent $((2 * MiB)) $((8 * MiB)))"
}

@test "--json has the same fields, and the reply's size with what follows the map" {
	new_image
	famfsctl creat -s 3M "$img:/f"
	run -0 famfsctl dump-fmap --json --wire v1 "$img:/f"
	jq -e '.schema == "famfsctl.wire/1" and .profile == "v1" and (.files | length) == 1 and
		(.files[0] | .path == "f" and .reply_size == 4096 and (.fields | length) == 12 and
			.fields[4] == { offset: 8, size: 4, name: "header.nextents", value: 1 } and
			.fields[10].name == "extent[0].offset" and .fields[10].value == 10485760)' \
		<<<"$output"
}

@test "dump-fmap --wire shows the same reply for a mounted file" {
	new_image
	famfsctl creat -s 9M -N 2 -B 2 -C 2M "$img:/f"
	mount_image
	diff <(famfsctl dump-fmap --wire push "$img:/f") <(famfsctl dump-fmap --wire push "$mnt/f")
	diff <(famfsctl dump-fmap --wire pull "$img:/.meta/.log") \
		<(famfsctl dump-fmap --wire pull "$mnt/.meta/.log")
}

@test "a map that a profile has no room for is an error with the numbers" {
	needs_image
	new_image 2000G
	famfsctl creat --no-zero -s 1500G -N 2 -B 2 -C 2M "$img:/huge"
	run -1 --separate-stderr famfsctl dump-fmap --wire push "$img:/huge"
	assert_regex "$stderr" "the map of 'huge' cannot be sent: 768000 extents, and a push kernel takes [0-9]+ in 16777216 bytes"
	run -0 famfsctl dump-fmap --wire pull "$img:/huge"
}

@test "unknown profiles and invalid files are refused" {
	new_image
	famfsctl mkdir "$img:/d"
	run -2 --separate-stderr famfsctl dump-fmap --wire off "$img:/d"
	assert_regex "$stderr" "--wire expects v1, v2, pull or push, got 'off'"
	run -2 --separate-stderr famfsctl dump-fmap --wire pull -r "$img:/d"
	assert_regex "$stderr" "--wire takes files, not --recursive"
	run -1 --separate-stderr famfsctl dump-fmap --wire pull "$img:/d" "$img:/none"
	assert_regex "$stderr" "'d' is a directory"
	assert_regex "$stderr" "'none' does not exist"
}
