#!/usr/bin/env bats
# SPDX-License-Identifier: Apache-2.0
# dump-fmap: the bytes are where it says.

load helper

suite_setup()
{
	new_image 4G
	src=$BATS_TEST_TMPDIR/src
}

# Exactly the documented keys, each of its type, and nothing else.
schema='
	(keys == ["daxdevs", "files", "schema"]) and .schema == "famfsctl.dump-fmap/1"
	and (.daxdevs | type == "array" and length >= 1 and all(
		(keys == ["index", "name", "size"]) and (.index | type == "number")
		and (.name | type == "string") and (.size | type == "number")))
	and (.files | type == "array" and all(
		(if .type == "interleaved"
		 then keys == ["chunk_size", "extents", "nstrips", "path", "size", "type"]
			and .nstrips == (.extents | length) and .chunk_size >= 2097152
		 else keys == ["extents", "path", "size", "type"] and .type == "simple" end)
		and (.path | type == "string") and (.size | type == "number" and . > 0)
		and (.extents | length >= 1 and all(
			(keys == ["daxdev", "length", "offset"])
			and (map(type == "number" and . == floor and . >= 0) | all)))))'

@test "dump-fmap --json follows its schema, for simple and interleaved files" {
	famfsctl creat -s 5000000 "$img:/simple"
	famfsctl creat -s 37M -N 3 -B 4 -C 4M "$img:/striped"
	famfsctl dump-fmap --json "$img:/simple" "$img:/striped" >"$src.json"
	run -0 jq -e "$schema" "$src.json"
	run -0 jq -e '[.files[] | [.path, .type, .size]] ==
		[["simple", "simple", 5000000], ["striped", "interleaved", 38797312]]' "$src.json"
	run -0 jq -e '.daxdevs[0] | .index == 0 and .size == 4294967296' "$src.json"
	run -0 jq -e --arg img "$img" '.daxdevs[0].name == $img' "$src.json"
}

@test "dump-fmap --json has the extents of the log" {
	famfsctl creat -s 5000000 "$img:/a"
	famfsctl creat -s 37M -N 3 -B 4 -C 4M "$img:/b"
	famfsctl creat -s 1 "$img:/c"
	want=$("$OMFEDIT" "$img" show | jq -c '[.entries[] | [.path, .ext]]')
	have=$(famfsctl dump-fmap --json "$img:/a" "$img:/b" "$img:/c" |
		jq -c '[.files[] | [.path, [.extents[] | [.daxdev, .offset, .length]]]]')
	assert_equal "$have" "$want"
}

@test "the bytes of a simple file are where the map says" {
	data "$src" 5000000
	famfsctl cp "$src" "$img:/f"
	file_from_medium f | cmp - "$src"
}

@test "the bytes of an interleaved file are where the map says" {
	data "$src" 38000001
	famfsctl cp -N 3 -B 4 -C 4M "$src" "$img:/f"
	assert_equal "$(famfsctl dump-fmap --json "$img:/f" | jq '.files[0].nstrips')" 3
	file_from_medium f | cmp - "$src"
}

@test "dump-fmap shows the same map for a mounted file" {
	famfsctl creat -s 37M -N 3 -B 4 -C 4M "$img:/f"
	want=$(famfsctl dump-fmap --json "$img:/f" | jq -c .files)
	mount_image
	assert_equal "$(famfsctl dump-fmap --json "$mnt/f" | jq -c .files)" "$want"
	cd "$mnt"
	assert_equal "$(famfsctl dump-fmap --json f | jq -c .files)" "$want"
}

@test "dump-fmap -r walks directories, and prints an empty array for an empty one" {
	famfsctl mkdir "$img:/d" "$img:/d/e" "$img:/none"
	famfsctl creat -s 1 "$img:/d/x"
	famfsctl creat -s 1 "$img:/d/e/y"
	famfsctl creat -s 1 "$img:/z"
	assert_equal "$(famfsctl dump-fmap -r --json "$img:/d" | jq -c '[.files[].path] | sort')" \
		'["d/e/y","d/x"]'
	assert_equal "$(famfsctl dump-fmap -r --json "$img:/" | jq -c '[.files[].path] | sort')" \
		'["d/e/y","d/x","z"]'
	assert_equal "$(famfsctl dump-fmap -r --json "$img" | jq '.files | length')" 3
	famfsctl dump-fmap -r --json "$img:/none" | jq -e '.files == []'
}

@test "a directory without -r shows the files in it, not those below" {
	famfsctl mkdir "$img:/d" "$img:/d/e"
	famfsctl creat -s 1 "$img:/d/x"
	famfsctl creat -s 1 "$img:/d/e/y"
	assert_equal "$(famfsctl dump-fmap --json "$img:/d" | jq -c '[.files[].path]')" '["d/x"]'
}

@test "dump-fmap prints a table of offsets, lengths and strips" {
	famfsctl creat -s 5000000 "$img:/simple"
	famfsctl creat -s 37M -N 3 -B 4 -C 4M "$img:/striped"
	run -0 famfsctl dump-fmap "$img:/simple"
	assert_output --partial "simple"
	assert_output --regexp "(0xa00000|10485760)"
	assert_output --regexp "(0x600000|6291456)"
	run -0 famfsctl dump-fmap "$img:/striped"
	assert_output --partial "3 strips"
}

@test "a missing file is an error, and the others are shown" {
	famfsctl creat -s 1 "$img:/f"
	run famfsctl dump-fmap "$img:/none" "$img:/f"
	assert_error 1 "none"
	run bash -c '"$FAMFSCTL" dump-fmap --json "$1:/none" "$1:/f" 2>/dev/null | jq -ec "[.files[].path]"' - "$img"
	assert_output '["f"]'
}

@test "a name that is not UTF-8 has its bytes in hexadecimal beside it" {
	famfsctl creat --raw-names -s 1 "$img:/"$'a\xff'
	famfsctl dump-fmap --json "$img:/"$'a\xff' >"$src.json"
	run -0 jq -e '.files[0] | .path == "a\ufffd" and .path_hex == "61ff"' "$src.json"
}

@test "dump-fmap fails if its output cannot be written" {
	famfsctl creat -s 1 "$img:/f"
	[[ -c /dev/full ]] || skip "needs /dev/full"
	run bash -c '"$FAMFSCTL" dump-fmap --json "$1:/f" >/dev/full' - "$img"
	assert_error 1 "No space left"
}
