"""Reads the parameters of a request, as strictly as Stripe does: what is unknown or unreadable is refused."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Protocol


class Refused(Exception):
    """The request cannot be done; becomes an error in Stripe's shape."""

    def __init__(
        self,
        message: str,
        *,
        status: int = 400,
        kind: str = "invalid_request_error",
        param: str = "",
        code: str = "",
    ) -> None:
        super().__init__(message)
        self.status = status
        optional = {"param": param, "code": code}
        self.body = {
            "error": {"type": kind, "message": message, **{name: text for name, text in optional.items() if text}}
        }


class Rule(Protocol):
    def read(self, value: Any, name: str) -> Any:
        """The value as it is meant. Raises Refused, naming the parameter."""


@dataclass(frozen=True)
class Text:
    choices: frozenset[str] = frozenset()
    max_length: int = 5000

    def read(self, value: Any, name: str) -> str:
        if not isinstance(value, str) or len(value) > self.max_length:
            raise Refused(f"Invalid string: {name}", param=name)
        if not value:
            raise Refused(
                f"You passed an empty string for '{name}'. We assume empty values are an attempt to unset a "
                f"parameter; however '{name}' cannot be unset.",
                param=name,
                code="parameter_invalid_empty",
            )
        if self.choices and value not in self.choices:
            raise Refused(f"Invalid {name}: must be one of {', '.join(sorted(self.choices))}", param=name)
        return value


@dataclass(frozen=True)
class Whole:
    """A whole number, such as an amount in minor units or a time in seconds."""

    minimum: int = 0

    def read(self, value: Any, name: str) -> int:
        if not isinstance(value, str) or not value.isascii() or not value.isdigit():
            raise Refused(f"Invalid integer: {value}", param=name, code="parameter_invalid_integer")
        if int(value) < self.minimum:
            raise Refused(f"This value must be greater than or equal to {self.minimum}.", param=name)
        return int(value)


@dataclass(frozen=True)
class Flag:
    def read(self, value: Any, name: str) -> bool:
        if value not in {"true", "false"}:
            raise Refused(f"Invalid boolean: {value}", param=name)
        return bool(value == "true")


@dataclass(frozen=True)
class Notes:
    """Stripe's metadata: names and texts of the caller's own."""

    def read(self, value: Any, name: str) -> dict[str, str]:
        if not isinstance(value, dict) or len(value) > 50:
            raise Refused("Invalid object", param=name)
        return {key: Text(max_length=500).read(text, f"{name}[{key}]") for key, text in value.items()}


@dataclass(frozen=True)
class Many:
    rule: Rule

    def read(self, value: Any, name: str) -> list[Any]:
        if not isinstance(value, list):
            raise Refused("Invalid array", param=name)
        return [self.rule.read(item, f"{name}[{number}]") for number, item in enumerate(value)]


@dataclass(frozen=True)
class Group:
    needed: Mapping[str, Rule] = field(default_factory=dict)
    optional: Mapping[str, Rule] = field(default_factory=dict)

    def read(self, value: Any, name: str = "") -> dict[str, Any]:
        if not isinstance(value, dict):
            raise Refused("Invalid object", param=name)
        rules = {**self.needed, **self.optional}
        for key in value:
            if key not in rules:
                inner = self._inner(name, key)
                raise Refused(f"Received unknown parameter: {inner}", param=inner, code="parameter_unknown")
        for key in self.needed:
            if key not in value:
                inner = self._inner(name, key)
                raise Refused(f"Missing required param: {inner}.", param=inner, code="parameter_missing")
        return {key: rules[key].read(item, self._inner(name, key)) for key, item in value.items()}

    @staticmethod
    def _inner(name: str, key: str) -> str:
        return f"{name}[{key}]" if name else key


_EXPAND = {"expand": Many(Text())}
_LINE = Group(
    needed={
        "quantity": Whole(minimum=1),
        "price_data": Group(
            needed={
                "currency": Text(choices=frozenset({"azn"})),
                "unit_amount": Whole(),
                "product_data": Group(needed={"name": Text(max_length=250)}),
            }
        ),
    }
)

OPEN_SESSION = Group(
    needed={
        "mode": Text(choices=frozenset({"payment"})),
        "line_items": Many(_LINE),
        "success_url": Text(),
    },
    optional={
        "adaptive_pricing": Group(needed={"enabled": Flag()}),
        "cancel_url": Text(),
        "client_reference_id": Text(max_length=200),
        "customer_email": Text(max_length=800),
        "expires_at": Whole(),
        "locale": Text(choices=frozenset({"auto", "en", "ru", "tr"})),
        "metadata": Notes(),
        "payment_intent_data": Group(optional={"metadata": Notes()}),
        **_EXPAND,
    },
)
LOOK = Group(optional=_EXPAND)
_LIST: dict[str, Rule] = {
    "created": Group(optional={"gte": Whole()}),
    "limit": Whole(minimum=1),
    "starting_after": Text(),
    **_EXPAND,
}
LIST_SESSIONS = Group(optional=_LIST)
LIST_DISPUTES = Group(optional=_LIST)
LIST_REFUNDS = Group(optional={**_LIST, "payment_intent": Text()})
REFUND = Group(
    needed={"payment_intent": Text()},
    optional={
        "amount": Whole(minimum=1),
        "reason": Text(choices=frozenset({"duplicate", "fraudulent", "requested_by_customer"})),
        "metadata": Notes(),
        **_EXPAND,
    },
)
