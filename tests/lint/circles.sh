#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# Files do not depend on each other in a circle: such files can only be read, tested and changed
# together. File A depends on file B when A's object uses a symbol that B's object defines, so that
# the build tells, and not the includes.
. "$(dirname "$0")/common.bash"
need_build

# The circles that stay. Each is one line: its files in order, a bar, and the reason.
natural()
{
	cat <<-'END'
	cli/commands/complete.c cli/commands/help.c cli/complete/complete.c cli/complete/values.c cli/core/command.c cli/core/help.c | the table of commands holds help and completion, which list that table
	END
}

# Prints "FILE SYMBOL TYPE" for each symbol; DIR_NAME.c.o is the object of DIR/NAME.c. An object
# that an older build has left behind has no source any more.
symbols()
{
	nm -A -P "$build"/lib/libfamfs_internal.a.p/*.o "$build"/cli/famfsctl.p/*.o |
		sed -E 's,^[^:]*/(lib|cli)/[^/]*/([^_:]*_)?([^:]*)\.o: ,\1/\2/\3 ,; s,_/,/,; s,//,/,' |
		awk 'NR == FNR { source[$1]; next } $1 in source' <(c_files) -
}

# Prints the files of each circle, a strongly connected component of more than one file, on a line.
# Tarjan's algorithm.
circles()
{
	awk '
	$3 == "U" { uses[$1] = uses[$1] " " $2 }
	$3 ~ /^[TDBRVWC]$/ { defined[$2] = $1 }
	{ files[$1] }
	function visit(file, i, n, to, list, circle, size) {
		order[file] = low[file] = ++count
		stack[++depth] = file
		on_stack[file] = 1
		n = split(uses[file], list, " ")
		for (i = 1; i <= n; i++) {
			to = defined[list[i]]
			if (to == "" || to == file)
				continue
			if (!order[to])
				visit(to)
			if (on_stack[to] && low[to] < low[file])
				low[file] = low[to]
		}
		if (low[file] != order[file])
			return
		do {
			to = stack[depth--]
			on_stack[to] = 0
			circle = circle " " to
			size++
		} while (to != file)
		if (size > 1)
			print circle
	}
	END { for (file in files) if (!order[file]) visit(file) }' |
		while read -r -a members; do
			printf '%s\n' "${members[@]}" | sort | paste -sd ' '
		done | sort
}

work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
symbols >"$work/symbols"
circles <"$work/symbols" >"$work/found"
natural | sed 's/ *|.*//' | sort >"$work/natural"

for file in lib/server/server.c cli/main.c; do
	grep -q "^$file " "$work/symbols" || finding "no object of $file was found in the build"
done
comm -23 "$work/found" "$work/natural" >"$work/odd"
finding_each "these files depend on each other in a circle" <"$work/odd"
comm -13 "$work/found" "$work/natural" >"$work/odd"
finding_each "this circle does not exist any more: take it off the list" <"$work/odd"
natural | grep -v ' | .' >"$work/odd" || true
finding_each "a circle needs a reason" <"$work/odd"
finish
