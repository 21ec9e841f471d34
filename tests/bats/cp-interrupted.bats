#!/usr/bin/env bats
# SPDX-License-Identifier: Apache-2.0
# Interrupted cp: the medium is clean and the space is free.

load helper

# Big enough to be caught in the middle; holes would be skipped, so there are none. Made once: the
# tests have links to it, and none of them writes to it.
setup_file()
{
	export BIG=$BATS_FILE_TMPDIR/big
	head -c 400M /dev/zero | tr '\0' x >"$BIG"
}

suite_setup()
{
	new_image 2G
	src=$BATS_TEST_TMPDIR/src
	mkdir "$src"
	data "$src/a" 100
	ln "$BIG" "$src/big"
}

# Starts "famfsctl cp ARG..." as $copier, and returns when the big file has its space, so that the
# files before it are complete. A copy of 400 MiB can be over before a slow shell has looked: it
# gets the processor last, and starts only when a process is looking, which does so without a pause.
cp_until_filling()
{
	local gate=$BATS_TEST_TMPDIR/gate
	rm -f "$gate"
	mkfifo "$gate"
	# A shell starts background jobs with SIGINT ignored.
	# shellcheck disable=SC2016 # for the inner shell
	env --default-signal=INT nice -n 19 bash -c 'read -r <"$0"; exec "$@"' "$gate" "$FAMFSCTL" cp "$@" \
		3>&- 2>"$BATS_TEST_TMPDIR/stderr" &
	copier=$!
	timeout 60 awk -v gate="$gate" -v id=":$(stat -c %i "$img")" -v least=$((200 * MiB)) 'BEGIN {
		print "" >gate
		close(gate)
		for (;;) {
			while ((getline <"/proc/locks") > 0)
				if (/OFDLCK/ && $4 == "WRITE" && index($6, id) && $8 - $7 > least)
					exit 0
			close("/proc/locks")
		}
	}'
}

# interrupted_cp SIGNAL ARG...: interrupts it at that point.
interrupted_cp()
{
	cp_until_filling "${@:2}"
	kill -"$1" $copier
	status=0
	wait $copier || status=$?
}

clean_and_free()
{
	run -0 famfsctl fsck "$img"
	refute_output --partial "big"
	"$OMFEDIT" "$img" show | jq -e '[.entries[].path] | index("big") == null'
	# The whole device can be used, so nothing is reserved any more.
	free=$(info_number free_bytes)
	run -0 famfsctl creat --no-zero -s "$free" "$img:/all"
}

@test "SIGINT ends cp at once and leaves nothing of the current file" {
	interrupted_cp INT "$src/big" "$img:/big"
	assert_equal "$status" 130
	clean_and_free
}

@test "SIGTERM ends cp at once and leaves nothing of the current file" {
	interrupted_cp TERM "$src/big" "$img:/big"
	assert_equal "$status" 143
	clean_and_free
}

@test "SIGINT keeps the files that were complete" {
	interrupted_cp INT "$src/a" "$src/big" "$img:/"
	assert_equal "$status" 130
	file_from_medium a | cmp - "$src/a"
	clean_and_free
}

@test "SIGINT makes cp print how to continue, and --resume continues" {
	interrupted_cp INT "$src/a" "$src/big" "$img:/"
	assert_equal "$status" 130
	run -0 cat "$BATS_TEST_TMPDIR/stderr"
	assert_line "famfsctl cp: interrupted: 1 file copied, 100 bytes written"
	assert_line --regexp "to continue, repeat the command with --resume\$"
	run -0 famfsctl cp --resume "$src/a" "$src/big" "$img:/"
	assert_output "famfsctl cp: 1 file copied, 1 the same, 400 MiB written"
	run -0 famfsctl fsck "$img"
}

@test "after SIGINT in a copy to a new directory, the hint has --resume and -T" {
	interrupted_cp INT -r "$src" "$img:/t"
	run -0 cat "$BATS_TEST_TMPDIR/stderr"
	assert_line --partial "to continue, repeat the command with --resume -T"
	run -0 famfsctl cp -r --resume -T "$src" "$img:/t"
	# A copy of the contents of a directory that continues there needs no -T.
	famfsctl mkdir "$img:/in"
	interrupted_cp INT -r "$src" "$img:/in"
	run -0 cat "$BATS_TEST_TMPDIR/stderr"
	assert_line --regexp "to continue, repeat the command with --resume\$"
	run -0 famfsctl cp -r --resume "$src" "$img:/in"
	run -0 famfsctl ls -R "$img:/"
	refute_output --partial "src/src"
	run -2 famfsctl cp -T "$src/a" "$src/big" "$img:/in"
	assert_output --partial "-T takes one SOURCE"
}

