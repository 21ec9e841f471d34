#!/usr/bin/env bats
# SPDX-License-Identifier: Apache-2.0
# Ordinary tools on a mount: reading, and operations that the format does not support.

load helper

suite_setup()
{
	needs_mount
	new_image 1G
	src=$BATS_TEST_TMPDIR/src
	mkdir -p "$src/d"
	data "$src/f" 5000001 1
	data "$src/d/g" 100000 2
	printf 'needle in the hay\n' >"$src/d/text"
	famfsctl cp -r "$src" "$img:/t"
	mount_image
	t=$mnt/t
}

@test "ls, find, cat, cmp, sha256sum and grep read a mount" {
	run -0 ls -lR "$mnt"
	assert_output --partial "5000001"
	assert_equal "$(cd "$t" && find . -type f | sort | tr '\n' ' ')" "./d/g ./d/text ./f "
	cmp "$src/f" "$t/f"
	assert_equal "$(sha256sum <"$t/d/g")" "$(sha256sum <"$src/d/g")"
	run -0 grep -r needle "$t"
	assert_output --partial "needle in the hay"
	run -0 diff -r "$src" "$t"
}

# bats test_tags=dax
@test "mmap reads the contents of a file, and a shared mapping writes in place" {
	"$MMAPIO" read "$t/f" | cmp - "$src/f"
	run -0 "$MMAPIO" write "$t/f" 4999990 'at the end'
	printf 'at the end' | dd of="$src/f" bs=1 seek=4999990 conv=notrunc status=none
	cmp "$src/f" "$t/f"
	file_from_medium t/f | cmp - "$src/f"
}

# bats test_tags=dax
@test "a file that exists can be written in place on a master" {
	printf 'HERE' | dd of="$t/f" bs=1 seek=2097150 conv=notrunc status=none
	printf 'HERE' | dd of="$src/f" bs=1 seek=2097150 conv=notrunc status=none
	cmp "$src/f" "$t/f"
	file_from_medium t/f | cmp - "$src/f"
}

@test "reads beyond the end return nothing, writes beyond the end are refused" {
	assert_equal "$(dd if="$t/d/text" bs=1 skip=1000 status=none | wc -c)" 0
	run dd if="$src/f" of="$t/d/text" bs=1M count=1 conv=notrunc
	assert_failure 1
	assert_equal "$(stat -c %s "$t/d/text")" 18
	run bash -c "printf xx | dd of='$t/d/text' bs=1 seek=17 conv=notrunc"
	assert_failure 1
	assert_equal "$(stat -c %s "$t/d/text")" 18
}

@test "random access reads the right bytes" {
	for offset in 0 1 4095 4096 2097151 2097152 4194303 5000000; do
		cmp <(dd if="$t/f" bs=1 skip=$offset count=100 status=none) \
			<(dd if="$src/f" bs=1 skip=$offset count=100 status=none)
	done
}

@test "O_DIRECT reads work" {
	dd if="$t/f" iflag=direct bs=1M status=none | cmp - "$src/f"
}

# refused MESSAGE COMMAND...: fails with 1 and the message, and the file does not change.
refused()
{
	run "${@:2}"
	assert_error 1 "$1"
	cmp "$src/f" "$t/f"
}

@test "O_TRUNC, O_APPEND, truncate and fallocate are refused" {
	refused "not permitted" "$MMAPIO" flags "$t/f" trunc
	refused "not permitted" "$MMAPIO" flags "$t/f" append
	refused "not permitted" truncate -s 1 "$t/f"
	refused "not permitted" truncate -s 9M "$t/f"
	refused "" bash -c ": >'$t/f'"
	refused "" bash -c "echo x >>'$t/f'"
	refused "not supported" fallocate -l 9M "$t/f"
	refused "unsupported" fallocate -p -o 0 -l 1M "$t/f"
}

@test "chmod, chown and other names are refused" {
	refused "not permitted" chmod 600 "$t/f"
	refused "not permitted" chown 12:34 "$t/f"
	refused "" mv "$t/f" "$t/other"
	refused "" ln "$t/f" "$t/other"
	refused "" rm -f "$t/f"
	assert_file_not_exist "$t/other"
}

