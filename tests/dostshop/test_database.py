"""The embedded PostgreSQL, with real servers in scratch folders, and the reading of DATABASE_URL."""

import importlib.util
import os
import shutil
import signal
import stat
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import psycopg
import pytest

from dostshop import database
from dostshop.database import DatabaseProblem, EmbeddedServer, settings_for

NOBODY = 65534
only_as_root = pytest.mark.skipif(os.getuid() != 0, reason="changes users, so it needs root")

START = """
import sys, time
from pathlib import Path
from dostshop.database import EmbeddedServer
print(EmbeddedServer(Path(sys.argv[1])).start(), flush=True)
time.sleep(float(sys.argv[2]))
"""


def starter(base: Path, *, stays: float = 0) -> subprocess.Popen[str]:
    return subprocess.Popen(
        [sys.executable, "-c", START, str(base), str(stays)],
        stdout=subprocess.PIPE,
        text=True,
        start_new_session=True,
    )


def postmaster(server: EmbeddedServer) -> int:
    return int((server.data / "postmaster.pid").read_text().split("\n", 1)[0])


def answer(server: EmbeddedServer, query: str) -> object:
    with psycopg.connect(server.url) as connection:
        row = connection.execute(query).fetchone()
    return row[0] if row else None


@contextmanager
def as_nobody() -> Iterator[None]:
    """This process as an ordinary user, with a way back."""
    os.setresgid(NOBODY, NOBODY, 0)
    os.setresuid(NOBODY, NOBODY, 0)
    try:
        yield
    finally:
        os.setresuid(0, 0, 0)
        os.setresgid(0, 0, 0)


@pytest.fixture(scope="module")
def scratch() -> Iterator[Path]:
    """Not pytest's own: it shuts its folders against other users, and so against the server's account."""
    folder = Path(tempfile.mkdtemp(prefix="pg-"))
    folder.chmod(0o755)
    yield folder
    shutil.rmtree(folder)


@pytest.fixture(scope="module")
def shared_server(scratch: Path) -> Iterator[EmbeddedServer]:
    server = EmbeddedServer(scratch / "one")
    yield server
    server.stop()


@pytest.fixture
def server(shared_server: EmbeddedServer) -> EmbeddedServer:
    """One data folder for most tests, for making one takes a second; running, whatever the last test did to it."""
    shared_server.start()
    return shared_server


@pytest.fixture
def copied(server: EmbeddedServer, scratch: Path) -> Iterator["Copier"]:
    server.stop()
    copier = Copier(server, scratch)
    yield copier
    copier.clean()


class Copier:
    """Makes another data folder from a stopped server's."""

    def __init__(self, original: EmbeddedServer, scratch: Path) -> None:
        self.original = original
        self.scratch = scratch
        self.made: list[EmbeddedServer] = []

    def to(self, name: str, *, owner: int | None = None) -> EmbeddedServer:
        base = self.scratch / name
        base.parent.mkdir(parents=True, exist_ok=True)
        subprocess.run(["cp", "-a", str(self.original.base), str(base)], check=True)
        if owner is not None:
            subprocess.run(["chown", "-R", f"{owner}:{owner}", str(base)], check=True)
        self.made.append(EmbeddedServer(base, durable=False))
        return self.made[-1]

    def clean(self) -> None:
        for server in self.made:
            server.stop()
            shutil.rmtree(server.base)
            shutil.rmtree(server.socket, ignore_errors=True)


# --- Starting, sharing, surviving ---


def test_four_processes_starting_at_once_share_one_server(shared_server: EmbeddedServer) -> None:
    processes = [starter(shared_server.base) for _ in range(4)]
    urls = {process.communicate(timeout=60)[0].strip() for process in processes}

    assert [process.returncode for process in processes] == [0, 0, 0, 0]
    assert urls == {shared_server.url}
    assert answer(shared_server, "SELECT 1") == 1


def test_a_second_process_finds_the_server_within_a_tenth_of_a_second(server: EmbeddedServer) -> None:
    running = postmaster(server)
    times = []
    for _ in range(5):
        begin = time.perf_counter()
        EmbeddedServer(server.base).start()
        times.append(time.perf_counter() - begin)

    assert min(times) < 0.1
    assert postmaster(server) == running


