#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# A thread of the library starts with its signals blocked, by thread_start(): one that takes SIGTERM
# leaves the main thread waiting.
. "$(dirname "$0")/common.bash"

mapfile -t files < <(c_files | grep '^lib/' | grep -vx 'lib/base/thread.c')
found=$(grep_code 'pthread_create *\(' "${files[@]}")
[[ -z $found ]] || finding "these start a thread that takes signals:"$'\n'"$found"
finish
