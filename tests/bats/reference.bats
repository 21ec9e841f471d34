#!/usr/bin/env bats
# SPDX-License-Identifier: Apache-2.0
# The command lines of the reference implementation, as its users' scripts have them.
# docs/REFERENCE-USERS.md gives their meaning here, and this suite runs each row of its tables.

load helper

suite_setup()
{
	new_image 4G
	src=$BATS_TEST_TMPDIR/src
}

entry()
{
	"$OMFEDIT" "$img" show | jq -c ".entries[] | select(.path == \"$1\") | $2"
}

# The rows of the page's tables that are about options: "COMMAND<tab>STATUS<tab>OPTION", an option a
# line.
page_options()
{
	awk -F '|' '
		/^## / { command = $2 = $0; sub(/^## /, "", command); sub(/ .*/, "", command) }
		command == "mkfs.famfs" { command = "mkfs" }
		/^\| `-/ {
			status = $3
			gsub(/^ | $/, "", status)
			n = split($2, part, "`")
			for (i = 2; i <= n; i += 2)
				if (part[i] ~ /^-/)
					print command "\t" status "\t" part[i]
		}' "$FAMFS_TOP/docs/REFERENCE-USERS.md"
}

# A value for the argument of an option in the page.
option_value()
{
	case $1 in
	SIZE) echo 8M ;;
	MODE) echo 0644 ;;
	N | SEED | UID | GID) echo 1 ;;
	NAME,SIZE,SEED) echo a,1M,42 ;;
	NAME,SIZE) echo a,1M ;;
	FILE,SEED) echo a,42 ;;
	*) echo "$1" ;;
	esac
}

# With --help, the options are only parsed.
@test "each option of REFERENCE-USERS.md is accepted or refused as its row says" {
	count=0
	while IFS=$'\t' read -r command status option; do
		read -r -a words <<<"$option"
		if [[ ${#words[@]} -eq 2 ]]; then
			words[1]=$(option_value "${words[1]}")
		fi
		case $status in
		same | accepted | differs)
			run -0 famfsctl "$command" "${words[@]}" --help
			assert_output --partial "usage: famfsctl $command"
			;;
		"not here")
			[[ $command == mount && ${words[0]} =~ ^(-F|--nofuse)$ ]] || refuse_option
			;;
		*) fail "$command $option: status '$status'" ;;
		esac
		count=$((count + 1))
	done < <(page_options)
	[[ $count -ge 120 ]] || fail "only $count options were found"
}

refuse_option()
{
	run famfsctl "$command" "${words[@]}" a b
	[[ $status -eq 2 || $status -eq 16 ]] || fail "$command ${words[*]}: exit code $status: $output"
	assert_output --regexp "unknown option|is about a shadow tree"
}

@test "the letters and words for mounts and modes mean nothing to mkfs and fsck" {
	run -0 famfsctl mkfs -f --fuse --nofuse -F -M --set-daxmode -D --nodax "$img"
	run -0 famfsctl fsck --fuse --nofuse -F -M --set-daxmode -L -m -D -f --human "$img"
	assert_line "clean"
	run -16 famfsctl fsck -rm "$img"
	assert_output --partial "--mmap and --read exclude each other"
	run -2 famfsctl mount --mmap --read "$img" "$mnt"
	assert_output --partial "--mmap and --read exclude each other"
	run -16 famfsctl fsck -B 4 "$img"
	assert_output --partial "unknown option '-B'"
}

@test "mkfs --kill erases the famfs that is there, with the same care as mkfs" {
	needs_image
	before=$(fingerprint)
	run -3 famfsctl mkfs -k "$img"
	assert_output --partial "already holds a famfs file system"
	run -3 famfsctl_as "$(cat /proc/sys/kernel/random/uuid)" mkfs --kill --force "$img"
	assert_output --partial "of another master"
	run -0 famfsctl mkfs -k -f -n "$img"
	assert_output --partial "would erase a famfs file system"
	assert_equal "$(fingerprint)" "$before"
	run -2 famfsctl mkfs -k -f --size 1G "$img"
	assert_output --partial "--kill takes no --loglen, --size or --uuid"
	run -2 famfsctl mkfs -k -f --json "$img"
	assert_output --partial "--kill and --json exclude each other"
	if [[ $EUID -eq 0 && -c /dev/fuse ]]; then
		mount_image
		run -3 famfsctl mkfs -f -k "$img"
		assert_output --partial "is mounted"
		famfsctl umount "$mnt"
	fi
	run -0 famfsctl mkfs -f -k "$img"
	assert_output --partial "erased a famfs file system"
	bytes "$img" 0 "$UNIT" | cmp -n "$UNIT" - /dev/zero
	run -1 famfsctl info "$img"
	assert_output --partial "does not hold a famfs file system"
	run -0 famfsctl mkfs -f -k "$img"
	assert_output --partial "nothing to erase"
	run -0 famfsctl mkfs "$img"
}

