#!/usr/bin/env bats
# SPDX-License-Identifier: Apache-2.0
# The usage of the commands: help, options, exit codes.

load helper

commands()
{
	famfsctl --list-commands
}

@test "each command's --help names its options and exits 0" {
	for command in $(commands); do
		run -0 famfsctl "$command" --help
		assert_output --partial "usage: famfsctl $command"
		assert_output --partial "--help"
		run -0 famfsctl "$command" -h
		run -0 famfsctl help "$command"
	done
}

@test "--list-commands lists the promised commands" {
	run -0 famfsctl --list-commands
	for command in mkfs mount umount creat mkdir cp verify dump-fmap info fsck takeover; do
		assert_line "$command"
	done
}

@test "--help lists every command" {
	run -0 famfsctl --help
	for command in $(commands); do
		assert_output --partial "  $command "
	done
}

@test "--version has the version of the program, the library and the format" {
	run -0 famfsctl --version
	assert_output --regexp '^famfsctl [0-9]+\.[0-9]+\.[0-9]+ '
	assert_output --partial "2.2"
}

@test "without a command the usage goes to stderr, exit 2" {
	run --separate-stderr -2 famfsctl
	assert_output ""
	[[ $stderr == *usage:* ]]
}

@test "a misspelled command gets a hint" {
	run famfsctl mkfz
	assert_failure 2
	assert_output --partial "unknown command 'mkfz'"
	assert_output --partial "did you mean 'mkfs'"
	run famfsctl zzzzzzzz
	assert_failure 2
	refute_output --partial "did you mean"
}

@test "an unknown option is a usage error of every command" {
	for command in $(commands); do
		run famfsctl "$command" --no-such-option
		[[ $command == @(fsck|check) ]] && code=16 || code=2
		assert_failure "$code"
		assert_output --partial "--no-such-option"
	done
}

@test "missing arguments are a usage error of every command" {
	for command in $(commands); do
		[[ $command != info && $command != list && $command != doctor ]] || continue # show all that there is
		run famfsctl "$command"
		[[ $command == @(fsck|check) ]] && code=16 || code=2
		assert_failure "$code"
		assert_output --partial "$command"
	done
}

@test "help goes to stdout and errors to stderr, with the command's name" {
	run --separate-stderr -0 famfsctl mkfs --help
	assert_equal "$stderr" ""
	run --separate-stderr -1 famfsctl info "$BATS_TEST_TMPDIR/none"
	assert_output ""
	[[ $stderr == "famfsctl info: "* ]]
}

@test "the argument -- ends the options" {
	run famfsctl info -- --none
	assert_failure 1
	assert_output --partial "'--none'"
}

@test "closed standard streams do not end up in the image" {
	new_image 64M
	before=$(fingerprint)
	run bash -c '"$FAMFSCTL" info "$1" >&- 2>&-' - "$img"
	run bash -c '"$FAMFSCTL" info "$1:/none" <&- >&- 2>&-' - "$img"
	run bash -c '"$FAMFSCTL" creat -s 1 "$1:/d/f" <&- >&- 2>&-' - "$img"
	assert_failure 1
	assert_equal "$(fingerprint)" "$before"
}

@test "standard output that is full is an error" {
	[[ -c /dev/full ]] || skip "needs /dev/full"
	new_image 64M
	for arguments in --help --version --list-commands "info $img" "info --json $img"; do
		# shellcheck disable=SC2086 # arguments are words
		run bash -c '"$FAMFSCTL" '"$arguments"' >/dev/full'
		assert_error 1 "standard output"
	done
}

@test "a bad UUID is a usage error" {
	for bad in x 1234 "" 00000000-0000-0000-0000-000000000000; do
		run famfsctl mkfs --size 64M --uuid "$bad" "$img"
		assert_failure 2
		assert_output --partial "--uuid expects"
	done
	assert_file_not_exist "$img"
}
