#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# Builds and tests everything, on a bare Debian 12 too; run it as root. Builds land in build-*/ of
# the checkout, everything else in a folder that is removed at the end: in memory under /dev/shm
# if that has room, since mkfs waits for the disk and the suites make hundreds of images, otherwise
# under $TMPDIR or /tmp. The unit tests and the demo use the disk.
#
#   tests/run.sh [--quick] [--no-vm] [--keep] [STAGE...]
#
# Stages, in this order: build units bats memcheck vm lint fuzz example demo. --no-vm leaves out the
# virtual machines, --quick also clang, the sanitizers, memcheck (tests/memcheck, under valgrind), the
# fuzzers and the demo. --keep keeps the folder.
# Ends with the line "N passed, N failed, N skipped"; exits 1 if any test failed.
set -euo pipefail

top=$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd)
all_stages=(build units bats memcheck vm lint fuzz example demo)
fuzz_seconds=${FAMFS_FUZZ_SECONDS:-20}
quick=0 keep=0 vm=1
stages=()
for arg in "$@"; do
	case $arg in
	--quick) quick=1 vm=0 ;;
	--no-vm) vm=0 ;;
	--keep) keep=1 ;;
	*)
		if [[ " ${all_stages[*]} " != *" $arg "* ]]; then
			echo "usage: tests/run.sh [--quick] [--no-vm] [--keep] [${all_stages[*]}]" >&2
			exit 2
		fi
		stages+=("$arg")
		;;
	esac
done
[[ ${#stages[@]} -gt 0 ]] || stages=("${all_stages[@]}")

export LC_ALL=C.UTF-8 HOME=${HOME:-/root} TERM=${TERM:-dumb}
# Wrappers of programs such as python3 in a user's folders cost more time than the programs.
export PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin:$PATH
umask 022
# Variables of the caller must not change the results.
unset FAMFS_SYSTEM_UUID CC CFLAGS LDFLAGS CPPFLAGS DESTDIR "${!BATS_@}"

# shellcheck source=tools/results.bash
. "$top/tests/tools/results.bash"

heading()
{
	printf '\n== %s (%d s)\n' "$1" "$SECONDS"
}

# quietly LOG COMMAND...: shows the output only when the command fails.
quietly()
{
	local log=$1
	shift
	"$@" >"$log" 2>&1 </dev/null && return 0
	tail -n 100 "$log"
	return 1
}

# side_by_side COMMAND...: runs the command in the background, at most one for each processor and
# $spare more at a time. The caller waits for the last ones.
spare=0
side_by_side()
{
	(($(jobs -rp | wc -l) < $(nproc) + spare)) || wait -n || true
	"$@" &
}

configurations()
{
	[[ $quick == 1 ]] && echo gcc || printf '%s\n' gcc clang sanitize
}

# ---- build ----

build_one()
{
	local name=$1 dir=$top/build-$1
	local -a options=(-Dwerror=true)
	shift
	[[ -f $dir/build.ninja ]] && options+=(--reconfigure)
	quietly "$work/build-$name.log" meson setup "$dir" "$top" "${options[@]}" "$@" &&
		quietly "$work/build-$name.log" ninja -C "$dir"
}

stage_build()
{
	local name
	for name in $(configurations); do
		case $name in
		gcc) set -- -Dbuildtype=release -Dc_args=-O2 ;;
		clang) set -- -Dbuildtype=debugoptimized ;;
		sanitize) set -- -Dbuildtype=debug -Doptimization=1 -Db_sanitize=address,undefined ;;
		esac
		if CC=$([[ $name == clang ]] && echo clang || echo gcc) build_one "$name" "$@"; then
			result ok "build with $name, warnings are errors"
		else
			result not "build with $name, warnings are errors"
		fi
	done
	[[ $quick == 1 ]] || build_elsewhere
}

