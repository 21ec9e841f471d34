# SPDX-License-Identifier: Apache-2.0
# shellcheck shell=bash
# In the guest: the suites that also run on images, on the device, and the tests that need a device.
export FAMFS_TEST_DEVICE=/dev/dax0.0
mapfile -t suites < <(grep -l '^# bats test_tags=dax' tests/bats/*.bats)
bats --timing --formatter tap --setup-suite-file tests/bats/setup_suite.bash --filter-tags dax \
	"${suites[@]}" tests/vm/devdax.bats
