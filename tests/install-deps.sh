#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# Installs the Debian 12 packages that are missing: "build" those that build famfsctl, "test" (the
# default) those that test it, too. Does nothing, and needs no root, when all are there.
set -euo pipefail

packages=(
	gcc libc6-dev pkg-config meson ninja-build fuse3 libfuse3-dev uuid-dev libdeflate-dev
	libblkid-dev libdaxctl-dev libpopt-dev libjson-c-dev scdoc
)
case ${1:-test} in
build) ;;
test)
	packages+=(
		bats bats-assert bats-support bats-file binutils-aarch64-linux-gnu clang clang-format codespell e2fsprogs fish
		diffutils g++ gcc-aarch64-linux-gnu jq libc6-dev-arm64-cross libclang-rt-14-dev libcmocka-dev
		llvm mandoc procps python3-jsonschema rsync shellcheck strace tar util-linux xfsprogs xz-utils zsh
		# for tests/memcheck; valgrind needs the symbols of libc
		libc6-dbg valgrind
		# reads the pictures of famfsctl map
		libxml2-utils
		# for tests/vm
		busybox-static cpio daxctl kmod ndctl qemu-system-x86 systemd udev zstd
	)
	;;
*)
	echo "usage: install-deps.sh [build|test]" >&2
	exit 2
	;;
esac

# fusermount3 -u reads /etc/mtab. systemd makes this link at boot; a chroot has never booted.
if [[ ! -e /etc/mtab && $EUID -eq 0 ]]; then
	ln -sf ../proc/self/mounts /etc/mtab
fi

missing=()
for package in "${packages[@]}"; do
	status=$(dpkg-query -W -f '${db:Status-Status}' "$package" 2>/dev/null) || status=
	[[ $status == installed ]] || missing+=("$package")
done
[[ ${#missing[@]} -gt 0 ]] || exit 0

echo "installing: ${missing[*]}"
if [[ $EUID -ne 0 ]]; then
	echo "install-deps.sh: needs root to install packages" >&2
	exit 1
fi
export DEBIAN_FRONTEND=noninteractive
log=$(mktemp)
trap 'rm -f "$log"' EXIT
if ! { apt-get -q update && apt-get -q -y --no-install-recommends install "${missing[@]}"; } \
	>"$log" 2>&1 </dev/null; then
	tail -n 30 "$log" >&2
	echo "install-deps.sh: apt-get failed" >&2
	exit 1
fi