def test_nobody_else_may_enter_its_folders(server: EmbeddedServer) -> None:
    for folder in (server.base, server.data):
        assert stat.S_IMODE(folder.stat().st_mode) == 0o700
    assert answer(server, "SELECT count(*) FROM pg_hba_file_rules WHERE type <> 'local'") == 4
    assert answer(server, "SHOW listen_addresses") == ""


def test_letters_of_azerbaijan_have_case_and_trigrams(server: EmbeddedServer) -> None:
    assert answer(server, "SELECT lower('ƏĞÖÜŞÇ Бакинский')") == "əğöüşç бакинский"
    with psycopg.connect(server.url) as connection:
        connection.execute("CREATE EXTENSION IF NOT EXISTS pg_trgm")
        row = connection.execute("SELECT similarity('Бакинский ƏL', 'бакинский əl')").fetchone()
    assert row == (1.0,)


def test_it_outlives_a_killed_parent(server: EmbeddedServer) -> None:
    server.stop()
    parent = starter(server.base, stays=60)
    assert parent.stdout
    assert parent.stdout.readline().strip() == server.url
    running = postmaster(server)
    os.killpg(parent.pid, signal.SIGKILL)
    parent.communicate()

    assert answer(server, "SELECT 1") == 1
    server.start()
    assert postmaster(server) == running


def test_it_comes_back_after_a_kill_with_what_was_committed(server: EmbeddedServer) -> None:
    with psycopg.connect(server.url) as connection:
        connection.execute("CREATE TABLE IF NOT EXISTS kept AS SELECT 42 AS value")
    killed = postmaster(server)
    os.kill(killed, signal.SIGKILL)
    server.start()

    assert postmaster(server) != killed
    assert answer(server, "SELECT value FROM kept") == 42


def test_a_pid_file_that_names_another_living_program_is_no_obstacle(server: EmbeddedServer) -> None:
    content = (server.data / "postmaster.pid").read_text().split("\n", 1)[1]
    server.stop()
    owner = server.base.stat().st_uid
    foreign = subprocess.Popen(["sleep", "60"], user=owner if os.getuid() == 0 else None)
    try:
        (server.data / "postmaster.pid").write_text(f"{foreign.pid}\n{content}")
        server.start()
        assert answer(server, "SELECT 1") == 1
        assert foreign.poll() is None
        assert postmaster(server) != foreign.pid
    finally:
        foreign.kill()
        foreign.wait()


def test_a_zombie_in_the_pid_file_is_no_obstacle(server: EmbeddedServer) -> None:
    content = (server.data / "postmaster.pid").read_text().split("\n", 1)[1]
    server.stop()
    owner = server.base.stat().st_uid
    zombie = subprocess.Popen(["true"], user=owner if os.getuid() == 0 else None)
    try:
        os.waitid(os.P_PID, zombie.pid, os.WEXITED | os.WNOWAIT)
        (server.data / "postmaster.pid").write_text(f"{zombie.pid}\n{content}")
        server.start()
        assert answer(server, "SELECT 1") == 1
    finally:
        zombie.wait()


def test_stopping_what_does_not_run_is_no_error(server: EmbeddedServer, scratch: Path) -> None:
    running = postmaster(server)
    server.stop()
    server.stop()
    (server.data / "postmaster.pid").write_text(f"{running}\n{server.data}\n")
    server.stop()
    EmbeddedServer(scratch / "never made").stop()

    assert not (scratch / "never made").exists()


@pytest.mark.parametrize("name", ["long/" + "folder-of-the-shop/" * 6 + "pg", "a, 'quoted' folder with ə/pg"])
def test_a_path_that_no_socket_can_have_gets_its_socket_elsewhere(copied: Copier, name: str) -> None:
    server = copied.to(name)
    server.start()

    assert answer(server, "SELECT 1") == 1
    assert server.socket != server.base
    assert stat.S_IMODE(server.socket.stat().st_mode) == 0o700


# --- Users ---


@only_as_root
def test_root_does_not_run_it_as_root(server: EmbeddedServer) -> None:
    assert server.base.owner() == database.SERVER_ACCOUNT
    assert Path(f"/proc/{postmaster(server)}").stat().st_uid == server.base.stat().st_uid != 0


