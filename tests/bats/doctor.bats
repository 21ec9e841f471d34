#!/usr/bin/env bats
# SPDX-License-Identifier: Apache-2.0
# doctor: problems of this host, its mounts and a famfs, and the commands that repair them.

load helper

suite_setup()
{
	needs_image
	new_image 1G
	famfsctl creat --no-zero -s 5000 "$img:/f"
}

# The findings of ID, about the image, the mount or no subject. Other mounts of this machine have
# findings as well.
findings()
{
	jq -c --arg id "$1" --arg img "$img" --arg mnt "$mnt" '.findings[] |
		select(.id == $id and (.subject == null or .subject == $img or .subject == $mnt))' <<<"$output"
}

# findings_of ID SUBJECT
findings_of()
{
	jq -c --arg id "$1" --arg subject "$2" '.findings[] | select(.id == $id and .subject == $subject)' <<<"$output"
}

# doctor ARG...: its JSON is $output; checks that the exit code follows from it.
doctor()
{
	run --separate-stderr famfsctl doctor --json "$@"
	assert_equal "$stderr" ""
	assert_equal "$status" "$(jq 'if .problem_count > 0 then 1 else 0 end' <<<"$output")"
}

# Runs the repair of the finding exactly as it is printed.
repair()
{
	local command
	command=$(findings "$1" | jq -r .repair)
	[[ -n $command && $command != null ]]
	(cd "$BATS_TEST_TMPDIR" && PATH=$(dirname "$FAMFSCTL"):$PATH bash -c "$command" 3>&-)
}

@test "each part of the host has a finding, with a severity and an id" {
	doctor
	assert_equal "$(jq -r .schema <<<"$output")" famfsctl.doctor/1
	for id in kernel fuse.device fuse.helper fuse.allow-other udev.rule limits.mappings; do
		[[ $(findings $id | jq -r .severity) == @(ok|warning|problem) ]]
	done
	run -0 jq -e '[.findings[] | .severity != "ok" or .repair == null] | all' <<<"$output"
	run famfsctl doctor
	assert_line --regexp '^(ok|warning) +kernel +'"$(uname -r)"': '
	assert_line --regexp '^[0-9]+ problems?, [0-9]+ warnings?$'
	run famfsctl doctor -q
	refute_line --regexp '^ok '
}

@test "a sound famfs is ok" {
	doctor "$img"
	assert_equal "$(findings log | jq -r .severity)" ok
	run famfsctl doctor "$img"
	assert_line --regexp '^ok +log +.*: sound: 1 file, 15419 of 15420 log entries left'
	if [[ -c /dev/fuse ]] && ! grep -q ' fuse.famfs ' /proc/self/mountinfo; then
		assert_success
	fi
}

@test "a damaged famfs is a problem, and its repair works as it is printed" {
	mv "$img" "$BATS_TEST_TMPDIR/it's \$(here).img"
	img="$BATS_TEST_TMPDIR/it's \$(here).img"
	"$OMFEDIT" "$img" set 0 crc=1
	run famfsctl doctor "$img"
	assert_error 1 "log.damaged"
	assert_output --partial "1 problem, the first: entry 0: CRC is"
	doctor "$img"
	run repair log.damaged
	assert_output --partial "repaired"
	doctor "$img"
	assert_equal "$(findings log.damaged)" ""
	assert_equal "$(findings log | jq -r .severity)" ok
}

@test "doctor reports a target that is missing or not a famfs" {
	truncate -s 0 "$img"
	truncate -s 1G "$img"
	run famfsctl doctor "$img"
	assert_error 1 "target.no-famfs"
	doctor "$img"
	run -0 repair target.no-famfs
	doctor "$img"
	assert_equal "$(findings log | jq -r .severity)" ok
	run famfsctl doctor "$img.none"
	assert_error 1 "target.unreadable"
}

@test "a log that is nearly full is a warning" {
	"$OMFEDIT" "$img" fill 14500
	doctor "$img"
	assert_equal "$(findings log.nearly-full | jq -r .severity)" warning
	"$OMFEDIT" "$img" fill 919
	doctor "$img"
	assert_equal "$(findings log.full | jq -r .severity)" warning
}