@test "SIGINT ends a cp that waits for names" {
	mkfifo "$BATS_TEST_TMPDIR/list"
	env --default-signal=INT "$FAMFSCTL" cp -j 2 --files-from0 "$BATS_TEST_TMPDIR/list" "$src/a" "$img:/" \
		3>&- 2>"$BATS_TEST_TMPDIR/stderr" &
	copier=$!
	exec 7>"$BATS_TEST_TMPDIR/list"
	kill -INT $copier
	status=0
	wait $copier || status=$?
	exec 7>&-
	assert_equal "$status" 130
	run -0 cat "$BATS_TEST_TMPDIR/stderr"
	assert_output --partial "interrupted: "
}

@test "SIGINT ends all jobs of cp -j" {
	ln "$BIG" "$src/big2"
	interrupted_cp INT -j 2 "$src/big" "$src/big2" "$img:/"
	assert_equal "$status" 130
	clean_and_free
}

@test "kill -9 during cp leaves a clean medium and no reservation" {
	interrupted_cp KILL "$src/big" "$img:/big"
	assert_equal "$status" 137
	clean_and_free
}

@test "--resume continues a tree after kill -9, even where files were being updated" {
	mkdir "$src/d"
	data "$src/d/f" 3000000
	interrupted_cp KILL -r "$src" "$img:/t"
	assert_equal "$status" 137
	run -3 famfsctl cp -r --resume "$src" "$img:/t"
	assert_output --partial "use -T if '$img:/t' is the copy of '$src', or '$img:/t/' to copy into it"
	run -0 famfsctl cp -r --resume -T "$src" "$img:/t"
	assert_output "famfsctl cp: 2 files copied, 1 the same, 1 directory made, 402.9 MiB written"
	# Interrupted in the middle: the beginning of the file is new already, its end is not.
	rm "$src/big"
	head -c 400M /dev/zero | tr '\0' y >"$src/big"
	offset=$(famfsctl dump-fmap --json "$img:/t/big" | jq '.files[0].extents[0].offset')
	nice -n 19 "$FAMFSCTL" cp -r --resume -T "$src" "$img:/t" 3>&- &
	# shellcheck disable=SC2016 # for the inner shell
	timeout 30 bash -c 'until [[ $("$OMFEDIT" "$1" read "$2" 1) == y ]]; do :; done' - "$img" "$offset"
	kill -9 $!
	wait $! || true
	assert_equal "$(bytes "$img" $((offset + 400 * MiB - 1)) 1)" x
	run -0 famfsctl cp -r --resume "$src/." "$img:/t"
	mount_image
	run -0 diff -r "$src" "$mnt/t"
	run -0 famfsctl fsck "$img"
}

@test "kill -9 during cp into a mount leaves the mount working" {
	mount_image
	interrupted_cp KILL "$src/big" "$mnt/big"
	assert_equal "$status" 137
	run -0 ls "$mnt"
	refute_output --partial "big"
	run -0 famfsctl cp "$src/a" "$mnt/after"
	cmp "$src/a" "$mnt/after"
	run -0 famfsctl fsck "$mnt"
}

@test "kill -9 during creat leaves no file" {
	"$FAMFSCTL" creat -r -S 1 -s 1500M "$img:/big" 3>&- &
	copier=$!
	wait_for 10 reserved
	kill -9 $copier
	status=0
	wait $copier || status=$?
	assert_equal "$status" 137
	clean_and_free
}

@test "a source that shrinks while it is copied is an error and leaves no file" {
	cp --remove-destination "$BIG" "$src/big"
	cp_until_filling "$src/big" "$img:/big"
	kill -STOP $copier
	truncate -s 1M "$src/big"
	kill -CONT $copier
	status=0
	wait $copier || status=$?
	assert_equal "$status" 1
	run -0 cat "$BATS_TEST_TMPDIR/stderr"
	assert_output --partial "src/big"
	clean_and_free
}
