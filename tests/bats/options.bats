#!/usr/bin/env bats
# SPDX-License-Identifier: Apache-2.0
# The options that all commands share, before and after the name; questions; suggestions.

load helper

suite_setup()
{
	needs_image
	new_image 64M
}

# The options of a command by its help: "-q --quiet", a line each.
options_of()
{
	famfsctl "$1" --help | sed -nE 's/^  (-.|  ),? {1,2}--([a-z0-9-]+).*/\1 --\2/p'
}

@test "no command has an option twice, or one of its own for a letter of the common ones" {
	for command in $(famfsctl --list-commands) help; do
		options=$(options_of "$command")
		for option in "-q --quiet" "-v --verbose" "   --color" "-h --help" "-V --version"; do
			[[ $(grep -cx -- " *$option" <<<"$options") -eq 1 ]] || fail "$command: not one $option"
		done
		assert_equal "$(grep -o -- '--.*' <<<"$options" | sort | uniq -d)" ""
		assert_equal "$(grep -o '^-[^ -]' <<<"$options" | sort | uniq -d)" ""
	done
}

@test "-h is help and -V the version, before and after every command" {
	version=$(famfsctl --version)
	for command in $(famfsctl --list-commands); do
		run -0 famfsctl "$command" -V
		assert_output "$version"
		run -0 famfsctl -h "$command"
		assert_output --partial "usage: famfsctl $command"
	done
	run -0 famfsctl help cp
	assert_output --partial "usage: famfsctl cp"
	run -2 famfsctl help cpp
	assert_output --partial "did you mean 'cp'?"
}

@test "an option has the same effect before and after the command" {
	expected=$(famfsctl usage --json "$img")
	run -0 famfsctl --json usage "$img"
	assert_output "$expected"
	run -0 famfsctl -v --color=never --json usage -q "$img"
	assert_output "$expected"
	run -2 famfsctl --json umount "$BATS_TEST_TMPDIR"
	jq -e '.error.message == "umount does not take --json"' <<<"$output"
	run -2 famfsctl -y usage "$img"
	assert_output --partial "usage does not take --yes"
}

@test "--quiet drops warnings, summaries and findings that are ok, but no error or result" {
	for name in a b c; do
		famfsctl creat -s 2M -S 1 "$img:/$name"
	done
	"$OMFEDIT" "$img" set 1 crc=1
	run --separate-stderr -0 famfsctl ls "$img:/"
	assert_regex "$stderr" "warning: .*log entry 1"
	run --separate-stderr -0 famfsctl -q ls "$img:/"
	assert_output "$(printf 'a\nc')"
	assert_equal "$stderr" ""
	run -0 famfsctl verify -q -S 1 "$img:/a"
	assert_output ""
	run -4 famfsctl fsck -q "$img"
	assert_equal "${#lines[@]}" 1
	assert_output --partial "entry 1: crc"
	run -1 famfsctl -q stat "$img:/none"
	assert_output --partial "'none'"
	run -0 famfsctl mkfs -q -f "$img"
	assert_output ""
	run -3 famfsctl mkfs -q "$img"
	assert_output --partial "hint: use --force"
}

@test "--verbose prints the actions, and the messages of the library" {
	run -0 famfsctl -v mkdir "$img:/d"
	assert_line "made directory '$img:/d'"
	run -0 famfsctl creat -v -s 3M "$img:/d/f"
	assert_line "created '$img:/d/f' of 3 MiB"
	run --separate-stderr -0 famfsctl ls -v "$img:/"
	assert_output "d"
	assert_equal "$stderr" "famfsctl ls: '$img': 2 of 15420 log entries in use, this host is the master"
	run --separate-stderr -0 famfsctl ls -vv "$img:/"
	assert_regex "$stderr" "famfsctl ls: '$img': an image file of 67108864 bytes, .* from .FAMFS_SYSTEM_UUID"
	run --separate-stderr -0 famfsctl ls -v -q "$img:/"
	assert_equal "$stderr" ""
	run --separate-stderr -0 famfsctl ls -v --json "$img:/"
	jq -e '.note.id == "note" and .note.command == "ls"' <<<"$stderr"
}

