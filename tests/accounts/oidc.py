"""A small OpenID Connect provider on this machine, which takes everyone for the person that it was told of."""

import json
import time
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Thread
from typing import Any
from urllib.parse import parse_qs, urlencode, urlsplit

import jwt

CLIENT_ID = "oidc-client"


class Provider(ThreadingHTTPServer):
    person: dict[str, Any]

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), _Answers)
        self.person = {"sub": "1"}

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.server_port}"

    def settings(self) -> dict[str, Any]:
        """What ``SOCIALACCOUNT_PROVIDERS`` has for it."""
        app = {
            "provider_id": "oidc",
            "name": "ASAN",
            "client_id": CLIENT_ID,
            "secret": "oidc-secret",
            "settings": {"server_url": self.url},
        }
        return {"openid_connect": {"APPS": [app]}}


class _Answers(BaseHTTPRequestHandler):
    server: Provider

    def do_GET(self) -> None:
        address = urlsplit(self.path)
        if address.path == "/page":
            asked = {name: values[0] for name, values in parse_qs(address.query).items()}
            self.send_response(302)
            self.send_header(
                "Location", f"{asked['redirect_uri']}?{urlencode({'code': 'once', 'state': asked['state']})}"
            )
            self.end_headers()
        elif address.path == "/person":
            self._answer(self.server.person)
        else:
            pages = {"authorization": "page", "token": "token", "userinfo": "person"}
            endpoints = {f"{name}_endpoint": f"{self.server.url}/{page}" for name, page in pages.items()}
            self._answer({**endpoints, "issuer": self.server.url, "jwks_uri": f"{self.server.url}/keys"})

    def do_POST(self) -> None:
        self.rfile.read(int(self.headers["Content-Length"]))
        claims = {**self.server.person, "iss": self.server.url, "aud": CLIENT_ID, "exp": time.time() + 60}
        id_token = jwt.encode(claims, "known to nobody but this provider")
        self._answer({"access_token": "token", "token_type": "Bearer", "id_token": id_token})

    def _answer(self, content: dict[str, Any]) -> None:
        self.send_response(200)
        self.send_header("Content-Type", "application/json")
        self.end_headers()
        self.wfile.write(json.dumps(content).encode())

    def log_message(self, format: str, *args: Any) -> None:  # noqa: A002 — the name that the base class has
        pass


@contextmanager
def running() -> Iterator[Provider]:
    provider = Provider()
    thread = Thread(target=provider.serve_forever, kwargs={"poll_interval": 0.02})
    thread.start()
    try:
        yield provider
    finally:
        provider.shutdown()
        provider.server_close()
        thread.join()
