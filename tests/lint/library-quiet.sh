#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# The library never prints and never ends the process: its caller decides what is said and when to
# stop. The exceptions are server/daemonize.c and device/mounthealth.c: the processes that they fork are
# the library's own.
. "$(dirname "$0")/common.bash"

mapfile -t files < <(c_files | grep '^lib/')
calls='(^|[^_[:alnum:]>.])(v?f?printf|v?dprintf|puts|fputs|putchar|fputc|putc|perror|abort|exit|quick_exit|psignal|warnx?|errx?|error|syslog|vsyslog) *\('
found=$(grep_code "$calls" "${files[@]}" | grep -v '^lib/server/daemonize\.c:[0-9]*:.*exit(' || true)
found+=$(grep_code '(^|[^_[:alnum:]])(stdout|stderr)\b' "${files[@]}")
mapfile -t files < <(c_files | grep '^lib/' | grep -vE '^lib/(server/daemonize|device/mounthealth)\.c$')
found+=$(grep_code '(^|[^_[:alnum:]>.])_exit *\(' "${files[@]}")
[[ -z $found ]] || finding "a library does not print or exit:"$'\n'"$found"
finish
