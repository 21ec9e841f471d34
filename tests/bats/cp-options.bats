#!/usr/bin/env bats
# SPDX-License-Identifier: Apache-2.0
# Options of cp: which files are copied, and what is printed.

load helper

suite_setup()
{
	needs_image
	new_image 128M
	src=$BATS_TEST_TMPDIR/src
	mkdir "$src"
}

paths()
{
	"$OMFEDIT" "$img" show | jq -c '[.entries[].path] | sort'
}

# files SOURCE...: each holds its own name.
files()
{
	local name
	for name; do
		mkdir -p "$src/$(dirname "$name")"
		echo "$name" >"$src/$name"
	done
}

# --- dry run ---

@test "cp -n lists the actions of the real copy, and does not change the medium" {
	files one d/two d/skip.tmp
	: >"$src/empty"
	cp --sparse=always "$img" "$BATS_TEST_TMPDIR/before"
	famfsctl cp -n -r --exclude '*.tmp' "$src" "$img:/" >"$BATS_TEST_TMPDIR/would" 2>"$BATS_TEST_TMPDIR/talk" && return 1
	cmp "$img" "$BATS_TEST_TMPDIR/before"
	run -1 --separate-stderr famfsctl cp -v -r --exclude '*.tmp' "$src" "$img:/"
	assert_equal "$(sed 's/^would //' "$BATS_TEST_TMPDIR/would")" "$output"
	assert_line "copy '$src/d/two' to 'src/d/two'"
	assert_line "exclude '$src/d/skip.tmp'"
	grep -F "skipping '$src/empty'" "$BATS_TEST_TMPDIR/talk"
	grep -F "2 files would be copied, 2 directories would be made, 1 would be excluded, 1 would be skipped" \
		"$BATS_TEST_TMPDIR/talk"
}

@test "cp -n fails where the copy fails, with the same messages" {
	files there other/f dir/f
	truncate -s 200M "$src/big"
	long=$(printf '%*s' 80 '' | tr ' ' n)
	files "$long"
	famfsctl mkdir "$img:/src"
	famfsctl creat -s 7 "$img:/src/there" "$img:/src/dir"
	run -1 --separate-stderr famfsctl cp -n -r "$src" "$img:/"
	dry=$(grep -v -e 'would be' -e ^hint <<<"$stderr")
	run -1 famfsctl cp -r "$src" "$img:/"
	assert_equal "$dry" "$(grep -v -e ' copied' -e ^hint <<<"$output")"
	assert_output --partial "need 200 MiB"
	assert_output --partial "'src/there' exists already"
	assert_output --partial "4 failed"
	assert_regex "$stderr" "4 would fail"
}

@test "cp -n shows the actions of --resume and --overwrite" {
	files same differs
	famfsctl cp -r "$src" "$img:/"
	echo DIFFERS >"$src/differs"
	cp --sparse=always "$img" "$BATS_TEST_TMPDIR/before"
	run -0 famfsctl cp -n -r --resume "$src" "$img:/"
	assert_line "would keep 'src/same' like '$src/same'"
	assert_line "would update 'src/differs' from '$src/differs'"
	run -0 famfsctl cp -n -r --overwrite "$src" "$img:/"
	assert_line "would overwrite 'src/same' from '$src/same'"
	run -1 famfsctl cp -n "$src/same" "$img:/none/same"
	assert_output --partial "no directory 'none'"
	cmp "$img" "$BATS_TEST_TMPDIR/before"
}

@test "a dry run on a client is refused like the copy" {
	files one
	FAMFS_SYSTEM_UUID=$OTHER run -1 famfsctl cp "$src/one" "$img:/one"
	real=$output
	FAMFS_SYSTEM_UUID=$OTHER run -1 famfsctl cp -n "$src/one" "$img:/one"
	assert_equal "$output" "$real"
}

# --- which sources ---

