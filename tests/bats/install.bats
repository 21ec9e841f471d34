#!/usr/bin/env bats
# SPDX-License-Identifier: Apache-2.0
# The files that meson installs are those that docs/PACKAGING.md lists. tests/run.sh compiles
# docs/example.c against them.

load helper

suite_setup()
{
	command -v meson >/dev/null || skip "needs meson"
	[[ -w $FAMFS_BUILD/meson-logs ]] || skip "needs to write into the build"
	root=$BATS_TEST_TMPDIR/root
	DESTDIR=$root meson install -C "$FAMFS_BUILD" --no-rebuild >"$BATS_TEST_TMPDIR/log"
	local pc
	pc=$(find "$root" -name libfamfs.pc)
	prefix=$(sed -n 's/^prefix=//p' "$pc")
	libdir=$(dirname "$(dirname "${pc#"$root"}")")
}

# Below DESTDIR, as if the prefix were /usr.
installed()
{
	find "$root" \( -type f -o -type l \) -printf '/%P\n' |
		sed -E "s|^$libdir/|LIBDIR/|; s|^$prefix/|/usr/|; s|^/usr/lib/udev/|/lib/udev/|"
}

@test "exactly the files that docs/PACKAGING.md lists are installed" {
	if ! command -v scdoc >/dev/null; then
		skip "needs scdoc"
	fi
	local file
	local -a globs
	mapfile -t globs < <(awk '$0 == "```files" { on = 1; next } /^```/ { on = 0 } on { print $2 }' \
		"$FAMFS_TOP/docs/PACKAGING.md" | grep '[*]')
	for file in "$FAMFS_TOP"/docs/man/*.scd "$FAMFS_TOP"/docs/schema/*.json; do
		file=$(basename "$file" .scd)
		case $file in
		*.json) echo "/usr/share/famfsctl/schema/$file" ;;
		*) echo "/usr/share/man/man${file##*.}/$file" ;;
		esac
	done >"$BATS_TEST_TMPDIR/all"
	awk '$0 == "```files" { on = 1; next } /^```/ { on = 0 } on { print $2 }' \
		"$FAMFS_TOP/docs/PACKAGING.md" | grep -v '[*]' >>"$BATS_TEST_TMPDIR/all"
	# A pattern of the page stands for those files, and must match at least one.
	[[ ${globs[*]} == "/usr/share/famfsctl/schema/*.json /usr/share/man/man8/*.8" ]]
	run -0 diff -u <(LC_ALL=C sort -u "$BATS_TEST_TMPDIR/all") <(installed | LC_ALL=C sort)
}

@test "the installed program runs and finds its installed files" {
	run -0 env LD_LIBRARY_PATH="$root$libdir" "$root$prefix/bin/famfsctl" --version
	assert_output --partial "famfsctl $(sed -n 's/^Version: //p' "$root$libdir/pkgconfig/libfamfs.pc")"
	run -0 env LD_LIBRARY_PATH="$root$libdir" "$root$prefix/sbin/fsck.famfs" --help
	assert_line --partial "usage: fsck.famfs "
	run -0 grep -o 'IMPORT{program}="[^ ]*' -r "$root" --include=60-famfs.rules -h
	assert_output "IMPORT{program}=\"$prefix/bin/famfsctl"
	# No text file contains the path of the build.
	run -1 grep -rIl "$FAMFS_BUILD" "$root"
	refute_output
}