@test "mkfs --kill does not change a device without a famfs" {
	needs_image
	truncate -s 64M "$BATS_TEST_TMPDIR/swap"
	mkswap "$BATS_TEST_TMPDIR/swap"
	before=$(md5sum <"$BATS_TEST_TMPDIR/swap")
	run -1 famfsctl mkfs -f -k "$BATS_TEST_TMPDIR/swap"
	assert_output --partial "does not hold a famfs file system, but a signature of swap"
	assert_equal "$(md5sum <"$BATS_TEST_TMPDIR/swap")" "$before"
	run -1 famfsctl mkfs -f -k "$BATS_TEST_TMPDIR/none"
	assert_output --partial "cannot open"
}

@test "sizes, seeds and counts are hexadecimal after 0x, also with a suffix" {
	run -0 famfsctl creat -s 0x100000 -S 0x2A "$img:/a"
	assert_equal "$(entry a .size)" 1048576
	run -0 famfsctl verify -m "$img:/a,42"
	run -0 famfsctl creat -M "b,0X1m,0xff" "$img:/"
	assert_equal "$(entry b .size)" 1048576
	run -0 famfsctl verify -S 255 "$img:/b"
	run -0 famfsctl creat -s 0x9M -N 0x2 -B 2 -C 0x200000 "$img:/c"
	assert_equal "$(entry c .size)" 9437184
	# A leading 0 is not octal.
	run -0 famfsctl creat -s 010K "$img:/d"
	assert_equal "$(entry d .size)" 10240
	for bad in 0x 0xK x10 0x1G0 0x10000000000000000 1xA -0x1 0x1.5M; do
		run -2 famfsctl creat -s "$bad" "$img:/e"
		assert_output --partial "--size expects a size such as 64M"
	done
}

@test "-? shows the help of every command" {
	for command in $(famfsctl --list-commands) logplay mkmeta getmap; do
		run -0 famfsctl "$command" '-?'
		assert_line --partial "usage: famfsctl $command"
	done
	run -0 famfsctl '-?'
	assert_line --partial "usage: famfsctl [OPTION...] COMMAND"
}

@test "creat with a seed fills a file of the same size again, in place" {
	famfsctl creat -s 3M -m 0600 -u 12 -S 1 "$img:/a"
	famfsctl mkdir "$img:/d"
	before=$(entry a .)
	run -0 famfsctl creat -r -s 3M -S 2 -m 0644 "$img:/a"
	assert_output ""
	famfsctl verify -S 2 "$img:/a"
	run -0 famfsctl creat -v -r -S 3 "$img:/a"
	assert_line "filled '$img:/a' of 3 MiB"
	famfsctl verify -S 3 "$img:/a"
	run -0 famfsctl creat -M a,3M,4 -M new,1M,5 "$img:/"
	famfsctl verify -m "$img:/a,4" -m "$img:/new,5"
	# Its entry is unchanged, and there is no second one.
	assert_equal "$(entry a .)" "$before"
	run -0 famfsctl creat -n -S 6 "$img:/a"
	assert_output "would fill '$img:/a' of 3 MiB"
	famfsctl verify -S 4 "$img:/a"
	run -1 famfsctl creat -s 2M -S 5 "$img:/a"
	assert_output --partial "cannot fill 'a': it has 3145728 bytes, and not 2097152"
	run -1 famfsctl creat -M a,2M,5 "$img:/"
	assert_output --partial "cannot fill 'a'"
	run -1 famfsctl creat -S 5 "$img:/none"
	assert_output --partial "cannot create 'none': a new file needs --size"
	run -1 famfsctl creat -S 5 "$img:/d"
	assert_output --partial "is a directory"
	famfsctl verify -S 4 "$img:/a"
}

