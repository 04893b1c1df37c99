"""The API and the payment page of the stand-in, over HTTP."""

import re
import secrets
from pathlib import Path
from urllib.parse import parse_qsl, urlsplit

from dostshop.demo.stand_in.faults import Faults
from dostshop.demo.stand_in.server import Answer, StandInHandler, StandInServer, in_json
from dostshop.demo.stripe_stand_in import api, pages
from dostshop.demo.stripe_stand_in.account import Account
from dostshop.demo.stripe_stand_in.api import ApiRequest
from dostshop.demo.stripe_stand_in.events import API_VERSION, Post

_PAY = re.compile(r"/pay/(\w+)(/confirm)?")


class StandIn(StandInServer):
    """The whole of it."""

    def __init__(
        self, *, secret_key: str, webhook_secret: str, webhook_url: str, port: int = 0, file: Path | None = None
    ) -> None:
        super().__init__(Handler, port=port)
        self.secret_key = secret_key
        self.faults = Faults()
        self.account = Account(
            Post(webhook_url, secret=webhook_secret, faults=self.faults), page_origin=self.page_origin, file=file
        )
        self.requests: list[ApiRequest] = []
        self.failed_keys: set[str] = set()

    @property
    def post(self) -> Post:
        return self.account.post

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


class Handler(StandInHandler):
    server: StandIn
    server_version = "StripeStandIn"

    def shown(self, path: str) -> Answer:
        if path.startswith("/v1/"):
            return self._api(urlsplit(self.path).query)
        match = _PAY.fullmatch(path)
        return self.page(pages.show(self.server.account, match[1] if match else "", step=(match and match[2]) or ""))

    def done(self, path: str, body: str) -> Answer:
        if path.startswith("/v1/"):
            return self._api(body)
        match = _PAY.fullmatch(path)
        act = pages.confirm if match and match[2] else pages.pay
        return self.page_after_news(act(self.server.account, match[1] if match else "", dict(parse_qsl(body))))

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
            return in_json(500, {"error": {"type": "api_error", "message": "An unknown error occurred"}})
        answer = api.answer(self.server.account, request, secret_key=self.server.secret_key)
        self.server.closing.wait(self.server.faults.hang_seconds)
        headers = [("Request-Id", f"req_{secrets.token_hex(7)}"), ("Stripe-Version", API_VERSION)]
        if answer.is_replay:
            headers.append(("Idempotent-Replayed", "true"))
        return in_json(answer.status, answer.body, *headers)
