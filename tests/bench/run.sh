#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# Measures speed and memory beside the targets that the project has set itself; run it as root, on a
# machine that does nothing else. README.md tells what each figure means.
#
#   tests/bench/run.sh [OPTION...] [BENCHMARK...]
#
# Benchmarks, in this order: replay catchup create process stat ls io memory cp
# map fmap invalidate. Without one, all.
#   --verbose     also the median, minimum and maximum of everything that was measured
#   --json FILE   writes the figures to FILE as well
#   --device NODE the DAX device that "map" formats and uses, instead of an image
#   --dir DIR     where the images go, sparse files of up to 1 TiB and 3 GiB in blocks (/dev/shm)
#   --core N      the core that everything runs on (the last one)
#   --build DIR   uses this build, instead of making one in build-bench/
#
# Exits 0 when everything could be measured, whether or not the targets were met.
set -euo pipefail

top=$(cd "$(dirname "${BASH_SOURCE[0]}")/../.." && pwd)
all_benchmarks=(replay catchup create process stat ls io memory cp map fmap invalidate)
KiB=1024 MiB=$((1 << 20)) GiB=$((1 << 30))
files=15000
data_bytes=$((128 * MiB))
copy_bytes=$GiB

usage()
{
	echo "usage: tests/bench/run.sh [--verbose] [--json FILE] [--device NODE] [--dir DIR] [--core N] [--build DIR]" \
		"[${all_benchmarks[*]}]" >&2
	exit 2
}

