# SPDX-License-Identifier: Apache-2.0
# shellcheck shell=bash
# In the guest: the suites that images run too, on the device, and what only a device has.
export FAMFS_TEST_DEVICE=/dev/dax0.0
mapfile -t suites < <(grep -l '^# bats test_tags=dax' tests/bats/*.bats)
bats --timing --formatter tap --setup-suite-file tests/bats/setup_suite.bash --filter-tags dax \
	"${suites[@]}" tests/vm/devdax.bats
