# SPDX-License-Identifier: Apache-2.0
# shellcheck shell=bash
# Packages of another release of Debian than this machine's: fetched, and not installed.

# debian_lists DIR SUITE: its package lists, in DIR, from the mirror that this machine already uses.
# $debian_apt has what apt-get and apt-cache need to use them.
debian_lists()
{
	local lists=$1 suite=$2 mirror
	debian_apt=(-o "Dir::Etc::SourceList=$lists/sources.list" -o Dir::Etc::SourceParts=/dev/null
		-o "Dir::State::Lists=$lists/lists" -o "Dir::Cache=$lists" -o APT::Sandbox::User=root)
	mkdir -p "$lists/lists/partial" "$lists/archives/partial"
	mirror=$(apt-get indextargets --format '$(SITE)' 'Created-By: Packages' | awk '/debian$/ && !n++')
	echo "deb [signed-by=/usr/share/keyrings/debian-archive-keyring.gpg] $mirror $suite main" \
		>"$lists/sources.list"
	apt-get "${debian_apt[@]}" update -qq
}
