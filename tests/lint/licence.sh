#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# Each source names its licence in its first two lines, since files are copied alone.
. "$(dirname "$0")/common.bash"

mapfile -t files < <(tree \( -name '*.c' -o -name '*.h' -o -name '*.sh' -o -name '*.bash' \
	-o -name '*.bats' -o -path './.ci/run' -o -path './completion/*' \))
for file in "${files[@]}"; do
	head -n 2 "$file" | grep -q 'SPDX-License-Identifier: Apache-2\.0' ||
		finding "$file: no SPDX line"
done
finish
