# SPDX-License-Identifier: Apache-2.0
# shellcheck shell=bash
# In the guest: udev, mount(8) and the examples of the pages that use a device.
export FAMFS_TEST_DEVICE=/dev/dax0.0
bats --timing --formatter tap --setup-suite-file tests/bats/setup_suite.bash --filter-tags system \
	tests/vm/udev.bats tests/bats/manual.bats
