# SPDX-License-Identifier: Apache-2.0
# shellcheck shell=bash disable=SC2154 # the caller sets vm_work and vm_kernels
# Virtual machines with a DAX device, under software emulation. The caller has set $vm_work, a folder
# of its own, and $vm_kernels, a folder that is kept; and calls vm_clean when it ends.
#
# Two machines on one device need two processors each and a thread for each: otherwise the emulator
# makes no atomic instructions, and locks between machines fail.

vm_here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
vm_size=6G
declare -A vm_pids=() vm_watchers=()

# vm_kernel VERSION: fetches the kernel unless it exists.
vm_kernel()
{
	[[ -f $vm_kernels/$1/modules ]] || bash "$vm_here/kernel.sh" "$1" "$vm_kernels/$1" >&2
}

# Prints the time of the last sign of life of a machine of this run, in its output or in the shared
# folder: seconds since 1970.
vm_last_sign()
{
	find "$vm_work" -type f ! -name "${vm_device##*/}" -printf '%T@\n' 2>/dev/null | sort -n | sed -n '$s/\..*//p'
}

# vm_watch NAME SECONDS PID: ends a machine that shows no sign of life for this long. A limit for
# the whole run would depend on the speed of the host; this one hardly does.
vm_watch()
{
	local now last
	while kill -0 "$3" 2>/dev/null; do
		now=$(date +%s) last=$(vm_last_sign)
		if ((now - ${last:-0} > $2)); then
			echo "$2" >"$vm_work/$1/silent"
			kill -KILL "$3"
			return
		fi
		sleep 1
	done
}

# vm_boot NAME VERSION SECONDS COMMAND: starts a machine in the background, which may be silent for
# SECONDS. Bash runs the commands; $VM is NAME there, and all machines share /vmshare.
vm_boot()
{
	local name=$1 kernel=$vm_kernels/$2 seconds=$3 job=$vm_work/$1
	rm -rf "$job"
	mkdir -p "$job" "$vm_work/share"
	# Resolve links: the guest opens this path before it has the host's root.
	realpath "$(<"$kernel/modules")" >"$job/modules"
	{
		echo "export VM=$name HOME=/root TMPDIR=/run LC_ALL=C.UTF-8 TERM=dumb"
		echo "export PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"
		printf '%s\n' "$4"
	} >"$job/command"
	qemu-system-x86_64 -machine pc,nvdimm=on -accel tcg,thread=multi \
		-cpu max,la57=off -smp 2 -m 2G,slots=2,maxmem=32G \
		-nodefaults -display none -no-reboot -serial "file:$job/console" \
		-kernel "$kernel/vmlinux" -initrd "$kernel/initrd" \
		-append "console=ttyS0 quiet panic=-1 mitigations=off nokaslr cryptomgr.notests audit=0" \
		-object "memory-backend-file,id=dax,share=on,mem-path=$vm_device,size=$vm_size" \
		-device nvdimm,id=nv,memdev=dax \
		-virtfs local,path=/,mount_tag=root,security_model=none,readonly=on,multidevs=remap \
		-virtfs "local,path=$job,mount_tag=job,security_model=none" \
		-virtfs "local,path=$vm_work/share,mount_tag=share,security_model=none" \
		</dev/null >"$job/qemu.log" 2>&1 3>&- &
	vm_pids[$name]=$!
	vm_watch "$name" "$seconds" "${vm_pids[$name]}" </dev/null >/dev/null 2>&1 3>&- &
	vm_watchers[$name]=$!
}

vm_gone()
{
	wait "${vm_pids[$1]}" 2>/dev/null || true
	kill "${vm_watchers[$1]}" 2>/dev/null || true
	wait "${vm_watchers[$1]}" 2>/dev/null || true
	unset "vm_pids[$1]" "vm_watchers[$1]"
}

# vm_finish NAME: waits for the end of the machine. Its output is in $vm_work/NAME/output. Returns
# its status, or shows the console and returns 125 if it has none; vm_why gives the reason.
vm_finish()
{
	local job=$vm_work/$1
	vm_gone "$1"
	[[ ! -s $job/status ]] || return "$(<"$job/status")"
	tail -n 30 "$job/console" "$job/qemu.log" >&2
	return 125
}

# vm_why NAME: prints why a machine left no status. It has an output if it began its commands.
vm_why()
{
	local job=$vm_work/$1 why="ended before its commands did"
	[[ -e $job/output ]] || why="never came up"
	[[ ! -s $job/silent ]] || why+=": no sign of life for $(<"$job/silent") s"
	echo "$why"
}

# vm_kill NAME: ends the machine like a power cut.
vm_kill()
{
	kill -KILL "${vm_pids[$1]}" 2>/dev/null || true
	vm_gone "$1"
}

# vm_new_device FILE: makes memory with a namespace in devdax mode, which machines find at boot.
# Its labels are in the first 2 MiB, which are kept, since formatting them needs a boot.
vm_new_device()
{
	local header=$vm_kernels/header-$vm_size
	vm_device=$1
	rm -f "$vm_device"
	truncate -s "$vm_size" "$vm_device"
	if [[ -s $header ]]; then
		dd if="$header" of="$vm_device" conv=notrunc status=none
		return
	fi
	vm_boot format 6.1 600 'ndctl create-namespace -f -e namespace0.0 -m devdax -M mem --align 2M'
	vm_finish format || {
		[[ ! -e $vm_work/format/output ]] || cat "$vm_work/format/output" >&2
		return 1
	}
	dd if="$vm_device" of="$header.new" bs=2M count=1 status=none
	mv "$header.new" "$header"
}

vm_clean()
{
	local name
	for name in "${!vm_pids[@]}"; do
		vm_kill "$name"
	done
	rm -f "${vm_device:-}"
}
