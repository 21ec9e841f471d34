# SPDX-License-Identifier: Apache-2.0
# shellcheck shell=bash disable=SC2034 # variables are for the suites
# Shared by the suites. Each test has an image of its own, $img in $BATS_TEST_TMPDIR, and perhaps
# mounts of it; teardown unmounts them and fails if a server is left.

bats_require_minimum_version 1.5.0
# bats-support, bats-assert and bats-file, see setup_suite.bash.
# shellcheck source=/dev/null
. "$BATS_SUITE_TMPDIR/assertions.bash"

# How many times longer than usual a test may wait: virtual machines are slow.
patience=${FAMFS_PATIENCE:-1}
MiB=$((1 << 20)) GiB=$((1 << 30)) UNIT=$((2 << 20))

setup()
{
	# Marks our processes, whatever their names are.
	export FAMFS_TEST_ID=$BATS_TEST_TMPDIR
	img=$BATS_TEST_TMPDIR/fam.img
	mnt=$BATS_TEST_TMPDIR/mnt
	if declare -F suite_setup >/dev/null; then
		suite_setup
	fi
}

# A hang becomes exit code 124, which no test expects. 3>&-: a server that kept bats's descriptor
# would stall the run.
famfsctl()
{
	timeout -k 5 "${FAMFS_TIMEOUT:-$((60 * patience))}" "$FAMFSCTL" "$@" 3>&-
}

# famfsctl_as UUID ARG...: runs famfsctl as on another host.
famfsctl_as()
{
	FAMFS_SYSTEM_UUID=$1 famfsctl "${@:2}"
}

# Runs a command in the mount namespace that open_fuse has made, if there is one.
here()
{
	if [[ -n ${namespace:-} ]]; then
		nsenter -t "$namespace" -m -- "$@"
	else
		"$@"
	fi
}

# Runs a command as a user without privileges. Descriptor 8 is the lock of open_fuse.
as_user()
{
	(cd / && here timeout -k 5 $((60 * patience)) setpriv --reuid=65534 --regid=65534 --clear-groups -- \
		"$@" 3>&- 8<&-)
}

# Runs a copy of the program that the user can access.
user_famfsctl()
{
	as_user "$FAMFS_PUBLIC/cli/famfsctl" "$@"
}

# new_image [SIZE [MKFS-OPTION...]]: formats $img, or the device of the run.
new_image()
{
	local size=${1:-4G}
	shift || true
	if [[ -n ${FAMFS_TEST_DEVICE:-} ]]; then
		img=$FAMFS_TEST_DEVICE
		famfsctl mkfs -f --force-foreign "$@" "$img" >/dev/null
	else
		famfsctl mkfs --size "$size" "$@" "$img" >/dev/null
	fi
}

needs_image()
{
	[[ -z ${FAMFS_TEST_DEVICE:-} ]] || skip "needs an image file"
}

needs_mount()
{
	[[ -c /dev/fuse ]] || skip "needs /dev/fuse"
	[[ $EUID -eq 0 ]] || skip "needs root to mount"
}

needs_root()
{
	[[ $EUID -eq 0 ]] || skip "needs root"
}

# mount_image [OPTION...]: mounts $img at $mnt.
mount_image()
{
	needs_mount
	mkdir -p "$mnt"
	famfsctl mount "$@" "$img" "$mnt"
}

# mount_as UUID DIR [OPTION...]: mounts $img as another host.
mount_as()
{
	needs_mount
	mkdir -p "$2"
	famfsctl_as "$1" mount "${@:3}" "$img" "$2"
}

is_mounted()
{
	awk -v dir="$1" '$5 == dir { found = 1 } END { exit !found }' /proc/self/mountinfo
}

# Lists the processes of famfsctl that this test started and that still run, mainly servers. One
# grep serves all of them: bats traces every command of a shell loop, which is slow.
servers()
{
	local file dir
	local -a files
	mapfile -t files < <(grep -lzxF "FAMFS_TEST_ID=$BATS_TEST_TMPDIR" /proc/[0-9]*/environ 2>/dev/null)
	for file in "${files[@]}"; do
		dir=${file%/environ}
		if [[ $dir/exe -ef $FAMFSCTL || $dir/exe -ef $FAMFS_PUBLIC/cli/famfsctl ]]; then
			echo "${dir#/proc/}"
		fi
	done
}