@test "creat without a seed leaves a file that exists alone" {
	famfsctl creat -s 3M -S 1 "$img:/a"
	for options in "-s 3M" "-r -s 3M" "-M a,3M"; do
		target=$img:/a
		[[ $options != -M* ]] || target=$img:/
		# shellcheck disable=SC2086 # several words
		run -1 famfsctl creat $options "$target"
		assert_line --partial "'a' exists already"
		assert_line "hint: give --seed to fill it again"
	done
	run -1 famfsctl creat -s 2M "$img:/a"
	refute_output --partial "hint:"
	run -2 famfsctl creat "$img:/b"
	assert_output --partial "--size is required"
	famfsctl verify -S 1 "$img:/a"
}

@test "a mount shows the new contents of a file that was filled again" {
	mount_image
	famfsctl creat -s 3M -S 1 "$mnt/a"
	cp "$mnt/a" "$BATS_TEST_TMPDIR/first"
	run -0 famfsctl creat -S 2 "$mnt/a"
	run cmp "$mnt/a" "$BATS_TEST_TMPDIR/first"
	assert_failure 1
	assert_output --partial "differ"
}

@test "mkfs takes -f, -l and --loglen" {
	needs_image
	run -0 famfsctl mkfs -f --loglen 16m "$img"
	assert_equal "$(info_number log_capacity)" 30840
	run -0 famfsctl mkfs --force -l 8M "$img"
	run -3 famfsctl mkfs "$img"
}

@test "creat takes a size, a seed, a mode, owners and strips" {
	mount_image
	run -0 famfsctl creat -s 3m "$mnt/plain"
	run -0 famfsctl creat --size 3M --randomize --seed 42 "$mnt/seeded"
	run -0 famfsctl creat -v -r -S 43 -s 3M -m 0600 -u 12 -g 34 -t 8 "$mnt/owned"
	run -0 famfsctl creat -s 9M -N 2 -B 4 -C 2M "$mnt/striped"
	run -0 famfsctl creat -s 9M --nstrips 2 --nbuckets 4 --chunksize 2m "$mnt/striped2"
	assert_equal "$(entry owned '[.mode, .uid, .gid, .size]')" '["0o600",12,34,3145728]'
	run -0 famfsctl dump-fmap --json "$mnt/striped2"
	jq -e '.files[0].nstrips == 2' <<<"$output"
	run -0 famfsctl verify -S 42 -f "$mnt/seeded"
	run -0 famfsctl verify --seed 43 --filename "$mnt/owned"
	run -1 famfsctl verify -S 43 -f "$mnt/seeded"
	assert_output --partial "differs from the stream of seed 43 at offset 0"
}

@test "creat and verify take many files at once" {
	mount_image
	run -0 famfsctl creat -t 4 --multi "$mnt/a,1M,42" -M "$mnt/b,2m,43" --multi "$mnt/c,3M"
	run -0 famfsctl verify --threadct 4 -m "$mnt/a,42" --multi "$mnt/b,43"
	assert_output "$mnt/a: ok"$'\n'"$mnt/b: ok"
	run -0 famfsctl verify -q -m "$mnt/a,42"
	assert_output ""
	run -1 famfsctl verify -m "$mnt/a,42" -m "$mnt/b,42"
	assert_output --partial "'$mnt/b' differs"
	assert_equal "$(entry c .size)" 3145728
	for bad in a ,42 "a,x" "a,4294967296"; do
		run -2 famfsctl verify -m "$bad"
		assert_output --partial "--multi expects FILE,SEED"
	done
	run -2 famfsctl verify -S 1
	assert_output --partial "missing argument"
	run -2 famfsctl verify -f "$mnt/a"
	assert_output --partial "--seed is required"
	run -2 famfsctl creat -t 257 -s 1M "$mnt/x"
	assert_output --partial "--threadct expects a number from 0 to 256"
}

@test "mkdir takes parents, a mode and owners" {
	mount_image
	run -0 famfsctl mkdir "$mnt/one"
	run -0 famfsctl mkdir -v -p "$mnt/two/three"
	run -0 famfsctl mkdir --parents --mode=0700 --uid=12 --gid=34 "$mnt/four/five"
	assert_equal "$(entry four/five '[.mode, .uid, .gid]')" '["0o700",12,34]'
}

