#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# Tests that need a real DAX device, in virtual machines with one. As root, on Debian 12.
#
#   tests/vm/run.sh [LANE...]
#
# Lanes: devdax (Linux 6.1, the bats suites on /dev/dax0.0), system (udev, mount(8) and the examples of
# the pages, on the device), famfsmode (7.3, which has fsdev_dax), hosts (two machines on one memory),
# page (the commands of docs/VM.md). Prints TAP. $FAMFS_BUILD is the build to test; kernels are kept in
# build-vm/, or $FAMFS_VM_KERNELS.
#
# No lane has a time limit: a machine is ended if it shows no sign of life for a quarter
# of an hour ($FAMFS_VM_SILENCE, seconds), so that a slow host causes no failure.
#
#   tests/vm/run.sh --shell COMMANDS [COMMANDS]
#
# runs commands in a machine with Linux 6.1, or in two that share the device: see docs/VM.md.
set -euo pipefail

here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
top=$(cd "$here/../.." && pwd)
build=${FAMFS_BUILD:-$top/build-gcc}
vm_kernels=${FAMFS_VM_KERNELS:-$top/build-vm}
silence=${FAMFS_VM_SILENCE:-900}
vm_work=$(mktemp -d "${TMPDIR:-/tmp}/famfs-vm.XXXXXX")
# shellcheck source=machine.bash
. "$here/machine.bash"
trap 'vm_clean; rm -rf "$vm_work"' EXIT
trap 'exit 130' INT TERM

memory_dir()
{
	local free
	free=$(df --output=avail -k /dev/shm 2>/dev/null | tail -n 1) || free=0
	# The memory is sparse, but the tests write to much of it.
	((free > 4 << 20)) && echo /dev/shm || echo "$vm_work"
}

number=0 failures=0

# result ok|not TITLE: prints a line of TAP.
result()
{
	number=$((number + 1))
	if [[ $1 == ok ]]; then
		echo "ok $number - $2"
	else
		failures=$((failures + 1))
		echo "not ok $number - $2"
	fi
}

# Prints the TAP lines of a machine, renumbered; other lines become comments of the previous test. A
# machine that never started has none.
results_of()
{
	local machine=$1 line
	[[ -e $vm_work/$machine/output ]] || return 0
	while IFS= read -r line; do
		case $line in
		"ok "*"# skip"*)
			number=$((number + 1))
			echo "ok $number - $machine: $(sed -E 's/^ok [0-9]+ (- )?//' <<<"$line")"
			;;
		"ok "*) result ok "$machine: $(sed -E 's/^ok [0-9]+ (- )?//' <<<"$line")" ;;
		"not ok "*) result not "$machine: $(sed -E 's/^not ok [0-9]+ (- )?//' <<<"$line")" ;;
		1..*) ;;
		*) echo "# ${line#\# }" ;;
		esac
	done <"$vm_work/$machine/output"
}

# finish NAME: prints the results of the machine, and whether it reached its end.
finish()
{
	local status=0
	vm_finish "$1" || status=$?
	results_of "$1"
	case $status in
	0) result ok "$1: the machine reached its end" ;;
	125) result not "$1: $(vm_why "$1")" ;;
	*) result not "$1: the machine reached its end, status $status" ;;
	esac
}

# boot NAME VERSION SCRIPT: starts a machine that runs a script of this folder.
boot()
{
	vm_boot "$1" "$2" "$silence" \
		"export FAMFS_BUILD=$build FAMFS_PATIENCE=5 patience_seconds=$((silence * 9 / 10)); cd $top; . tests/vm/$3"
}

lane_devdax()
{
	boot devdax 6.1 devdax.bash
	finish devdax
}

lane_system()
{
	boot system 6.1 system.bash
	finish system
}

lane_famfsmode()
{
	if vm_kernel 7.3; then
		boot famfsmode 7.3 famfsmode.bash
		finish famfsmode
	else
		result not "famfsmode: never came up: there is no Linux 7.3 to boot"
	fi
}

# The scripts of the two machines run side by side, synchronised through /vmshare. The master's
# script requests its power cut.
lane_hosts()
{
	rm -rf "$vm_work/share"
	boot master 6.1 hosts-master.bash
	boot client 6.1 hosts-client.bash
	while [[ ! -e $vm_work/share/cut-the-power ]] && kill -0 "${vm_pids[master]}" 2>/dev/null; do
		sleep 0.1
	done
	if [[ ! -e $vm_work/share/cut-the-power ]]; then
		finish master
		vm_kill client
		results_of client
		result not "client: was given up, since the master was not there until its power is cut"
		return
	fi
	vm_kill master
	results_of master
	touch "$vm_work/share/power-was-cut"
	boot master 6.1 hosts-again.bash
	finish master
	finish client
}

# Prints the commands of a block of docs/VM.md, found by the word after its language.
block()
{
	awk -v fence='```sh '"$1" '$0 == fence { on = 1; next } /^```/ { on = 0 } on' "$top/docs/VM.md"
}

# shell COMMANDS [COMMANDS]: runs them in one machine or two; output: $vm_work/{one,two}/output.
shell()
{
	local -a names=(one two)
	local i status=0
	vm_kernel 6.1
	vm_new_device "$vm_device"
	for ((i = 0; i < $#; i++)); do
		vm_boot "${names[i]}" 6.1 3600 "export PATH=$build/cli:\$PATH; cd $top; set -e; ${*:i + 1:1}"
	done
	for ((i = 0; i < $#; i++)); do
		vm_finish "${names[i]}" || status=$?
	done
	return "$status"
}

# page_runs TITLE COMMANDS...: runs the commands of the page; prints one result, and the output if
# they failed.
page_runs()
{
	local title=$1 said
	shift
	if said=$("$here/run.sh" --shell "$@" 2>&1); then
		result ok "page: $title"
	else
		result not "page: $title"
		# shellcheck disable=SC2001 # of every line
		sed 's/^/# /' <<<"$said"
	fi
}

lane_page()
{
	page_runs "the commands for one machine" "$(block one)"
	page_runs "the commands for two machines" "$(block master)" "$(block client)"
}

vm_device=$(memory_dir)/famfs-vm.$$
if [[ ${1:-} == --shell ]]; then
	shift
	status=0
	shell "$@" || status=$?
	for name in one two; do
		[[ ! -e $vm_work/$name/output ]] || cat "$vm_work/$name/output"
	done
	exit "$status"
fi
[[ $# -gt 0 ]] || set -- devdax system famfsmode hosts page
obstacle=
if ! vm_kernel 6.1; then
	obstacle="there is no Linux 6.1 to boot"
elif ! vm_new_device "$vm_device"; then
	obstacle="no machine could make the device ($(vm_why format))"
fi
for lane; do
	SECONDS=0
	if [[ -n $obstacle ]]; then
		result not "$lane: never came up: $obstacle"
	else
		"lane_$lane"
	fi
	echo "# $lane: $SECONDS s"
done
echo "1..$number"
[[ $failures == 0 ]]