# wait_for SECONDS COMMAND...: repeats the command until it succeeds.
wait_for()
{
	local tries=$(($1 * 20 * patience))
	shift
	until "$@"; do
		((tries-- > 0)) || return 1
		sleep 0.05
	done
}

no_server()
{
	[[ -z $(servers) ]]
}

teardown()
{
	local dir left
	if declare -F suite_teardown >/dev/null; then
		suite_teardown
	fi
	cd /
	while read -r dir; do
		famfsctl umount "$dir" || umount -l "$dir" || true
	done < <(awk -v dir="$BATS_TEST_TMPDIR/" 'index($5, dir) == 1 { print $5 }' /proc/self/mountinfo | sort -r)
	if ! wait_for 30 no_server; then
		echo "a server or command is still running:"
		for left in $(servers); do
			tr '\0' ' ' <"/proc/$left/cmdline"
			# Show where the process hangs, if the kernel has that information.
			grep -H . /proc/"$left"/task/*/{wchan,syscall,stack} || true
			kill -9 "$left"
		done
		return 1
	fi
	# The images are sparse, but many: they should not fill a small /tmp.
	rm -f "$BATS_TEST_TMPDIR"/*.img
}

# assert_error CODE MESSAGE: checks the exit code and a part of the message.
assert_error()
{
	assert_failure "$1"
	assert_output --partial "$2"
	refute_output --partial "Sanitizer"
}

# info_number KEY: prints a number of famfsctl info --json, such as free_bytes.
info_number()
{
	famfsctl info --json "$img" | jq -e ".$1"
}

# Succeeds if space is reserved: extents that are being filled are locked.
reserved()
{
	local inode
	inode=$(stat -c %i "$img")
	awk -v id=":$inode" '/OFDLCK/ && $4 == "WRITE" && index($6, id) && $7 >= 10485760 { found = 1 }
		END { exit !found }' /proc/locks
}

# data FILE SIZE [SEED]: writes reproducible contents without zeros.
data()
{
	awk -v n="$2" -v seed="${3:-1}" 'BEGIN {
		srand(seed)
		line = ""
		for (i = 0; i < 997; i++)
			line = line sprintf("%c", 33 + int(rand() * 90))
		for (done = 0; done < n; done += length(line)) {
			line = substr(line, 8) substr(line, 1, 7)
			printf "%s", substr(line, 1, n - done)
		}
	}' >"$1"
}

# bytes FILE OFFSET LENGTH: prints raw bytes of a file or device.
bytes()
{
	"$OMFEDIT" "$1" read "$2" "$3"
}

# Prints the state of the image: its size, superblock, log header and first entries. This is enough
# to notice a change, and fast on a large sparse image.
fingerprint()
{
	stat -c %s "$img"
	bytes "$img" 0 $((3 * MiB)) | md5sum
}

# file_from_medium PATH: prints the contents of a file, read from the medium by the JSON of dump-fmap.
# Chunk c of an interleaved file lies in strip c % n, at c / n chunks from its start.
file_from_medium()
{
	local json size type chunk n
	json=$(famfsctl dump-fmap --json "$img:/$1" | jq '.files[0]')
	size=$(jq .size <<<"$json") type=$(jq -r .type <<<"$json")
	if [[ $type == simple ]]; then
		jq -r '.extents[] | "\(.offset) \(.length)"' <<<"$json" |
			while read -r offset length; do
				bytes "$img" "$offset" "$length"
			done | head -c "$size"
		return
	fi
	chunk=$(jq .chunk_size <<<"$json") n=$(jq .nstrips <<<"$json")
	local -a starts
	mapfile -t starts < <(jq '.extents[].offset' <<<"$json")
	local c
	for ((c = 0; c * chunk < size; c++)); do
		bytes "$img" $((starts[c % n] + (c / n) * chunk)) "$chunk"
	done | head -c "$size"
}
