#!/usr/bin/env bats
# SPDX-License-Identifier: Apache-2.0
# cp: the results of copies.

load helper

suite_setup()
{
	new_image 4G
	src=$BATS_TEST_TMPDIR/src
	mkdir "$src"
}

entries()
{
	"$OMFEDIT" "$img" show | jq -c "[.entries[] | $1]"
}

# A tree of the kinds of names and sizes that matter.
make_tree()
{
	mkdir -p "$src/a/b/c" "$src/empty dir"
	data "$src/one" 1
	data "$src/a/unit" "$UNIT" 2
	data "$src/a/unit+1" $((UNIT + 1)) 3
	data "$src/a/b/unit-1" $((UNIT - 1)) 4
	data "$src/a/b/c/five" 5000000 5
	chmod 755 "$src/a/unit"
	chmod 600 "$src/one"
	chmod 700 "$src/a/b"
}

@test "cp copies a file to a name" {
	data "$src/f" 3000000
	run -0 famfsctl cp "$src/f" "$img:/g"
	file_from_medium g | cmp - "$src/f"
	assert_equal "$(entries '[.path, .size]')" '[["g",3000000]]'
}

@test "cp copies several files into a directory" {
	data "$src/f" 100
	data "$src/g" 200
	famfsctl mkdir "$img:/d"
	run -0 famfsctl cp "$src/f" "$src/g" "$img:/d"
	run -0 famfsctl cp "$src/f" "$img:/d/h"
	run -0 famfsctl cp "$src/g" "$img:/"
	assert_equal "$(entries .path)" '["d","d/f","d/g","d/h","g"]'
}

@test "several sources need a directory" {
	data "$src/f" 100
	data "$src/g" 200
	run famfsctl cp "$src/f" "$src/g" "$img:/none"
	assert_failure 1
	assert_output --partial "none"
	assert_equal "$(entries .path)" '[]'
}

# bats test_tags=dax
@test "cp -r copies a tree exactly, on an image and on a mount" {
	make_tree
	mount_image
	run -0 famfsctl cp -r "$src" "$img:/"
	run -0 famfsctl cp -r -j 2 "$src" "$mnt/mounted"
	run -0 diff -r "$src" "$mnt/src"
	run -0 diff -r "$src" "$mnt/mounted"
	run -0 famfsctl fsck "$mnt"
}

@test "cp -r keeps each file's own mode under the umask, and -m is exact" {
	make_tree
	chmod 777 "$src/one"
	(umask 027 && famfsctl cp -r "$src" "$img:/t")
	assert_equal "$(entries 'select(.path == "t/one" or .path == "t/a/unit" or .path == "t/a/b") | .mode' |
		jq -c sort)" '["0o700","0o750","0o750"]'
	(umask 077 && famfsctl cp -m 664 -u 12 -g 34 "$src/one" "$img:/exact")
	assert_equal "$(entries 'select(.path == "exact") | [.mode, .uid, .gid]')" '[["0o664",12,34]]'
}

@test "set-id bits are kept with -p only, and -p keeps mode and owner" {
	needs_root
	data "$src/f" 100
	chown 12:34 "$src/f"
	chmod 6755 "$src/f"
	famfsctl cp "$src/f" "$img:/plain"
	(umask 077 && famfsctl cp -p "$src/f" "$img:/kept")
	assert_equal "$(entries '[.mode, .uid, .gid]')" '[["0o755",0,0],["0o6755",12,34]]'
}

@test "a directory without -r is an error, and the rest is copied" {
	data "$src/f" 100
	mkdir "$src/d"
	run famfsctl cp "$src/d" "$src/f" "$img:/"
	assert_error 1 "src/d"
	assert_equal "$(entries .path)" '["f"]'
}

@test "cp lists and skips files that the format cannot hold, and exits 1" {
	needs_root
	data "$src/good" 100
	: >"$src/empty"
	ln -s good "$src/link"
	mkfifo "$src/fifo"
	mknod "$src/null" c 1 3
	run famfsctl cp -r "$src" "$img:/t"
	assert_failure 1
	for name in empty link fifo null; do
		assert_output --partial "src/$name"
	done
	assert_equal "$(entries .path)" '["t","t/good"]'
	run -0 famfsctl fsck "$img"
}

