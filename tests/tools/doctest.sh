#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# Runs the examples of a page as they stand there, and compares what they print. Needs root.
#
#   doctest.sh image|device TEMPLATE PAGE...
#
# An example is a literal block of a manual page's EXAMPLES, or a block "console" of a Markdown page.
# In it, "$ " is before a command of a user, "# " before one of root, and what follows is what it
# prints, standard error too, or nothing if that does not matter. "..." as a line stands for all that
# follows, at the end of a line for the rest of it. A command may fail only when the next one is
# "echo $?".
#
# Each example of a manual page has a new copy of the folder TEMPLATE, those of a Markdown page share
# one. "image" runs those that name no /dev/dax*, "device" the others, on $FAMFS_TEST_DEVICE, which
# then holds nothing. The folder is /srv in the text
# and the mountpoint /mnt/famfs; both are really in $TMPDIR, and who the host is comes from
# $FAMFS_SYSTEM_UUID, though a page may say /etc/machine-id. UUIDs are compared by where they are
# repeated, and blanks by whether there are any.
set -euo pipefail

kind=$1 template=$2
shift 2
folder=$TMPDIR/folder mnt=$TMPDIR/mnt user=65534
findings=0

# Replaces the places of this machine by those in the page; and back.
real_places()
{
	local text=$1
	text=${text//\/mnt\/famfs/$mnt}
	printf '%s' "${text//\/srv/$folder}"
}

page_places()
{
	sed "s|$mnt|/mnt/famfs|g; s|$folder|/srv|g; s|\$FAMFS_SYSTEM_UUID|/etc/machine-id|g"
}

# UUIDs by the order in which they come, blanks as one.
normal()
{
	awk '
	BEGIN {
		# Not every awk has repetitions.
		h = "[0-9a-f][0-9a-f][0-9a-f][0-9a-f]"
		form = h h "-" h "-" h "-" h "-" h h h
	}
	{
		out = ""
		while (match($0, form)) {
			uuid = substr($0, RSTART, RLENGTH)
			if (!(uuid in seen))
				seen[uuid] = ++count
			out = out substr($0, 1, RSTART - 1) "UUID-" seen[uuid]
			$0 = substr($0, RSTART + RLENGTH)
		}
		$0 = out $0
		gsub(/[ \t]+/, " ")
		sub(/ $/, "")
		print
	}'
}

# blocks PAGE: the examples, each behind a line "@@".
blocks()
{
	awk -v markdown="$([[ $1 == *.md ]] && echo 1)" '
		/^# / && !on && !markdown { section = $0 }
		/^```/ {
			if (on || inside) on = inside = 0
			else if (markdown) { on = /^```console/; inside = !on }
			else { on = section == "# EXAMPLES"; inside = !on }
			if (on) print "@@"
			next
		}
		on' "$1"
}

remove_folder()
{
	local mounted
	cd /
	while mounted=$(findmnt -no TARGET "$mnt"); do
		umount -l "$mounted"
	done
	rm -rf "$folder"
}

new_folder()
{
	remove_folder
	mkdir "$folder"
	[[ $kind == image ]] || head -c 4096 /dev/zero | "$OMFEDIT" "$FAMFS_TEST_DEVICE" write 0
	cp -a --sparse=always "$template/." "$folder"
	chown -R "$user:$user" "$folder"
	cd "$folder"
}

as_user()
{
	HOME=$folder setpriv --reuid="$user" --regid="$user" --clear-groups -- "$@"
}

# execute PROMPT COMMAND: sets $status; its output is in $TMPDIR/output.
execute()
{
	local command before=$status
	command=$(real_places "$2") status=0
	if [[ $1 == '$' ]]; then
		as_user bash -c "(exit $before); $command" >"$TMPDIR/output" 2>&1 </dev/null || status=$?
	else
		bash -c "(exit $before); $command" >"$TMPDIR/output" 2>&1 </dev/null || status=$?
	fi
}

# The output of the command, as far as $TMPDIR/page shows it.
shown()
{
	page_places <"$TMPDIR/output" | awk -v page="$TMPDIR/page" '
		BEGIN { while ((getline line < page) > 0) expected[++count] = line }
		cut { next }
		expected[NR] == "..." { print "..."; cut = 1; next }
		expected[NR] ~ / \.\.\.$/ { $0 = substr($0, 1, length(expected[NR]) - 4) " ..." }
		{ print }'
}

# finish_command: checks the last command, whose prompt and text are in $prompt and $command and
# whose expected output is in $TMPDIR/page.
finish_command()
{
	local next=$1
	[[ -n $command ]] || return 0
	execute "$prompt" "$command"
	echo "$prompt $command" >>"$TMPDIR/is"
	echo "$prompt $command" >>"$TMPDIR/should"
	if [[ $status != 0 && $next != 'echo $?' ]]; then
		echo "$name: exit code $status: $command"
		sed 's/^/  /' "$TMPDIR/output"
		findings=$((findings + 1))
	fi
	if [[ -s $TMPDIR/page ]]; then
		cat "$TMPDIR/page" >>"$TMPDIR/should"
		shown >>"$TMPDIR/is"
	fi
	: >"$TMPDIR/page"
}

# run_block FILE
run_block()
{
	local line prompt='' command='' status=0
	rm -f "$TMPDIR"/{is,should,page}
	touch "$TMPDIR"/{is,should,page}
	while IFS= read -r line; do
		case $line in
		'$ '* | '# '*)
			finish_command "${line:2}"
			prompt=${line:0:1} command=${line:2}
			;;
		*) echo "$line" >>"$TMPDIR/page" ;;
		esac
	done <"$1"
	finish_command ''
	if ! diff -u --label "$name" --label "what it prints" <(normal <"$TMPDIR/should") <(normal <"$TMPDIR/is"); then
		findings=$((findings + 1))
	fi
	ran=$((ran + 1))
}

mkdir -p "$mnt"
for page; do
	name=$(basename "$page") ran=0
	[[ $kind == image ]] || grep -q /dev/dax "$page" || continue
	rm -f "$TMPDIR"/block-*
	blocks "$page" | awk -v file="$TMPDIR/block-" '
		$0 == "@@" { n++; next }
		{ print > (file sprintf("%03d", n)) }'
	for block in "$TMPDIR"/block-*; do
		[[ -e $block ]] || continue
		on=image
		! grep -q /dev/dax "$block" || on=device
		[[ $on == "$kind" ]] || continue
		[[ $page == *.md && $ran != 0 ]] || new_folder
		run_block "$block"
	done
	echo "$name: $ran examples"
done
remove_folder
[[ $findings == 0 ]]