# Also builds for another processor, and with another libfuse.
build_elsewhere()
{
	local name
	for name in arm64 libfuse317; do
		TMPDIR=$work timeout -k 10 1800 bash "$top/tests/cross/$name.sh" >"$work/$name.tap" 2>&1 </dev/null || true
		count_suite "$name" "$work/$name.tap"
	done
}

# ---- sanitizers ----

# sanitizers_on STAGE: sends the reports to files, so that those of a server in the background are
# found as well. No test expects exit code 99.
sanitizers_on()
{
	local dir=$work/sanitizer-$1
	local common="log_path=$dir/report:exitcode=99"
	mkdir -p "$dir"
	chmod 1777 "$dir"
	export ASAN_OPTIONS="$common:detect_leaks=1:detect_stack_use_after_return=1:strict_string_checks=1"
	export UBSAN_OPTIONS="$common:halt_on_error=1:print_stacktrace=1"
	export LSAN_OPTIONS="exitcode=99"
}

check_sanitizers()
{
	local report reports=("$work/sanitizer-$1"/report.*)
	[[ -e ${reports[0]} ]] || { result ok "no sanitizer report and no leak in $1" && return; }
	for report in "${reports[@]}"; do
		result not "sanitizer report in $1" "$(basename "$report")"
		head -n 60 "$report"
	done
}

# ---- units ----

# Each TAP line counts as one test, and a program without TAP as one.
count_units()
{
	jq -r '
		def tap: [(.stdout // "") | split("\n")[] | select(test("^(not )?ok "))];
		(tap | length) as $n
		| ([tap[] | select(startswith("not ok "))] | length) as $bad
		| ([tap[] | select(test("^ok .*# SKIP"; "i"))] | length) as $skip
		| if .result == "OK" and $n > 0 then [$n - $bad - $skip, $bad, $skip]
		  elif .result == "OK" then [1, 0, 0]
		  elif .result == "SKIP" then [0, 0, 1]
		  else [$n - $bad - $skip, ([$bad, 1] | max), $skip] end
		| @tsv' "$1/meson-logs/testlog.json"
}

stage_units()
{
	local name good bad skip total
	local -a options
	for name in $(configurations); do
		if [[ ! -f $top/build-$name/build.ninja ]]; then
			result not "units, $name" "not built"
			continue
		fi
		if [[ $(meson introspect --tests "$top/build-$name") == "[]" ]]; then
			result skip "units, $name" "needs tests/unit"
			continue
		fi
		[[ $name == sanitize ]] && sanitizers_on units
		# One more than there are processors: some tests wait.
		options=(--timeout-multiplier 4 --num-processes $(($(nproc) + 1)))
		# The simulated kernels run the same server, so skip a third run.
		[[ $name != clang ]] || options+=(--no-suite fusekernel)
		quietly "$work/units-$name.log" meson test -C "$top/build-$name" --no-rebuild \
			--print-errorlogs "${options[@]}" || true
		total="0 passed"
		while read -r good bad skip; do
			passed=$((passed + good)) failed=$((failed + bad)) skipped=$((skipped + skip))
			total="$((${total%% *} + good)) passed"
		done < <(count_units "$top/build-$name")
		echo "units, $name: $total"
	done
	[[ $quick == 1 ]] || check_sanitizers units
}

# ---- bats ----

# These suites mostly run other programs, in which a sanitizer finds nothing new.
gcc_suites=(install machines manual)
# Timing matters for mounts, processes and signals, so these run with the fast build and with the
# slow one. The others run with the sanitizers, if those are built.
both_suites=(completion cp cp-interrupted files full hosts hostile-user kernel mount stdout user wait)
# A search for leaks doubles the time of a command. Together these suites run each command of
# --list-commands; the unit tests cover leaks of the library and the server.
leak_suites=(cp creat hosts json mount repair stdout wait)

# is_one_of SUITE NAME...
is_one_of()
{
	[[ " ${*:2} " == *" $(basename "$1" .bats) "* ]]
}

# runs_with CONFIGURATION SUITE
runs_with()
{
	case $1 in
	sanitize) ! is_one_of "$2" "${gcc_suites[@]}" ;;
	*) [[ $quick == 1 ]] || is_one_of "$2" "${gcc_suites[@]}" "${both_suites[@]}" ;;
	esac
}