@test "cp -L follows symbolic links" {
	data "$src/f" 100
	mkdir "$src/d"
	data "$src/d/g" 200
	ln -s f "$src/lf"
	ln -s d "$src/ld"
	run -0 famfsctl cp -rL "$src" "$img:/t"
	assert_equal "$(entries .path | jq -c sort)" '["t","t/d","t/d/g","t/f","t/ld","t/ld/g","t/lf"]'
}

@test "cp -L reports a loop and a dangling link, and copies the rest" {
	data "$src/f" 100
	mkdir "$src/d"
	ln -s .. "$src/d/up"
	ln -s nowhere "$src/dangling"
	run famfsctl cp -rL "$src" "$img:/t"
	assert_failure 1
	assert_output --partial "d/up"
	assert_output --partial "dangling"
	assert_equal "$(entries .path | jq -c sort)" '["t","t/d","t/f"]'
}

@test "cp follows a symbolic link that is a source, as cp(1) does, but none below it" {
	data "$src/f" 100
	mkdir "$src/d"
	data "$src/d/g" 200
	ln -s ../f "$src/d/below"
	ln -s f "$src/lf"
	ln -s d "$src/ld"
	run -0 famfsctl cp "$src/lf" "$img:/x"
	file_from_medium x | cmp - "$src/f"
	run -1 famfsctl cp -r "$src/lf" "$src/ld" "$img:/"
	assert_line "famfsctl cp: skipping '$src/ld/below': symlinks cannot be stored"
	assert_line "famfsctl cp: 2 files copied, 1 directory made, 1 skipped, 300 bytes written"
	file_from_medium lf | cmp - "$src/f"
	file_from_medium ld/g | cmp - "$src/d/g"
	run -0 famfsctl cp -a "$src/lf" "$img:/y"
	printf '%s\0' "$src/lf" >"$BATS_TEST_TMPDIR/list"
	run -0 famfsctl cp --files-from0="$BATS_TEST_TMPDIR/list" "$img:/ld"
	assert_equal "$(entries .path | jq -c sort)" '["ld","ld/g","ld/lf","lf","x","y"]'
}

@test "cp refuses a source that is a dangling link, or a link to a fifo or to itself" {
	mkdir -p "$src/d"
	mkfifo "$src/fifo"
	ln -s nowhere "$src/dangling"
	ln -s fifo "$src/lfifo"
	ln -s . "$src/d/here"
	run -1 famfsctl cp "$src/dangling" "$img:/x"
	assert_output --partial "cannot stat '$src/dangling': No such file or directory"
	run -1 famfsctl cp "$src/lfifo" "$img:/x"
	assert_output --partial "skipping '$src/lfifo': fifos cannot be stored"
	run -1 famfsctl cp "$src/d/here" "$img:/x"
	assert_output --partial "skipping '$src/d/here': it is a directory"
	run -1 famfsctl cp -rL "$src/d/here" "$img:/x"
	assert_output --partial "a symlink leads back to where it is"
	assert_equal "$(entries .path)" '["x"]'
}

@test "cp fails for a name that exists, and copies the others" {
	make_tree
	famfsctl mkdir "$img:/src" "$img:/src/a"
	famfsctl creat -s 1 "$img:/src/a/unit"
	run famfsctl cp -r "$src" "$img:/"
	assert_error 1 "a/unit"
	assert_output --partial "exists"
	assert_equal "$(entries .path | jq length)" 10
	file_from_medium "src/a/b/c/five" | cmp - "$src/a/b/c/five"
}

# bats test_tags=dax
@test "--overwrite replaces the contents of a file of the same size in place" {
	data "$src/f" 3000000 1
	famfsctl cp "$src/f" "$img:/f"
	data "$src/f" 3000000 2
	run famfsctl cp "$src/f" "$img:/f"
	assert_error 1 "exists"
	run -0 famfsctl cp --overwrite "$src/f" "$img:/f"
	file_from_medium f | cmp - "$src/f"
	assert_equal "$(entries .path)" '["f"]'
	data "$src/f" 3000001 2
	run famfsctl cp --overwrite "$src/f" "$img:/f"
	assert_error 1 "3000000"
}

