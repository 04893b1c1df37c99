"""Callbacks, and the signature that both directions carry."""

import base64
import hashlib
import json
from typing import Any
from urllib.parse import urlencode

from dostshop.demo.stand_in import post
from dostshop.demo.stand_in.faults import Faults


def signature(data: str, *, private_key: str) -> str:
    digest = hashlib.sha1(f"{private_key}{data}{private_key}".encode()).digest()  # noqa: S324 — Epoint's own scheme
    return base64.b64encode(digest).decode()


def signed(content: dict[str, Any], *, private_key: str) -> dict[str, str]:
    """The two fields of a form."""
    data = base64.b64encode(json.dumps(content, ensure_ascii=False).encode()).decode()
    return {"data": data, "signature": signature(data, private_key=private_key)}


class Post(post.Post):
    """Carries callbacks to the shop."""

    def __init__(self, url: str, *, private_key: str, faults: Faults) -> None:
        super().__init__(url, faults=faults)
        self.private_key = private_key

    def letter(self, told: dict[str, Any]) -> tuple[bytes, dict[str, str]]:
        body = urlencode(signed(told, private_key=self.private_key))
        return body.encode(), {"Content-Type": "application/x-www-form-urlencoded"}
