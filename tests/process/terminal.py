"""A terminal as the tests see it: a pseudo-terminal whose other end is kept and interpreted."""

import fcntl
import os
import pty
import re
import struct
import termios
import threading

from harness import Running

REDRAWN = "\r\x1b[J"
ESCAPES = re.compile(r"\x1b\[[0-9;?]*[A-Za-z]")


class OnTerminal(Running):
    """A process whose standard error, and standard output if so wished, is a terminal."""

    def __init__(self, command, folder, columns=100, stdout_too=False, how=None, **environment):
        self.master, slave = pty.openpty()
        self.received = b""
        self.resize(columns)
        environment = {"TERM": "xterm", **environment}
        kept = {k: v for k, v in os.environ.items() if k not in ("NO_COLOR", "COLUMNS")}
        super().__init__(command, folder, stdout=slave if stdout_too else None, stderr=slave, env=kept | environment, **(how or {}))
        os.close(slave)
        self.collector = threading.Thread(target=self.collect, daemon=True)
        self.collector.start()

    def collect(self):
        while True:
            try:
                more = os.read(self.master, 65536)
            except OSError:  # the process has ended
                more = b""
            if not more:
                return os.close(self.master)
            self.received += more

    def resize(self, columns):
        fcntl.ioctl(self.master, termios.TIOCSWINSZ, struct.pack("HHHH", 24, columns, 0, 0))

    @property
    def stderr(self):
        return self.received.decode(errors="replace")

    def wait(self, *arguments):
        ended = super().wait(*arguments)
        self.collector.join()
        ended.stderr = self.stderr
        return ended

    def drawn(self):
        """Every line that was drawn in place of another, in order."""
        return [text.partition("\r")[0] for text in self.stderr.split(REDRAWN)[1:] if "\n" not in text.partition("\r")[0]]


def take_terminal():
    """In the child: standard error becomes its controlling terminal, as after a login."""
    os.setsid()
    fcntl.ioctl(2, termios.TIOCSCTTY, 0)


def screen(text):
    """What is to be seen at the end, line by line, on a terminal of unlimited size."""
    lines, row, column = [""], 0, 0
    while text:
        if text.startswith("\x1b[J"):
            lines = lines[: row + 1]
            lines[row] = lines[row][:column]
            text = text[3:]
            continue
        character, text = text[0], text[1:]
        if character == "\r":
            column = 0
        elif character == "\n":
            row += 1
            lines += [""] * (row + 1 - len(lines))
        else:
            assert character >= " ", repr(character)
            lines[row] = lines[row][:column].ljust(column) + character + lines[row][column + 1 :]
            column += 1
    return [line.rstrip() for line in lines]
