#!/usr/bin/env bats
# SPDX-License-Identifier: Apache-2.0
# Completion: the answers of famfsctl __complete, and what bash, zsh and fish do with them, typed at
# a terminal.

load helper

suite_setup()
{
	needs_image
	cd "$BATS_TEST_TMPDIR" || return
	export PATH=$FAMFS_PUBLIC/cli:$PATH HOME=$BATS_TEST_TMPDIR
	new_image 64M
	famfsctl mkdir -p "$img:/dir/sub dir"
	famfsctl creat -s 1 "$img:/a b:c'd"
	famfsctl creat -s 1 "$img:/pl\$ain"
	famfsctl creat -s 1 "$img:/dir/x=y"
}

# The shells find their file as they do when it is installed.
shims()
{
	mkdir shims
	ln -s "$FAMFS_TOP/completion/famfsctl.bash" shims/famfsctl
	ln -s "$FAMFS_TOP/completion/famfsctl.zsh" shims/_famfsctl
}

complete()
{
	famfsctl __complete -- "$@"
}

# Candidates without their meanings.
candidates()
{
	complete "$@" | cut -f 1
}

# Types a text as a person would, and prints the line after a tab.
typed=(
	'famfsctl mkf' 'famfsctl mkfs '
	'famfsctl ls fam.img:/a' $'famfsctl ls fam.img:/a\\ b:c\\\'d '
	'famfsctl ls fam.img:/a\ b:' $'famfsctl ls fam.img:/a\\ b:c\\\'d '
	'famfsctl ls "fam.img:/a b' "famfsctl ls \"fam.img:/a b:c'd\" "
	"famfsctl ls 'fam.img:/p" "famfsctl ls 'fam.img:/pl\$ain' "
	'famfsctl ls "fam.img:/p' 'famfsctl ls "fam.img:/pl\$ain" '
	'famfsctl ls -l fam.img:/d' 'famfsctl ls -l fam.img:/dir/'
	'famfsctl ls fam.img:/dir/s' 'famfsctl ls fam.img:/dir/sub\ dir/'
	'famfsctl mkfs --si' 'famfsctl mkfs --size='
	'famfsctl mount --fmap=pul' 'famfsctl mount --fmap=pull '
	'famfsctl mount -o ro,fmap=au' 'famfsctl mount -o ro,fmap=auto '
	'mkfs.famfs --loglen 8M --unk' 'mkfs.famfs --loglen 8M --unk'
	'fsck.famfs --pre' 'fsck.famfs --preen '
	'mount.famfs fam.img shi' 'mount.famfs fam.img shims/'
)

