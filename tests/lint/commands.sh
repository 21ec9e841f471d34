#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# Each command describes itself and is run by a test, since a command without a test breaks soon.
. "$(dirname "$0")/common.bash"
need_build

export ASAN_OPTIONS=detect_leaks=0
mapfile -t commands < <("$build/cli/famfsctl" --list-commands)
[[ ${#commands[@]} -ge 10 ]] || finding "--list-commands names only ${#commands[@]} commands"
for command in "${commands[@]}"; do
	help=$("$build/cli/famfsctl" "$command" --help) || finding "$command --help fails"
	[[ $help == *"$command"* ]] || finding "$command --help does not name the command"
	grep -qE "famfsctl( -[^ ]+)* $command\b" tests/bats/*.bats || finding "$command: no bats test runs it"
	grep -q "famfsctl $command\b\|\`$command\`" README.md || finding "$command: not in README.md"
done
finish
