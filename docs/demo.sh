#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# Shows the features of famfsctl on real files: builds it, formats an image, fills it, mounts it,
# reads it with ordinary tools, shows the maps, checks, unmounts. Run it as root; a bare Debian 12
# is enough. Leaves only the build in build-demo/. Fails if a result is wrong.
set -euo pipefail

top=$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd)
export LC_ALL=C.UTF-8 HOME=${HOME:-/root}
export PATH=$PATH:/usr/local/sbin:/usr/sbin:/sbin

say()
{
	printf '\n# %s\n' "$*"
}

# Shows a command, then runs it.
run()
{
	printf '$ %s\n' "$*"
	"$@"
}

fail()
{
	echo "demo: $*" >&2
	exit 1
}

build()
{
	local dir=$top/build-demo log
	log=$(mktemp)
	bash "$top/tests/install-deps.sh" build
	if [[ ! -f $dir/build.ninja ]]; then
		meson setup "$dir" "$top" -Dbuildtype=release -Dtests=false >"$log" 2>&1 ||
			{ cat "$log" && fail "meson setup failed"; }
	fi
	ninja -C "$dir" >"$log" 2>&1 || { cat "$log" && fail "the build failed"; }
	rm -f "$log"
	export PATH=$dir/cli:$PATH
}

cleanup()
{
	cd /
	for dir in famfs other; do
		if mountpoint -q "$work/$dir"; then
			famfsctl umount "$work/$dir" || umount -l "$work/$dir"
		fi
	done
	rm -rf "$work"
}

[[ $EUID -eq 0 ]] || fail "needs root, to mount"
[[ -c /dev/fuse ]] || fail "needs /dev/fuse; modprobe fuse loads it"
build
# The demo gives a system UUID to a machine without one.
if [[ ! -s /etc/machine-id && ! -s /etc/famfs/system_uuid && ! -s /opt/famfs/system_uuid ]]; then
	FAMFS_SYSTEM_UUID=$(cat /proc/sys/kernel/random/uuid)
	export FAMFS_SYSTEM_UUID
fi
work=$(mktemp -d /tmp/famfs-demo.XXXXXX)
trap cleanup EXIT
cd "$work"
mkdir famfs other

say "Format: a regular file of 16 GiB stands in for the memory. It is sparse."
run famfsctl mkfs --size 16G fam.img

say "Without a mount, and without root: a directory, and C headers of this system in it."
run famfsctl mkdir fam.img:/data
# famfs cannot store empty files, symbolic links and paths over 78 bytes: copy without them.
mkdir include
cp -r /usr/include/*.h /usr/include/linux include
find include \( -type l -o -empty -o -regex '.\{73,\}' \) -delete
run famfsctl cp -r -j 2 include fam.img:/data
run famfsctl info fam.img

say "Mount it. From here on the same commands work on mounted paths."
run famfsctl mount fam.img famfs
run diff -r include famfs/data/include
run famfsctl creat -s 37M -S 42 -N 3 -B 4 -C 4M famfs/striped
run famfsctl verify -S 42 famfs/striped

say "Ordinary tools read it."
run df -h famfs
run ls -l famfs famfs/data
run sh -c 'ls -lR famfs | tail -n 3'
run grep -c define famfs/data/include/stdio.h
run sha256sum include/stdio.h famfs/data/include/stdio.h
run cmp include/stdio.h famfs/data/include/stdio.h
# Compares the bytes from mmap(2) with those from read(2).
run famfsctl chkread famfs/data/include/stdio.h famfs/striped

say "The extents of a striped file: three strips, in chunks of 4 MiB."
run famfsctl dump-fmap famfs/striped
run famfsctl dump-fmap --json famfs/striped

say "A second host sees new files of the master at its next lookup, and cannot add files itself."
other=$(cat /proc/sys/kernel/random/uuid)
run env FAMFS_SYSTEM_UUID="$other" famfsctl mount fam.img other
run famfsctl creat -s 1M -S 7 famfs/new
run env FAMFS_SYSTEM_UUID="$other" famfsctl verify -S 7 other/new
if run env FAMFS_SYSTEM_UUID="$other" famfsctl creat -s 1M other/mine; then
	fail "a client could add a file"
fi

say "An existing file can be written in place; its size is fixed."
printf 'written in place' | run dd of=famfs/new conv=notrunc status=none
run head -c 16 famfs/new
echo
[[ $(head -c 16 other/new) == 'written in place' ]] || fail "the other host does not see the write"
if run truncate -s 0 famfs/new; then
	fail "a file could be truncated"
fi

say "Check, mounted and unmounted."
run famfsctl fsck famfs
run env FAMFS_SYSTEM_UUID="$other" famfsctl umount other
run famfsctl umount famfs
run famfsctl fsck fam.img

say "Done."
