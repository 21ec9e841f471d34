# SPDX-License-Identifier: Apache-2.0
# shellcheck shell=bash
# Shared by the checks. A check prints its findings and exits with 1, exits with 0 without findings,
# and with 77 and a last line that names what is missing when it cannot run. Each can be run by
# itself.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/../.."

build=${FAMFS_BUILD:-$PWD/build-gcc}
findings=0

# Reports a finding; the check continues and fails at its end.
finding()
{
	echo "$*"
	findings=$((findings + 1))
}

# finding_each WHAT: one finding for each line of standard input.
finding_each()
{
	local line
	while IFS= read -r line; do
		finding "$line: $1"
	done
}

finish()
{
	[[ $findings -eq 0 ]] || exit 1
	exit 0
}

skip()
{
	echo "needs $*"
	exit 77
}

need_build()
{
	[[ -x $build/cli/famfsctl ]] || skip "a build in ${build#"$PWD/"}"
}

# Files of the tree, without builds and version control; the arguments are those of find.
tree()
{
	find . \( -name .git -o -path './build*' -o -name .cache \) -prune -o -type f "$@" -print |
		sed 's,^\./,,' | sort
}

c_files()
{
	tree \( -name '*.c' -o -name '*.h' \)
}

# Prints a C file with comments and the contents of strings blanked, lines kept, so that words in
# prose do not count as code.
code_only()
{
	awk '
	BEGIN { q = sprintf("%c", 39) }
	{
		out = ""
		for (i = 1; i <= length($0); i++) {
			two = substr($0, i, 2)
			ch = substr($0, i, 1)
			if (comment) {
				if (two == "*/") { comment = 0; i++ }
			} else if (quote != "") {
				if (ch == "\\") i++
				else if (ch == quote) { quote = ""; out = out ch }
			} else if (two == "/*") { comment = 1; i++ }
			else if (two == "//") break
			else {
				if (ch == "\"" || ch == q) quote = ch
				out = out ch
			}
		}
		print out
	}' "$1"
}

# grep_code PATTERN FILE...: FILE:LINE: TEXT for each line of code that matches.
grep_code()
{
	local pattern=$1 file
	shift
	for file in "$@"; do
		code_only "$file" | grep -nE "$pattern" | sed "s,^,$file:," || true
	done
}
