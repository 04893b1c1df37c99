"""The processes of the demo: started together, watched, and stopped together.

Each has a process group of its own, so that Ctrl-C in the terminal reaches the demo alone, which then asks them
to stop in order. What they say goes to files in ``var/log/``.
"""

import os
import signal
import subprocess
import time
from dataclasses import dataclass
from pathlib import Path
from types import TracebackType
from typing import Self

STOP_WITHIN_SECONDS = 15
LAST_LINES = 15


class ProcessDied(Exception):
    """One of them ended by itself; the message has its last lines."""


@dataclass(frozen=True)
class Child:
    name: str
    log: Path
    running: "subprocess.Popen[bytes]"

    def last_lines(self) -> str:
        return "\n".join(self.log.read_text(errors="replace").splitlines()[-LAST_LINES:])


class Processes:
    """Use as a context: leaving it stops whatever was started in it."""

    def __init__(self, logs: Path) -> None:
        self.logs = logs
        self.children: list[Child] = []

    def __enter__(self) -> Self:
        self.logs.mkdir(parents=True, exist_ok=True)
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.stop()

    def start(self, name: str, *command: str) -> None:
        log = self.logs / f"{name.replace(' ', '-')}.log"
        with log.open("wb") as output:
            running = subprocess.Popen(  # noqa: S603 — the shop's own programs
                command, stdin=subprocess.DEVNULL, stdout=output, stderr=subprocess.STDOUT, process_group=0
            )
        self.children.append(Child(name, log, running))

    def check(self) -> None:
        """Raises ProcessDied where one has ended."""
        for child in self.children:
            status = child.running.poll()
            if status is not None:
                raise ProcessDied(
                    f"The {child.name} ended with status {status}. Its last words, from {child.log}:\n"
                    f"{child.last_lines()}"
                )

    def watch(self) -> None:
        """Returns never; raises ProcessDied when one ends."""
        while True:
            self.check()
            time.sleep(0.5)

    def stop(self) -> None:
        """Asks all of them to end, the last started first, and insists where one does not in time."""
        for child in reversed(self.children):
            _signal(child, signal.SIGTERM)
        deadline = time.monotonic() + STOP_WITHIN_SECONDS
        for child in self.children:
            try:
                child.running.wait(max(0.1, deadline - time.monotonic()))
            except subprocess.TimeoutExpired:
                _signal(child, signal.SIGKILL)
                child.running.wait()


def _signal(child: Child, number: signal.Signals) -> None:
    """To the child's whole group, while the child lives: afterwards its number may be another's."""
    if child.running.poll() is None:
        os.killpg(child.running.pid, number)
