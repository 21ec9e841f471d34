#!/usr/bin/env bats
# SPDX-License-Identifier: Apache-2.0
# map: the whole device as a picture, in text, as SVG and as JSON.

load helper

suite_setup()
{
	needs_image
	new_image 8G
	famfsctl mkdir "$img:/d"
	famfsctl creat --no-zero -s 1000M "$img:/d/one"
	famfsctl creat --no-zero -s 37M -N 3 -B 4 -C 4M "$img:/d/striped"
	famfsctl creat --no-zero -s 5000 "$img:/small"
	export COLUMNS=80
}

svg()
{
	famfsctl map --svg "$BATS_TEST_TMPDIR/map.svg" "$@" "$img"
	xmllint --noout --nonet "$BATS_TEST_TMPDIR/map.svg"
}

titles()
{
	xmllint --nonet --xpath '//*[local-name()="title"]/text()' "$BATS_TEST_TMPDIR/map.svg"
}

# The rows of cells, without their labels.
rows()
{
	famfsctl map "$@" "$img" | sed -n '3,/^$/ s/^.\{11\}//p'
}

@test "the regions of map --json have no gaps and add up to the device" {
	run -0 famfsctl map --json "$img"
	json=$output
	assert_equal "$(jq '[.regions[].length] | add' <<<"$json")" $((8 * GiB))
	run -0 jq -e '[.regions as $r | range(1; $r | length) | $r[.].offset == $r[. - 1].offset + $r[. - 1].length] | all' <<<"$json"
	assert_equal "$(jq -c '[.regions[].kind] | unique' <<<"$json")" '["file","free","log_free","log_used","stripe","superblock"]'
	assert_equal "$(jq '[.regions[] | select(.kind == "free").length] | add' <<<"$json")" "$(info_number free_bytes)"
	assert_equal "$(jq '[.regions[] | select(.kind == "file" or .kind == "stripe").length] | add' <<<"$json")" "$(info_number allocated_bytes)"
	# Each file where dump-fmap has it.
	assert_equal "$(jq -c '[.regions[] | select(.entry == 2) | {offset, length}]' <<<"$json")" \
		"$(famfsctl dump-fmap --json "$img:/d/striped" | jq -c '[.files[0].extents[] | {offset, length}]')"
	assert_equal "$(jq -r '.files[] | select(.entry == 3).path' <<<"$json")" small
}

@test "the picture of map fits the terminal, and its characters show what is where" {
	run -0 rows
	assert_line --index 0 --regexp '^S█+$'
	assert_equal "${#lines[0]}" 64
	assert_equal "${#lines[@]}" 16
	assert_line --regexp '^▓+·+$'
	COLUMNS=120 run -0 rows
	assert_equal "${#lines[0]}" 96
	COLUMNS=10 run -0 rows
	assert_equal "${#lines[0]}" 8
	LC_ALL=C run -0 rows
	assert_line --index 0 --regexp '^S#+$'
	assert_line --regexp '^=+\.+$'
	run -0 famfsctl map "$img"
	assert_line --regexp '^   1\.5 GiB '
	assert_line --regexp 'one character is 8 MiB; filled in part: ▄ by files, ▒ by striped ones$'
	# But for the name of the image.
	run -1 grep -E '.{81}' <(printf '%s\n' "${lines[@]:1}")
	run -0 famfsctl map -v "$img"
	assert_line --regexp '^█ entry 3 .* 4\.9 KiB  small$'
	assert_line --regexp '^    strip 2 +0x0001[0-9a-f]+ to 0x'
	assert_line --regexp 'striped files +48 MiB  1 file$'
}

@test "map shows offsets with all digits, and a small file next to the log" {
	rm "$img"
	new_image 6G
	famfsctl creat --no-zero -s 1 "$img:/f"
	run -0 famfsctl map "$img"
	assert_line --regexp '^  1\.25 GiB '
	assert_line --regexp '^         0 Sl█·'
}