@test "cp --exclude is compared with names and with paths below the source" {
	files a.o keep.c d/b.o d/keep.o/x sub/d/c build/x .git/config
	run -0 famfsctl cp -r --exclude '*.o' "$src" "$img:/name"
	run -0 famfsctl cp -r --exclude 'd/*.o' --exclude .git "$src" "$img:/path"
	run -0 famfsctl cp -r --exclude /d --exclude 'build/' --exclude 'keep.c/' "$src" "$img:/root"
	assert_equal "$(paths | jq -c 'map(select(startswith("name/")))')" \
		'["name/.git","name/.git/config","name/build","name/build/x","name/d","name/keep.c","name/sub","name/sub/d","name/sub/d/c"]'
	assert_equal "$(paths | jq -c 'map(select(startswith("path/")))')" \
		'["path/a.o","path/build","path/build/x","path/d","path/keep.c","path/sub","path/sub/d","path/sub/d/c"]'
	assert_equal "$(paths | jq -c 'map(select(startswith("root/")))')" \
		'["root/.git","root/.git/config","root/a.o","root/keep.c","root/sub","root/sub/d","root/sub/d/c"]'
}

@test "cp --exclude leaves out sources by name, but never a directory given as DIR/" {
	files a.o b.c .hidden
	run -0 famfsctl cp -v --exclude '*.o' "$src/a.o" "$src/b.c" "$img:/"
	assert_line "exclude '$src/a.o'"
	(cd "$src" && famfsctl cp -r --overwrite --exclude '.*' . "$img:/")
	run -0 famfsctl cp -r --resume --exclude '.*' "$src/." "$img:/"
	assert_equal "$(paths)" '["a.o","b.c"]'
	run -2 famfsctl cp --exclude '' "$src/a.o" "$img:/"
	assert_output --partial "--exclude expects a pattern"
}

@test "cp --files-from0 accepts names of any bytes, from a file and from standard input" {
	names=($'new\nline' $'tab\t' 'sp ace' '-r' '--help' $'\xff\xfe' '"q"' "it's" $'esc\e[31m' 'uni-é' '*')
	(cd "$src" && for name in "${names[@]}"; do echo "$name" >"./$name"; done)
	cd "$src"
	printf '%s\0' "${names[@]}" >"$BATS_TEST_TMPDIR/list"
	famfsctl mkdir "$img:/file" "$img:/pipe"
	run -0 famfsctl cp --raw-names --files-from0 "$BATS_TEST_TMPDIR/list" "$img:/file"
	run -0 famfsctl cp --raw-names --progress=json --files-from0=- -j 3 "$img:/pipe" <"$BATS_TEST_TMPDIR/list"
	assert_line --partial '"total_files":11'
	run -0 famfsctl fsck "$img"
	assert_equal "$(info_number files)" 22
	if [[ -c /dev/fuse && $EUID -eq 0 ]]; then
		mount_image
		run -0 diff -r "$src" "$mnt/file"
		run -0 diff -r "$src" "$mnt/pipe"
	fi
}

@test "cp --files-from0 reports names that cannot be copied, and copies the others" {
	files a b
	: >"$src/empty"
	run -1 famfsctl cp --files-from0 - "$src/a" "$img:/" < <(
		printf '%s\0' "$src/none" "" "$src/empty" "$src"
		printf %s "$src/b"
	)
	for text in "src/none" "name 2 in '-' is empty" "skipping '$src/empty'" "it is a directory" "2 files copied"; do
		assert_output --partial "$text"
	done
	assert_equal "$(paths)" '["a","b"]'
	run -1 famfsctl cp --files-from0 "$BATS_TEST_TMPDIR/nolist" "$img:/"
	assert_output --partial "cannot open '$BATS_TEST_TMPDIR/nolist'"
	run -1 famfsctl cp --files-from0 "$src" "$img:/"
	assert_output --partial "cannot read '$src'"
	run -1 famfsctl cp --files-from0 - "$img:/a" </dev/null
	assert_output --partial "is not a directory"
}