@only_as_root
def test_an_ordinary_user_makes_and_runs_one(scratch: Path) -> None:
    home = scratch / "home"
    home.mkdir()
    os.chown(home, NOBODY, NOBODY)
    server = EmbeddedServer(home / "pg", durable=False)
    with as_nobody():
        server.start()
        assert answer(server, "SELECT 1") == 1
    assert Path(f"/proc/{postmaster(server)}").stat().st_uid == NOBODY

    # Root finds it running, and starts it again as that user, whose folder it stays.
    running = postmaster(server)
    server.start()
    assert postmaster(server) == running
    server.stop()
    server.start()
    assert Path(f"/proc/{postmaster(server)}").stat().st_uid == NOBODY
    with as_nobody():
        server.stop()
    assert not (server.data / "postmaster.pid").exists()


@only_as_root
def test_the_data_of_another_user_is_refused_with_a_sentence(server: EmbeddedServer) -> None:
    with as_nobody(), pytest.raises(DatabaseProblem, match=r"belongs to another user\. Start the shop as that user"):
        EmbeddedServer(server.base).start()
    with as_nobody(), pytest.raises(DatabaseProblem, match="belongs to another user"):
        EmbeddedServer(server.base).stop()


@only_as_root
def test_a_socket_folder_that_somebody_else_made_is_not_trusted(copied: Copier) -> None:
    server = copied.to("trap/" + "folder-of-the-shop/" * 6 + "pg", owner=NOBODY)
    server.socket.mkdir()
    with as_nobody(), pytest.raises(DatabaseProblem, match=f"{server.socket} belongs to another user"):
        server.start()


@only_as_root
def test_a_folder_that_cannot_be_written_is_named(scratch: Path) -> None:
    with as_nobody(), pytest.raises(DatabaseProblem, match=r"Permission denied: .*set VAR_DIR to one that can"):
        EmbeddedServer(scratch / "shut").start()


@only_as_root
def test_root_without_useradd_is_told_what_to_do(scratch: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(database, "SERVER_ACCOUNT", "account_that_is_not_there")
    monkeypatch.setattr(shutil, "which", lambda *args, **options: None)
    with pytest.raises(DatabaseProblem, match=r"no `useradd` .* Start the shop as an ordinary user"):
        EmbeddedServer(scratch / "no-account").start()


# --- What cannot work is said ---


def test_a_missing_wheel_is_named(scratch: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(importlib.util, "find_spec", lambda name: None)
    with pytest.raises(DatabaseProblem, match=r"not installed\. Run `make install`, or set DATABASE_URL"):
        EmbeddedServer(scratch / "pg").start()


def test_a_server_that_does_not_start_leaves_its_last_words(copied: Copier, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(database, "_PATIENCE_SECONDS", 0)
    server = copied.to("old")
    (server.data / "PG_VERSION").write_text("9\n")
    with pytest.raises(DatabaseProblem, match=r"(?s)does not start.*DATABASE_URL.*initialized by PostgreSQL version 9"):
        server.start()


# --- DATABASE_URL ---


def test_a_database_url_is_read_whole(tmp_path: Path) -> None:
    settings = settings_for("postgres://anna:p%40ss@db.example.az:6432/d%C3%B6st?sslmode=require", var=tmp_path)
    assert settings == {
        "ENGINE": "django.db.backends.postgresql",
        "NAME": "döst",
        "USER": "anna",
        "PASSWORD": "p@ss",
        "HOST": "db.example.az",
        "PORT": 6432,
        "OPTIONS": {"sslmode": "require"},
    }
    assert list(tmp_path.iterdir()) == []


def test_the_socket_of_a_database_url_keeps_its_capitals(tmp_path: Path) -> None:
    settings = settings_for("postgresql://postgres@/shop?host=/srv/Socket", var=tmp_path)
    assert (settings["HOST"], settings["PORT"], settings["OPTIONS"]) == ("/srv/Socket", "", {})


@pytest.mark.parametrize(
    ("url", "sentence"),
    [
        ("mysql://localhost/shop", "begins with “mysql”"),
        ("postgresql://localhost:many/shop", "The port in DATABASE_URL should be a number"),
        ("postgresql://localhost", "names no database"),
    ],
)
def test_a_database_url_that_cannot_be_meant_is_refused(tmp_path: Path, url: str, sentence: str) -> None:
    with pytest.raises(DatabaseProblem, match=sentence):
        settings_for(url, var=tmp_path)