@test "map uses colour only where it is wanted, and colour changes no character" {
	run -0 famfsctl map "$img"
	plain=$output
	refute_output --partial $'\033'
	run -0 famfsctl map --color=always "$img"
	assert_output --partial $'\033[97;44mS'
	assert_equal "$(famfsctl map --color=always "$img" | sed 's/\x1b\[[0-9;]*m//g')" "$plain"
	export img TERM=xterm
	for variables in NO_COLOR=1 TERM=dumb; do
		run -0 script -qec "$variables"' "$FAMFSCTL" map "$img"' /dev/null
		assert_output --partial "S██"
		refute_output --partial $'\033'
	done
	run -0 script -qec '"$FAMFSCTL" map "$img"' /dev/null
	assert_output --partial $'\033[97;44mS'
}

@test "map --svg writes a document that needs no other file" {
	run -0 svg
	assert_output ""
	run -0 titles
	assert_output --partial "entry 1 d/one"
	assert_output --partial "strip 2 of 3"
	assert_output --partial "chunk 9"
	assert_output --partial "superblock"
	run grep -iE '<script|href|url\(["'"'"']?[^#)]|@import|<image' "$BATS_TEST_TMPDIR/map.svg"
	assert_failure 1
	assert_equal "$(grep -o 'http[^"]*' "$BATS_TEST_TMPDIR/map.svg")" "http://www.w3.org/2000/svg"
	run -0 bash -c '"$FAMFSCTL" map --svg - "$1" | cmp - "$2"' - "$img" "$BATS_TEST_TMPDIR/map.svg"
}

@test "names in the SVG of map cannot be markup, controls or invalid text" {
	name=$'<b>&"\'\033[31m\001\377\xef\xbf\xbe\xf0\x9f\x98\x80]]>'
	famfsctl creat --raw-names --no-zero -s 900M "$img:/$name"
	run -0 svg
	run -0 titles
	assert_output --partial "entry 4 &lt;b&gt;&amp;"
	assert_output --partial '\033[31m\001\377'
	run -0 famfsctl map --json "$img"
	assert_equal "$(jq -r '.files[3].path_hex' <<<"$output")" "$(printf %s "$name" | od -An -v -tx1 | tr -d ' \n')"
}

@test "map shows damage and shared space" {
	"$OMFEDIT" "$img" append path=over size=4000000 mode=0644 nextents=1 offset.0=0x10000000 length.0=0x400000
	"$OMFEDIT" "$img" append path=bad size=9000000 mode=0644 nextents=1 offset.0=0x1f0000000 length.0=0x200000
	"$OMFEDIT" "$img" append path=out size=1 mode=0644 nextents=1 offset.0=0x7fffffffffe00000 length.0=0x200000
	run -0 famfsctl map --json "$img"
	json=$output
	run -0 jq -ce '.regions[] | select(.kind == "shared") | [.offset, .length, .entry, .shared_with]' <<<"$json"
	assert_output "[268435456,4194304,1,4]"
	run -0 jq -ce '.regions[] | select(.kind == "damaged") | [.offset, .entry]' <<<"$json"
	assert_output "[8321499136,5]"
	assert_equal "$(jq .damaged_entries <<<"$json")" 2
	assert_equal "$(jq '[.regions[].length] | add' <<<"$json")" $((8 * GiB))
	run -0 rows
	assert_output --regexp '█%█'
	assert_output --regexp '·!·'
	run -0 svg
	run -0 titles
	assert_output --partial "claim the same space"
	assert_output --partial "damaged: size"
	run -0 xmllint --nonet --xpath 'string(//*[local-name()="text"][starts-with(., "entry 6 ")])' "$BATS_TEST_TMPDIR/map.svg"
	assert_output "entry 6 extent, extent outside the device out"
	"$OMFEDIT" "$img" set super crc=1
	run -0 --separate-stderr famfsctl map "$img"
	assert_output --partial "superblock damaged"
	assert_output --partial "%"
	assert_regex "$stderr" "superblock .* is damaged"
}

@test "map also draws a device that is truncated or has a wrong recorded size" {
	"$OMFEDIT" "$img" set super dd_size=$((4 * GiB))
	run -0 famfsctl map "$img"
	assert_output --partial "~~~~"
	assert_line --regexp 'not in the recorded size +4 GiB'
	for size in 300M 12M 3M 1M; do
		truncate -s $size "$img"
		run -0 famfsctl map --json "$img"
		assert_equal "$(jq -s 'map(select(.regions)) | .[0].regions | map(.length) | add' <<<"$output")" "$(numfmt --from=iec $size)"
		run -0 svg
	done
}

