#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# Comments and pages are plain sentences. This counts two habits that make a reader stop: comments
# that begin with What, Who, Whose, Whom, Of or Or, and "whoever", "nobody", "somebody" or "anybody"
# for a process or a host. At most 2 in 100 comments of a folder may begin so, as in other projects
# of this kind; the words of the second group do not occur.
#
# language.sh [--count] [--verbose]
#
# --count prints both numbers for each folder, --verbose also where they are.
. "$(dirname "$0")/common.bash"

count='' verbose=''
for option in "$@"; do
	case $option in
	--count) count=yes ;;
	--verbose) verbose=yes ;;
	*) echo "usage: language.sh [--count] [--verbose]" >&2 && exit 2 ;;
	esac
done

budget=2 # in 100 comments
begins='^(What|Who|Whose|Whom|Of|Or)( |$)'
persons='(^|[^[:alpha:]])([Ww]ho''ever|[Nn]obody|[Ss]omebody|[Aa]nybody)([^[:alpha:]]|$)'
# CONTRIBUTING.md names the words.
allowed='are not called somebody or nobody'

# comments FILE...: each comment of C or shell sources in one line, behind FILE:LINE:. Lines of
# comment that follow each other in a shell script are one comment, and so are those of /* */.
comments()
{
	awk '
	function flush() {
		gsub(/[ \t]+/, " ", text)
		sub(/^ /, "", text)
		if (text != "" && text !~ /^SPDX/) print at ":" text
		text = ""
	}
	FNR == 1 { flush(); c = FILENAME ~ /\.[ch]$/; inside = 0 }
	!c {
		if (/^#!|^[ \t]*# *(SPDX|shellcheck |bats )/) flush()
		else if (match($0, /^[ \t]*#/)) {
			if (text == "") at = FILENAME ":" FNR
			text = text " " substr($0, RLENGTH + 1)
		} else flush()
		next
	}
	{
		line = $0
		while (line != "") {
			if (inside) {
				end = index(line, "*/")
				part = end ? substr(line, 1, end - 1) : line
				sub(/^[ \t]*\*( |$)/, "", part)
				text = text " " part
				if (!end) break
				flush()
				inside = 0
				line = substr(line, end + 2)
			} else if (match(line, /"([^"\\]|\\.)*"|\/\*|\/\//)) {
				token = substr(line, RSTART, RLENGTH)
				line = substr(line, RSTART + RLENGTH)
				if (token == "//") break
				if (token == "/*") { inside = 1; at = FILENAME ":" FNR; text = "" }
			} else break
		}
	}
	END { flush() }' "$@"
}

# prose FILE...: the text of pages and of the descriptions of schemas, in lines behind FILE:LINE:.
prose()
{
	local file
	for file in "$@"; do
		case $file in
		*.json) grep -nE '"description":' "$file" | sed "s,^,$file:," || true ;;
		*) awk -v file="$file" '/^```/ { code = !code } !code { print file ":" FNR ":" $0 }' "$file" ;;
		esac
	done
}

# titles FILE...: those of bats tests, unit tests, scenarios, and of the virtual machines.
titles()
{
	grep -HnoE '(^@test |^[[:space:]]*(TEST\(|\{ |try |result (ok|not) ))"[^"]*"' "$@" || true
}

# matching PATTERN: the lines whose text matches, behind FILE:LINE:.
matching()
{
	awk -v pattern="$1" '{ text = $0; sub(/^[^:]*:[0-9]*:/, "", text) } text ~ pattern'
}

check()
{
	local name=$1 total first second
	total=$(wc -l <"$work/text")
	matching "$begins" <"$work/text" >"$work/begins"
	{ matching "$persons" <"$work/text"; cat "$work/more"; } | grep -vE "$allowed" >"$work/persons" || true
	first=$(wc -l <"$work/begins") second=$(wc -l <"$work/persons")
	[[ -z $count ]] || printf '%-6s %5d comments, %4d begin with What, Who, Of or Or (%d.%d %%), %3d say whoever, nobody, somebody or anybody\n' \
		"$name" "$total" "$first" $((first * 100 / total)) $((first * 1000 / total % 10)) "$second"
	[[ -z $verbose ]] || cat "$work/begins" "$work/persons"
	[[ -z $count ]] || return 0
	[[ $total -gt 0 ]] || finding "$name: no comment was found"
	[[ $((first * 100)) -le $((budget * total)) ]] ||
		finding "$name: $first of $total comments begin with What, Who, Of or Or; see language.sh --verbose"
	finding_each "a process or a host is meant: name it" <"$work/persons"
}

work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
for folder in lib cli tests; do
	mapfile -t sources < <(tree -path "./$folder/*" \
		\( -name '*.c' -o -name '*.h' -o -name '*.sh' -o -name '*.bash' -o -name '*.bats' \) \
		! -path './tests/lint/language.sh')
	comments "${sources[@]}" >"$work/text"
	: >"$work/more"
	if [[ $folder == tests ]]; then
		mapfile -t suites < <(tree -path './tests/*' \( -name '*.bats' -o -name '*.c' -o -name '*.bash' -o -name '*.sh' \))
		titles "${suites[@]}" | matching "$persons" >"$work/more"
	fi
	check "$folder"
done

# Pages have no comments to count, but their examples have: those of C and shell.
comments docs/*.c docs/*.sh >"$work/text"
mapfile -t pages < <(tree -path './docs/*' \( -name '*.md' -o -name '*.scd' -o -name '*.json' \))
prose README.md "${pages[@]}" | matching "$persons" >"$work/more"
check docs
finish