# run_suite CONFIGURATION FILE
run_suite()
{
	local name=$1 suite=$2 dir
	dir=$work/bats-$name/$(basename "$suite" .bats)
	if [[ $name == sanitize ]]; then
		sanitizers_on bats
		is_one_of "$suite" "${leak_suites[@]}" || ASAN_OPTIONS+=:detect_leaks=0
	fi
	mkdir -p "$dir"
	FAMFS_BUILD=$top/build-$name TMPDIR=$dir timeout -k 10 1200 \
		bats --formatter tap "$suite" >"$dir.tap" 2>&1 </dev/null || true
}

# The suites share no file, so they run in parallel: those with the sanitizers first, large ones
# before small ones. One more than there are processors, since each sometimes waits.
stage_bats()
{
	local name suite tap before spare=1
	local -a suites taps names=()
	[[ -c /dev/fuse ]] || result skip "bats on the mount" "needs /dev/fuse"
	mapfile -t suites < <(ls -S "$top"/tests/bats/*.bats)
	[[ -z ${FAMFS_BATS:-} ]] || read -ra suites <<<"$FAMFS_BATS"
	for name in $(configurations | tac); do
		[[ $name != clang ]] || continue
		if [[ -x $top/build-$name/cli/famfsctl ]]; then
			names+=("$name")
		else
			result not "bats, $name" "not built"
		fi
	done
	for name in "${names[@]}"; do
		for suite in "${suites[@]}"; do
			if runs_with "$name" "$suite"; then
				side_by_side run_suite "$name" "$suite"
			fi
		done
	done
	wait
	for name in "${names[@]}"; do
		before=$passed
		# With $FAMFS_BATS, a build may have no suite.
		mkdir -p "$work/bats-$name"
		mapfile -t taps < <(find "$work/bats-$name" -maxdepth 1 -name '*.tap' | sort)
		for tap in "${taps[@]}"; do
			count_suite "$name" "$tap"
		done
		echo "bats, $name: $((passed - before)) passed in ${#taps[@]} suites"
	done
	[[ $quick == 1 ]] || check_sanitizers bats
}

# ---- memcheck ----

stage_memcheck()
{
	local tap=$work/memcheck.tap
	[[ $quick == 0 ]] || { result skip "memcheck" "--quick" && return; }
	command -v valgrind >/dev/null || { result skip "memcheck" "needs valgrind" && return; }
	FAMFS_BUILD=$top/build-gcc TMPDIR=$work timeout -k 10 1800 bash "$top/tests/memcheck/run.sh" >"$tap" 2>&1 \
		</dev/null || true
	count_suite memcheck "$tap"
	echo "memcheck: $(grep -c '^ok' "$tap") passed"
}

# ---- virtual machines ----

stage_vm()
{
	local tap=$work/vm.tap status=0 minutes=45 why=
	[[ $vm == 1 ]] || { result skip "virtual machines" "--no-vm or --quick" && return; }
	FAMFS_BUILD=$top/build-gcc TMPDIR=$work timeout -k 10 "${minutes}m" bash "$top/tests/vm/run.sh" >"$tap" 2>&1 </dev/null ||
		status=$?
	[[ $status != 124 ]] || why="they were stopped after $minutes minutes"
	count_suite vm "$tap" "$why"
	echo "virtual machines: $(grep -c '^ok' "$tap") passed"
}

# ---- lints ----

run_lint()
{
	local status=0
	FAMFS_BUILD=$top/build-gcc TMPDIR=$work bash "$1" >"$2.log" 2>&1 </dev/null || status=$?
	echo "$status" >"$2.status"
}

stage_lint()
{
	local lint name
	for lint in "$top"/tests/lint/*.sh; do
		side_by_side run_lint "$lint" "$work/lint-$(basename "$lint" .sh)"
	done
	wait
	for lint in "$top"/tests/lint/*.sh; do
		name=$(basename "$lint" .sh)
		case $(<"$work/lint-$name.status") in
		0) result ok "lint $name" ;;
		77) result skip "lint $name" "$(tail -n 1 "$work/lint-$name.log")" ;;
		*)
			result not "lint $name"
			head -n 60 "$work/lint-$name.log"
			;;
		esac
	done
}

# ---- fuzzers ----

# run_fuzzer NAME SECONDS: writes its output and its status to files.
run_fuzzer()
{
	local name=$1 dir=$top/build-fuzz status=0
	mkdir -p "$work/$name" "$work/$name.tmp"
	TMPDIR=$work/$name.tmp "$dir/tests/fuzz/$name" -timeout=60 -rss_limit_mb=2048 -max_total_time="$2" \
		-print_final_stats=1 -artifact_prefix="$dir/crash-$name-" "$work/$name" \
		"$top/tests/fuzz/corpus/${name#fuzz_}" >"$work/$name.log" 2>&1 </dev/null || status=$?
	echo "$status" >"$work/$name.status"
}

build_fuzzers()
{
	local dir=$top/build-fuzz
	local -a options=(-Dfuzz=true "-Db_sanitize=address,undefined" -Db_lundef=false -Dbuildtype=debug
		-Doptimization=1 -Dwerror=true)
	[[ -f $dir/build.ninja ]] && options+=(--reconfigure)
	CC=clang quietly "$work/fuzz.log" meson setup "$dir" "$top" "${options[@]}" &&
		quietly "$work/fuzz.log" ninja -C "$dir" "${@/#/tests/fuzz/}"
}

stage_fuzz()
{
	local source name seconds
	# The request path is exposed to the kernel: its fuzzer runs three times as long, and starts first.
	local -a names=(fuzz_request)
	[[ $quick == 0 ]] || { result skip "fuzzers" "--quick" && return; }
	export ASAN_OPTIONS=detect_leaks=1 UBSAN_OPTIONS=halt_on_error=1:print_stacktrace=1
	unset LSAN_OPTIONS
	for source in "$top"/tests/fuzz/fuzz_*.c; do
		name=$(basename "$source" .c)
		[[ $name == fuzz_request ]] || names+=("$name")
	done
	build_fuzzers "${names[@]}" || { result not "fuzzers" "the build" && return; }
	for name in "${names[@]}"; do
		seconds=$fuzz_seconds
		[[ $name != fuzz_request ]] || seconds=$((3 * fuzz_seconds))
		side_by_side run_fuzzer "$name" "$seconds"
	done
	wait
	for name in "${names[@]}"; do
		if [[ $(<"$work/$name.status") == 0 ]]; then
			result ok "$name, $(sed -n 's/stat::number_of_executed_units: *//p' "$work/$name.log") inputs"
		else
			result not "$name"
			tail -n 100 "$work/$name.log"
		fi
	done
}

# ---- library example and demo ----

# compile_example NAME ROOT LIBDIR
compile_example()
{
	local -a flags
	export PKG_CONFIG_PATH=$3/pkgconfig PKG_CONFIG_SYSROOT_DIR=$2
	read -ra flags < <(pkg-config --cflags --libs libfamfs)
	quietly "$work/example.log" gcc -std=c11 -Wall -Wextra -Werror -o "$work/$1" "$top/docs/$1.c" "${flags[@]}"
}

run_example()
{
	LD_LIBRARY_PATH=$1 quietly "$work/example.log" "$work/example" "$work/example.img" &&
		grep -q 'hello from the library' "$work/example.log"
}

run_example_map()
{
	"$top/build-gcc/cli/famfsctl" cp "$top/README.md" "$work/example.img:/" &&
		LD_LIBRARY_PATH=$1 quietly "$work/example.log" "$work/example-map" "$work/example.img:/README.md" &&
		[[ $(<"$work/example.log") == "$(wc -l <"$top/README.md")" ]]
}

# Builds against the installed library, to test the headers, libfamfs.pc and the exports too.
stage_example()
{
	local root=$work/installed pc libdir name
	if ! DESTDIR=$root quietly "$work/install.log" meson install -C "$top/build-gcc" --no-rebuild; then
		result not "library examples" "meson install"
		return
	fi
	pc=$(find "$root" -name libfamfs.pc -print -quit)
	libdir=$(dirname "$(dirname "${pc:-/none/none}")")
	for name in example example-map; do
		if (
			export FAMFS_SYSTEM_UUID=00000000-0000-4000-8000-000000000001
			compile_example "$name" "$root" "$libdir" && "run_${name/-/_}" "$libdir"
		); then
			result ok "docs/$name.c, built with pkg-config and run"
		else
			result not "docs/$name.c" "see above"
			cat "$work/example.log"
		fi
	done
}

stage_demo()
{
	[[ $quick == 0 ]] || { result skip "demo" "--quick" && return; }
	if [[ ! -c /dev/fuse ]]; then
		result skip "demo" "needs /dev/fuse"
	elif quietly "$work/demo.log" timeout 900 bash "$top/docs/demo.sh"; then
		result ok "docs/demo.sh"
	else
		result not "docs/demo.sh"
	fi
}

# ---- leftovers ----

# processes_of_ours: lists the ids of this run's processes, found by their environment.
processes_of_ours()
{
	local dir
	for dir in /proc/[0-9]*; do
		if grep -qzxF "FAMFS_TESTS_RUN=$work" "$dir/environ" 2>/dev/null; then
			echo "${dir#/proc/}"
		fi
	done
}

check_leftovers()
{
	local left pid
	sleep 0.5
	left=$(awk -v dir="$work/" 'index($5, dir) == 1 { print "mounted: " $5 }' /proc/self/mountinfo)
	for pid in $(processes_of_ours); do
		[[ $(readlink "/proc/$pid/exe") != *famfsctl* ]] ||
			left+=$'\n'"running: $(tr '\0' ' ' <"/proc/$pid/cmdline")"
	done
	if [[ -z $left ]]; then
		result ok "no mount and no server is left"
	else
		result not "no mount and no server is left"
		echo "$left"
	fi
}

# shellcheck disable=SC2317 # called by the trap
cleanup()
{
	local mount pid
	for pid in $(jobs -p) $(processes_of_ours); do
		kill "$pid" 2>/dev/null || true
	done
	awk -v dir="$work/" 'index($5, dir) == 1 { print $5 }' /proc/self/mountinfo |
		while read -r mount; do
			umount -l "$mount" || true
		done
	if [[ $keep == 1 ]]; then
		echo "kept: $work"
	else
		rm -rf "$work"
	fi
}

# ---- run ----

roomy_dir()
{
	local free memory
	free=$(df --output=avail -k /dev/shm 2>/dev/null | tail -n 1) || free=0
	memory=$(awk '$1 == "MemAvailable:" { print $2 }' /proc/meminfo)
	if ((free > 6 << 20 && memory > 8 << 20)); then
		echo /dev/shm
	else
		echo "${TMPDIR:-/tmp}"
	fi
}

bash "$top/tests/install-deps.sh" test
work=$(mktemp -d "$(roomy_dir)/famfs-tests.XXXXXX")
export FAMFS_TESTS_RUN=$work
chmod 755 "$work"
trap cleanup EXIT
for stage in "${stages[@]}"; do
	heading "$stage"
	"stage_$stage"
done
heading "left-overs"
check_leftovers
trap - EXIT
cleanup
printf '\n%d passed, %d failed, %d skipped\n' "$passed" "$failed" "$skipped"
[[ $failed -eq 0 ]]