# check_typed SHELL MARK: and what two tabs show, with MARK before the meaning.
check_typed()
{
	local i
	local -a input=() expected=()
	shims
	for ((i = 0; i < ${#typed[@]}; i += 2)); do
		input+=("${typed[i]}") expected+=("<<${typed[i + 1]}>>")
	done
	run -0 timeout 120 "$FAMFS_TOP/tests/tools/typein.py" "$1" "$PWD/shims" "${input[@]}" \
		$'famfsctl mk\t' 3>&-
	assert_equal "$(head -n ${#expected[@]} <<<"$output")" "$(printf '%s\n' "${expected[@]}")"
	assert_output --regexp "mkdir +$2Make directories"
	assert_output --regexp "mkfs +$2Create a famfs"
}

@test "bash completes words and keeps the quotes of the typed word" {
	check_typed bash '\('
}

@test "zsh completes words and keeps the quotes of the typed word" {
	command -v zsh >/dev/null || skip "needs zsh"
	check_typed zsh '-- '
}

@test "fish completes the same words as bash and zsh" {
	command -v fish >/dev/null || skip "needs fish"
	run -0 timeout 60 fish --no-config -c ". '$FAMFS_TOP/completion/famfsctl.fish'
		complete -C 'famfsctl mkf'
		complete -C 'famfsctl ls fam.img:/a\\ b'
		complete -C 'famfsctl ls \"fam.img:/a b'
		complete -C 'famfsctl ls fam.img:/dir/'
		complete -C 'famfsctl mount -o ro,fmap=pul'
		complete -C 'fsck.famfs --pre'
		complete -C 'famfsctl help take'" 3>&-
	assert_output - <<-END
		mkfs	Create a famfs file system on a device or image file
		fam.img:/a b:c'd
		fam.img:/a b:c'd
		fam.img:/dir/sub dir/
		fam.img:/dir/x=y
		ro,fmap=pull	kernels that ask for maps
		--preen	the same as -a
		takeover	Make this host the master if the old master is gone for good
	END
}

@test "completion offers the commands and options of --help, with their meanings" {
	run -0 candidates famfsctl ''
	assert_output "$(famfsctl --list-commands; echo help)"
	run -0 complete famfsctl --color never takeo
	assert_output "takeover	$(famfsctl takeover --help | sed -n '3s/\.$//p')"
	for command in $(famfsctl --list-commands); do
		run -0 candidates famfsctl "$command" --
		assert_output "$(famfsctl "$command" --help |
			sed -nE 's/^  (-.,|   ) (--[a-z0-9-]+)(=?)[^ ]*.*/\2\3/p; s/(--[a-z]+)\[=.*/\1/p')"
	done
	# The values of options, in every position.
	run -0 candidates famfsctl --color ''
	assert_output $'auto\nalways\nnever'
	run -0 candidates famfsctl mount --fmap=p
	assert_output $'--fmap=pull\n--fmap=push'
	run -0 candidates famfsctl mount -oro,no
	assert_line "-oro,nosuid"
	run -0 candidates famfsctl mount -o ro,nosuid,
	refute_line "ro,nosuid,ro"
	assert_line "ro,nosuid,fmap="
	run -0 candidates famfsctl creat --uid roo
	assert_output "root"
	# After "--" there are only arguments, and a number is never completed.
	run -0 candidates famfsctl ls -- --
	assert_output ""
	run -0 candidates famfsctl creat -s ''
	assert_output ""
	run -0 candidates famfsctl nonsense ''
	assert_output ""
}

@test "completion lists files without opening them, and the names on a device when it is named" {
	mkdir folder .hidden
	ln -s folder link
	run -0 candidates famfsctl mkfs ''
	assert_line fam.img
	assert_line folder/
	assert_line link/
	refute_line --partial hidden
	run -0 candidates famfsctl mkfs .hi
	assert_output ".hidden/"
	run -0 candidates famfsctl mount fam.img ''
	refute_line fam.img
	assert_line folder/
	run -0 candidates famfsctl ls fam.img
	assert_output $'fam.img:/\nfam.img'
	# shellcheck disable=SC2088
	run -0 candidates famfsctl mkfs '~/fo'
	# shellcheck disable=SC2088
	assert_output "~/folder/"
	# A name of two lines is not offered to a shell.
	touch $'folder/a\nb' folder/ok
	run -0 candidates famfsctl mkfs folder/
	assert_output folder/ok
}

@test "completion loads and opens only what an answer needs" {
	command -v strace >/dev/null || skip "needs strace"
	export ASAN_OPTIONS=${ASAN_OPTIONS:-}:detect_leaks=0
	run -0 strace -f -qq -e trace=openat,open -o trace "$FAMFSCTL" __complete -- famfsctl ls fam.i
	assert_output "fam.img"
	run -1 grep -E 'libdaxctl|libcrypto|fam\.img|"/dev/(dax|fuse)' trace
	run -0 strace -f -qq -e trace=openat,open -o trace "$FAMFSCTL" __complete -- famfsctl ls fam.img:/p
	assert_output "fam.img:/pl\$ain"
	grep -q 'fam\.img' trace
}

@test "completion shows DAX devices with size and mode, from sysfs alone" {
	needs_root
	mkdir -p bus/dax/devices/dax0.0 bus/dax/devices/dax0.10 bus/dax/devices/dax0.9 bus/dax/drivers/kmem \
		bus/dax/drivers/device_dax
	for dev in 0:device_dax 9:device_dax 10:kmem; do
		dir=bus/dax/devices/dax0.${dev%:*}
		ln -s /sys/bus/dax "$dir/subsystem"
		ln -s "/sys/bus/dax/drivers/${dev#*:}" "$dir/driver"
		echo $((4 * GiB)) >"$dir/size"
	done
	export ASAN_OPTIONS=${ASAN_OPTIONS:-}:detect_leaks=0
	# shellcheck disable=SC2016
	run -0 unshare -m bash -c 'mount --make-rprivate / && mount --bind bus /sys/bus && "$1" __complete -- \
		famfsctl mkfs /dev/dax' - "$FAMFSCTL"
	assert_output --regexp $'^/dev/dax0\\.0\t4 GiB[^\n]*, devdax\n/dev/dax0\\.9\t4 GiB[^\n]*, devdax\n/dev/dax0\\.10\t4 GiB[^\n]*, system-ram$'
}

@test "completion offers mounts, and does not hang on one whose server is stopped" {
	mount_image
	run -0 complete famfsctl umount ''
	assert_line --partial "$mnt	$img, "
	kill -STOP "$(servers)"
	export FAMFS_TIMEOUT=5
	run candidates famfsctl umount ''
	stopped_umount=$status:$output
	run candidates famfsctl ls "$mnt/d"
	stopped_ls=$status:$output
	run candidates famfsctl ls "$mnt/dir/"
	stopped_deep=$status:$output
	run candidates famfsctl mkfs "$BATS_TEST_TMPDIR/m"
	stopped_parent=$status:$output
	ln -s "$mnt" link
	run candidates famfsctl mkfs "$BATS_TEST_TMPDIR/l"
	stopped_link=$status:$output
	run user_famfsctl __complete -- famfsctl ls "$mnt/d"
	stopped_user=$status:$output
	kill -CONT "$(servers)"
	[[ $stopped_umount == 0:*"$mnt"* ]]
	assert_equal "$stopped_ls" "0:$mnt/dir/"
	assert_equal "$stopped_deep" "0:$mnt/dir/sub dir/"$'\n'"$mnt/dir/x=y"
	assert_equal "$stopped_parent" "0:$BATS_TEST_TMPDIR/mnt/"
	assert_equal "$stopped_link" "0:$BATS_TEST_TMPDIR/link/"
	[[ $stopped_user == 0:* ]]
}

user_sees_dir()
{
	[[ $(user_famfsctl __complete -- famfsctl ls "$mnt/d") == "$mnt/dir/" ]]
}

@test "completion uses the mount for a user who may not read the device" {
	chmod 600 "$img"
	mount_image
	# A mount has little time to show that it answers; a busy machine gets another try.
	wait_for 20 user_sees_dir
	kill -STOP "$(servers)"
	run user_famfsctl __complete -- famfsctl ls "$mnt/d"
	kill -CONT "$(servers)"
	assert_success
	assert_output ""
}
