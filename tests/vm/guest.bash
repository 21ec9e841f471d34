# SPDX-License-Identifier: Apache-2.0
# shellcheck shell=bash disable=SC2034,SC2154 # variables are for the scripts, or from run.sh
# Shared by the scripts that run in guests: TAP, and steps that synchronise machines.
famfsctl=$FAMFS_BUILD/cli/famfsctl
dax=/dev/dax0.0
mnt=/run/famfs
number=0 failures=0
master=11111111-1111-4111-8111-111111111111
client=22222222-2222-4222-8222-222222222222
mkdir -p "$mnt"

# try TITLE COMMAND...: one line of TAP; shows the output of the command when it fails.
try()
{
	local title=$1 said
	shift
	number=$((number + 1))
	if said=$("$@" 2>&1); then
		echo "ok $number - $title"
	else
		failures=$((failures + 1))
		echo "not ok $number - $title"
		# shellcheck disable=SC2001 # of every line
		sed 's/^/# /' <<<"$said"
	fi
}

# fails CODE TEXT COMMAND...: succeeds if the command ends with the code and its output has the text.
fails()
{
	local code=$1 text=$2 said status=0
	shift 2
	said=$("$@" 2>&1) || status=$?
	echo "exit code $status: $said"
	[[ $status == "$code" && $said == *"$text"* ]]
}

step()
{
	touch "/vmshare/$1"
}

# Waits until another machine has reached a step, for a little less than a machine may be silent.
await()
{
	local start=$SECONDS
	until [[ -e /vmshare/$1 ]]; do
		((SECONDS - start < patience_seconds)) || { echo "not ok 0 - waited for $1 in vain" && exit 1; }
		sleep 0.1
	done
}