@test "a file that takes more mappings than a process may have is a warning" {
	rm "$img"
	new_image 300G
	famfsctl creat --no-zero -s 260G -N 2 -B 2 -C 2M "$img:/wide"
	doctor "$img"
	limit=$(cat /proc/sys/vm/max_map_count)
	[[ $limit -lt 133000 ]] || skip "needs vm.max_map_count below 133000"
	assert_regex "$(jq -r '.findings[] | select(.id == "limits.mappings" and .subject != null) | .repair' <<<"$output")" '^sysctl -w vm.max_map_count=[0-9]+$'
}

@test "doctor reports a helper as missing if mount(8) does not find it" {
	[[ $EUID -eq 0 ]] || skip "needs root"
	[[ ! -e /sbin/mount.famfs ]] || skip "needs a host without /sbin/mount.famfs"
	mkdir "$BATS_TEST_TMPDIR/local"
	ln -s "$FAMFSCTL" "$BATS_TEST_TMPDIR/local/mount.famfs"
	ln -s "$FAMFSCTL" "$BATS_TEST_TMPDIR/local/mkfs.famfs"
	# shellcheck disable=SC2016 # for the shell in the namespace
	run -0 unshare -m bash -c 'mount --bind "$1" /usr/local/sbin && "$FAMFSCTL" doctor --json || true' - \
		"$BATS_TEST_TMPDIR/local"
	assert_equal "$(findings_of helper.missing mount.famfs | jq -r .repair)" \
		"ln -s \"\$(command -v famfsctl)\" /sbin/mount.famfs"
	assert_equal "$(findings_of helper.missing mkfs.famfs)" ""
}

@test "doctor shows the identity and its source" {
	doctor
	assert_equal "$(findings identity | jq -r .message)" "$MASTER, from \$FAMFS_SYSTEM_UUID"
	export FAMFS_SYSTEM_UUID=none
	run famfsctl doctor
	assert_error 1 "identity.unreadable"
}

@test "doctor reports a good mount as ok, and checks its device" {
	mount_image
	doctor
	assert_equal "$(findings mount | jq -r .severity)" ok
	assert_equal "$(findings log | jq -r .severity)" ok
	"$OMFEDIT" "$img" set 0 crc=1
	doctor
	assert_equal "$(findings log.damaged | jq -r .severity)" problem
	run repair log.damaged
	assert_output --partial "repaired"
	run is_mounted "$mnt"
	assert_failure
}

@test "doctor reports a mount whose server is gone, and the repair unmounts it" {
	mount_image
	kill -9 "$(servers)"
	wait_for 10 no_server
	doctor
	assert_equal "$(findings mount.dead | jq -r .severity)" problem
	run -0 repair mount.dead
	run is_mounted "$mnt"
	assert_failure
}

@test "a mount whose device holds another file system is a problem" {
	mount_image
	"$OMFEDIT" "$img" set super fs_uuid=77777777777777777777777777777777
	doctor "$mnt"
	assert_equal "$(findings mount.stale | jq -r .severity)" problem
	run -0 repair mount.stale
	run is_mounted "$mnt"
	assert_failure
}

@test "doctor reports a mount that hangs, without hanging itself" {
	mount_image
	server=$(servers)
	kill -STOP "$server"
	run bash -c '"$FAMFSCTL" doctor --json "$1" | cat' - "$img"
	hung=$output
	kill -CONT "$server"
	output=$hung
	assert_equal "$(findings mount.hangs | jq -r .severity)" problem
	assert_regex "$(findings mount.hangs | jq -r .repair)" '^echo 1 >/sys/fs/fuse/connections/[0-9]+/abort$'
	# The device is read twice: once for the mount, and once because it was named.
	assert_equal "$(findings log | jq -r .severity)" $'ok\nok'
	doctor
	assert_equal "$(findings mount | jq -r .severity)" ok
}
