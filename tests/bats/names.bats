#!/usr/bin/env bats
# SPDX-License-Identifier: Apache-2.0
# Names: targets, path limits, mkdir.

load helper

suite_setup()
{
	new_image 1G
}

# A path of exactly N bytes.
path_of()
{
	printf '%*s' "$1" '' | tr ' ' n
}

log_entries()
{
	"$OMFEDIT" "$img" show | jq '.entries | length'
}

@test "mkdir works on an unmounted image, without root" {
	needs_root
	needs_image
	chown 65534:65534 "$img"
	chmod 755 "$BATS_TEST_TMPDIR"
	run -0 user_famfsctl mkdir "$img:/data"
	assert_equal "$("$OMFEDIT" "$img" show | jq -c '.entries[0] | [.type, .path, .uid]')" \
		'["MKDIR","data",65534]'
}

@test "mkdir applies the umask to the default mode, and -m is exact" {
	(umask 027 && famfsctl mkdir "$img:/a")
	(umask 077 && famfsctl mkdir -m 1777 -u 12 -g 34 "$img:/b")
	assert_equal "$("$OMFEDIT" "$img" show | jq -c '[.entries[] | [.path, .mode, .uid, .gid]]')" \
		'[["a","0o750",'"$(id -u),$(id -g)"'],["b","0o1777",12,34]]'
}

@test "mkdir -p makes missing directories and accepts existing ones" {
	run -0 famfsctl mkdir -p "$img:/a/b/c"
	run -0 famfsctl mkdir -p "$img:/a/b/c"
	run -0 famfsctl mkdir -p "$img:/a/b/d"
	assert_equal "$("$OMFEDIT" "$img" show | jq -c '[.entries[].path]')" '["a","a/b","a/b/c","a/b/d"]'
}

@test "mkdir without -p needs the parent" {
	run famfsctl mkdir "$img:/a/b"
	assert_error 1 "no directory 'a'"
	assert_equal "$(log_entries)" 0
}

@test "a directory that exists is an error without -p" {
	famfsctl mkdir "$img:/a"
	run famfsctl mkdir "$img:/a"
	assert_error 1 "exists"
	assert_equal "$(log_entries)" 1
}

@test "mkdir fails if the parent is a file" {
	famfsctl creat -s 1 "$img:/f"
	for path in f/x f/x/y; do
		run famfsctl mkdir -p "$img:/$path"
		assert_error 1 "'f'"
		run famfsctl creat -s 1 "$img:/$path"
		assert_failure 1
	done
	run famfsctl mkdir -p "$img:/f"
	assert_failure 1
	assert_equal "$(log_entries)" 1
}

@test "mkdir takes several directories" {
	run -0 famfsctl mkdir "$img:/a" "$img:/b" "$img:/a/c"
	assert_equal "$("$OMFEDIT" "$img" show | jq -c '[.entries[].path]')" '["a","b","a/c"]'
}

@test "a path of 78 bytes works, for files and directories" {
	run -0 famfsctl mkdir "$img:/$(path_of 78)"
	run -0 famfsctl creat -s 1 "$img:/f$(path_of 77)"
	assert_equal "$(log_entries)" 2
}

@test "a path of 79 bytes and more fails with the limit before anything is written" {
	before=$(fingerprint)
	data "$BATS_TEST_TMPDIR/src" 100
	for length in 79 80 200 4000; do
		run famfsctl mkdir "$img:/$(path_of $length)"
		assert_error 1 "78 bytes"
		run famfsctl mkdir -p "$img:/d/$(path_of $((length - 2)))"
		assert_error 1 "78 bytes"
		run famfsctl creat -s 1 "$img:/$(path_of $length)"
		assert_error 1 "78 bytes"
		run famfsctl cp "$BATS_TEST_TMPDIR/src" "$img:/$(path_of $length)"
		assert_error 1 "78 bytes"
	done
	assert_equal "$(fingerprint)" "$before"
}

@test "'..' never names anything in the log" {
	famfsctl mkdir "$img:/d"
	for path in ../x d/../../x ..; do
		run famfsctl creat -s 1 "$img:/$path"
		assert_failure
		run famfsctl mkdir "$img:/$path"
		assert_failure
		run famfsctl mkdir -p "$img:/$path"
		assert_failure
	done
	"$OMFEDIT" "$img" show | jq -e '[.entries[].path] | all(contains("..") | not)'
}

@test "no file can be made at or below .meta" {
	for path in .meta .meta/x; do
		run famfsctl mkdir "$img:/$path"
		assert_error 1 ".meta"
		run famfsctl creat -s 1 "$img:/$path"
		assert_error 1 ".meta"
	done
	assert_equal "$(log_entries)" 0
	run -0 famfsctl mkdir "$img:/.metadata" "$img:/.metadata/.meta"
}

@test "the root cannot be made, and is not a file" {
	run famfsctl mkdir "$img:/"
	assert_failure 1
	run famfsctl creat -s 1 "$img:/"
	assert_failure 1
	assert_equal "$(log_entries)" 0
}

@test "extra slashes in a path are dropped" {
	run -0 famfsctl mkdir "$img://a//"
	run -0 famfsctl creat -s 1 "$img:/a//./b"
	assert_equal "$("$OMFEDIT" "$img" show | jq -c '[.entries[].path]')" '["a","a/b"]'
}

