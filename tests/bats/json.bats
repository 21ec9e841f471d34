#!/usr/bin/env bats
# SPDX-License-Identifier: Apache-2.0
# --json: the real output and the errors of every command, checked against the published schemas.

load helper

suite_setup()
{
	command -v /usr/bin/python3 >/dev/null || skip "needs python3"
	needs_image
	all=$BATS_TEST_TMPDIR/all.json
	: >"$all"
}

# collect CODE ARG...: a command with --json, whose stdout and stderr hold nothing but JSON.
collect()
{
	local code=0
	famfsctl "${@:2}" --json >>"$all" 2>>"$all" || code=$?
	assert_equal "$code" "$1"
}

# Every document is valid, and these schemas occurred.
valid()
{
	run /usr/bin/python3 "$FAMFS_TOP/tests/tools/schema.py" "$FAMFS_TOP/docs/schema" <"$all"
	assert_success
	assert_output "$(printf '%s\n' "$@" | sort)"
}

# A famfs with a file of each kind, and a name that is not UTF-8.
fill()
{
	new_image 4G
	famfsctl mkdir -p "$img:/d/e"
	famfsctl creat --raw-names -s 5000 -S 1 "$img:/d/f" "$img:/d/"$'\xff\xfe'
	famfsctl creat -s 9M -N 2 -B 3 -C 2M "$img:/striped"
}

@test "the JSON of commands about a file system follows its schema" {
	fill
	for arguments in "mkfs -n -f $img" "mkfs -n --size 32M $img.new" "verify -S 1 $img:/d/f" "chkread $img:/d/f" "wait $img:/d $img:/d/f" \
		"ls $img:/" "ls -l -R $img:/" "ls $img:/d/e" "ls $img:/d/f" "stat $img:/d $img:/d/f" \
		"stat $img:/striped" "dump-fmap -r $img:/" "dump-fmap $img:/d/e" "info $img" "usage $img" \
		"fsck $img" "dump-super $img" "dump-super --raw $img" "dump-log $img" "dump-log -v --raw $img" \
		"map $img" "dump-fmap --wire v1 $img:/d/f" "dump-fmap --wire push $img:/striped $img:/d/f"; do
		# shellcheck disable=SC2086 # arguments are words
		collect 0 $arguments
	done
	valid mkfs verify chkread wait ls stat dump-fmap wire info usage fsck dump-super dump-log map
	# The name is complete, and lists are arrays.
	jq -se '[.[] | select(.schema == "famfsctl.ls/1").entries[] | select(.path_hex).path_hex] == ["642ffffe"]' "$all"
	jq -se '[.[] | select(.schema == "famfsctl.ls/1").entries | length] == [2, 5, 0, 1]' "$all"
}

@test "the JSON of commands about an empty file system follows its schema" {
	new_image 64M
	for arguments in "ls $img:/" "stat $img:/" "dump-fmap $img:/" "info $img" "usage $img" "fsck $img" \
		"dump-log $img" "map $img"; do
		# shellcheck disable=SC2086
		collect 0 $arguments
	done
	valid ls stat dump-fmap info usage fsck dump-log map
	jq -se '[.[] | (.entries, .files) | arrays | length] == [0, 1, 0, 0, 0]' "$all"
}

@test "a thousand files are a thousand rows of the schema" {
	new_image 4G
	seq -f "-Mf%g,2M" 1000 | FAMFS_SYSTEM_UUID=$MASTER xargs "$FAMFSCTL" creat --no-zero "$img:/"
	collect 0 ls "$img:/"
	collect 0 dump-fmap "$img:/"
	collect 0 dump-log "$img"
	collect 0 map "$img"
	valid ls dump-fmap dump-log map
	jq -se '[.[] | (.entries, .files) | arrays | length] == [1000, 1000, 1000, 1000]' "$all"
}

