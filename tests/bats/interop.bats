#!/usr/bin/env bats
# SPDX-License-Identifier: Apache-2.0
# Media of the reference implementation are read exactly: every path, mode, owner, size, extent.

load helper

# The master of the images, and another host.
reference=13165b20-87af-4de6-b7a6-72f2b5a62153

setup_file()
{
	local archive
	for archive in "$FAMFS_TOP"/tests/vectors/*.img.tar.xz; do
		tar -C "$BATS_FILE_TMPDIR" -xJSf "$archive"
	done
}

suite_setup()
{
	needs_image
}

# use NAME: an image of the reference as $img, and its expected contents as $dump.
use()
{
	cp --sparse=always "$BATS_FILE_TMPDIR/$1.img" "$img"
	dump=$FAMFS_TOP/tests/vectors/$1.dump.json
}

@test "the tests' own decoder agrees with the dumps" {
	for name in empty mixed striped; do
		use $name
		assert_equal "$("$OMFEDIT" "$img" show | jq -S .)" "$(jq -S . "$dump")"
	done
}

@test "fsck finds no problem on the reference media" {
	for name in empty mixed striped; do
		use $name
		run -0 famfsctl fsck "$img"
		famfsctl fsck --json "$img" | jq -e '.clean == true and .problems == []'
	done
}

@test "dump-fmap shows every file's extents" {
	for name in empty mixed striped; do
		use $name
		have=$(famfsctl dump-fmap -r --json "$img" | jq -c '[.files[] |
			[.path, .size, .nstrips, .chunk_size, [.extents[] | [.daxdev, .offset, .length]]]] | sort')
		want=$(jq -c '[.entries[] | select(.type == "FILE") |
			[.path, .size, .nstrips, .chunk, .ext]] | sort' "$dump")
		assert_equal "$have" "$want"
	done
}

@test "the mount shows every path, type, mode, owner and size" {
	for name in empty mixed striped; do
		use $name
		mount_image
		have=$(cd "$mnt" && find . -mindepth 1 -path ./.meta -prune -o -mindepth 1 -printf '%P|%y|%m|%U|%G|%s\n' |
			sed 's/|d|\(.*\)|[0-9]*$/|d|\1|0/' | sort)
		want=$(jq -r '.entries[] | [.path, (if .type == "FILE" then "f" else "d" end),
			(.mode | ltrimstr("0o")), .uid, .gid, .size // 0] | join("|")' "$dump" | sort)
		assert_equal "$have" "$want"
		famfsctl umount "$mnt"
	done
}

@test "info counts what is there" {
	use mixed
	famfsctl info --json "$img" >"$BATS_TEST_TMPDIR/info.json"
	run -0 jq -e '.free_bytes == 4179623936' "$BATS_TEST_TMPDIR/info.json"
	run -0 jq -e '.uuid == "fbe9b4f6-1df4-42c1-af27-321a39afe82b"' "$BATS_TEST_TMPDIR/info.json"
	run -0 jq -e '[.files, .directories, .file_bytes, .allocated_bytes, .log_entries] ==
		[24, 10, 74316632, 104857600, 34]' "$BATS_TEST_TMPDIR/info.json"
}

@test "the contents of files are where the reference put them" {
	use striped
	# The images have no contents; a pattern that names each place stands in for them.
	offsets=$(jq -r '.entries[] | select(.path == "st/odd") | .ext[][1]' "$dump")
	for offset in $offsets; do
		for ((i = 0; i < 2; i++)); do
			printf 'strip at %s chunk %d' "$offset" $i |
				dd of="$img" bs=1 seek=$((offset + i * UNIT)) conv=notrunc status=none
		done
	done
	mount_image
	# 10000001 bytes in chunks of 2 MiB over 4 strips: chunk 4 is the second one of strip 0.
	index=0
	for offset in $offsets; do
		run -0 bash -c "dd if='$mnt/st/odd' bs=$UNIT skip=$index count=1 status=none | head -c 40 | tr -d '\\0'"
		assert_output --partial "strip at $offset chunk 0"
		index=$((index + 1))
	done
	run -0 bash -c "dd if='$mnt/st/odd' bs=$UNIT skip=4 count=1 status=none | head -c 40 | tr -d '\\0'"
	assert_output --partial "chunk 1"
}

@test "only the master of the reference media can add files to them" {
	use mixed
	run famfsctl_as "$OTHER" creat -s 1 "$img:/x"
	assert_error 1 "$reference"
	run -0 famfsctl_as $reference creat -s 3M "$img:/x"
	run -0 famfsctl_as $reference mkdir "$img:/y"
	"$OMFEDIT" "$img" show | jq -e '.entries[34:] | map([.seqnum, .path, .crc_ok, .seq_ok]) ==
		[[34, "x", true, true], [35, "y", true, true]]'
	# Old entries are unchanged, and the new file shares no space with another.
	assert_equal "$("$OMFEDIT" "$img" show | jq -S '.entries[:34]')" "$(jq -S .entries "$dump")"
	run -0 famfsctl fsck "$img"
}

@test "famfsctl writes the same bytes as the reference" {
	# The same commands that made the first entries of the images, on a device of the same size.
	use mixed
	cp --sparse=always "$img" "$BATS_TEST_TMPDIR/reference.img"
	famfsctl mkfs -f --force-foreign "$img" >/dev/null
	famfsctl mkdir -m 755 -u 0 -g 0 "$img:/d1"
	famfsctl mkdir -m 700 -u 1000 -g 1000 "$img:/d1/a" "$img:/d1/a/b" "$img:/d1/a/b/c"
	famfsctl mkdir -m 777 -u 0 -g 0 "$img:/ww"
	famfsctl mkdir -m 1777 -u 0 -g 0 "$img:/sticky"
	famfsctl creat -s 4096 -m 644 -u 0 -g 0 "$img:/f1"
	famfsctl creat -s 5M -m 600 -u 0 -g 0 "$img:/d1/f2"
	famfsctl creat -s 2M -m 444 -u 0 -g 0 "$img:/ro2m"
	famfsctl creat -s 2097153 -m 644 -u 1001 -g 1002 "$img:/d1/a/over"
	# Log header up to its counters, and the ten entries.
	for range in "$UNIT 32" "$((UNIT + 48)) 5440"; do
		read -r offset length <<<"$range"
		cmp <(bytes "$img" "$offset" "$length") <(bytes "$BATS_TEST_TMPDIR/reference.img" "$offset" "$length")
	done
	# The superblock up to its UUIDs.
	cmp <(bytes "$img" 0 48) <(bytes "$BATS_TEST_TMPDIR/reference.img" 0 48)
}

@test "paths of 79 bytes, which the reference writes, are read" {
	use mixed
	long=$(jq -r '[.entries[].path | select(length == 79)][0]' "$dump")
	run -0 famfsctl dump-fmap "$img:/$long"
	mount_image
	assert_equal "$(stat -c %s "$mnt/$long")" 4096
}