# bats test_tags=dax
@test "cp --resume copies missing files, writes pieces that differ, and keeps the rest" {
	make_tree
	cp -r "$src" "$BATS_TEST_TMPDIR/earlier"
	rm "$BATS_TEST_TMPDIR/earlier/a/unit" "$BATS_TEST_TMPDIR/earlier/one"
	printf X | dd of="$BATS_TEST_TMPDIR/earlier/a/b/c/five" bs=1 seek=4000000 conv=notrunc status=none
	run -0 famfsctl cp -r "$BATS_TEST_TMPDIR/earlier" "$img:/t"
	run -0 famfsctl cp -r -j 2 --resume --verify "$src/." "$img:/t"
	# One piece of the file that differs, and the missing files.
	assert_output "famfsctl cp: 2 files copied, 2 the same, 1 updated, 2.3 MiB written"
	for file in one a/unit a/unit+1 a/b/unit-1 a/b/c/five; do
		file_from_medium "t/$file" | cmp - "$src/$file"
	done
	run -0 famfsctl cp -r --resume "$src/." "$img:/t"
	assert_output "famfsctl cp: 0 files copied, 5 the same"
	run -0 famfsctl fsck "$img"
}

@test "cp --resume fails for a file of another size" {
	data "$src/f" 100
	data "$src/g" 100
	famfsctl cp -r "$src" "$img:/t"
	data "$src/f" 101
	data "$src/g" 100 2
	run -1 famfsctl cp -r --resume "$src/." "$img:/t"
	assert_output --partial "cannot overwrite 't/f': it has 100 bytes, '$src/./f' has 101"
	assert_output --partial "0 files copied, 1 updated, 1 failed"
	run -2 famfsctl cp --resume --overwrite "$src/f" "$img:/f"
	assert_output --partial "exclude each other"
}

@test "two sources for one name: the second is an error, also where existing files are written" {
	mkdir "$src/a" "$src/b"
	data "$src/a/f" 3000000 1
	data "$src/b/f" 3000000 2
	for how in "" --overwrite --resume "--overwrite -j 2"; do
		# shellcheck disable=SC2086 # options are words
		run -1 famfsctl cp $how "$src/a/f" "$src/b/f" "$img:/"
		assert_output --regexp "'f' (exists already|with '$src/b/f': another source was copied there)"
		file_from_medium f | cmp - "$src/a/f"
	done
}

@test "cp writes source holes as zeros to memory that was used before" {
	needs_image
	yes 'old secret' | head -c $((32 * MiB)) |
		dd of="$img" bs=1M seek=$((10 * MiB)) oflag=seek_bytes conv=notrunc status=none iflag=fullblock
	truncate -s 9M "$src/f"
	printf 'middle' | dd of="$src/f" bs=1 seek=$((4 * MiB + 5)) conv=notrunc status=none
	run -0 famfsctl cp "$src/f" "$img:/f"
	run -0 famfsctl cp -N 1 -B 4 -C 2M "$src/f" "$img:/g"
	file_from_medium f | cmp - "$src/f"
	file_from_medium g | cmp - "$src/f"
}

@test "the slack after a copied file's end is zeroed" {
	needs_image
	yes 'old secret' | head -c $((8 * MiB)) |
		dd of="$img" bs=1M seek=$((10 * MiB)) oflag=seek_bytes conv=notrunc status=none iflag=fullblock
	data "$src/f" 1000
	run -0 famfsctl cp "$src/f" "$img:/f"
	offset=$("$OMFEDIT" "$img" show | jq '.entries[0].ext[0][1]')
	assert_equal "$(bytes "$img" $((offset + 1000)) $((UNIT - 1000)) | tr -d '\0' | wc -c)" 0
}

@test "cp --verify reads back the written bytes" {
	make_tree
	run -0 famfsctl cp -r --verify -j 2 "$src" "$img:/t"
}

@test "cp says nothing on a pipe when all goes well" {
	data "$src/f" 100
	run -0 famfsctl cp "$src/f" "$img:/f"
	assert_output ""
}

@test "a missing source is an error, and the rest is copied" {
	data "$src/f" 100
	run famfsctl cp "$src/none" "$src/f" "$img:/"
	assert_error 1 "src/none"
	assert_equal "$(entries .path)" '["f"]'
}

@test "a source inside the famfs is copied too" {
	mount_image
	data "$src/f" 3000000
	famfsctl cp "$src/f" "$mnt/f"
	run -0 famfsctl cp "$mnt/f" "$mnt/g"
	cmp "$src/f" "$mnt/g"
}

@test "cp skips names that are too long, and copies the rest" {
	long=$(printf '%*s' 70 '' | tr ' ' n)
	mkdir -p "$src/$long"
	data "$src/$long/long-leaf" 100
	data "$src/f" 100
	run famfsctl cp -r "$src" "$img:/t"
	assert_error 1 "78 bytes"
	assert_equal "$(entries .path | jq -c 'index("t/f") != null')" true
}
