# SPDX-License-Identifier: Apache-2.0
# The program knows what can follow; see docs/HACKING.md.

function __famfsctl_complete
    set -l token (commandline -ct)
    # A quote that is still open cannot be taken off by unescape.
    set -l word (string unescape -- $token; or string replace -r '^["\']' '' -- $token)
    famfsctl __complete -- (commandline -opc) "$word" 2>/dev/null
end

for name in famfsctl mkfs.famfs fsck.famfs mount.famfs mount.fuse.famfs
    complete -c $name -f -a '(__famfsctl_complete)'
end
