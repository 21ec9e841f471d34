#!/usr/bin/env bats
# SPDX-License-Identifier: Apache-2.0
# list: the DAX devices of this host. tests/vm tests it with devices in a virtual machine.

load helper

nodes()
{
	find /sys/bus/dax/devices -mindepth 1 -printf '/dev/%f\n' 2>/dev/null | sort
}

@test "list -a names each device of the kernel's dax bus" {
	run -0 famfsctl list --all --json
	assert_equal "$(jq -r .schema <<<"$output")" famfsctl.list/1
	assert_equal "$(jq -r '.devices[].device' <<<"$output" | sort)" "$(nodes)"
}

@test "list reports that there is no device" {
	[[ -z $(nodes) ]] || skip "needs a host without DAX devices"
	run -0 famfsctl list
	assert_output "no DAX device that can be used"
	run -0 famfsctl list -a
	assert_output "no DAX device"
}

@test "only list loads libdaxctl" {
	new_image 64M
	LD_DEBUG=files LD_DEBUG_OUTPUT=$BATS_TEST_TMPDIR/list famfsctl list >/dev/null
	LD_DEBUG=files LD_DEBUG_OUTPUT=$BATS_TEST_TMPDIR/info famfsctl info "$img" >/dev/null
	run -0 grep -l libdaxctl "$BATS_TEST_TMPDIR"/list.*
	run -0 grep -l libfamfs "$BATS_TEST_TMPDIR"/info.*
	run -1 grep -l libdaxctl "$BATS_TEST_TMPDIR"/info.*
}

# bats test_tags=dax
@test "the JSON of list follows its schema, with any devices" {
	run -0 famfsctl list --all --json
	run -0 /usr/bin/python3 "$FAMFS_TOP/tests/tools/schema.py" "$FAMFS_TOP/docs/schema" <<<"$output"
	assert_output list
}

@test "list takes no argument" {
	run -2 --separate-stderr famfsctl list /dev/dax0.0
	assert_regex "$stderr" "too many arguments"
}
