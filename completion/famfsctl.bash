# SPDX-License-Identifier: Apache-2.0
# Commands and options come from the program itself, so that they are never out of date.

_famfsctl()
{
	local cur=${COMP_WORDS[COMP_CWORD]} command=${COMP_WORDS[1]} words

	if ((COMP_CWORD == 1)); then
		words="$(famfsctl --list-commands 2>/dev/null) help --help --version"
	elif [[ $command == help ]]; then
		words=$(famfsctl --list-commands 2>/dev/null)
	elif [[ $cur == -* ]]; then
		words=$(famfsctl "$command" --help 2>/dev/null |
			sed -nE 's/^  (-.,|   ) (--[a-z-]+).*/\2/p')
	else
		return
	fi
	mapfile -t COMPREPLY < <(compgen -W "$words" -- "$cur")
}

# Without a match, names of files complete as usual: devices, images, and paths in a mount.
complete -o default -F _famfsctl famfsctl
