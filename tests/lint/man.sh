#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# The manual says what the program does: every command has a page and every page a command, each
# option of each --help is in its page and the other way round, each page has its sections, names
# pages that there are, and passes mandoc -Tlint. tests/bats/manual.bats runs the examples.
. "$(dirname "$0")/common.bash"
need_build
for tool in mandoc scdoc; do
	command -v "$tool" >/dev/null || skip "$tool"
done

export ASAN_OPTIONS=detect_leaks=0
pages=docs/man
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT

# plain PAGE SECTION: its lines, without markup.
plain()
{
	awk -v section="# $2" '
		/^```/ { literal = !literal }
		/^# / && !literal { on = $0 == section; next }
		on' "$1" | sed -E 's/(^|[^\\])[*_]/\1/g; s/(^|[^\\])[*_]/\1/g; s/\\([*_])/\1/g; s/\+\+$//'
}

# The options of a help text or of a section, as "-s, --size=SIZE", one a line.
options()
{
	sed -nE 's/^ *((-[[:alnum:]], )?--[a-z][a-z-]*(\[?=[^ ]+)?)( .*)?$/\1/p' | LC_ALL=C sort
}

# help_part HEADING: a part of the help on standard input.
help_part()
{
	awk -v heading="$1:" '
		/^[^ ].*:$/ { on = $0 == heading; next }
		on'
}

# check_options PAGE HELP: both ways.
check_options()
{
	local option
	plain "$1" OPTIONS | options >"$work/page"
	options <<<"$2" >"$work/help"
	while IFS= read -r option; do
		finding "$1: lacks the option $option"
	done < <(LC_ALL=C comm -13 "$work/page" "$work/help")
	while IFS= read -r option; do
		finding "$1: has an option that --help lacks: $option"
	done < <(LC_ALL=C comm -23 "$work/page" "$work/help")
}

# The usage line of the help is the synopsis of the page, but for how it is broken.
check_synopsis()
{
	local page help
	page=$(plain "$1" SYNOPSIS | tr -s '\n ' '  ' | sed 's/^ //; s/ $//')
	help=$(sed -nE 's/^usage: //p' <<<"$2" | sed "s/ | / famfsctl $3 /g")
	[[ $page == "$help" ]] || finding "$1: the synopsis is '$page', that of --help '$help'"
}

check_sections()
{
	local section
	for section in NAME SYNOPSIS DESCRIPTION OPTIONS "EXIT STATUS" EXAMPLES "SEE ALSO"; do
		grep -qx "# $section" "$1" || finding "$1: has no section $section"
	done
	plain "$1" EXAMPLES | grep -qE '^[$#] ' || finding "$1: has no example that can be run"
}

# The codes are those of the help, and that of the program where a command has none of its own.
check_codes()
{
	local page help
	page=$(plain "$1" "EXIT STATUS" | grep -xE '[0-9]+' | xargs)
	help=$(help_part "Exit codes" <<<"$2" | awk '$1 ~ /^[0-9]+$/ { print $1 }' | xargs)
	[[ $page == "${help:-$usual_codes}" ]] ||
		finding "$1: has the exit codes $page, --help has ${help:-$usual_codes}"
}

usual_codes=$("$build/cli/famfsctl" --help | help_part "Exit codes" | awk '{ print $1 }' | xargs)
[[ $usual_codes == 0* ]] || finding "famfsctl --help names no exit codes"
mapfile -t commands < <("$build/cli/famfsctl" --list-commands)
for command in "${commands[@]}"; do
	page=$pages/famfsctl-$command.8.scd
	if [[ ! -f $page ]]; then
		finding "$command: has no page, $page"
		continue
	fi
	help=$("$build/cli/famfsctl" "$command" --help)
	check_options "$page" "$(help_part Options <<<"$help")"
	plain "$page" OPTIONS | xargs -d '\n' | grep -q 'The common options.* famfsctl(8)' || finding "$page: does not say where the common options are"
	check_codes "$page" "$help"
	check_synopsis "$page" "$help" "$command"
	check_sections "$page"
	grep -q "^\*famfsctl-$command\*(8)" "$pages/famfsctl.8.scd" || finding "$command: not in famfsctl(8)"
done
for helper in mkfs.famfs fsck.famfs mount.famfs; do
	page=$pages/$helper.8.scd
	help=$(exec -a "$helper" "$build/cli/famfsctl" --help)
	check_options "$page" "$(help_part Options <<<"$help")"
	check_synopsis "$page" "$help" "$helper"
	check_sections "$page"
	check_codes "$page" "$help"
done
check_codes "$pages/famfsctl.8.scd" ""
check_options "$pages/famfsctl.8.scd" "$("$build/cli/famfsctl" --help)"

# libfamfs(3) names every function of the two headers and no other, and its example is C.
page=$pages/libfamfs.3.scd
{ code_only lib/famfs.h; code_only lib/famfs_inspect.h; } | grep -oE '\bfamfs_[a-z_]+\(' | tr -d '(' | LC_ALL=C sort -u >"$work/header"
grep -oE '\*famfs_[a-z_]+\*\(\)' "$page" | tr -d '*()' | LC_ALL=C sort -u >"$work/page"
finding_each "not in $page" < <(LC_ALL=C comm -23 "$work/header" "$work/page")
finding_each "in $page, in neither header" < <(LC_ALL=C comm -13 "$work/header" "$work/page")
awk '/^```/ { on = !on; next } on' "$page" |
	gcc -std=c11 -Wall -Wextra -Werror -Wno-unused-function -fsyntax-only -Ilib -include famfs.h -x c - ||
	finding "$page: the example does not compile"

for page in "$pages"/*.scd; do
	name=$(basename "$page" .scd)
	command=${name#famfsctl-} command=${command%.8}
	if [[ $name == famfsctl-* && " ${commands[*]} " != *" $command "* ]]; then
		finding "$page: there is no such command"
	fi
	[[ $name == famfsctl-* ]] || grep -qxF "  '$name'," "$pages/meson.build" ||
		finding "$page: not in meson.build"
	bash "$pages/page.sh" scdoc "$page" >"$work/$name" || finding "$page: scdoc has complaints"
	finding_each "$page, mandoc" < <(mandoc -Tlint "$work/$name" | sed "s,^mandoc: $work/$name:,,")
	# Names of our own pages; those of others cannot be checked on every machine.
	while IFS= read -r name; do
		[[ -f $pages/$name.scd ]] || finding "$page: refers to $name, which is no page"
	done < <(grep -oE '\*[a-z.-]*famfs[a-z-]*\*\([0-9]\)' "$page" | sed -E 's/\*(.*)\*\((.)\)/\1.\2/' | sort -u)
done
finish
