#!/usr/bin/env bats
# SPDX-License-Identifier: Apache-2.0
# The examples of the manual pages, of the README and of REFERENCE-USERS.md do what the pages say:
# tests/tools/doctest.sh.

load helper

suite_setup()
{
	needs_root
	template=$BATS_TEST_TMPDIR/template
	mkdir -p "$template/photos"
	chmod 755 "$BATS_TEST_TMPDIR"
	local name
	for name in mkfs.famfs fsck.famfs mount.famfs; do
		ln -sf famfsctl "$FAMFS_PUBLIC/cli/$name"
	done
	export PATH=$FAMFS_PUBLIC/cli:$PATH TMPDIR=$BATS_TEST_TMPDIR
}

# Ends in $template: fam.img, with a file data/words of 4096 bytes, and photos/ with two.
make_template()
{
	data "$template/photos/a.jpg" 300000
	data "$template/photos/b.jpg" 200000 2
	[[ -z ${FAMFS_TEST_DEVICE:-} ]] || return 0
	data "$BATS_TEST_TMPDIR/words" 4096
	img=$template/fam.img
	new_image 4G
	famfsctl mkdir "$img:/data"
	famfsctl cp "$BATS_TEST_TMPDIR/words" "$img:/data"
}

doctest()
{
	local kind=image
	[[ -z ${FAMFS_TEST_DEVICE:-} ]] || kind=device
	timeout -k 5 $((300 * patience)) bash "$FAMFS_TOP/tests/tools/doctest.sh" \
		"$kind" "$template" "$@" 3>&-
}

# bats test_tags=system
@test "the examples of the manual pages run, and print what the pages say" {
	needs_mount
	make_template
	run doctest "$FAMFS_TOP"/docs/man/*.scd
	assert_success
	if [[ -z ${FAMFS_TEST_DEVICE:-} ]]; then
		refute_line --regexp '^famfsctl-[a-z-]*\.8\.scd: 0 examples'
	fi
}

# bats test_tags=system
@test "the examples of the README run, and print what the page says" {
	needs_mount
	make_template
	rm -f "$template/fam.img"
	run doctest "$FAMFS_TOP/README.md"
	assert_success
	assert_line --regexp '^README.md: 2 examples$'
}

# bats test_tags=system
@test "the examples for users of the reference implementation run, and print what the page says" {
	needs_mount
	make_template
	run doctest "$FAMFS_TOP/docs/REFERENCE-USERS.md"
	assert_success
	if [[ -z ${FAMFS_TEST_DEVICE:-} ]]; then
		refute_line "REFERENCE-USERS.md: 0 examples"
	fi
}

@test "an example that fails or prints something else is noticed" {
	needs_image
	make_template
	cat >"$BATS_TEST_TMPDIR/page.md" <<'END'
```console
$ echo one; echo two
one
...
$ false
$ echo $?
1
```
END
	run -0 doctest "$BATS_TEST_TMPDIR/page.md"
	sed -i 's/^one/three/' "$BATS_TEST_TMPDIR/page.md"
	run -1 doctest "$BATS_TEST_TMPDIR/page.md"
	assert_line "-three"
	assert_line "+one"
	printf '```console\n$ famfsctl ls nothing.img:/\n```\n' >"$BATS_TEST_TMPDIR/page.md"
	run -1 doctest "$BATS_TEST_TMPDIR/page.md"
	assert_line --partial "page.md: exit code 1: famfsctl ls nothing.img:/"
}
