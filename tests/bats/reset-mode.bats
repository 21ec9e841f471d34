#!/usr/bin/env bats
# SPDX-License-Identifier: Apache-2.0
# reset-mode: refusals on any host. tests/vm/famfsmode.bash and tests/fusekernel test real switches.

load helper

@test "reset-mode refuses a path that is not a DAX device" {
	new_image 64M
	run famfsctl reset-mode "$img"
	assert_error 1 "'$img' is not a DAX device"
	run famfsctl reset-mode /dev/null
	assert_error 1 "'/dev/null' is not a DAX device"
	run famfsctl reset-mode "$img.none"
	assert_error 1 "cannot switch the mode of '$img.none': No such file or directory"
	# The other devices are still checked.
	run --separate-stderr -1 famfsctl reset-mode --json "$img" /dev/null
	assert_equal "$(jq -c . <<<"$output")" '{"schema":"famfsctl.reset-mode/1","devices":[]}'
	[[ $(jq -r .error.message <<<"$stderr" | wc -l) -eq 2 ]]
}

@test "reset-mode wants a device" {
	run -2 famfsctl reset-mode
	run -2 famfsctl reset-mode --force x
}

@test "only root can switch the mode of a device" {
	needs_root
	run user_famfsctl reset-mode --dry-run /dev/full
	assert_error 1 "cannot switch the mode of '/dev/full': only root can"
}