@test "files, directories, links and nodes are not made through the mount" {
	run touch "$t/new"
	assert_error 1 "new"
	run mkdir "$t/newdir"
	assert_error 1 "newdir"
	run ln -s f "$t/link"
	assert_error 1 "link"
	run mknod "$t/node" c 1 3
	assert_error 1 "node"
	run rmdir "$t/d"
	assert_error 1 "d"
	assert_equal "$(find "$t" -mindepth 1 | wc -l)" 4
}

@test "setting the attributes that a file has already succeeds" {
	run -0 chmod "$(stat -c %a "$t/f")" "$t/f"
	run -0 chown "$(stat -c %u:%g "$t/f")" "$t/f"
	run -0 truncate -s 5000001 "$t/f"
	run -0 touch -c "$t/f"
	run -0 touch -c -d '2020-01-01' "$t/d"
}

@test "cp -p, tar and rsync out of a mount work" {
	run -0 cp -rp "$t" "$BATS_TEST_TMPDIR/copy"
	diff -r "$src" "$BATS_TEST_TMPDIR/copy"
	run -0 tar -C "$mnt" -cf "$BATS_TEST_TMPDIR/t.tar" t
	mkdir "$BATS_TEST_TMPDIR/x"
	run -0 tar -C "$BATS_TEST_TMPDIR/x" -xpf "$BATS_TEST_TMPDIR/t.tar"
	diff -r "$src" "$BATS_TEST_TMPDIR/x/t"
	command -v rsync >/dev/null || skip "needs rsync"
	run -0 rsync -a "$t/" "$BATS_TEST_TMPDIR/rsync"
	diff -r "$src" "$BATS_TEST_TMPDIR/rsync"
}

@test "rsync --inplace onto files of the same size works" {
	command -v rsync >/dev/null || skip "needs rsync"
	printf 'changed' | dd of="$src/f" conv=notrunc status=none
	run -0 rsync --inplace --no-whole-file -I -a "$src/f" "$t/f"
	cmp "$src/f" "$t/f"
}

@test "stat(1) shows the mode, owner and size of the log" {
	famfsctl creat -s 123 -m 640 -u 12 -g 34 "$mnt/x"
	assert_equal "$(stat -c '%a %u %g %s %h %F' "$mnt/x")" "640 12 34 123 1 regular file"
	famfsctl mkdir -m 1770 -u 12 -g 34 "$mnt/y"
	assert_equal "$(stat -c '%a %u %g %F' "$mnt/y")" "1770 12 34 directory"
}

@test "a directory's link count is 1, or follows what is made in it" {
	before=$(stat -c %h "$mnt")
	famfsctl mkdir "$img:/x" "$img:/y"
	ls "$mnt" >/dev/null
	after=$(stat -c %h "$mnt")
	[[ $after -eq 1 || $after -eq $((before + 2)) ]]
}

@test "a mount checks permissions" {
	needs_root
	chmod 755 "$BATS_TEST_TMPDIR"
	famfsctl creat -s 10 -m 600 "$mnt/private"
	famfsctl creat -s 10 -m 644 "$mnt/public"
	run as_user cat "$mnt/private"
	assert_error 1 "Permission denied"
	run -0 as_user cat "$mnt/public"
}

@test "a directory of 500 names lists each once" {
	args=()
	for ((i = 0; i < 500; i++)); do
		args+=(-M "many/file$i,1")
	done
	famfsctl mkdir "$mnt/many"
	famfsctl creat --no-zero "${args[@]}" "$mnt"
	assert_equal "$(find "$mnt/many" -type f | sort -u | wc -l)" 500
	# shellcheck disable=SC2012 # counts what readdir returns
	assert_equal "$(ls -U "$mnt/many" | wc -l)" 500
}

@test "extended attributes are not supported, and tools still work" {
	run -0 ls -lZ "$t"
	run -0 cp --preserve=all "$t/d/text" "$BATS_TEST_TMPDIR/text"
}