@test "map --svg cannot replace the device that it shows, and a full disk is an error" {
	before=$(fingerprint)
	ln "$img" "$BATS_TEST_TMPDIR/link.img"
	for file in "$img" "$BATS_TEST_TMPDIR/link.img"; do
		run famfsctl map --svg "$file" "$img"
		assert_error 3 "is the device to show"
	done
	assert_equal "$(fingerprint)" "$before"
	mkdir "$BATS_TEST_TMPDIR/small"
	echo old >"$BATS_TEST_TMPDIR/small/x.svg"
	# At most 1 KiB, and then an error of write(2) instead of a signal.
	run bash -c 'trap "" XFSZ && ulimit -f 1 && "$FAMFSCTL" map --svg "$1" "$2"' - "$BATS_TEST_TMPDIR/small/x.svg" "$img"
	assert_error 1 "cannot write '$BATS_TEST_TMPDIR/small/x.svg': File too large"
	assert_equal "$(cd "$BATS_TEST_TMPDIR/small" && grep -r . .)" "./x.svg:old"
	run famfsctl map --svg "$BATS_TEST_TMPDIR/none/x.svg" "$img"
	assert_error 1 "No such file"
	run famfsctl map --svg - --json "$img"
	assert_error 2 "--svg=- and --json exclude each other"
}

@test "map --svg replaces a file as a whole, and writes through no link and no device" {
	dir=$BATS_TEST_TMPDIR/out
	mkdir "$dir"
	echo precious >"$dir/target"
	ln -s target "$dir/link.svg"
	ln "$dir/target" "$dir/hard.svg"
	mkfifo "$dir/pipe.svg"
	run famfsctl map --svg "$dir/link.svg" "$img"
	assert_error 3 "'$dir/link.svg' is a symbolic link, not a regular file"
	for file in "$dir/pipe.svg" /dev/null; do
		run famfsctl map --svg "$file" "$img"
		assert_error 3 "'$file' is a device, a pipe or a socket, not a regular file"
	done
	run famfsctl map --svg "$dir" "$img"
	assert_error 1 "cannot write '$dir': Is a directory"
	assert_equal "$(cd "$dir" && echo .[!.]* *)" ".[!.]* hard.svg link.svg pipe.svg target"
	run -0 famfsctl map --svg "$dir/hard.svg" "$img"
	run -0 xmllint --noout --nonet "$dir/hard.svg"
	assert_equal "$(cat "$dir/target")" precious
	assert_equal "$(cd "$dir" && echo .[!.]* *)" ".[!.]* hard.svg link.svg pipe.svg target"
}

@test "map --svg keeps the mode of the file that it replaces" {
	file=$BATS_TEST_TMPDIR/picture.svg
	for mode in 600 664; do
		: >"$file"
		chmod "$mode" "$file"
		(umask 022 && famfsctl map --svg "$file" "$img")
		assert_equal "$(stat -c %a "$file")" "$mode"
		[[ -s $file ]]
	done
	rm "$file"
	(umask 027 && famfsctl map --svg "$file" "$img")
	assert_equal "$(stat -c %a "$file")" 640
}

@test "map --svg writes nothing into a mounted famfs, through any link" {
	mount_image
	ln -s "$mnt" "$BATS_TEST_TMPDIR/pictures"
	run famfsctl map --svg "$BATS_TEST_TMPDIR/pictures/x.svg" "$img"
	assert_error 3 "'$BATS_TEST_TMPDIR/pictures/x.svg' would lie in the famfs that is mounted at '$mnt'"
	run famfsctl map --svg "$BATS_TEST_TMPDIR/pictures/d/f" "$img"
	assert_error 3 "would lie in the famfs"
}

@test "map --svg draws files that are too small to be seen together" {
	rm "$img"
	new_image 256G
	eval "famfsctl creat --no-zero -s 1 $img:/f{1..500}"
	run -0 svg
	run -0 titles
	assert_output --regexp '[0-9]+ small regions, [0-9.]+ MiB:'
	[[ $(grep -c '<rect' "$BATS_TEST_TMPDIR/map.svg") -lt 100 ]]
	run -0 famfsctl map --json "$img"
	assert_equal "$(jq '[.regions[] | select(.kind == "file")] | length' <<<"$output")" 500
}