@test "--parents keeps the paths of the sources, with the modes of their directories" {
	files d/e/f d/g other/h
	chmod 711 "$src/d"
	cd "$src"
	famfsctl mkdir "$img:/in"
	run -0 famfsctl cp --parents --files-from0 - "$img:/in" < <(find . -type f -print0)
	run -0 famfsctl cp --parents "d//e/./f" "$img:/"
	assert_equal "$(paths)" \
		'["d","d/e","d/e/f","in","in/d","in/d/e","in/d/e/f","in/d/g","in/other","in/other/h"]'
	"$OMFEDIT" "$img" show | jq -e '.entries[] | select(.path == "in/d") | .mode == "0o711"'
	run -1 famfsctl cp --parents ../src/d/g "$img:/in"
	assert_output --partial "must not have '..' in it"
}

@test "cp -a means -r and -p, and reports skipped symbolic links" {
	needs_root
	files d/f
	ln -s f "$src/d/l"
	chown 12:34 "$src/d/f"
	chmod 4751 "$src/d/f"
	run -1 famfsctl cp -a "$src/d" "$img:/"
	assert_output --partial "symlinks cannot be stored"
	assert_equal "$("$OMFEDIT" "$img" show | jq -c '.entries[] | select(.path == "d/f") | [.mode, .uid, .gid]')" \
		'["0o4751",12,34]'
}

# --- comparing ---

@test "cp --compare accepts an unchanged copy, and reports files that differ" {
	files d/a d/b d/e/f
	famfsctl cp -r "$src/d" "$img:/new"
	before=$(fingerprint)
	run -0 famfsctl cp -c -r -T "$src/d" "$img:/new"
	assert_output "famfsctl cp: 3 files the same"
	run -0 famfsctl cp -v --compare "$src/d/a" "$img:/new"
	assert_line "'new/a' is the same as '$src/d/a'"
	run -0 --separate-stderr famfsctl cp -c -r -T --progress=json "$src/d" "$img:/new"
	jq -es '.[-1] | [.event, .same, .copied, .failed] == ["end", 3, 0, 0]' <<<"$output"
	printf X | dd of="$src/d/b" bs=1 seek=2 conv=notrunc status=none
	echo more >>"$src/d/e/f"
	run -1 famfsctl cp -c -r -T -j 4 "$src/d" "$img:/new"
	assert_line "famfsctl cp: 'new/b' differs from '$src/d/b': contents differ at offset 2"
	assert_line --regexp "^famfsctl cp: 'new/e/f' differs: it has [0-9]+ bytes, '$src/d/e/f' has [0-9]+$"
	assert_line "famfsctl cp: 1 file the same, 2 failed"
	assert_equal "$(fingerprint)" "$before"
}

@test "cp --compare never makes a missing file" {
	files d/a e/g
	famfsctl mkdir "$img:/e"
	before=$(fingerprint)
	run -1 famfsctl cp -c "$src/d/a" "$img:/a"
	assert_line "famfsctl cp: 'a' does not exist"
	run -1 famfsctl cp -c -r "$src/d" "$src/e" "$img:/"
	assert_line "famfsctl cp: 'd' does not exist"
	assert_line "famfsctl cp: 'e/g' does not exist"
	run -1 famfsctl cp -c -r "$src/d" "$img:/none"
	assert_line "famfsctl cp: 'none' does not exist"
	run -1 famfsctl cp -c -m 0600 "$src/d/a" "$img:/e/a"
	assert_line "famfsctl cp: 'e/a' does not exist"
	run -3 famfsctl cp -c -r "$src/d" "$img:/e"
	assert_output --partial "the place to compare is ambiguous"
	assert_equal "$(fingerprint)" "$before"
}

@test "cp --compare works on a client, and excludes options that write" {
	files a
	famfsctl cp "$src/a" "$img:/a"
	client=$(cat /proc/sys/kernel/random/uuid)
	run -0 famfsctl_as "$client" cp --compare "$src/a" "$img:/a"
	for option in --overwrite --resume --verify --dry-run; do
		run -2 famfsctl cp --compare $option "$src/a" "$img:/a"
		assert_output --partial "--compare writes nothing"
	done
}

