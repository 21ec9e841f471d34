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
	"$MEDIUM" "$img" show | jq '.entries | length'
}

@test "mkdir works on an unmounted image, without root" {
	needs_root
	needs_image
	chown 65534:65534 "$img"
	chmod 755 "$BATS_TEST_TMPDIR"
	run -0 user_famfsctl mkdir "$img:/data"
	assert_equal "$("$MEDIUM" "$img" show | jq -c '.entries[0] | [.type, .path, .uid]')" \
		'["MKDIR","data",65534]'
}

@test "mkdir obeys the umask, and takes -m as it is" {
	(umask 027 && famfsctl mkdir "$img:/a")
	(umask 077 && famfsctl mkdir -m 1777 -u 12 -g 34 "$img:/b")
	assert_equal "$("$MEDIUM" "$img" show | jq -c '[.entries[] | [.path, .mode, .uid, .gid]]')" \
		'[["a","0o750",'"$(id -u),$(id -g)"'],["b","0o1777",12,34]]'
}

@test "mkdir -p makes what is missing and accepts what is there" {
	run -0 famfsctl mkdir -p "$img:/a/b/c"
	run -0 famfsctl mkdir -p "$img:/a/b/c"
	run -0 famfsctl mkdir -p "$img:/a/b/d"
	assert_equal "$("$MEDIUM" "$img" show | jq -c '[.entries[].path]')" '["a","a/b","a/b/c","a/b/d"]'
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

@test "a file is not a parent" {
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
	assert_equal "$("$MEDIUM" "$img" show | jq -c '[.entries[].path]')" '["a","b","a/c"]'
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
	"$MEDIUM" "$img" show | jq -e '[.entries[].path] | all(contains("..") | not)'
}

@test ".meta belongs to the file system" {
	for path in .meta .meta/x; do
		run famfsctl mkdir "$img:/$path"
		assert_error 1 ".meta"
		run famfsctl creat -s 1 "$img:/$path"
		assert_error 1 ".meta"
	done
	assert_equal "$(log_entries)" 0
	run -0 famfsctl mkdir "$img:/.metadata" "$img:/.metadata/.meta"
}

@test "the root exists already and is no file" {
	run famfsctl mkdir "$img:/"
	assert_failure 1
	run famfsctl creat -s 1 "$img:/"
	assert_failure 1
	assert_equal "$(log_entries)" 0
}

@test "odd slashes are normalised" {
	run -0 famfsctl mkdir "$img://a//"
	run -0 famfsctl creat -s 1 "$img:/a//./b"
	assert_equal "$("$MEDIUM" "$img" show | jq -c '[.entries[].path]')" '["a","a/b"]'
}

@test "names with spaces, quotes, newlines and bytes that are not UTF-8 work" {
	names=('a b' "it's" '"q"' $'new\nline' $'\xff\xfe' 'ünï' '-dash' 'c:/d')
	for name in "${names[@]}"; do
		[[ $name == */* ]] && famfsctl mkdir "$img:/${name%%/*}"
		run -0 famfsctl creat -s 1 "$img:/$name"
	done
	mount_image
	for name in "${names[@]}"; do
		assert_file_exist "$mnt/$name"
	done
}

@test "messages show control characters harmlessly, in one line" {
	run famfsctl dump-fmap "$img:/"$'evil\x1b[31m\nsecond'
	assert_failure 1
	refute_output --partial $'\x1b'
	assert_equal "$(grep -c famfsctl <<<"$output")" 1
}

@test "a target that is nothing is named" {
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
	assert_equal "$("$MEDIUM" "$odd/fam.img" show | jq -r '.entries[-1].path')" 'd/e:/f'
}
