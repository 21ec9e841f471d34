#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# Fetches a kernel of Debian and makes it ready to boot: nothing is installed.
#
#   tests/vm/kernel.sh 6.1|7.3 DIR
#
# 6.1 is Debian 12's; 7.3 comes from trixie-backports, through package lists of its own. In DIR:
# "vmlinux", uncompressed, which boots many times faster under emulation, "initrd" and "tree".
set -euo pipefail

here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
# shellcheck source=../tools/debian.bash
. "$here/../tools/debian.bash"
version=$1 dir=$2
tree=$dir/tree

# The modules that a guest needs before it has the host's files, in the order of loading.
modules=(virtio_pci 9pnet_virtio 9p overlay nfit nd_pmem dax_pmem device_dax fuse)

# kernel_package APT-OPTION...: prints the name of the image package of the metapackage.
kernel_package()
{
	apt-cache "$@" depends linux-image-amd64 | awk '/Depends: linux-image-[0-9]/ && !n++ { print $2 }'
}

# apt-get writes to the current directory.
fetch_61()
{
	apt-get download -qq -o APT::Sandbox::User=root "$(kernel_package)"
}

fetch_73()
{
	local release
	debian_lists "$dir/apt" trixie-backports
	release=$(kernel_package "${debian_apt[@]}")
	release=${release#linux-image-}
	# From 7.3 on, an image is three packages.
	apt-get "${debian_apt[@]}" download -qq "linux-binary-$release" "linux-modules-$release" "linux-base-$release"
}

# Prints the compressed kernel inside a bzImage: its header has the place (offsets 497, 584, 588).
unpack_kernel()
{
	local image=$1 setup offset length unpack
	setup=$(od -An -tu1 -j497 -N1 "$image")
	offset=$(od -An -tu4 -j584 -N4 "$image")
	length=$(od -An -tu4 -j588 -N4 "$image")
	dd if="$image" of="$dir/payload" bs=1M iflag=skip_bytes,count_bytes status=none \
		skip=$(((setup + 1) * 512 + offset)) count=$((length - 4))
	case $(od -An -tx1 -N4 "$dir/payload" | tr -d ' ') in
	fd377a58) unpack=xz ;;
	28b52ffd) unpack=zstd ;;
	*) echo "kernel.sh: unknown compression of $image" >&2 && return 1 ;;
	esac
	"$unpack" -dc "$dir/payload" >"$dir/vmlinux"
	rm "$dir/payload"
}

# Lists the files of the modules in the order of loading. Ignores the host's modprobe.d, in which
# ndctl hides libnvdimm.
module_files()
{
	local module release=$1
	for module in "${modules[@]}"; do
		modprobe -C "$dir/no-configuration" -d "$tree" -S "$release" -D "$module" 2>/dev/null |
			awk '$1 == "insmod" { print $2 }'
	done | awk '!seen[$0]++'
}

make_initrd()
{
	local root=$dir/initrd.d file name number=100
	mkdir -p "$root"/{bin,dev,proc,sys,modules} "$dir/no-configuration"
	cp /bin/busybox "$root/bin/"
	install -m 0755 "$here/init" "$root/init"
	for file in $(module_files "$1"); do
		name=$root/modules/$((number++))-$(basename "${file%.xz}")
		if [[ $file == *.xz ]]; then
			xz -dc "$file" >"$name"
		else
			cp "$file" "$name"
		fi
	done
	(cd "$root" && find . | cpio -o -H newc --quiet) >"$dir/initrd"
	rm -r "$root"
}

rm -rf "$dir"
mkdir -p "$dir/packages" "$tree"
cd "$dir/packages"
case $version in
6.1) fetch_61 ;;
7.3) fetch_73 ;;
*) echo "usage: kernel.sh 6.1|7.3 DIR" >&2 && exit 2 ;;
esac
for package in *.deb; do
	dpkg -x "$package" "$tree"
done
cd "$dir"
rm -r packages
# Newer packages have /usr/lib only.
[[ -e $tree/lib ]] || ln -s usr/lib "$tree/lib"
release=$(ls "$tree/lib/modules")
depmod -b "$tree" "$release"
images=("$tree"/boot/vmlinuz-* "$tree/lib/modules/$release/vmlinuz")
for image in "${images[@]}"; do
	if [[ -f $image ]]; then
		unpack_kernel "$image"
		break
	fi
done
make_initrd "$release"
# Write this last: it marks the folder as ready.
echo "$tree/lib/modules/$release" >modules
