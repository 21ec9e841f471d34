#!/usr/bin/env bats
# SPDX-License-Identifier: Apache-2.0
# How tests/vm/run.sh judges machines, with a program in place of the emulator, and how tests/run.sh
# counts the output of such a run.

load helper

suite_setup()
{
	kernels=$BATS_TEST_TMPDIR/kernels
	mkdir -p "$kernels/6.1" "$BATS_TEST_TMPDIR/bin"
	echo "$BATS_TEST_TMPDIR" >"$kernels/6.1/modules"
	echo namespace >"$kernels/header-6G"
	export PATH=$BATS_TEST_TMPDIR/bin:$PATH TMPDIR=$BATS_TEST_TMPDIR FAMFS_VM_KERNELS=$kernels
}

# program NAME: a script on standard input, which is found first in $PATH.
program()
{
	{
		echo '#!/bin/bash'
		cat
	} >"$BATS_TEST_TMPDIR/bin/$1"
	chmod +x "$BATS_TEST_TMPDIR/bin/$1"
}

# machine: the script of the machine, on standard input; $job is the folder that it shares with the
# host.
machine()
{
	{
		cat <<'END'
job=$(sed -nE 's/.*path=([^,]*),mount_tag=job.*/\1/p' <<<"$*")
share=$(sed -nE 's/.*path=([^,]*),mount_tag=share.*/\1/p' <<<"$*")
END
		cat
	} | program qemu-system-x86_64
}

lanes()
{
	timeout -k 5 120 bash "$FAMFS_TOP/tests/vm/run.sh" "$@" 3>&-
}

@test "a lane shows the results of its machine, and that it reached its end" {
	machine <<'END'
printf '1..2\nok 1 - one\n# said\nok 2 two # skip why\n' >"$job/output"
echo 0 >"$job/status"
END
	run -0 lanes devdax
	assert_line "ok 1 - devdax: one"
	assert_line "# said"
	assert_line "ok 2 - devdax: two # skip why"
	assert_line "ok 3 - devdax: the machine reached its end"
	assert_line "1..3"
}

@test "a lane whose machine never started reports that, with the emulator's output" {
	machine <<'END'
echo "no such accelerator" >&2
exit 1
END
	run -1 lanes devdax system
	assert_line "not ok 1 - devdax: never came up"
	assert_line "no such accelerator"
	assert_line "not ok 2 - system: never came up"
	assert_line "1..2"
}

@test "a lane that hangs is ended, and reports for how long it was silent" {
	machine <<'END'
[[ $job != */system ]] || echo "ok 1 - one" >"$job/output"
echo $$ >"$TMPDIR/pid.${job##*/}"
exec sleep 300
END
	FAMFS_VM_SILENCE=2 run -1 lanes devdax system
	assert_line "not ok 1 - devdax: never came up: no sign of life for 2 s"
	assert_line "ok 2 - system: one"
	assert_line "not ok 3 - system: ended before its commands did: no sign of life for 2 s"
	assert_line "1..3"
	for lane in devdax system; do
		assert_file_not_empty "$BATS_TEST_TMPDIR/pid.$lane"
		run kill -0 "$(<"$BATS_TEST_TMPDIR/pid.$lane")"
		assert_failure
	done
}

@test "a slow machine does not count as hanging" {
	machine <<'END'
for i in 1 2 3 4 5; do
	sleep 1.5
	echo "ok $i - $i" >>"$job/output"
done
echo 0 >"$job/status"
END
	FAMFS_VM_SILENCE=4 run -0 lanes devdax
	assert_line "ok 6 - devdax: the machine reached its end"
}

@test "a machine that ends early, or with a bad status, is a failure" {
	machine <<'END'
echo "ok 1 - one" >"$job/output"
END
	run -1 lanes devdax
	assert_line "ok 1 - devdax: one"
	assert_line "not ok 2 - devdax: ended before its commands did"
	machine <<'END'
echo "ok 1 - one" >"$job/output"
echo 3 >"$job/status"
END
	run -1 lanes devdax
	assert_line "not ok 2 - devdax: the machine reached its end, status 3"
}

@test "without a kernel, or a device, each lane reports why it never started" {
	rm -r "$kernels"
	for name in apt-get apt-cache; do
		program $name <<<'echo "no network" >&2; exit 100'
	done
	run -1 lanes devdax hosts
	assert_line "not ok 1 - devdax: never came up: there is no Linux 6.1 to boot"
	assert_line "not ok 2 - hosts: never came up: there is no Linux 6.1 to boot"
	assert_line "1..2"
	suite_setup
	rm "$kernels/header-6G"
	machine <<<'exit 1'
	run -1 lanes devdax
	assert_line "not ok 1 - devdax: never came up: no machine could make the device (never came up)"
	run -1 lanes famfsmode
	suite_setup
	run -1 lanes famfsmode
	assert_line "not ok 1 - famfsmode: never came up: there is no Linux 7.3 to boot"
}

@test "of two machines, the client is ended if the master is missing" {
	machine <<'END'
[[ $job == */client ]] && exec sleep 300
echo "not ok 1 - the master formats" >"$job/output"
echo 1 >"$job/status"
END
	run -1 lanes hosts
	assert_line "not ok 1 - master: the master formats"
	assert_line "not ok 2 - master: the machine reached its end, status 1"
	assert_line "not ok 3 - client: was given up, since the master was not there until its power is cut"
	assert_line "1..3"
}

# counted TEXT [REASON]: the result of tests/run.sh for a run that printed this.
counted()
{
	printf '%s' "$1" >"$BATS_TEST_TMPDIR/vm.tap"
	bash -euo pipefail -c '. "$1/tests/tools/results.bash"
		count_suite vm "$2" "$3"
		echo "$passed passed, $failed failed, $skipped skipped"' - "$FAMFS_TOP" "$BATS_TEST_TMPDIR/vm.tap" "${2:-}"
}

@test "a run counts as ended early only if it has begun" {
	run -0 counted ''
	assert_line "not ok - vm, vm: never came up: there is no plan, and no test was seen"
	assert_line "0 passed, 1 failed, 0 skipped"
	run -0 counted $'qemu: not found\n' "they were stopped after 45 minutes"
	assert_line "qemu: not found"
	assert_line --partial "never came up: there is no plan, and no test was seen; they were stopped after 45 minutes"
	run -0 counted $'ok 1 - a\nok 2 - b # skip c\n'
	assert_line "not ok - vm, vm: ended early: there is no plan, 2 tests were seen"
	run -0 counted $'1..3\nok 1 - a\nnot ok 2 - b\n'
	assert_line "not ok - vm, vm: ended early, 2 of 3 tests were seen"
	assert_line "1 passed, 2 failed, 0 skipped"
	run -0 counted $'ok 1 - a\n1..1\n'
	assert_output "1 passed, 0 failed, 0 skipped"
}