@test "the JSON of commands about this host follows its schema" {
	collect 0 list
	collect 0 list --all
	collect 0 info
	collect 0 info --kernel
	collect 1 reset-mode "$img" /dev/null
	# Its exit code depends on this host.
	(collect 0 doctor) || (collect 1 doctor)
	valid list mounts kernel doctor reset-mode error
}

@test "what info prints of mounts follows its schema" {
	fill
	mount_image
	for arguments in info "info $mnt" "ls $mnt/d" "stat $mnt/d/f" "usage $mnt" "fsck $mnt" "dump-fmap $mnt/d/f" "check $mnt" "chkread $mnt/d/f $mnt/.meta/.log"; do
		# shellcheck disable=SC2086
		collect 0 $arguments
	done
	valid info mounts ls stat usage fsck dump-fmap check chkread
	jq -se '.[] | select(.schema == "famfsctl.info/1").mounts | length == 1' "$all"
}

@test "the JSON of commands about a damaged medium follows its schema" {
	new_image 64M
	for name in a b c d; do
		famfsctl creat -s 2M --no-zero "$img:/$name"
	done
	"$OMFEDIT" "$img" set 1 crc=1
	"$OMFEDIT" "$img" set 3 crc=1
	collect 4 fsck "$img"
	collect 4 fsck --repair --dry-run "$img"
	collect 0 ls "$img:/"
	collect 0 info "$img"
	collect 0 dump-log -v "$img"
	collect 0 map "$img"
	(cd "$BATS_TEST_TMPDIR" && collect 1 fsck --repair --yes "$img")
	# The warnings about the entries are JSON as well.
	valid fsck ls info dump-log map error
	jq -se '[.[] | select(.schema == "famfsctl.fsck/1") | [.problem_count, .repaired_count, .would_repair_count]]
		== [[2, 0, 0], [2, 0, 2], [2, 2, 0]]' "$all"
	jq -se 'any(.warning.id == "log") and (any(.error) | not)' "$all"
}

@test "a check that comes to no end says so in its schema" {
	new_image 64M
	famfsctl creat -s 2M "$img:/a"
	"$OMFEDIT" "$img" set 0 crc=1
	collect 8 fsck --repair --yes --save "$BATS_TEST_TMPDIR/none/undo" "$img"
	valid fsck error
	jq -se '.[0].clean == false and (.[0].error | type) == "string" and .[1].error.errno == "ENOENT"' "$all"
	head -c 4096 /dev/zero | dd of="$img" conv=notrunc status=none
	: >"$all"
	collect 8 fsck "$img"
	valid error
	jq -e '.error.id == "not-famfs" and .error.errno == "EMEDIUMTYPE"' "$all"
}

@test "each line of cp --progress=json follows its schema" {
	new_image 1G
	mkdir -p "$BATS_TEST_TMPDIR/src/d"
	: >"$BATS_TEST_TMPDIR/src/empty"
	echo x >"$BATS_TEST_TMPDIR/src/"$'\xff'
	for options in "-n -v" -v "--exclude=d/ -v -T --overwrite"; do
		# shellcheck disable=SC2086 # options are words
		run --separate-stderr -1 famfsctl cp -r --raw-names --progress=json $options "$BATS_TEST_TMPDIR/src" "$img:/src"
		echo "$output" >>"$all"
	done
	valid cp-progress
	jq -se '(map(.event) | unique) == ["copied", "directory", "end", "excluded", "overwritten", "progress"]' "$all"
}

