#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# The libfuse of Debian 13, which has another ABI than Debian 12's: builds against it, and runs the
# simulated kernel and the suites of the mount on it. It comes with the C library that it needs, in
# build-libfuse317/, where it is kept; nothing is installed. Prints TAP.
set -euo pipefail

top=$(cd "$(dirname "${BASH_SOURCE[0]}")/../.." && pwd)
dir=$top/build-libfuse317 build=$top/build-libfuse317/build
libs=$dir/tree/usr/lib/$(gcc -print-multiarch)
work=$(mktemp -d "${TMPDIR:-/tmp}/famfs-libfuse.XXXXXX")
chmod 755 "$work"
trap 'rm -rf "$work"' EXIT
# shellcheck source=../tools/debian.bash
. "$top/tests/tools/debian.bash"

number=0 failures=0

# check TITLE COMMAND...: shows what the command said when it fails.
check()
{
	local title=$1
	shift
	number=$((number + 1))
	if "$@" >"$work/log" 2>&1 </dev/null; then
		echo "ok $number - $title"
		return
	fi
	failures=$((failures + 1))
	echo "not ok $number - $title"
	grep -v '^ok ' "$work/log" | tail -n 60 | sed 's/^/# /'
}

fetch()
{
	rm -rf "$dir"
	mkdir -p "$dir/packages" "$dir/pkgconfig"
	debian_lists "$dir/apt" trixie
	(cd "$dir/packages" && apt-get "${debian_apt[@]}" download -qq libfuse3-4 libfuse3-dev libc6)
	for package in "$dir"/packages/*.deb; do
		dpkg -x "$package" "$dir/tree"
	done
	# Written last: without it, nothing is there.
	sed "s|^prefix=.*|prefix=$dir/tree/usr|" "$libs/pkgconfig/fuse3.pc" >"$dir/pkgconfig/fuse3.pc"
}

build()
{
	local loader again=() reachable=$work/lib
	# Other users run the program too, and may not see the checkout.
	mkdir "$reachable"
	cp -P "$libs"/*.so* "$reachable"
	loader=$(echo "$reachable"/ld-linux-*.so.?)
	[[ ! -f $build/build.ninja ]] || again=(--reconfigure)
	# The program takes loader and C library from where libfuse is, and the rest from the system.
	PKG_CONFIG_PATH=$dir/pkgconfig meson setup "$build" "$top" "${again[@]}" -Dwerror=true -Dbuildtype=debug \
		-Dc_link_args="-Wl,--allow-shlib-undefined,--disable-new-dtags,-rpath,$reachable,--dynamic-linker,$loader" &&
		ninja -C "$build" cli/famfsctl tests/tools/{omfedit,mmapio,hostile} tests/fusekernel/{fusekernel,libfusekernel_preload.so} &&
		ldd "$build/cli/famfsctl" | grep "$reachable/libfuse3.so.4"
}

suites()
{
	FAMFS_BUILD=$build TMPDIR=$work bats --formatter tap "$top"/tests/bats/{kernel,mount,files}.bats 3>&-
}

if [[ ! -s $dir/pkgconfig/fuse3.pc ]] && ! (fetch) >"$work/log" 2>&1; then
	echo "ok 1 - libfuse 3.17 # skip needs packages of Debian trixie, which cannot be fetched: $(tail -n 1 "$work/log")"
	echo "1..1"
	exit 0
fi
version=$(sed -n 's/^Version: //p' "$dir/pkgconfig/fuse3.pc")
check "builds against libfuse $version, warnings are errors" build
if [[ $failures == 0 ]]; then
	check "the simulated kernel, on libfuse $version" env TMPDIR="$work" "$build/tests/fusekernel/fusekernel" \
		"$build/cli/famfsctl" "$build/tests/fusekernel/libfusekernel_preload.so"
	if [[ -c /dev/fuse ]]; then
		check "mounts on this kernel, on libfuse $version" suites
	else
		number=$((number + 1))
		echo "ok $number - mounts on this kernel # skip needs /dev/fuse"
	fi
fi
echo "1..$number"
[[ $failures == 0 ]]
