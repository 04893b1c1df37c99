"""Typed readers of the process environment.

A value that is missing or cannot be read stops the start with one sentence that names the variable
and says what it should look like. The settings read the environment through these functions alone.
"""

import os
import re
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from decimal import Decimal
from urllib.parse import urlsplit

from dostshop.iban import is_right as is_right_iban


class EnvironmentProblem(SystemExit):
    """The environment cannot be used; the message is for the person who starts the process."""


_TRUE = {"1", "true", "yes", "on"}
_FALSE = {"0", "false", "no", "off"}
# Percent, and manat after a plus.
_TARIFF = re.compile(r"(?P<code>[a-z_]+)=(?P<percent>[0-9]{1,2}(?:\.[0-9]+)?)(?:\+(?P<fixed>[0-9]+(?:\.[0-9]{1,2})?))?")


def fill(defaults: Mapping[str, str]) -> None:
    """Set each variable that is not set yet, also for processes started from this one."""
    for name, value in defaults.items():
        os.environ.setdefault(name, value)


def text(name: str, *, default: str | None = None, hint: str = "") -> str:
    value = os.environ.get(name, "").strip()
    if value:
        return value
    if default is not None:
        return default
    raise EnvironmentProblem(f"{name} is not set. {hint or 'It is needed to start the shop.'}")


def flag(name: str, *, default: bool) -> bool:
    value = os.environ.get(name, "").strip().lower()
    if not value:
        return default
    if value in _TRUE | _FALSE:
        return value in _TRUE
    raise EnvironmentProblem(f"{name} is “{value}”; it should be 1 or 0.")


def integer(name: str, *, default: int) -> int:
    value = os.environ.get(name, "").strip()
    if not value:
        return default
    try:
        return int(value)
    except ValueError:
        raise EnvironmentProblem(f"{name} is “{value}”; it should be a whole number.") from None


def choice(name: str, *, of: Collection[str], default: str) -> str:
    value = text(name, default=default)
    if value not in of:
        raise EnvironmentProblem(f"{name} is “{value}”; it should be one of: {', '.join(of)}.")
    return value


def digits(name: str, *, count: int, default: str | None = None, hint: str = "") -> str:
    """A number that is written with so many digits, such as a taxpayer's; spaces do not count."""
    value = "".join(text(name, default=default, hint=hint).split())
    if value and not (len(value) == count and value.isascii() and value.isdigit()):
        raise EnvironmentProblem(f"{name} is “{value}”; it should have {count} digits.")
    return value


def iban(name: str, *, default: str | None = None, hint: str = "") -> str:
    """An account number of an Azerbaijani bank, whose check digits are right; spaces do not count."""
    value = "".join(text(name, default=default, hint=hint).upper().split())
    if value and not is_right_iban(value):
        raise EnvironmentProblem(
            f"{name} is “{value}”; it should be an account number that begins with AZ and has 28 letters and digits. "
            "One of them is wrong or missing."
        )
    return value


def words(name: str, *, default: str = "") -> list[str]:
    """Values separated by commas or spaces."""
    return os.environ.get(name, default).replace(",", " ").split()


@dataclass(frozen=True)
class Tariff:
    """What is taken of each payment: in percent, and in manat."""

    percent: Decimal
    fixed: Decimal


def tariffs(name: str) -> dict[str, Tariff]:
    """By payment provider, such as “stripe=2.9+0.50 epoint=2.5”: percent, and manat after a plus."""
    found = {}
    for word in words(name):
        match = _TARIFF.fullmatch(word)
        if match is None:
            raise EnvironmentProblem(
                f"{name} is “{word}”; it should be a provider with percent and manat, such as stripe=2.9+0.50."
            )
        found[match["code"]] = Tariff(Decimal(match["percent"]), Decimal(match["fixed"] or 0))
    return found


def url(name: str, *, default: str | None = None, hint: str = "") -> str:
    value = text(name, default=default, hint=hint)
    if value and not _is_address(value):
        raise EnvironmentProblem(f"{name} is “{value}”; it should be an address such as https://example.org.")
    return value


def _is_address(value: str) -> bool:
    try:
        parts = urlsplit(value)
    except ValueError:
        return False
    return bool(parts.scheme and (parts.netloc or parts.path.startswith("/")))
