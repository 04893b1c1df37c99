"""The API that the shop's server calls: Bearer keys, idempotency keys, and errors in Stripe's shape."""

import hashlib
import hmac
import re
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from dostshop.demo.stripe_stand_in import form_encoding
from dostshop.demo.stripe_stand_in.account import Account, Stored
from dostshop.demo.stripe_stand_in.parameters import (
    LIST_DISPUTES,
    LIST_REFUNDS,
    LIST_SESSIONS,
    LOOK,
    OPEN_SESSION,
    REFUND,
    Group,
    Refused,
)


@dataclass(frozen=True)
class ApiRequest:
    """What came over the wire, as it came; tests read it too."""

    method: str
    path: str
    # The form, or a GET's query.
    encoded: str
    authorization: str
    idempotency_key: str = ""

    @property
    def parameters(self) -> dict[str, Any]:
        return form_encoding.decode(self.encoded)

    @property
    def fingerprint(self) -> str:
        return hashlib.sha256(f"{self.method} {self.path} {self.encoded}".encode()).hexdigest()


@dataclass(frozen=True)
class ApiAnswer:
    status: int
    body: dict[str, Any]
    is_replay: bool = False


@dataclass(frozen=True)
class _Route:
    method: str
    path: re.Pattern[str]
    shape: Group
    action: Callable[[Account, Stored, str], Stored]


def _open_session(account: Account, parameters: Stored, _identifier: str) -> Stored:
    return account.open_session(parameters)


def _show_session(account: Account, parameters: Stored, identifier: str) -> Stored:
    session = account.session(identifier)
    return _with_intent(account, session) if "payment_intent" in parameters.get("expand", []) else session


def _with_intent(account: Account, session: Stored) -> Stored:
    intent = session["payment_intent"]
    return {**session, "payment_intent": account.intent(intent)} if intent else session


def _list_sessions(account: Account, parameters: Stored, _identifier: str) -> Stored:
    page = account.listed(account.sessions, parameters)
    if "data.payment_intent" in parameters.get("expand", []):
        page["data"] = [_with_intent(account, session) for session in page["data"]]
    return {**page, "url": "/v1/checkout/sessions"}


def _list_refunds(account: Account, parameters: Stored, _identifier: str) -> Stored:
    return {**account.listed(account.refunds, parameters), "url": "/v1/refunds"}


def _list_disputes(account: Account, parameters: Stored, _identifier: str) -> Stored:
    return {**account.listed(account.disputes, parameters), "url": "/v1/disputes"}


def _expire_session(account: Account, _parameters: Stored, identifier: str) -> Stored:
    return account.expire(account.session(identifier))


def _show_intent(account: Account, _parameters: Stored, identifier: str) -> Stored:
    return account.intent(identifier)


def _refund(account: Account, parameters: Stored, _identifier: str) -> Stored:
    return account.refund(parameters)


_ROUTES = [
    _Route("POST", re.compile(r"/v1/checkout/sessions"), OPEN_SESSION, _open_session),
    _Route("GET", re.compile(r"/v1/checkout/sessions"), LIST_SESSIONS, _list_sessions),
    _Route("GET", re.compile(r"/v1/checkout/sessions/(\w+)"), LOOK, _show_session),
    _Route("POST", re.compile(r"/v1/checkout/sessions/(\w+)/expire"), LOOK, _expire_session),
    _Route("GET", re.compile(r"/v1/payment_intents/(\w+)"), LOOK, _show_intent),
    _Route("POST", re.compile(r"/v1/refunds"), REFUND, _refund),
    _Route("GET", re.compile(r"/v1/refunds"), LIST_REFUNDS, _list_refunds),
    _Route("GET", re.compile(r"/v1/disputes"), LIST_DISPUTES, _list_disputes),
]


def answer(account: Account, request: ApiRequest, *, secret_key: str) -> ApiAnswer:
    if not hmac.compare_digest(request.authorization.encode(), f"Bearer {secret_key}".encode()):
        refusal = Refused("Invalid API Key provided.", status=401)
        return ApiAnswer(refusal.status, refusal.body)
    try:
        with account.lock:
            return _once(account, request)
    except Refused as refusal:
        return ApiAnswer(refusal.status, refusal.body)


def _once(account: Account, request: ApiRequest) -> ApiAnswer:
    """The same key is the same request: done once, answered as often as it is asked."""
    key = request.idempotency_key if request.method == "POST" else ""
    if earlier := account.answers.get(key):
        if earlier["fingerprint"] != request.fingerprint:
            raise Refused(
                "Keys for idempotent requests can only be used with the same parameters they were first used with. "
                f"Try using a key other than '{key}' if you meant to execute a different request.",
                kind="idempotency_error",
            )
        return ApiAnswer(200, earlier["body"], is_replay=True)
    body = dict(_done(account, request))
    if key:
        account.answers[key] = {"fingerprint": request.fingerprint, "body": body}
    if request.method == "POST":
        account.save()
    return ApiAnswer(200, body)


def _done(account: Account, request: ApiRequest) -> Stored:
    for route in _ROUTES:
        match = route.path.fullmatch(request.path)
        if match and route.method == request.method:
            identifier = match[1] if match.groups() else ""
            return route.action(account, route.shape.read(request.parameters), identifier)
    raise Refused(f"Unrecognized request URL ({request.method}: {request.path}).", status=404)