# colored ARG...: whether map has colour on a terminal.
colored()
{
	TERM=${term-xterm} script -qec "$FAMFSCTL $* map $img" /dev/null 3>&- >"$BATS_TEST_TMPDIR/shown" || return 2
	grep -q $'\e\[[0-9;]*m' "$BATS_TEST_TMPDIR/shown"
}

@test "colour is used on terminals, unless --color or NO_COLOR says otherwise" {
	script -qec true /dev/null >/dev/null 2>&1 || skip "needs a pseudo terminal"
	unset NO_COLOR
	colored
	colored --color=auto
	run -1 colored --color=never
	term=dumb run -1 colored
	NO_COLOR=1 run -1 colored
	NO_COLOR='' colored
	NO_COLOR=1 colored --color=always
	run -0 famfsctl map "$img"
	refute_output --partial $'\e['
	run -0 famfsctl --color=always map "$img"
	assert_output --partial $'\e['
}

@test "a mistyped option or value gets a suggestion" {
	for case in "info --jsno:--json" "cp --recursiv a b:--recursive" "mkfs --siez=1G x:--size" \
		"--colour=never info:--color" "ls --quite x:--quiet" "creat --dryrun x:--dry-run"; do
		# shellcheck disable=SC2086 # words are words
		run -2 famfsctl ${case%:*}
		assert_line "hint: did you mean '${case##*:}'?"
	done
	for case in "info --color=nevr:never" "dump-fmap --wire=pul x:pull" "cp --progress=jason a b:json" "mount -o rw,allow_othr a /:allow_other" "mount -o roo a /:ro"; do
		# shellcheck disable=SC2086
		run -2 famfsctl ${case%:*}
		assert_line "hint: did you mean '${case##*:}'?"
	done
	# A word that is far from every option gets no suggestion, and a letter stands for no word.
	for options in --zzzzzzzz -Z --color=purple; do
		run -2 famfsctl info "$options"
		refute_output --partial "did you mean"
		assert_output --partial "hint: see 'famfsctl info --help'"
	done
}

@test "an action that needs a confirmation needs --yes without a terminal" {
	for name in a b c; do
		famfsctl mkdir "$img:/$name"
	done
	"$OMFEDIT" "$img" set 1 crc=1
	cd "$BATS_TEST_TMPDIR"
	run -4 famfsctl fsck --repair "$img"
	assert_line "hint: to give up damaged entries, run: famfsctl fsck --repair --yes '$img'"
	run -4 famfsctl fsck --repair "$img" <<<y
	export FAMFS_SYSTEM_UUID=$OTHER
	run -3 famfsctl takeover "$img"
	assert_line "hint: two masters destroy each other's files; use --yes or --force when that host is gone for good"
	run -3 famfsctl takeover "$img" <<<y
	run -0 famfsctl --yes takeover "$img"
	run -1 famfsctl fsck --repair -y "$img"
	assert_output --partial "1 problem found, 1 repaired"
}

@test "a question on a terminal accepts only y as yes" {
	script -qec true /dev/null >/dev/null 2>&1 || skip "needs a pseudo terminal"
	export FAMFS_SYSTEM_UUID=$OTHER
	run -3 script -qec "$FAMFSCTL takeover $img" /dev/null 3>&- <<<n
	assert_output --partial "is it gone for good? [y/N]"
	run -0 script -qec "$FAMFSCTL takeover $img" /dev/null 3>&- <<<y
	assert_output --partial "this host is the master now"
}

@test "an interrupted command is terminated by the signal" {
	for signal in INT TERM HUP; do
		env --default-signal=$signal "$FAMFSCTL" wait "$img:/never" 3>&- &
		pid=$!
		wait_for 10 test "/proc/$pid/exe" -ef "$FAMFSCTL"
		kill -$signal $pid
		status=0
		wait $pid || status=$?
		assert_equal "$status" $((128 + $(kill -l $signal)))
	done
}
