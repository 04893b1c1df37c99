"""Listens for the shop and for buyers' browsers; each request in a thread of its own."""

import json
import mimetypes
import re
import secrets
import threading
from collections.abc import Callable
from dataclasses import asdict, dataclass
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from urllib.parse import parse_qsl, urlsplit

from django.contrib.staticfiles import finders
from django.core.exceptions import SuspiciousFileOperation

from dostshop.demo.stripe_stand_in import api, pages
from dostshop.demo.stripe_stand_in.account import Account
from dostshop.demo.stripe_stand_in.api import ApiRequest
from dostshop.demo.stripe_stand_in.events import API_VERSION, Post
from dostshop.demo.stripe_stand_in.faults import Faults

LARGEST_BODY = 1024 * 1024
_PAY = re.compile(r"/pay/(\w+)(/confirm)?")


@dataclass(frozen=True)
class Answer:
    status: int
    body: bytes = b""
    content_type: str = "text/html; charset=utf-8"
    headers: tuple[tuple[str, str], ...] = ()
    cache_control: str = "no-store"


class StandIn(ThreadingHTTPServer):
    """The whole of it. ``port`` 0 takes any free one; ``url`` says which."""

    daemon_threads = True

    def __init__(
        self, *, secret_key: str, webhook_secret: str, webhook_url: str, port: int = 0, file: Path | None = None
    ) -> None:
        super().__init__(("127.0.0.1", port), Handler)
        self.secret_key = secret_key
        self.faults = Faults()
        self.post = Post(webhook_url, secret=webhook_secret, faults=self.faults)
        self.account = Account(self.post, page_origin=f"http://localhost:{self.server_port}", file=file)
        # What the shop has asked, for tests.
        self.requests: list[ApiRequest] = []
        self.failed_keys: set[str] = set()
        self.closing = threading.Event()

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.server_port}"

    def fails_again(self, key: str) -> bool:
        """Stripe keeps its first answer to a key, failures too."""
        if key not in self.failed_keys and not self.faults.takes_failure():
            return False
        if key:
            self.failed_keys.add(key)
        return True

    def service_actions(self) -> None:
        """Twice a second, from ``serve_forever``."""
        self.account.expire_due()

    def server_close(self) -> None:
        self.closing.set()
        self.post.close()
        super().server_close()


class Handler(BaseHTTPRequestHandler):
    server: StandIn
    server_version = "StripeStandIn"
    # A browser that opens a connection and says nothing does not keep a thread for ever.
    timeout = 60

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
        if path.startswith("/v1/"):
            return self._api(urlsplit(self.path).query)
        if path.startswith("/shop/"):
            return _shop_file(path.removeprefix("/shop/"))
        # Browsers look for it beside what is no page.
        if path == "/favicon.ico":
            return _shop_file("img/mark.svg")
        if path == "/test/requests":
            return _json(200, {"requests": [asdict(request) for request in self.server.requests]})
        match = _PAY.fullmatch(path)
        return self._page(pages.show(self.server.account, match[1] if match else "", step=(match and match[2]) or ""))

    def _post(self, path: str) -> Answer:
        length = int(self.headers.get("Content-Length") or 0)
        if length > LARGEST_BODY:
            return Answer(413)
        body = self.rfile.read(length).decode(errors="replace")
        if path.startswith("/v1/"):
            return self._api(body)
        form = dict(parse_qsl(body))
        if path == "/test/faults":
            return self._set_faults(form)
        match = _PAY.fullmatch(path)
        act = pages.confirm if match and match[2] else pages.pay
        done = act(self.server.account, match[1] if match else "", form)
        # Stripe, too, waits for the shop to have heard before it sends the buyer back.
        if not self.server.faults.delay_seconds:
            self.server.post.wait()
        return self._page(done)

    def _api(self, encoded: str) -> Answer:
        request = ApiRequest(
            method=self.command,
            path=urlsplit(self.path).path,
            encoded=encoded,
            authorization=self.headers.get("Authorization") or "",
            idempotency_key=self.headers.get("Idempotency-Key") or "",
        )
        self.server.requests.append(request)
        if self.server.fails_again(request.idempotency_key):
            return _json(500, {"error": {"type": "api_error", "message": "An unknown error occurred"}})
        answer = api.answer(self.server.account, request, secret_key=self.server.secret_key)
        self.server.closing.wait(self.server.faults.hang_seconds)
        headers = [("Request-Id", f"req_{secrets.token_hex(7)}"), ("Stripe-Version", API_VERSION)]
        if answer.is_replay:
            headers.append(("Idempotent-Replayed", "true"))
        return _json(answer.status, answer.body, *headers)

    def _set_faults(self, form: dict[str, str]) -> Answer:
        try:
            self.server.faults.set(form)
        except ValueError as error:
            return _json(400, {"error": str(error)})
        return _json(200, asdict(self.server.faults))

    def _page(self, page: pages.Page | pages.SentOn) -> Answer:
        if isinstance(page, pages.SentOn):
            return Answer(303, headers=(("Location", page.location),))
        policy = (
            "default-src 'none'; style-src 'self'; font-src 'self'; img-src 'self'; base-uri 'none'; "
            f"frame-ancestors 'none'; form-action 'self' {page.leads_to}"
        )
        return Answer(page.status, page.html.encode(), headers=(("Content-Security-Policy", policy),))

    def log_message(self, format: str, *args: object) -> None:  # noqa: A002 — the name is the base class's
        """Nothing: the shop's own log tells what it asked."""


def _json(status: int, body: object, *headers: tuple[str, str]) -> Answer:
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
