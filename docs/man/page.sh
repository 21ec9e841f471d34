#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# page.sh SCDOC SOURCE: makes a manual page on standard output.
#
# scdoc opens a paragraph behind every heading, and before the end of an indented block instead of
# behind it. mandoc -Tlint minds. This drops the one and moves the other; pages look the same.
set -euo pipefail

"$1" <"$2" | awk '
function heading(line)
{
	return line ~ /^\.(SH|SS|TH)/
}

$0 == ".P" {
	open = !heading(last)
	next
}
open && !heading($0) && $0 != ".RE" {
	print ".P"
}
{
	print
	open = open && $0 == ".RE"
	last = $0
}'