verbose=0 json='' device='' dir=/dev/shm core='' build=''
benchmarks=()
while [[ $# -gt 0 ]]; do
	case $1 in
	--verbose) verbose=1 ;;
	--json | --device | --dir | --core | --build)
		[[ $# -gt 1 ]] || usage
		printf -v "${1#--}" %s "$2"
		shift
		;;
	*)
		[[ " ${all_benchmarks[*]} " == *" $1 "* ]] || usage
		benchmarks+=("$1")
		;;
	esac
	shift
done
[[ ${#benchmarks[@]} -gt 0 ]] || benchmarks=("${all_benchmarks[@]}")

export LC_ALL=C.UTF-8
export PATH=$PATH:/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin
export FAMFS_SYSTEM_UUID=00000000-0000-4000-8000-000000000001
umask 022

# ---- what is cleaned up ----

servers=()
child=''

# attended COMMAND...: so that a signal ends the command, and not only the wait for it.
attended()
{
	"$@" &
	child=$!
	wait "$child"
	child=''
}

unmount_all()
{
	local mount
	while read -r mount; do
		umount "$mount" 2>/dev/null || umount -l "$mount" || true
	done < <(awk -v dir="$work/" -v type="$1" \
		'index($5, dir) == 1 && $0 ~ type { print $5 }' /proc/self/mountinfo | tac)
}

# stop_servers: unmounts what is served, and waits for who served it.
stop_servers()
{
	local pid
	unmount_all ' - fuse'
	for pid in "${servers[@]}"; do
		timeout 10 tail --pid="$pid" -f /dev/null || kill -9 "$pid" 2>/dev/null || true
		wait "$pid" 2>/dev/null || true
	done
	servers=()
}

# shellcheck disable=SC2317 # called by the trap
cleanup()
{
	local status=$?
	trap - EXIT INT TERM
	if [[ -n $child ]]; then
		kill "$child" 2>/dev/null || true
		wait "$child" 2>/dev/null || true
	fi
	stop_servers
	unmount_all ' - '
	rm -rf --one-file-system "$work"
	exit "$status"
}

# ---- figures ----

declare -A results=() # "MEDIAN MINIMUM MAXIMUM" by key
declare -i total=0 met=0
json_lines=()

# measure PREFIX COMMAND...: keeps the lines "KEY MEDIAN MINIMUM MAXIMUM" that it prints.
measure()
{
	local prefix=$1 key values
	shift
	attended "$@" >"$work/measured"
	while read -r key values; do
		results[$prefix$key]=$values
	done <"$work/measured"
}

# measure_mounts TIMES ARG...: bench-mount, each time with new servers, since where in memory a
# server's buffers happen to lie makes it faster or slower for all its life. Keeps the medians of the
# medians.
measure_mounts()
{
	local times=$1 key values i
	shift
	: >"$work/measured"
	for ((i = 0; i < times; i++)); do
		mount_both
		attended "$bench/bench-mount" "$@" >>"$work/measured"
	done
	sort -k 1,1 -k 2,2g "$work/measured" | awk -v times="$times" '
		{ n = (NR - 1) % times }
		n == 0 || $3 < min { min = $3 }
		n == 0 || $4 > max { max = $4 }
		n == int(times / 2) { median = $2 }
		n == times - 1 { print $1, median, min, max }' >"$work/merged"
	while read -r key values; do
		results[$key]=$values
	done <"$work/merged"
}

# figure LABEL KEY FACTOR UNIT DIGITS OPERATOR TARGET: one line, of the result times FACTOR.
figure()
{
	local label=$1 key=$2 line verdict
	line=$(awk -v label="$label" -v factor="$3" -v unit="$4" -v digits="$5" -v op="$6" -v target="$7" \
		-v verbose="$verbose" '{
			f = "%." digits "f"
			value = $1 * factor
			verdict = (op == ">=" ? value >= target : value <= target) ? "ok" : "MISS"
			printf "%s %-48s %10s %-8s (target %s " f " %s)  %s", verdict, label,
				sprintf(f, value), unit, op, target, unit, verdict
			if (verbose)
				printf "\n%53s %10s %-8s min " f ", max " f, "", "", "", $2 * factor,
					$3 * factor
			printf "\037{\"name\":\"%s\",\"value\":%.6g,\"min\":%.6g,\"max\":%.6g,", label,
				value, $2 * factor, $3 * factor
			printf "\"unit\":\"%s\",\"operator\":\"%s\",\"target\":%.6g,\"met\":%s}\n", unit, op,
				target, verdict == "ok" ? "true" : "false"
		}' <<<"${results[$key]}")
	verdict=${line%% *}
	json_lines+=("${line#*$'\037'}")
	line=${line%$'\037'*}
	printf '%s\n' "${line#* }"
	total+=1
	[[ $verdict != ok ]] || met+=1
}

# detail LABEL KEY FACTOR UNIT DIGITS: what a figure was made from, with --verbose.
detail()
{
	[[ $verbose == 1 ]] || return 0
	awk -v label="$1" -v factor="$3" -v unit="$4" -v digits="$5" '{
		f = "%." digits "f"
		printf "    %-44s %10s %-8s min " f ", max " f "\n", label, sprintf(f, $1 * factor), unit,
			$2 * factor, $3 * factor
	}' <<<"${results[$2]}"
}

# ---- images and mounts ----

# new_image IMAGE [SIZE]: of 64 GiB unless told, with a log of 8 MiB and $files files of 2 MiB that
# were never written.
new_image()
{
	attended "$bench/bench-core" fill "$1" "${2:-$((64 * GiB))}" $((8 * MiB)) "$files" 0
}

# Logs that are full to the last entry. Made once, when they are first needed.
small_log=8 large_log=256 # MiB
full_image()
{
	local image=$work/full-$1-$2.img size=$((64 * GiB))
	[[ $1 != "$large_log" ]] || size=$((1024 * GiB))
	[[ -e $image ]] || attended "$bench/bench-core" fill "$image" "$size" $(($1 * MiB)) 0 "$2"
}

# serve DIR COMMAND...: starts a server in the background; returns when it is mounted at DIR.
serve()
{
	local mount=$1 tries=200
	shift
	mkdir -p "$mount"
	"$@" </dev/null >"$work/server.log" 2>&1 &
	servers+=($!)
	until mountpoint -q "$mount"; do
		if ! kill -0 $! 2>/dev/null || ((tries-- == 0)); then
			cat "$work/server.log" >&2
			echo "run.sh: nothing is mounted at '$mount'" >&2
			exit 1
		fi
		sleep 0.05
	done
	stat -f "$mount" >/dev/null
}

serve_famfs()
{
	serve "$2" "$famfsctl" mount --foreground "$1" "$2"
}

# famfs at $work/famfs, and the smallest program, which serves the same bytes of the same image, at
# $work/minfs.
mount_both()
{
	local image=$work/mounted.img
	stop_servers
	if [[ ! -e $image ]]; then
		new_image "$image"
		"$famfsctl" creat -S 1 -s "$data_bytes" "$image:/data"
	fi
	serve_famfs "$image" "$work/famfs"
	serve "$work/minfs" "$bench/bench-minfs" "$image" "$(data_offset "$image:/data")" "$data_bytes" \
		"$files" "$work/minfs"
	cmp "$work/famfs/data" "$work/minfs/data"
}

# Where a file that is one extent lies on its device.
data_offset()
{
	"$famfsctl" dump-fmap --json "$1" | tr -d ' \n' |
		sed -n 's/.*"extents":\[{"daxdev":0,"offset":\([0-9]*\),"length":[0-9]*}\].*/\1/p' | grep .
}

# ---- benchmarks ----

bench_replay()
{
	local small=$small_log large=$large_log entries
	full_image "$small" 0
	full_image "$small" 120
	full_image "$large" 0
	measure '' "$bench/bench-core" replay 9 "$work/full-$small-0.img" "$work/full-$large-0.img" \
		"$work/full-$small-120.img"
	entries=${results[replay_entries_0]%% *}
	figure "replay $entries entries" replay_wall_0 1e-6 M/s 2 '>=' 6
	detail "on the CPU" replay_cpu_0 1e-6 M/s 2
	detail "of 120 directories in turn" replay_wall_2 1e-6 M/s 2
	figure "replay ${results[replay_entries_1]%% *} entries" replay_wall_1 1e-6 M/s 2 '>=' \
		"$(awk '{ print $1 / 2e6 }' <<<"${results[replay_wall_0]}")"
	detail "on the CPU" replay_cpu_1 1e-6 M/s 2
}

bench_catchup()
{
	full_image "$small_log" 0
	measure '' "$bench/bench-core" catchup 15 "$work/full-$small_log-0.img"
	figure "catching up with nothing new" catchup 1e6 us 3 '<=' 1
}

bench_create()
{
	local image=$work/create.img args=() i
	measure '' "$bench/bench-core" create 9 "$image" $((64 * GiB)) "$files"
	figure "creating $files files, library" create_rate 1e-3 k/s 1 '>=' 100
	figure "creating, last 1000 beside first 1000" create_flat 1 x 2 '<=' 1.2
	for ((i = 0; i < files; i++)); do
		args+=("-Mf$i,2M")
	done
	measure create_cli_ "$bench/bench-spawn" 9 \
		@ rm -f "$image" :: @ "$famfsctl" mkfs --size 64G "$image" :: \
		"$famfsctl" creat --no-zero "${args[@]}" "$image:/"
	results[create_cli_rate]=$(awk -v n="$files" '{ print n / $1, n / $3, n / $2 }' \
		<<<"${results[create_cli_time_0]}")
	figure "creating $files files, famfsctl creat -M" create_cli_rate 1e-3 k/s 1 '>=' 100
	rm -f "$image"
}

process_details()
{
	detail "$1" "${2}time_$3" 1e3 ms 3
	detail "$1, on the CPU" "${2}cpu_$3" 1e3 ms 3
}

bench_process()
{
	local image=$work/process.img
	new_image "$image"
	measure version_ "$bench/bench-spawn" 300 /bin/true :: "$famfsctl" --version
	measure info_ "$bench/bench-spawn" 300 "$famfsctl" --version :: "$famfsctl" info "$image"
	measure creat_ "$bench/bench-spawn" 300 "$famfsctl" --version :: \
		"$famfsctl" creat --no-zero -s 2M "$image:/x{}"
	figure "famfsctl --version over true" version_over_1 1e3 ms 3 '<=' 2
	figure "famfsctl info over --version, $files files" info_over_1 1e3 ms 3 '<=' 2.5
	figure "famfsctl creat over --version, $files files" creat_over_1 1e3 ms 3 '<=' 2.5
	process_details "true" version_ 0
	process_details "famfsctl --version" version_ 1
	process_details "famfsctl info" info_ 1
	process_details "famfsctl creat --no-zero" creat_ 1
	rm -f "$image"
}

bench_stat()
{
	measure_mounts 3 stat 3 "$files" "$work/famfs" "$work/minfs"
	figure "stat of $files files, cold, beside minfs" stat_ratio 1 x 3 '<=' 1.3
	figure "stat, last third beside first third" stat_flat 1 x 3 '<=' 1.2
	detail "each, famfs" stat_each 1e6 us 2
	detail "each, minfs" stat_each_minfs 1e6 us 2
}

bench_ls()
{
	mkdir -p "$work/tmpfs"
	mount -t tmpfs -o size=64m tmpfs "$work/tmpfs"
	(cd "$work/tmpfs" && truncate -s "$data_bytes" data &&
		seq -f f%06.0f 0 $((files - 1)) | xargs truncate -s 2M)
	measure_mounts 3 ls 5 "$work/famfs" "$work/minfs" "$work/tmpfs"
	figure "ls -lR of $files files, cold, beside the slower" ls_ratio 1 x 3 '<=' 2
	detail "famfs" ls_time 1e3 ms 1
	detail "minfs" ls_time_minfs 1e3 ms 1
	detail "tmpfs" ls_time_tmpfs 1e3 ms 1
	umount "$work/tmpfs"
}

bench_io()
{
	local what order size
	measure_mounts 5 io 3 "$work/famfs" "$work/minfs"
	for what in read write; do
		for order in seq random; do
			for size in 4K 128K 1M; do
				figure "$what ${order/seq/in order}, $size, beside minfs" \
					"${what}_${order}_$size" 100 % 1 '>=' 95
				detail "famfs" "${what}_${order}_${size}_rate" 1e-6 MB/s 0
			done
		done
	done
}

# server_bytes IMAGE: what the server of IMAGE has in memory or swap after a walk, in $bytes. Of
# three servers the middle one.
server_bytes()
{
	local seen=()
	stop_servers
	for _ in 1 2 3; do
		serve_famfs "$1" "$work/famfs"
		ls -lR "$work/famfs" >/dev/null
		seen+=("$(awk '/^VmRSS|^VmSwap/ { sum += $2 } END { print sum * 1024 }' \
			"/proc/${servers[-1]}/status")")
		stop_servers
	done
	bytes=$(printf '%s\n' "${seen[@]}" | sort -n | sed -n 2p)
}

# memory_per_file IMAGE FILES: beside an empty file system with a log and a device of the same size.
memory_per_file()
{
	local bytes full empty=$work/empty.img log
	server_bytes "$1"
	full=$bytes
	log=$("$famfsctl" info --json "$1" | tr -d ' \n' | sed -n 's/.*"log_length":\([0-9]*\).*/\1/p')
	rm -f "$empty"
	"$famfsctl" mkfs --size "$(stat -c %s "$1")" --loglen "$log" "$empty" >/dev/null
	server_bytes "$empty"
	results[memory_full]="$full $full $full"
	results[memory_empty]="$bytes $bytes $bytes"
	results[memory_file]=$(awk -v a="$full" -v b="$bytes" -v n="$2" \
		'BEGIN { v = (a - b) / n; print v, v, v }')
	figure "server memory per file, $2 files" memory_file 1 bytes 0 '<=' 256
	detail "with the files" memory_full 1e-6 MB 2
	detail "without" memory_empty 1e-6 MB 2
	rm -f "$empty"
}

bench_memory()
{
	local image=$work/memory.img large=$work/full-$large_log-0.img
	new_image "$image"
	memory_per_file "$image" "$files"
	rm -f "$image"
	full_image "$large_log" 0
	memory_per_file "$large" \
		"$("$famfsctl" info --json "$large" | tr -d ' \n' | sed -n 's/.*"files":\([0-9]*\).*/\1/p')"
}

bench_map()
{
	local image=${device:-$work/map.img} what name
	stop_servers
	if [[ -n $device ]]; then
		"$famfsctl" mkfs -f "$device" >/dev/null
	else
		new_image "$image"
	fi
	"$famfsctl" creat -S 1 -s "$copy_bytes" "$image:/big"
	serve_famfs "$image" "$work/famfs"
	measure '' "$bench/bench-map" 25 "$image:/big" "$image" "$(data_offset "$image:/big")" "$work/famfs/big"
	for what in 64 4K scan; do
		[[ $what == scan ]] && name="scan" || name="random reads of $what"
		figure "$name, famfs_map() beside a plain mapping" "map_$what" 100 % 1 '>=' 95
		detail "plain mapping" "plain_$what" 1e-6 MB/s 0
		detail "through the mount, beside it" "mount_$what" 100 % 1
	done
	stop_servers
	[[ -n $device ]] || rm -f "$image"
}

bench_fmap()
{
	local image=$work/fmap.img
	new_image "$image" $((2048 * GiB))
	"$famfsctl" creat --no-zero -s 1M "$image:/simple"
	# As many chunks as fit into a reply of 16 MiB.
	"$famfsctl" creat --no-zero -s 1365G -N 2 -B 2 -C 2M "$image:/huge"
	measure '' "$bench/bench-fmap" 15 "$image" simple huge
	figure "GET_FMAP of a simple map, the server's own time" fmap_simple 1e6 us 3 '<=' 1
	detail "a push reply of 16 MiB, written" fmap_huge 1e-6 MB/s 0
	detail "the same bytes, copied" fmap_memcpy 1e-6 MB/s 0
	rm -f "$image"
	measure '' "$build/tests/fusekernel/fusekernel" "$famfsctl" \
		"$build/tests/fusekernel/libfusekernel_preload.so" --bench
	figure "GET_FMAP round trip beside a request of nothing" roundtrip_ratio 1 x 3 '<=' 1.05
	detail "GET_FMAP" roundtrip_fmap 1e-3 us 2
	detail "a request of nothing" roundtrip_nothing 1e-3 us 2
}

# With pages of 4 KiB; a famfs kernel maps 2 MiB at once, which is quicker.
bench_invalidate()
{
	measure '' "$bench/bench-invalidate" 21 "$work/lines" $((64 * MiB))
	figure "dropping the lines of 64 MiB, beside reading them" invalidate_ratio 1 x 2 '<=' 1.5
	detail "dropping them, as an open does" invalidate_seconds 1e3 ms 1
	detail "reading them once" invalidate_read 1e3 ms 1
}

# slowest KEY PREFIX: of speeds beside several peers, that beside the fastest peer.
slowest()
{
	results[$1]=$(printf '%s\n' "${results[${2}speed_1]}" "${results[${2}speed_2]}" | sort -g | head -n 1)
}

bench_cp()
{
	local image=$work/cp.img source=$work/source offset rounds=9
	local -a loop mkfs=("$famfsctl" mkfs -f --size $((copy_bytes + 64 * MiB)) "$image")
	"${mkfs[@]}" >/dev/null
	"$famfsctl" creat -S 1 -s "$copy_bytes" "$image:/big"
	offset=$(data_offset "$image:/big")
	head -c "$copy_bytes" /dev/zero | tr '\0' 'x' >"$source"
	loop=("$bench/bench-copy" "$source" "$image" "$offset" "$copy_bytes")

	measure cp_over_ "$bench/bench-spawn" $rounds "$famfsctl" cp --overwrite "$source" "$image:/big" :: \
		"${loop[@]}" $((256 * KiB)) :: "${loop[@]}" "$MiB"
	slowest cp_over cp_over_
	figure "cp of $((copy_bytes / MiB)) MiB over a file, beside a plain loop" cp_over 100 % 1 '>=' 95
	measure cp_new_ "$bench/bench-spawn" $rounds @ "${mkfs[@]}" :: \
		"$famfsctl" cp "$source" "$image:/big" :: "${loop[@]}" $((256 * KiB)) :: "${loop[@]}" "$MiB"
	[[ $(data_offset "$image:/big") == "$offset" ]]
	slowest cp_new cp_new_
	figure "cp of $((copy_bytes / MiB)) MiB as a new file, beside a plain loop" cp_new 100 % 1 '>=' 95
	detail "famfsctl cp --overwrite" cp_over_time_0 1e3 ms 1
	detail "famfsctl cp" cp_new_time_0 1e3 ms 1
	detail "loop of 256 KiB" cp_over_time_1 1e3 ms 1
	detail "loop of 1 MiB" cp_over_time_2 1e3 ms 1

	measure '' "$bench/bench-copymap" $rounds "$source" "$image" big
	figure "copying $((copy_bytes / MiB)) MiB onto mapped memory, beside a loop" mapped_copy 100 % 1 '>=' 95
	detail "loop of pread and non-temporal stores" mapped_loop 1e-6 MB/s 0
	rm -f "$image" "$source"
}

# ---- run ----

[[ $EUID -eq 0 ]] || { echo "run.sh: needs root" >&2 && exit 1; }
if [[ -z $build ]]; then
	build=$top/build-bench
	bash "$top/tests/install-deps.sh" build
	setup=(meson setup "$build" "$top" --buildtype=release -Doptimization=2)
	[[ ! -f $build/build.ninja ]] || setup+=(--reconfigure)
	"${setup[@]}" >/dev/null
	ninja -C "$build" --quiet
fi
famfsctl=$build/cli/famfsctl bench=$build/tests/bench
work=$(mktemp -d "$dir/famfs-bench.XXXXXX")
trap cleanup EXIT
trap 'exit 130' INT TERM
[[ -n $core ]] || core=$(($(taskset -cp $$ | sed 's/.*[^0-9]//') + 0))
taskset -cp "$core" $$ >/dev/null

printf 'famfsctl %s, Linux %s, core %s, images in %s (%s), load %s\n' \
	"$(git -C "$top" describe --always --dirty 2>/dev/null || echo)" "$(uname -r)" "$core" "$dir" \
	"$(stat -f -c %T "$dir")" "$(cut -d' ' -f1 /proc/loadavg)"
for benchmark in "${all_benchmarks[@]}"; do
	[[ " ${benchmarks[*]} " != *" $benchmark "* ]] || "bench_$benchmark"
done
if [[ -n $json ]]; then
	(
		IFS=,
		printf '{"schema":"famfs-bench/1","figures":[%s]}\n' "${json_lines[*]}"
	) >"$json"
fi
printf '%d figures, %d met, %d missed\n' "$total" "$met" $((total - met))
