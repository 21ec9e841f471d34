#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# The library never prints and never ends the process: its caller decides about both.
# server/daemonize.c and device/mounthealth.c may end the processes that they fork, by _exit(2): the
# caller's atexit(3) handlers must not run there.
. "$(dirname "$0")/common.bash"

mapfile -t files < <(c_files | grep '^lib/')
calls='(^|[^_[:alnum:]>.])(v?f?printf|v?dprintf|puts|fputs|putchar|fputc|putc|perror|abort|exit|quick_exit|psignal|warnx?|errx?|error|syslog|vsyslog) *\('
found=$(grep_code "$calls" "${files[@]}")
found+=$(grep_code '(^|[^_[:alnum:]])(stdout|stderr)\b' "${files[@]}")
mapfile -t files < <(c_files | grep '^lib/' | grep -vE '^lib/(server/daemonize|device/mounthealth)\.c$')
found+=$(grep_code '(^|[^_[:alnum:]>.])_exit *\(' "${files[@]}")
[[ -z $found ]] || finding "a library does not print or exit:"$'\n'"$found"
finish
