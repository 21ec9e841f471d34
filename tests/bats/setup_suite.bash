# SPDX-License-Identifier: Apache-2.0
# shellcheck shell=bash
# Around the whole run: finds the build, and fails when a mount, a server or a lock is left.

# The functions of the assertion libraries in one file. Each test is a shell of its own that reads
# them; the libraries are twenty files that look for each other with as many processes.
_join_libraries()
{
	local -A ours=()
	local name
	while IFS=' ' read -r _ _ name; do
		ours[$name]=1
	done < <(declare -F)
	bats_load_library bats-support
	bats_load_library bats-assert
	bats_load_library bats-file
	while IFS=' ' read -r _ _ name; do
		[[ -n ${ours[$name]:-} ]] || declare -f "$name"
	done < <(declare -F)
}

setup_suite()
{
	set -u
	local top
	top=$(cd "$(dirname "${BASH_SOURCE[0]}")/../.." && pwd)
	export FAMFS_TOP=$top
	export FAMFS_BUILD=${FAMFS_BUILD:-$top/build-gcc}
	export FAMFSCTL=${FAMFSCTL:-$FAMFS_BUILD/cli/famfsctl}
	export OMFEDIT=$FAMFS_BUILD/tests/tools/omfedit MMAPIO=$FAMFS_BUILD/tests/tools/mmapio
	export LC_ALL=C.UTF-8
	umask 022
	if [[ ! -x $FAMFSCTL || ! -x $OMFEDIT ]]; then
		echo "no build in $FAMFS_BUILD: tests/run.sh --quick build makes one" >&2
		return 1
	fi

	# The tests set the identity of the host, so that it never comes from the machine.
	export MASTER=11111111-1111-4111-8111-111111111111
	export OTHER=22222222-2222-4222-8222-222222222222
	export FAMFS_SYSTEM_UUID=$MASTER

	# A copy of the program that other users can reach, whatever the mode of the checkout is.
	export FAMFS_PUBLIC=$BATS_SUITE_TMPDIR/public
	mkdir -p "$FAMFS_PUBLIC/cli" "$FAMFS_PUBLIC/lib"
	cp "$FAMFSCTL" "$FAMFS_PUBLIC/cli/"
	find "$FAMFS_BUILD/lib" -maxdepth 1 -name 'libfamfs.so*' ! -type d \
		-exec cp -P -t "$FAMFS_PUBLIC/lib" {} +
	chmod 755 "$BATS_RUN_TMPDIR" "$BATS_SUITE_TMPDIR"
	cp "$FAMFS_BUILD/tests/tools/hostile" "$FAMFS_PUBLIC/"
	export HOSTILE=$FAMFS_PUBLIC/hostile
	set +u
	(_join_libraries >"$BATS_SUITE_TMPDIR/assertions.bash")
}

# Locks are identified by the device and inode of their file.
_leaked_locks()
{
	local file id
	local -A ours=()
	while IFS= read -r file; do
		ours[$(stat -c '%d:%i' "$file")]=$file
	done < <(find "$BATS_RUN_TMPDIR" -name '*.img' -type f)
	while read -r id; do
		local major minor inode
		IFS=: read -r major minor inode <<<"$id"
		id=$(((16#$major << 8) | 16#$minor)):$inode
		[[ -z ${ours[$id]:-} ]] || echo "lock on ${ours[$id]}"
	done < <(awk '/OFDLCK/ { print $6 }' /proc/locks)
}

teardown_suite()
{
	local left dir file
	local -a files
	left=$(awk -v dir="$BATS_RUN_TMPDIR/" 'index($5, dir) == 1 { print "mount " $5 }' /proc/self/mountinfo)
	mapfile -t files < <(grep -lz "^FAMFS_TEST_ID=$BATS_RUN_TMPDIR/" /proc/[0-9]*/environ 2>/dev/null)
	for file in "${files[@]}"; do
		dir=${file%/environ}
		if [[ $dir/exe -ef $FAMFSCTL || $dir/exe -ef $FAMFS_PUBLIC/cli/famfsctl ]]; then
			left+=$'\n'"process ${dir#/proc/}: $(tr '\0' ' ' <"$dir/cmdline")"
		fi
	done
	left+=$(_leaked_locks)
	if [[ -n $left ]]; then
		echo "left over: $left" >&2
		return 1
	fi
}
