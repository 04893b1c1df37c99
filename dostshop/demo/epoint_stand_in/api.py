"""The API that the shop's server calls: every answer that was understood has status 200, refusals too."""

import base64
import hmac
import json
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any
from urllib.parse import parse_qsl

from dostshop.demo.epoint_stand_in.account import Account, Refused, Stored
from dostshop.demo.epoint_stand_in.callbacks import signature

PREFIX = "/api/1/"


@dataclass(frozen=True)
class ApiRequest:
    """What came over the wire, as it came; tests read it too."""

    path: str
    encoded: str

    @property
    def form(self) -> dict[str, str]:
        return dict(parse_qsl(self.encoded))

    @property
    def parameters(self) -> dict[str, Any]:
        """What ``data`` says. Raises ValueError, Refused."""
        read = json.loads(base64.b64decode(self.form.get("data", ""), validate=True))
        if not isinstance(read, dict):
            raise Refused("data is no object")
        return read


_ACTIONS: dict[str, Callable[[Account, Stored], Stored]] = {
    "request": Account.open,
    "get-status": Account.status,
    "reverse": Account.reverse,
}
# Besides ``public_key``; what nobody knows is refused, so that a wrong name is found.
_KNOWN = {
    "request": {
        "amount",
        "currency",
        "language",
        "order_id",
        "description",
        "success_redirect_url",
        "error_redirect_url",
    },
    "get-status": {"transaction"},
    "reverse": {"transaction", "amount", "currency", "language"},
}


def answer(account: Account, request: ApiRequest, *, public_key: str, private_key: str) -> Stored:
    try:
        return _done(account, request, public_key=public_key, private_key=private_key)
    except Refused as refusal:
        return {"status": "error", "message": str(refusal)}


def _done(account: Account, request: ApiRequest, *, public_key: str, private_key: str) -> Stored:
    form = request.form
    right = signature(form.get("data", ""), private_key=private_key)
    if not hmac.compare_digest(form.get("signature", "").encode(), right.encode()):
        raise Refused("signature did not match")
    try:
        parameters = request.parameters
    except ValueError as error:
        raise Refused("data cannot be read") from error
    if parameters.pop("public_key", "") != public_key:
        raise Refused("public_key is not known")
    action = request.path.removeprefix(PREFIX)
    if action not in _ACTIONS:
        raise Refused("no such address")
    if unknown := set(parameters) - _KNOWN[action]:
        raise Refused(f"unknown: {', '.join(sorted(unknown))}")
    with account.lock:
        told = _ACTIONS[action](account, parameters)
        account.save()
    return told
