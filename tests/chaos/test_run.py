"""The short form of ``make chaos``; and whatever happens to it, nothing is left running."""

import os
import signal
import subprocess
import sys
import time
from pathlib import Path

from tests.chaos.__main__ import ROOT

ENVIRONMENT = {name: value for name, value in os.environ.items() if name in {"PATH", "HOME", "LANG"}}


def start(folder: Path, *arguments: str) -> subprocess.Popen[str]:
    return subprocess.Popen(
        [sys.executable, "-m", "tests.chaos", "--folder", str(folder), *arguments],
        cwd=ROOT,
        env=ENVIRONMENT,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
    )


def left_running(folder: Path) -> list[str]:
    """Whatever has the folder in its command, its working directory or its environment."""
    found = []
    for process in Path("/proc").glob("[0-9]*"):
        try:
            command = (process / "cmdline").read_bytes()
            if os.fsencode(folder) in command + (process / "environ").read_bytes():
                found.append(command.replace(b"\0", b" ").decode(errors="replace"))
        except OSError:
            # It has ended, or is somebody else's.
            continue
    return found


def assert_nothing_is_left(folder: Path) -> None:
    """A server that was asked to end, and has, may be seen for a while longer on a busy machine."""
    deadline = time.monotonic() + 60
    while left := left_running(folder):
        assert time.monotonic() < deadline, left
        time.sleep(0.1)


def test_nothing_is_lost_and_nothing_is_there_twice(tmp_path: Path) -> None:
    folder = tmp_path / "chaos"
    run = start(folder, "--orders", "60", "--kills", "4")
    words, _ = run.communicate(timeout=600)
    assert run.returncode == 0, words
    assert "Nothing is lost, and nothing is there twice." in words
    assert_nothing_is_left(folder)
    assert not folder.exists()


def test_interrupted_it_leaves_nothing_running(tmp_path: Path) -> None:
    folder = tmp_path / "chaos"
    run = start(folder)
    deadline = time.monotonic() + 120
    while not (folder / "log").exists() and time.monotonic() < deadline:
        time.sleep(0.1)
    assert left_running(folder)
    run.send_signal(signal.SIGINT)
    words, _ = run.communicate(timeout=120)
    assert "Interrupted." in words
    assert run.returncode
    assert_nothing_is_left(folder)