@test "cp takes threads, owners, a mode and strips" {
	mount_image
	mkdir -p "$src/d"
	data "$src/d/f" 100
	data "$src/g" 5000000
	run -0 famfsctl cp -r -v -t 4 "$src/d" "$src/g" "$mnt"
	run -0 famfsctl cp --threadct 0 -m 0640 -u 12 -g 34 "$src/g" "$mnt/g2"
	run -0 famfsctl cp --recursive -N 2 -B 2 -C 2M "$src" "$mnt/s"
	cmp "$src/g" "$mnt/g"
	assert_equal "$(entry g2 '[.mode, .uid, .gid]')" '["0o640",12,34]'
	run -0 famfsctl dump-fmap --json "$mnt/s/g"
	jq -e '.files[0].type == "interleaved"' <<<"$output"
	# It does not overwrite existing files unless it is told to.
	run -1 famfsctl cp "$src/g" "$mnt/g"
	run -0 famfsctl cp --resume "$src/g" "$mnt/g"
}

@test "getmap prints maps in the reference's form, and its exit code tells files of a famfs" {
	mount_image
	famfsctl creat -s 3M "$mnt/a"
	famfsctl creat -s 9M -N 2 -B 2 -C 2M "$mnt/b"
	run -0 famfsctl getmap "$mnt/a"
	assert_line --index 0 "File:     $mnt/a"
	assert_line --index 1 $'\tsize:    3145728'
	assert_line --index 2 $'\textents: 1'
	assert_line --index 3 --regexp $'^\t\t[0-9a-f]+\t4194304$'
	assert_line --index 4 "famfs_getmap: good file $mnt/a"
	run -0 famfsctl getmap "$img:/b"
	assert_line "Interleave_Param chunk_size: 2097152"
	assert_line "Interleaved extent has 2 strips:"
	run -0 famfsctl getmap -q "$mnt/a" "$mnt/b"
	assert_output ""
	run -1 famfsctl getmap --quiet "$mnt/none" "$mnt/a"
	assert_output --partial "none"
	refute_output --partial "good file"
	run -1 famfsctl getmap -c "$mnt/none" "$mnt/a"
	assert_line "famfs_getmap: good file $mnt/a"
	run -1 famfsctl getmap -q /etc/passwd
	run -1 famfsctl getmap -q "$mnt"
}

@test "logplay and mkmeta have nothing to do, say so, and succeed" {
	mount_image
	run -0 famfsctl mkmeta -v "$img"
	assert_output --partial "nothing to do"
	run -0 famfsctl logplay "$mnt"
	assert_output --partial "files: 0, directories: 0, log entries: 0"
	famfsctl mkdir "$img:/d"
	famfsctl creat -s 1M "$img:/d/f"
	for option in -n --dryrun -v -m -r -c -M; do
		run -0 famfsctl logplay $option "$mnt/d"
		assert_output --partial "nothing to do: the mount follows the log by itself, and is at its end: files: 1, directories: 1, log entries: 2"
	done
	run -0 famfsctl logplay -q "$mnt"
	assert_output ""
	run -2 famfsctl logplay --shadow /tmp/x "$mnt"
	assert_output --partial "shadow tree"
	run -2 famfsctl logplay -d /dev/dax0.0 "$mnt"
	assert_output --partial "shadow tree"
	run -1 famfsctl logplay "$img"
	assert_output --partial "is not in a mounted famfs"
	run -2 famfsctl logplay -rm "$mnt"
	assert_output --partial "--mmap and --read exclude each other"
}

@test "logplay fails on damaged entries, and on a mount that does not answer with what the log has" {
	needs_image
	mount_image
	famfsctl creat -s 1M "$img:/a" "$img:/b" "$img:/c"
	run -0 famfsctl logplay "$mnt"
	"$OMFEDIT" "$img" set 1 crc=1
	run -1 famfsctl logplay "$mnt"
	assert_output --partial "the log has 1 damaged entries"
}

@test "mount takes the options that mean nothing here, and -u" {
	needs_mount
	mkdir -p "$mnt"
	run -0 famfsctl mount -f -v -m -t 60 -S "$BATS_TEST_TMPDIR/shadow" "$img" "$mnt"
	run -0 grep " $mnt .*allow_other" /proc/self/mountinfo
	run -0 famfsctl umount "$mnt"
	run -0 famfsctl mount --fuse --nouseraccess --cache always -L -r "$img" "$mnt"
	run -1 grep " $mnt .*allow_other" /proc/self/mountinfo
	run -0 famfsctl umount "$mnt"
	for option in -F --nofuse; do
		run -2 famfsctl mount $option "$img" "$mnt"
		assert_output --partial "--nofuse asks for the kernel module of the reference implementation"
	done
}

