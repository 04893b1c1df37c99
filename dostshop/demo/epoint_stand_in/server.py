"""The API and the payment page of the stand-in, over HTTP."""

import re
from pathlib import Path
from urllib.parse import parse_qsl, urlsplit

from dostshop.demo.epoint_stand_in import api, pages
from dostshop.demo.epoint_stand_in.account import Account
from dostshop.demo.epoint_stand_in.api import ApiRequest
from dostshop.demo.epoint_stand_in.callbacks import Post
from dostshop.demo.stand_in.faults import Faults
from dostshop.demo.stand_in.server import Answer, StandInHandler, StandInServer, in_json

_PAY = re.compile(r"/pay/(\w+)")


class EpointStandIn(StandInServer):
    """The whole of it."""

    def __init__(
        self, *, public_key: str, private_key: str, callback_url: str, port: int = 0, file: Path | None = None
    ) -> None:
        super().__init__(Handler, port=port)
        self.public_key = public_key
        self.private_key = private_key
        self.faults = Faults()
        self.account = Account(
            Post(callback_url, private_key=private_key, faults=self.faults), page_origin=self.page_origin, file=file
        )
        self.requests: list[ApiRequest] = []

    @property
    def post(self) -> Post:
        return self.account.post

    @property
    def api_url(self) -> str:
        return f"{self.url}{api.PREFIX}".rstrip("/")


class Handler(StandInHandler):
    server: EpointStandIn
    server_version = "EpointStandIn"

    def shown(self, path: str) -> Answer:
        match = _PAY.fullmatch(path)
        return self.page(pages.show(self.server.account, match[1] if match else ""))

    def done(self, path: str, body: str) -> Answer:
        if path.startswith(api.PREFIX):
            return self._api(body)
        match = _PAY.fullmatch(path)
        return self.page_after_news(pages.pay(self.server.account, match[1] if match else "", dict(parse_qsl(body))))

    def _api(self, encoded: str) -> Answer:
        request = ApiRequest(path=urlsplit(self.path).path, encoded=encoded)
        self.server.requests.append(request)
        if self.server.faults.takes_failure():
            return in_json(500, {"status": "server_error"})
        keys = {"public_key": self.server.public_key, "private_key": self.server.private_key}
        told = api.answer(self.server.account, request, **keys)
        self.server.closing.wait(self.server.faults.hang_seconds)
        return in_json(200, told)
