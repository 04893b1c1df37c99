"""Listens for the shop and for buyers' browsers; each request in a thread of its own."""

import json
import mimetypes
import signal
import sys
import threading
from collections.abc import Callable
from dataclasses import asdict, dataclass
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from types import FrameType
from typing import Any
from urllib.parse import parse_qsl, urlsplit

from django.contrib.staticfiles import finders
from django.core.exceptions import SuspiciousFileOperation

from dostshop.demo.stand_in.pages import Page, SentOn
from dostshop.demo.stand_in.post import Post

LARGEST_BODY = 1024 * 1024


@dataclass(frozen=True)
class Answer:
    status: int
    body: bytes = b""
    content_type: str = "text/html; charset=utf-8"
    headers: tuple[tuple[str, str], ...] = ()
    cache_control: str = "no-store"


class StandInServer(ThreadingHTTPServer):
    """``port`` 0 takes any free one; ``url`` says which."""

    daemon_threads = True

    def __init__(self, handler: "type[StandInHandler]", *, port: int) -> None:
        super().__init__(("127.0.0.1", port), handler)
        self.closing = threading.Event()
        # What the shop has asked, for tests: dataclasses.
        self.requests: list[Any] = []

    @property
    def post(self) -> Post:
        raise NotImplementedError

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.server_port}"

    @property
    def page_origin(self) -> str:
        """Where buyers' browsers find the pages."""
        return f"http://localhost:{self.server_port}"

    def server_close(self) -> None:
        self.closing.set()
        self.post.close()
        super().server_close()

    def handle_error(self, request: Any, client_address: Any) -> None:
        """Who does not wait for the answer is no error of the server's."""
        if not isinstance(sys.exception(), ConnectionError):
            super().handle_error(request, client_address)

    def run(self) -> None:
        """Until the process is asked to end."""
        signal.signal(signal.SIGTERM, _stop)
        try:
            self.serve_forever()
        except KeyboardInterrupt:
            pass
        finally:
            self.server_close()


class StandInHandler(BaseHTTPRequestHandler):
    server: StandInServer
    # A browser that opens a connection and says nothing does not keep a thread for ever.
    timeout = 60

    def shown(self, path: str) -> Answer:
        """What a GET gets."""
        raise NotImplementedError

    def done(self, path: str, body: str) -> Answer:
        """What a POST gets."""
        raise NotImplementedError

    def do_GET(self) -> None:
        self._respond(self._get)

    def do_POST(self) -> None:
        self._respond(self._post)

    def _respond(self, respond: Callable[[str], Answer]) -> None:
        answer = respond(urlsplit(self.path).path)
        self.send_response(answer.status)
        self.send_header("Content-Type", answer.content_type)
        self.send_header("Content-Length", str(len(answer.body)))
        self.send_header("Cache-Control", answer.cache_control)
        for name, value in answer.headers:
            self.send_header(name, value)
        self.end_headers()
        self.wfile.write(answer.body)

    def _get(self, path: str) -> Answer:
        if path.startswith("/shop/"):
            return _shop_file(path.removeprefix("/shop/"))
        # Browsers look for it beside what is no page.
        if path == "/favicon.ico":
            return _shop_file("img/mark.svg")
        if path == "/test/requests":
            return in_json(200, {"requests": [asdict(request) for request in self.server.requests]})
        return self.shown(path)

    def _post(self, path: str) -> Answer:
        length = int(self.headers.get("Content-Length") or 0)
        if length > LARGEST_BODY:
            return Answer(413)
        body = self.rfile.read(length).decode(errors="replace")
        return self._set_faults(dict(parse_qsl(body))) if path == "/test/faults" else self.done(path, body)

    def _set_faults(self, form: dict[str, str]) -> Answer:
        faults = self.server.post.faults
        try:
            faults.set(form)
        except ValueError as error:
            return in_json(400, {"error": str(error)})
        return in_json(200, asdict(faults))

    def page(self, page: Page | SentOn) -> Answer:
        if isinstance(page, SentOn):
            return Answer(303, headers=(("Location", page.location),))
        policy = (
            "default-src 'none'; style-src 'self'; font-src 'self'; img-src 'self'; base-uri 'none'; "
            f"frame-ancestors 'none'; form-action 'self' {page.leads_to}"
        )
        return Answer(page.status, page.html.encode(), headers=(("Content-Security-Policy", policy),))

    def page_after_news(self, page: Page | SentOn) -> Answer:
        """Providers, too, wait for the shop to have heard before they send the buyer back."""
        if not self.server.post.faults.delay_seconds:
            self.server.post.wait()
        return self.page(page)

    def log_message(self, format: str, *args: object) -> None:  # noqa: A002 — the name is the base class's
        """Nothing: the shop's own log tells what it asked."""


def in_json(status: int, body: object, *headers: tuple[str, str]) -> Answer:
    return Answer(status, json.dumps(body, ensure_ascii=False).encode(), "application/json", headers)


def _shop_file(name: str) -> Answer:
    """The shop's own style sheets, fonts and pictures, so that the page is at home in it."""
    try:
        found = finders.find(name)
    except SuspiciousFileOperation:
        found = None
    if found is None or not Path(found).is_file():
        return Answer(404)
    kind = mimetypes.guess_type(found)[0] or "application/octet-stream"
    return Answer(200, Path(found).read_bytes(), kind, cache_control="max-age=60")


def _stop(number: int, frame: FrameType | None) -> None:
    raise KeyboardInterrupt