@test "check finds no problem in a good mount" {
	mount_image
	famfsctl mkdir "$img:/d"
	famfsctl creat -s 3M "$img:/d/a" "$img:/b"
	run -0 famfsctl check "$mnt"
	assert_output "$mnt: files: 2, directories: 1, problems: 0"
	run -0 famfsctl check -v "$mnt/d"
	run -0 --separate-stderr famfsctl check --json "$mnt"
	jq -e '. == {schema: "famfsctl.check/1", problems: [], files: 2, directories: 1}' <<<"$output"
	run -8 famfsctl check "$img"
	assert_output --partial "hint: to check it without a mount, run: famfsctl fsck '$img'"
	run -16 famfsctl check
	assert_output --partial "missing argument"
}

@test "check finds a damaged log, files that are hidden, and files that the log does not have" {
	needs_image
	mount_image
	famfsctl mkdir "$img:/d" "$img:/hidden"
	famfsctl creat -s 3M "$img:/d/a" "$img:/b" "$img:/hidden/c"
	# Another file system is mounted over a part of it.
	mount -t tmpfs tmpfs "$mnt/hidden"
	touch "$mnt/hidden/stray"
	run -1 famfsctl check "$mnt"
	umount "$mnt/hidden"
	assert_line "hidden/c: is in the log, but not in the mount"
	assert_line "hidden/stray: is in the mount, but not in the log"
	"$OMFEDIT" "$img" set 3 crc=1
	run -5 famfsctl check "$mnt"
	assert_line --partial "log entry 3: CRC is 0x1"
	assert_line "b: is in the mount, but not in the log"
	run --separate-stderr famfsctl check --json "$mnt"
	jq -e '.problems | map(.code) | index("crc") != null' <<<"$output"
	printf '\0\0\0\0\0\0\0\0' | dd of="$img" conv=notrunc status=none
	run -2 famfsctl check "$mnt"
	assert_output "'$img' does not hold a famfs file system"
}

@test "flush writes back stores through a mapping of the mount" {
	mount_image
	famfsctl creat -s 3M "$mnt/a" "$mnt/b"
	"$MMAPIO" write "$mnt/a" 5000 stored
	run -0 famfsctl flush "$mnt/a" "$mnt/b"
	assert_output ""
	file_from_medium a | tail -c +5001 | head -c 6 | grep -qx stored
	run -0 famfsctl flush -v "$img:/a"
	assert_line "$img:/a: flushed 3145728 bytes"
	run -1 famfsctl flush "$mnt/none" "$mnt/a"
	assert_output --partial "none"
	run -1 famfsctl flush "$mnt"
	run -2 famfsctl flush
}

@test "flush makes the next read ask the device" {
	needs_image
	mount_image
	famfsctl creat -s 3M "$mnt/a"
	exec 7<"$mnt/a"
	head -c 100 <&7 >/dev/null
	offset=$("$OMFEDIT" "$img" show | jq '.entries[0].ext[0][1]')
	printf other | dd of="$img" bs=1 seek="$offset" conv=notrunc status=none
	run -0 famfsctl flush "$mnt/a"
	# The descriptor was opened before; it reads the new bytes.
	run -0 dd if=/proc/self/fd/7 bs=5 count=1 status=none
	exec 7<&-
	assert_output other
}

@test "chkread compares the bytes of reading and of mapping" {
	mount_image
	famfsctl creat -s 3M -S 1 "$mnt/a"
	famfsctl creat -s 9M -S 1 -N 2 -B 2 -C 2M "$mnt/b"
	run -0 famfsctl chkread "$mnt/a" "$mnt/b" "$img:/a" "$img:/b"
	assert_line "$mnt/a: read and mmap match"
	assert_line "$img:/b: read and mmap match"
	run -0 famfsctl chkread -s "$mnt/.meta/.superblock"
	assert_output "$mnt/.meta/.superblock: cannot be mapped here: nothing to compare"
	run -0 famfsctl chkread -q -l "$mnt/.meta/.log"
	assert_output ""
	run -1 famfsctl chkread "$mnt" "$mnt/none"
	assert_output --partial "is not a regular file"
	assert_output --partial "none"
}
