#!/usr/bin/env bats
# SPDX-License-Identifier: Apache-2.0
# A hint that names a command can be pasted: the command runs, and it helps.

load helper

suite_setup()
{
	needs_image
	cd "$BATS_TEST_TMPDIR" || return
	img="$BATS_TEST_TMPDIR/an image"
	new_image 64M
	famfsctl creat -s 5000 -S 1 "$img:/f"
}

# follow CODE ARG...: the command fails with CODE, and the command in its hint succeeds.
follow()
{
	local command
	run "-$1" famfsctl "${@:2}"
	command=$(sed -nE 's/^hint: .*: ((famfsctl|umount) .*)/\1/p' <<<"$output")
	[[ -n $command ]]
	PATH=$(dirname "$FAMFSCTL"):$PATH run -0 bash -c "$command" 3>&-
}

@test "the hint for a missing directory makes it" {
	follow 1 mkdir "$img:/a/b/c"
	famfsctl mkdir "$img:/a/b/c"
	echo x >x
	follow 1 cp x "$img:/none/x"
	famfsctl cp x "$img:/none/x"
	follow 1 cp x "$img:/new/"
	famfsctl cp x "$img:/new/"
	run -0 famfsctl ls "$img:/new"
	assert_output x
}

@test "cp out of a famfs is refused with a hint that does it" {
	follow 1 cp "$img:/f" out
	cmp out <(famfsctl cat "$img:/f")
	mkdir dir
	follow 1 cp "$img:/f" dir
	cmp dir/f out
	run famfsctl cp x y
	assert_error 1 "cannot open 'y'"
	refute_output --partial "hint:"
}

@test "the hint for a device without a famfs formats it, if it is large enough" {
	truncate -s 64M "other image"
	follow 1 ls "other image"
	run -0 famfsctl ls "other image"
	truncate -s 3M small
	run famfsctl ls small
	assert_error 1 "does not hold a famfs"
	refute_output --partial "hint:"
}

@test "the hint for a full device shows how its space is used" {
	run famfsctl creat --no-zero -s 100M "$img:/big"
	assert_error 1 "need 100 MiB"
	assert_line "hint: to see how space is used, run: famfsctl map '$img'"
	follow 1 creat --no-zero -s 100M "$img:/big"
	assert_output --partial "log in use"
}

@test "the hint of check for an unmounted image runs fsck" {
	follow 8 check "$img"
	assert_line clean
}

@test "the hint for a mounted device unmounts it" {
	needs_mount
	for command in "mkfs -f" "fsck --repair"; do
		mount_image
		code=3
		[[ $command != fsck* ]] || code=8
		# shellcheck disable=SC2086 # command and option
		follow $code $command "$img"
		run is_mounted "$mnt"
		assert_failure
	done
}

# names: names that a local user may give an image so that a pasted hint would run other commands.
hostile_names()
{
	printf '%s\0' "a'; touch PWNED; '.img" '$(touch PWNED) `touch PWNED`.img' '-f.img' \
		$'a\n touch PWNED\e]0;PWNED\a\x9b\xff.img' $'-\' \n; touch PWNED; \'.img'
}

# paste SHELL CODE ARG...: the command fails with CODE and a hint, which is pasted into SHELL.
paste_hint()
{
	local command
	run "-$2" famfsctl "${@:3}"
	refute_output --regexp $'[\x01-\x09\x0b-\x1f\x7f]'
	command=$(sed -nE 's/^hint: .*: ((famfsctl|umount) .*)/\1/p' <<<"$output")
	[[ -n $command ]]
	PATH=$(dirname "$FAMFSCTL"):$PATH run "$1" -c "$command" 3>&-
	assert_file_not_exist PWNED
}

# dash has no $'...', so that it cannot read a name with control characters; but it must not run
# anything either.
@test "a name that holds shell code is quoted in a hint, for each shell" {
	local name shell
	while IFS= read -r -d '' name; do
		for shell in bash sh; do
			rm -f -- "./$name"
			truncate -s 64M -- "./$name"
			paste_hint $shell 1 ls -- "$name"
			[[ $shell == sh && $name == *[![:print:]]* ]] || assert_success
		done
	done < <(hostile_names)
}

@test "a name that holds shell code is quoted in every hint" {
	local name
	echo x >x
	while IFS= read -r -d '' name; do
		famfsctl mkfs --size 64M -- "./$name" >/dev/null
		paste_hint bash 1 mkdir "./$name:/a/b"
		paste_hint bash 1 cp x "./$name:/c/"
		paste_hint bash 8 check -- "$name"
		assert_line clean
		famfsctl creat -s 1 -S 1 "./$name:/f"
		paste_hint bash 1 cp "./$name:/f" "./out $name"
		assert_file_exist "./out $name"
		FAMFS_SYSTEM_UUID=11111111-2222-3333-4444-555555555555 paste_hint bash 1 mkdir "./$name:/client"
		"$OMFEDIT" "./$name" set 0 crc=1
		paste_hint bash 4 fsck -- "$name"
	done < <(hostile_names)
}

@test "doctor's repair of a name that holds shell code runs only the repair" {
	local name repair
	while IFS= read -r -d '' name; do
		truncate -s 64M -- "./$name"
		run -1 famfsctl doctor --json "./$name"
		repair=$(jq -r '.findings[] | select(.id == "target.no-famfs").repair' <<<"$output")
		PATH=$(dirname "$FAMFSCTL"):$PATH run -0 bash -c "$repair" 3>&-
		run -0 famfsctl ls "./$name"
		assert_file_not_exist PWNED
	done < <(hostile_names)
}

@test "the hint for a mount whose names hold shell code unmounts it" {
	needs_mount
	local name
	while IFS= read -r -d '' name; do
		mkdir -p "./$name.dir"
		famfsctl mkfs --size 64M "./$name" >/dev/null
		famfsctl mount "./$name" "./$name.dir"
		paste_hint bash 3 mkfs -f "./$name"
		assert_success
		run is_mounted "$PWD/$name.dir"
		assert_failure
	done < <(hostile_names)
}