@test "names with spaces, quotes, newlines and letters of all kinds work" {
	names=('a b' "it's" '"q"' $'new\nline' 'ünï' '-dash' 'c:/d' $'\U1F600')
	for name in "${names[@]}"; do
		[[ $name == */* ]] && famfsctl mkdir "$img:/${name%%/*}"
		run -0 famfsctl creat -s 1 "$img:/$name"
	done
	mount_image
	for name in "${names[@]}"; do
		assert_file_exist "$mnt/$name"
	done
}

# Bytes that are not UTF-8: a stray one, a truncated one, an overlong slash, a surrogate, beyond U+10FFFF.
raw_names=($'\xff\xfe' $'caf\xe9' $'\xc3' $'\xc0\xaf' $'\xed\xa0\x80' $'\xf4\x90\x80\x80')

@test "names that are not UTF-8 are refused with their bytes, wherever one is written" {
	data "$BATS_TEST_TMPDIR/src" 100
	before=$(fingerprint)
	for name in "${raw_names[@]}"; do
		run famfsctl creat -s 1 "$img:/$name"
		assert_error 1 "is not UTF-8: byte 0x"
		assert_output --partial "hint: use --raw-names to allow it"
		run famfsctl creat --no-zero -s 2M "$img:/$name"
		assert_error 1 "is not UTF-8: byte 0x"
		run famfsctl creat -M "$name,1" "$img:/"
		assert_error 1 "is not UTF-8: byte 0x"
		run famfsctl mkdir "$img:/$name"
		assert_error 1 "is not UTF-8: byte 0x"
		run famfsctl mkdir -p "$img:/a/$name/b"
		assert_error 1 "is not UTF-8: byte 0x"
		run famfsctl cp "$BATS_TEST_TMPDIR/src" "$img:/$name"
		assert_error 1 "is not UTF-8: byte 0x"
		run famfsctl cp --dry-run "$BATS_TEST_TMPDIR/src" "$img:/$name"
		assert_error 1 "is not UTF-8: byte 0x"
	done
	assert_equal "$(fingerprint)" "$before"
	run famfsctl creat -s 1 "$img:/"$'caf\xe9'
	assert_error 1 "path 'caf\\351' is not UTF-8: byte 0xe9 at offset 3"
}

@test "cp -r copies a tree except for names that are not UTF-8, and exits 1" {
	local tree="$BATS_TEST_TMPDIR/tree"
	mkdir -p "$tree/"$'bad\xff' "$tree/good"
	data "$tree/"$'bad\xff/inside' 100
	data "$tree/good/f" 100
	data "$tree/good/"$'f\xff' 100
	data "$tree/last" 100
	run famfsctl cp -r "$tree" "$img:/tree"
	assert_error 1 "path 'tree/bad\\377' is not UTF-8: byte 0xff at offset 8"
	assert_output --partial "path 'tree/good/f\\377' is not UTF-8: byte 0xff at offset 11"
	refute_output --partial "inside"
	assert_equal "$(famfsctl ls -R "$img" | paste -sd ' ')" "tree tree/good tree/good/f tree/last"
	run -0 famfsctl cp -r --resume -T --raw-names "$tree" "$img:/tree"
	mount_image
	diff -r "$tree" "$mnt/tree"
}

@test "--raw-names writes names that are not UTF-8, and every command reads them" {
	data "$BATS_TEST_TMPDIR/src" 100
	for name in "${raw_names[@]}"; do
		run -0 famfsctl mkdir --raw-names "$img:/d$name"
		run -0 famfsctl mkdir -p --raw-names "$img:/p/$name/q"
		run -0 famfsctl creat --raw-names -s 1 "$img:/c$name"
		run -0 famfsctl creat --raw-names -M "m$name,1" "$img:/d$name"
		run -0 famfsctl cp --raw-names "$BATS_TEST_TMPDIR/src" "$img:/d$name"
		run -0 famfsctl cat "$img:/d$name/src"
		assert_output "$(<"$BATS_TEST_TMPDIR/src")"
	done
	run -0 famfsctl fsck "$img"
	assert_line "paths not UTF-8: $((${#raw_names[@]} * 6)), the reference implementation cannot mount past entry 0"
	assert_line "clean"
	famfsctl fsck --json "$img" | jq -e ".paths_not_utf8 == $((${#raw_names[@]} * 6)) and .first_not_utf8 == 0"
	mount_image
	for name in "${raw_names[@]}"; do
		assert_equal "$(<"$mnt/d$name/src")" "$(<"$BATS_TEST_TMPDIR/src")"
		assert_dir_exist "$mnt/p/$name/q"
	done
}

@test "messages show control characters harmlessly, in one line" {
	run famfsctl dump-fmap "$img:/"$'evil\x1b[31m\nsecond'
	assert_failure 1
	refute_output --partial $'\x1b'
	assert_equal "$(grep -c famfsctl <<<"$output")" 1
}

@test "a target that does not exist is named in the error" {
	for target in "$BATS_TEST_TMPDIR/none" "$BATS_TEST_TMPDIR/none.img:/x"; do
		run famfsctl dump-fmap "$target"
		assert_failure 1
		assert_output --partial "none"
	done
	run famfsctl mkdir /tmp/not-in-a-famfs
	assert_failure 1
	assert_output --partial "/tmp/not-in-a-famfs"
	assert_not_exist /tmp/not-in-a-famfs
}

@test "the last ':/' behind a file splits, and a path that exists wins" {
	needs_image
	odd="$BATS_TEST_TMPDIR/odd:"
	mkdir -p "$odd"
	famfsctl mkfs --size 64M "$odd/fam.img"
	run -0 famfsctl mkdir "$odd/fam.img:/d" "$odd/fam.img:/d/e:"
	run -0 famfsctl mkdir "$odd/fam.img:/d/e:/f"
	assert_equal "$("$OMFEDIT" "$odd/fam.img" show | jq -r '.entries[-1].path')" 'd/e:/f'
}
