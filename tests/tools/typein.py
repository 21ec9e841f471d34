#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Types into a shell at a terminal, as a person does, and prints what its line editor has then.

typein.py bash|zsh FOLDER LINE...: FOLDER has the completion, as famfsctl or _famfsctl. Each line is
typed, and a tab. Prints what becomes of it, in <<>>; before that, if it ended in a tab itself, what
was shown.
"""
import fcntl
import os
import pty
import re
import select
import signal
import struct
import sys
import tempfile
import termios
import time

PATIENCE = 30

BASH = r"""
PS1='READY> ' PS2=
bind 'set bell-style none'
bind 'set enable-bracketed-paste off'
bind 'set completion-query-items 0'
bind 'set page-completions off'
bind -x '"\C-xp": printf "<<%s>>\n" "$READLINE_LINE"; READLINE_LINE= READLINE_POINT=0'
. {folder}/famfsctl
"""

ZSH = r"""
PS1='READY> ' RPS1=
unsetopt beep prompt_cr prompt_sp
LISTMAX=10000
fpath=({folder} $fpath)
autoload -Uz compinit
compinit -u -D
show() {{ zle -I; print -r -- "<<$BUFFER>>"; BUFFER= }}
zle -N show
bindkey '^Xp' show
"""


class Shell:
    def __init__(self, name, folder, home):
        rc = os.path.join(home, ".bashrc" if name == "bash" else ".zshrc")
        with open(rc, "w", encoding="utf-8") as f:
            f.write((BASH if name == "bash" else ZSH).format(folder=folder))
        self.raw = self.seen = ""
        self.pid, self.fd = pty.fork()
        if self.pid == 0:
            os.environ.update(TERM="vt100", ZDOTDIR=home, HISTFILE="")
            if name == "bash":
                os.execlp("bash", "bash", "--noprofile", "--rcfile", rc, "-i")
            os.execlp("zsh", "zsh", "-d", "-i")
        fcntl.ioctl(self.fd, termios.TIOCSWINSZ, struct.pack("HHHH", 200, 250, 0, 0))

    def wait_for(self, pattern):
        end = time.monotonic() + PATIENCE
        while not re.search(pattern, self.seen, re.S):
            if not select.select([self.fd], [], [], max(0, end - time.monotonic()))[0]:
                sys.exit(f"no {pattern!r} in {self.seen!r}")
            self.raw += os.read(self.fd, 65536).decode(errors="replace")
            self.seen = re.sub(r"\x1b\[[0-9;?]*[a-zA-Z]|[\r\0\a]", "", self.raw)

    def type(self, text):
        os.write(self.fd, text.encode())

    def end(self):
        os.kill(self.pid, signal.SIGKILL)
        os.waitpid(self.pid, 0)


def main():
    name, folder, *lines = sys.argv[1:]
    with tempfile.TemporaryDirectory() as home:
        shell = Shell(name, folder, home)
        try:
            shell.wait_for("READY> $")
            for line in lines:
                shell.raw = shell.seen = ""
                shell.type(line + "\t\x18p")
                shell.wait_for(r"<<.*>>\n")
                shown, _, rest = shell.seen.partition("<<")
                if line.endswith("\t"):
                    print(shown)
                print("<<" + rest.partition(">>")[0] + ">>")
        finally:
            shell.end()


main()
