"""``make demo``: one command, the whole shop, and one clear sentence where that cannot be."""

import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
import requests
from django.core.management.base import CommandError
from pytest_django import Settings

from dostshop.database import EmbeddedServer
from dostshop.demo import people, static_files
from dostshop.demo.management.commands import demo
from dostshop.demo.processes import ProcessDied, Processes

ROOT = Path(__file__).resolve().parent.parent.parent
# The demo as it is, less the pictures' renditions, which have tests of their own and take a minute.
PROGRAM = """
from unittest import mock
import django
from django.core.management import execute_from_command_line
django.setup()
with mock.patch("dostshop.demo.management.commands.load_demo.call_command"):
    execute_from_command_line(["manage.py", "demo"])
"""


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
    return port


class Demo:
    """A run of the demo in a folder of its own, with nothing of the tests' environment."""

    def __init__(self, folder: Path) -> None:
        self.var = folder / "var"
        self.output = folder / "output"
        self.port, self.stripe_port, self.epoint_port = free_port(), free_port(), free_port()
        self.running: subprocess.Popen[bytes] | None = None

    def start(self, **changes: str) -> None:
        environment = {
            "PATH": os.environ["PATH"],
            "HOME": str(self.var.parent),
            "DJANGO_SETTINGS_MODULE": "dostshop.settings",
            "DEMO": "1",
            "VAR_DIR": str(self.var),
            "PORT": str(self.port),
            "DEMO_STRIPE_PORT": str(self.stripe_port),
            "DEMO_EPOINT_PORT": str(self.epoint_port),
            **changes,
        }
        with self.output.open("wb") as output:
            self.running = subprocess.Popen(
                # As from a shell's background: there Ctrl-C must close the shop too.
                ["/bin/sh", "-c", 'trap \'\' INT; exec "$0" -c "$1"', sys.executable, PROGRAM],
                cwd=ROOT,
                env=environment,
                stdout=output,
                stderr=subprocess.STDOUT,
            )

    def words(self) -> str:
        return self.output.read_text(errors="replace")

    def wait_until_open(self, seconds: float = 180) -> None:
        assert self.running is not None
        deadline = time.monotonic() + seconds
        while "Ctrl-C closes the shop" not in self.words():
            assert self.running.poll() is None, self.words()
            assert time.monotonic() < deadline, self.words()
            time.sleep(0.1)

    def stop(self, number: signal.Signals = signal.SIGINT) -> int:
        assert self.running is not None
        self.running.send_signal(number)
        return self.running.wait(180)


@pytest.fixture(scope="module")
def shop(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Demo]:
    run = Demo(tmp_path_factory.mktemp("demo"))
    run.start()
    try:
        yield run
    finally:
        if run.running and run.running.poll() is None:
            run.stop(signal.SIGTERM)
        EmbeddedServer(run.var / "postgres").stop()


def processes_of(port: int) -> bool:
    with socket.socket() as probe:
        return probe.connect_ex(("127.0.0.1", port)) == 0


def test_it_opens_is_used_closes_and_opens_again(shop: Demo) -> None:
    shop.wait_until_open()
    site = f"http://localhost:{shop.port}"
    words = shop.words()
    assert f"{site}/" in words
    assert f"{site}/demo/mail/" in words
    assert f"{site}/staff/" in words
    for person in people.PEOPLE:
        assert person.email in words
    for path in ("/", "/ru/", "/en/", "/demo/mail/", "/accounts/login/", "/admin/login/", "/readyz"):
        assert requests.get(site + path, timeout=30).status_code == 200, path
    for port in (shop.stripe_port, shop.epoint_port):
        assert requests.get(f"http://localhost:{port}/pay/none", timeout=10).status_code == 404
    assert int(requests.get(f"{site}/readyz", timeout=10).json()["jobs_waiting"]) >= 0

    # A second demo beside the first: one sentence, and the first goes on.
    beside = Demo(shop.var.parent / "beside")
    beside.var.parent.mkdir()
    beside.var, beside.port, beside.stripe_port = shop.var, shop.port, shop.stripe_port
    beside.start()
    assert beside.running is not None
    assert beside.running.wait(180) == 1
    assert beside.words().strip() == (
        f"CommandError: Port {shop.port} is in use, perhaps by another demo. Stop what uses it, or choose another "
        f"port: make demo PORT={shop.port + 10}"
    )
    assert requests.get(site, timeout=30).status_code == 200

    assert shop.stop() == 0
    assert "The shop is closed" in shop.words()
    assert not processes_of(shop.port)
    assert not processes_of(shop.stripe_port)
    assert not processes_of(shop.epoint_port)

    # The mails of the sales that the first run made are still there, and only they.
    mails = len(list((shop.var / "mail").iterdir()))
    assert mails
    shop.start()
    shop.wait_until_open()
    assert "0 pieces" in shop.words()
    assert len(list((shop.var / "mail").iterdir())) == mails
    assert shop.stop(signal.SIGTERM) == 0


