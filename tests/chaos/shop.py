"""The processes of a shop of its own: started, killed with -9 at any moment, and started again as a machine would.

Only what was started here is ever killed, by its own process id.
"""

import os
import random
import signal
import sys
import threading
import time
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path

import requests

from dostshop.database import EmbeddedServer
from dostshop.demo.processes import Child, Processes
from tests.newcomer import free_ports

# The shop gives a provider up sooner than usual, so that its silence can be met often.
PROVIDER_PATIENCE_SECONDS = 2
START_WITHIN_SECONDS = 60
# After something was killed, pages may fail for a moment longer than it takes to start it again.
ECHO_SECONDS = 5
COMMANDS = {
    "web": ("-m", "gunicorn", "dostshop.wsgi", "--config", "dostshop/gunicorn.py"),
    "worker": ("manage.py", "procrastinate", "worker"),
    "other worker": ("manage.py", "procrastinate", "worker"),
}
WORKERS = ("worker", "other worker")


@dataclass
class Kill:
    victim: str
    at: float
    # None while it is not back.
    over_at: float | None = None


@dataclass
class Shop:
    folder: Path
    kills: list[Kill] = field(default_factory=list)
    # Names of processes that ended though nobody had killed anything.
    deserters: list[str] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.port, self.stripe_port, self.epoint_port = free_ports(3)
        self.server = EmbeddedServer(self.folder / "postgres")
        self.site = f"http://127.0.0.1:{self.port}"
        self.processes = Processes(self.folder / "log")
        self.running: dict[str, Child] = {}
        self.started = 0
        self._lock = threading.RLock()
        self._closed = threading.Event()

    @property
    def environment(self) -> dict[str, str]:
        return {
            "DJANGO_SETTINGS_MODULE": "tests.chaos.settings",
            "DEMO": "1",
            "DATABASE_URL": self.server.url,
            "VAR_DIR": str(self.folder),
            "PORT": str(self.port),
            "SITE_URL": self.site,
            "DEMO_STRIPE_PORT": str(self.stripe_port),
            "DEMO_EPOINT_PORT": str(self.epoint_port),
            "STRIPE_TIMEOUT_SECONDS": str(PROVIDER_PATIENCE_SECONDS),
            "EPOINT_TIMEOUT_SECONDS": str(PROVIDER_PATIENCE_SECONDS),
            "LOG_LEVEL": "WARNING",
        }

    def open(self) -> None:
        """Its database runs already."""
        self.processes.logs.mkdir(parents=True, exist_ok=True)
        for name in COMMANDS:
            self._start(name)
        self.wait_until_open()
        threading.Thread(target=self._watch, daemon=True).start()

    def close(self) -> None:
        """Nothing of it is left running."""
        self.stop_processes()
        with self._lock:
            self.server.stop()

    def stop_processes(self) -> None:
        """All but the database."""
        self._closed.set()
        with self._lock:
            self.processes.stop()

    def wait_until_open(self) -> None:
        deadline = time.monotonic() + START_WITHIN_SECONDS
        while not self.is_open():
            if time.monotonic() > deadline:
                raise SystemExit(f"The shop does not open; {self.processes.logs} says why.")
            time.sleep(0.1)

    def is_open(self) -> bool:
        with suppress(requests.RequestException):
            return requests.get(f"{self.site}/readyz", timeout=5).status_code == 200
        return False

    def kill(self, victim: str, chance: random.Random) -> bool:
        """With -9: the process with its children or one of them, and for the database its master or one backend.

        False where it was not there to be killed.
        """
        kill = Kill(victim, time.monotonic())
        with self._lock:
            is_killed = (
                _kill_server(self.server, chance) if victim == "database" else _kill_child(self.running[victim], chance)
            )
            if not is_killed:
                return False
            self.kills.append(kill)
        self._closed.wait(chance.uniform(0, 1.5))
        with self._lock:
            if victim == "database" and not self._closed.is_set():
                self.server.start()
        if victim not in WORKERS:
            self.wait_until_open()
        kill.over_at = time.monotonic()
        return True

    def is_disturbed(self, since: float) -> bool:
        """Whether web process or database was down, or just back, at a moment from then until now."""
        return any(
            kill.victim not in WORKERS and (kill.over_at is None or kill.over_at + ECHO_SECONDS > since)
            for kill in self.kills
        )

    def _start(self, name: str) -> None:
        self.started += 1
        bind = ("--bind", f"127.0.0.1:{self.port}") if name == "web" else ()
        self.processes.start(f"{name} {self.started}", sys.executable, *COMMANDS[name], *bind)
        self.running[name] = self.processes.children[-1]

    def _watch(self) -> None:
        """Starts again what has ended, as the machine's own supervisor does."""
        while not self._closed.wait(0.2):
            with self._lock:
                for name, child in list(self.running.items()):
                    if self._closed.is_set() or child.running.poll() is None:
                        continue
                    if not any(time.monotonic() - kill.at < START_WITHIN_SECONDS for kill in self.kills[-3:]):
                        self.deserters.append(f"the {name} process ended by itself, see {child.log}")
                    self._start(name)


def _kill_child(child: Child, chance: random.Random) -> bool:
    if child.running.poll() is not None:
        return False
    children = _children_of(child.running.pid)
    with suppress(ProcessLookupError):
        if children and chance.random() < 0.3:
            os.kill(chance.choice(children), signal.SIGKILL)
        else:
            os.killpg(child.running.pid, signal.SIGKILL)
        return True
    return False


def _kill_server(server: EmbeddedServer, chance: random.Random) -> bool:
    """PostgreSQL starts all over when a single backend dies like that."""
    with suppress(OSError, ValueError):
        master = int((server.data / "postmaster.pid").read_text().split("\n", 1)[0])
        if os.fsencode(server.data) in Path(f"/proc/{master}/cmdline").read_bytes().split(b"\0"):
            backends = _children_of(master)
            os.kill(chance.choice(backends) if backends and chance.random() < 0.3 else master, signal.SIGKILL)
            return True
    return False


def _children_of(pid: int) -> list[int]:
    found = []
    for children in Path(f"/proc/{pid}/task").glob("*/children"):
        with suppress(OSError):
            found += [int(one) for one in children.read_text().split()]
    return found