# id_of CODE ID ERRNO ARG...: the one message of the command.
id_of()
{
	: >"$all"
	collect "$1" "${@:4}"
	jq -se --arg id "$2" --arg errno "$3" 'map(select(.schema == "famfsctl.error/1")) | length == 1 and
		(.[0].error | .id == $id and (.errno // "-") == $errno)' "$all"
	cat "$all" >>"$BATS_TEST_TMPDIR/every.json"
}

@test "errors are one object a line, each with its word" {
	new_image 64M
	famfsctl creat -s 2M "$img:/f"
	id_of 2 usage -
	id_of 2 unknown-command - inf
	id_of 2 unknown-option - info --bogus
	id_of 2 usage - ls
	id_of 2 usage - info a b
	id_of 2 usage - dump-fmap --wire v3 "$img:/f"
	id_of 2 unknown-option - umount "$img"
	id_of 16 usage - fsck
	id_of 16 unknown-option - fsck --bogus
	id_of 1 not-found ENOENT info "$img.none"
	id_of 1 not-found ENOENT stat "$img:/none"
	id_of 1 timeout ETIMEDOUT wait --timeout 0 "$img:/none"
	id_of 1 differs - verify -S 2 "$img:/f"
	id_of 3 refused EEXIST mkfs "$img"
	id_of 1 is-a-directory EISDIR dump-fmap --wire v2 "$img:/"
	id_of 1 not-supported EOPNOTSUPP info /dev/null
	id_of 1 not-famfs EMEDIUMTYPE usage "$FAMFS_TOP/LICENSE"
	# Several of them are several lines.
	: >"$all"
	collect 1 stat "$img:/x" "$img:/f" "$img:/y"
	[[ $(jq -c 'select(.error).error.message' "$all" | wc -l) -eq 2 ]]
	cat "$BATS_TEST_TMPDIR/every.json" >>"$all"
	run /usr/bin/python3 "$FAMFS_TOP/tests/tools/schema.py" "$FAMFS_TOP/docs/schema" <"$all"
	assert_success
}

@test "each error code to which the library gives a meaning has a word" {
	codes=$(sed -n '/^ \* - Fallible functions/,/^ \*   The append lock/p' "$FAMFS_TOP/lib/famfs.h" | grep -oE -- '-E[A-Z0-9]+ ')
	[[ $(wc -l <<<"$codes") -ge 11 ]]
	for code in $codes; do
		grep -qE "\{ ${code#-}, \"" "$FAMFS_TOP/cli/core/report_id.c" || fail "$code has no word in JSON"
	done
}

@test "an error's hint is in its object, and text has none of the JSON" {
	new_image 64M
	run --separate-stderr -2 famfsctl info --json --kernl
	jq -e '.error.hint == "did you mean '"'--kernel'"'?" and .error.command == "info"' <<<"$stderr"
	assert_output ""
	run -2 famfsctl info --kernl
	assert_output "$(printf "%s\n" "famfsctl info: unknown option '--kernl'" "hint: did you mean '--kernel'?")"
}

@test "names that would steer a terminal are escaped in errors, too" {
	new_image 64M
	run --separate-stderr -1 famfsctl stat --json "$img:/"$'a\e[31m\x7f\xff\n'
	[[ $stderr != *[[:cntrl:]]* ]]
	jq -e '.error.message | contains("\u001b[31m")' <<<"$stderr"
}

@test "the words of errors in docs/JSON.md and in the schema are those of the program" {
	words=$(sed -n '/^static const char \*const names/,/^const char/s/.*"\(.*\)".*/\1/p' "$FAMFS_TOP/cli/core/report_id.c" | sort -u)
	assert_equal "$(jq -r '."$defs".message.properties.id.enum[]' "$FAMFS_TOP/docs/schema/error.json" | sort)" "$words"
	assert_equal "$(sed -n '/^| id /,$s/^| \(`[^|]*`\) |.*/\1/p' "$FAMFS_TOP/docs/JSON.md" | grep -o '[a-z-]*[a-z]' | sort)" "$words"
}

@test "every command with --json is held against its schema here" {
	for command in $(famfsctl --list-commands); do
		if famfsctl "$command" --help | grep -q -- ' --json '; then
			grep -qE "(\"|collect [0-9]+ )$command\b|for command in .*\b$command\b" "$BATS_TEST_FILENAME" ||
				fail "$command --json is not tried in json.bats"
		fi
	done
}
