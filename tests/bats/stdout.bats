#!/usr/bin/env bats
# SPDX-License-Identifier: Apache-2.0
# For every command, a failure to write the results is an error, whatever the reason.

load helper

suite_setup()
{
	[[ -c /dev/full ]] || skip "needs /dev/full"
	needs_image
	new_image 64M
	famfsctl creat -s 5000 -S 1 "$img:/f"
}

# The arguments with which each command prints something; none: it has no output.
arguments_of()
{
	case $1 in
	cat | ls | stat | dump-fmap) echo "$img:/f" ;;
	verify) echo "-S 1 $img:/f" ;;
	info | usage | fsck | dump-log | dump-super | map) echo "$img" ;;
	list | doctor) ;;
	mkfs) echo "-n -f $img" ;;
	creat) echo "-n -s 1M $img:/g" ;;
	mkdir) echo "-n $img:/d" ;;
	takeover) echo "$img" ;;
	cp) echo "-n $FAMFS_TOP/LICENSE $img:/copy" ;;
	chkread) echo "$img:/f" ;;
	flush) echo "-v $img:/f" ;;
	mount | umount | reset-mode | wait | check) return 1 ;;
	*)
		echo "$1: say here how it prints" >&2
		return 2
		;;
	esac
}

# each_command CHECK: runs the check with a command line that prints.
each_command()
{
	local command words status
	for command in $(famfsctl --list-commands); do
		status=0
		words=$(arguments_of "$command") || status=$?
		[[ $status -ne 2 ]]
		if [[ $status -eq 0 ]]; then
			# shellcheck disable=SC2086 # words are words
			"$1" "$command" $words
		fi
		"$1" "$command" --help
	done
	"$1" --help
	"$1" --version
	"$1" --list-commands
	"$1" help
}

# lost REASON COMMAND...: its output goes to a place without room.
lost()
{
	local code=1
	[[ $2 != fsck && $2 != check ]] || code=8
	assert_equal "$status" "$code"
	assert_output --partial "cannot write to standard output: $1"
}

into_full()
{
	output=$(famfsctl "$@" 2>&1 >/dev/full) && status=0 || status=$?
	lost "No space left on device" "$@"
}

into_nothing()
{
	output=$(famfsctl "$@" 2>&1 >&-) && status=0 || status=$?
	lost "Bad file descriptor" "$@"
}

# To a pipe at the descriptor $gone, which has no reader.
into_gone()
{
	output=$(famfsctl "$@" 2>&1 >&"$gone") && status=0 || status=$?
	lost "Broken pipe" "$@"
}

@test "a full disk is an error of every command" {
	each_command into_full
}

@test "a closed standard output is an error of every command" {
	each_command into_nothing
}

@test "every command reports that the reader of its output is gone" {
	mkfifo "$BATS_TEST_TMPDIR/fifo"
	exec {reader}<>"$BATS_TEST_TMPDIR/fifo"
	exec {gone}>"$BATS_TEST_TMPDIR/fifo"
	exec {reader}<&-
	each_command into_gone
	exec {gone}>&-
}

@test "the error about standard output is JSON with --json" {
	output=$(famfsctl ls --json "$img:/" 2>&1 >/dev/full) && status=0 || status=$?
	assert_equal "$status" 1
	jq -e '.error | .id == "no-space" and .errno == "ENOSPC" and .command == "ls"' <<<"$output"
}

@test "output before an error is not lost" {
	run --separate-stderr -1 famfsctl stat "$img:/f" "$img:/none"
	assert_line --regexp '^path +f$'
	[[ $stderr == *"'none'"* ]]
	# If there is room for a part of it, that part is written.
	yes "$img:/f" | head -n 300 >"$BATS_TEST_TMPDIR/names"
	output=$(ulimit -f 8 && trap '' XFSZ &&
		xargs -a "$BATS_TEST_TMPDIR/names" "$FAMFSCTL" stat 2>&1 >"$BATS_TEST_TMPDIR/part") && status=0 || status=$?
	[[ $status -ne 0 ]]
	assert_output --partial "File too large"
	assert_equal "$(stat -c %s "$BATS_TEST_TMPDIR/part")" 8192
}
