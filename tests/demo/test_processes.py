"""The demo's processes start, are watched and stop together."""

import os
import signal
import sys
import time
from pathlib import Path

import pytest

from dostshop.demo import processes as module
from dostshop.demo.processes import ProcessDied, Processes

FOREVER = "import time; print('here', flush=True); time.sleep(600)"
STUBBORN = f"import signal; signal.signal(signal.SIGTERM, signal.SIG_IGN); {FOREVER}"
WITH_A_CHILD = (
    "import subprocess, sys; child = subprocess.Popen([sys.executable, '-c', 'import time; time.sleep(600)']); "
    "print(child.pid, flush=True); child.wait()"
)


def wait_for_words(log: Path) -> str:
    deadline = time.monotonic() + 10
    while time.monotonic() < deadline:
        if log.exists() and log.read_text().strip():
            return log.read_text().strip()
        time.sleep(0.02)
    raise AssertionError(f"nothing in {log}")


def is_alive(pid: int) -> bool:
    try:
        state = Path(f"/proc/{pid}/stat").read_text().rsplit(")", 1)[1].split()[0]
    except FileNotFoundError:
        return False
    return state != "Z"


def test_leaving_stops_what_was_started(tmp_path: Path) -> None:
    with Processes(tmp_path) as processes:
        processes.start("one", sys.executable, "-c", FOREVER)
        processes.start("two", sys.executable, "-c", FOREVER)
        wait_for_words(tmp_path / "one.log")
        wait_for_words(tmp_path / "two.log")
        processes.check()

    assert [child.running.returncode for child in processes.children] == [-signal.SIGTERM] * 2


def test_an_error_on_the_way_stops_them_too(tmp_path: Path) -> None:
    processes = Processes(tmp_path)

    def interrupted() -> None:
        with processes:
            processes.start("one", sys.executable, "-c", FOREVER)
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        interrupted()

    assert processes.children[0].running.poll() is not None


def test_one_that_does_not_listen_is_ended(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "STOP_WITHIN_SECONDS", 0.2)
    with Processes(tmp_path) as processes:
        processes.start("stubborn", sys.executable, "-c", STUBBORN)
        wait_for_words(tmp_path / "stubborn.log")

    assert processes.children[0].running.returncode == -signal.SIGKILL


def test_what_they_started_stops_with_them(tmp_path: Path) -> None:
    with Processes(tmp_path) as processes:
        processes.start("parent", sys.executable, "-c", WITH_A_CHILD)
        grandchild = int(wait_for_words(tmp_path / "parent.log"))
        assert is_alive(grandchild)

    deadline = time.monotonic() + 5
    while is_alive(grandchild) and time.monotonic() < deadline:
        time.sleep(0.02)
    assert not is_alive(grandchild)


def test_ctrl_c_in_the_terminal_reaches_the_demo_alone(tmp_path: Path) -> None:
    with Processes(tmp_path) as processes:
        processes.start("one", sys.executable, "-c", FOREVER)

        assert os.getpgid(processes.children[0].running.pid) != os.getpgid(0)


def test_one_that_ends_is_reported_with_its_last_words(tmp_path: Path) -> None:
    code = "import sys; [print('line', n) for n in range(40)]; print('no room'); sys.exit(3)"
    with Processes(tmp_path) as processes:
        processes.start("good one", sys.executable, "-c", FOREVER)
        processes.start("web server", sys.executable, "-c", code)

        with pytest.raises(ProcessDied) as death:
            processes.watch()

    words = str(death.value)
    assert words.startswith("The web server ended with status 3.")
    assert words.endswith("no room")
    assert "line 39" in words
    assert "line 1\n" not in words
    assert str(tmp_path / "web-server.log") in words