# --- what is shown ---

@test "when the device fills up, cp tries and lists the rest, and the medium is clean" {
	for i in 1 2 3; do
		truncate -s 40M "$src/big$i"
	done
	files z
	run -1 famfsctl cp -r "$src" "$img:/"
	assert_output --partial "cannot create 'src/big3': need 40 MiB, 38 MiB free"
	assert_output --partial "3 files copied, 1 directory made, 1 failed"
	assert_equal "$(paths)" '["src","src/big1","src/big2","src/z"]'
	run -0 famfsctl fsck "$img"
	assert_equal "$(info_number allocated_bytes)" $((82 * MiB))
}

@test "SIGUSR1 makes cp print its progress, without a terminal" {
	files a b
	mkfifo "$BATS_TEST_TMPDIR/list"
	"$FAMFSCTL" cp --files-from0 "$BATS_TEST_TMPDIR/list" "$src/a" "$img:/" 3>&- 2>"$BATS_TEST_TMPDIR/talk" &
	copier=$!
	exec 7>"$BATS_TEST_TMPDIR/list"
	printf '%s\0' "$src/b" >&7
	# The status is printed again and again while the copy stands still: it waits for the next
	# name.
	asked()
	{
		kill -USR1 "$copier" && grep -q '2 files  4.0 B ' "$BATS_TEST_TMPDIR/talk"
	}
	wait_for 20 asked
	exec 7>&-
	wait $copier
	assert_equal "$(grep -v -c '^famfsctl cp: [0-2] files  ' "$BATS_TEST_TMPDIR/talk")" 0
	assert_equal "$(paths)" '["a","b"]'
}

@test "the progress line is shown on terminals only, and replaced by the summary" {
	script -qec true /dev/null >/dev/null 2>&1 || skip "needs a pseudo terminal"
	files a b
	TERM=xterm run -0 script -qec "$FAMFSCTL cp -r $src $img:/1" /dev/null 3>&-
	assert_output --partial "0/2 files  0%  0.0/4.0 B"
	assert_output --partial $'\r\e[Kfamfsctl cp: 2 files copied, 1 directory made, 4 bytes written'
	for quiet in "TERM=dumb $FAMFSCTL cp" "$FAMFSCTL cp -q" "$FAMFSCTL cp --progress=never"; do
		TERM=xterm run -0 script -qec "$quiet -r --overwrite $src/a $img:/1" /dev/null 3>&-
		assert_output ""
	done
	run -2 famfsctl cp --progress=maybe "$src" "$img:/2"
	assert_output --partial "--progress expects auto, never or json, got 'maybe'"
}

@test "the progress of a long copy has a rate and an estimate" {
	script -qec true /dev/null >/dev/null 2>&1 || skip "needs a pseudo terminal"
	famfsctl mkfs -f --size 1G "$img" >/dev/null
	head -c 600M /dev/zero | tr '\0' x >"$src/f"
	TERM=xterm run -0 timeout 60 script -qec "$FAMFSCTL cp $src/f $img:/f" /dev/null 3>&-
	assert_output --regexp '0/1 files  [0-9]+%  [0-9.]+/600\.0 MiB  [0-9.]+ [KMG]iB/s  ETA [0-9]+:[0-9][0-9]'
}

@test "cp --progress=json prints one object on each line" {
	files a d/b
	: >"$src/empty"
	run -1 --separate-stderr famfsctl cp -r -v --progress=json --exclude d/ "$src" "$img:/"
	jq -es 'all(.schema == "famfsctl.cp-progress/1")' <<<"$output"
	jq -es '.[0] | .event == "progress" and .files == 0 and .total_files == 1 and .total_bytes == 2' <<<"$output"
	jq -es '[.[] | select(.event == "copied")] | length == 1 and .[0].destination == "src/a"' <<<"$output"
	jq -es '.[-1] | .event == "end" and .complete and .copied == 1 and .directories == 1 and .excluded == 1
		and .skipped == 1 and .failed == 0 and .bytes == 2' <<<"$output"
}