def test_a_database_of_another_is_never_touched(tmp_path: Path) -> None:
    run = Demo(tmp_path)
    run.start(DATABASE_URL="postgresql://nobody@127.0.0.1:1/precious")

    assert run.running is not None
    assert run.running.wait(180) == 1
    (line,) = run.words().strip().splitlines()
    assert "DATABASE_URL is set" in line


def test_a_port_that_is_no_number_gets_one_sentence(tmp_path: Path) -> None:
    run = Demo(tmp_path)
    run.start(PORT="eight")

    assert run.running is not None
    assert run.running.wait(180) == 1
    assert run.words().strip() == "PORT is “eight”; it should be a whole number."


def test_a_web_server_that_dies_ends_the_wait(tmp_path: Path, settings: Settings) -> None:
    settings.SITE_URL = f"http://localhost:{free_port()}"
    with Processes(tmp_path) as processes:
        processes.start("web server", sys.executable, "-c", "import sys; sys.exit('no module named shop')")

        with pytest.raises(ProcessDied, match="no module named shop"):
            demo.wait_for_first_page(processes)


@pytest.mark.django_db(transaction=True, serialized_rollback=True)
def test_a_home_page_that_fails_is_said_to(tmp_path: Path, settings: Settings, live_server: object) -> None:
    settings.SITE_URL = f"{live_server}/no-such-page"
    with Processes(tmp_path) as processes, pytest.raises(CommandError, match="status 404"):
        demo.wait_for_first_page(processes)


def test_with_a_key_of_stripe_there_is_no_stand_in(
    settings: Settings, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    settings.STRIPE_API_URL = ""
    settings.ROOT_URLCONF = "tests.demo.urls"
    started: list[str] = []
    monkeypatch.setattr(Processes, "start", lambda self, name, *command: started.append(name))

    demo.start(Processes(tmp_path))

    assert started == ["worker", "web server"]
    assert list(demo.ports().values()) == ["PORT"]
    assert "/payments/stripe/webhook/" in demo.welcome()


@pytest.fixture
def collected(settings: Settings, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Callable[[], int]:
    """How often files were collected."""
    settings.VAR = tmp_path
    settings.STATIC_ROOT = tmp_path / "static"
    settings.STATICFILES_FINDERS = ["django.contrib.staticfiles.finders.FileSystemFinder"]
    settings.STATICFILES_DIRS = [tmp_path / "source"]
    (tmp_path / "source").mkdir()
    (tmp_path / "source" / "shop.css").write_text("a {}")
    calls: list[str] = []

    def collect(name: str, **options: object) -> None:
        calls.append(name)
        settings.STATIC_ROOT.mkdir(exist_ok=True)

    monkeypatch.setattr(static_files, "call_command", collect)

    def count() -> int:
        static_files.collect_changed()
        return len(calls)

    return count


def test_static_files_are_collected_again_only_where_one_changed(collected: Callable[[], int], tmp_path: Path) -> None:
    assert collected() == 1
    assert collected() == 1

    (tmp_path / "source" / "shop.css").write_text("a { color: red }")
    assert collected() == 2

    (tmp_path / "source" / "new.css").write_text("")
    assert collected() == 3

    (tmp_path / "static").rmdir()
    assert collected() == 4
    assert collected() == 4
