"""The books of a merchant at Epoint: payments that were opened, paid and declined, and what was sent back.

One lock around everything; kept in a file, so that a restart of the demo forgets no payment.
"""

import json
import secrets
import threading
import time
from decimal import Decimal, InvalidOperation
from pathlib import Path
from typing import Any

from dostshop.demo.epoint_stand_in.callbacks import Post

type Stored = dict[str, Any]

LANGUAGES = ("az", "ru", "en")
LONGEST_ORDER_ID = 255
LONGEST_DESCRIPTION = 1000
# The bank's own codes.
CODES = {"paid": "000", "declined": "116", "no-money": "119"}


class Refused(Exception):
    """The request cannot be done; the message is what Epoint answers."""


class Account:
    def __init__(self, post: Post, *, page_origin: str, file: Path | None = None) -> None:
        self.post = post
        self.page_origin = page_origin
        self.file = file
        self.lock = threading.RLock()
        # Sums are kept as text, to the qəpik.
        self.payments: dict[str, Stored] = {}
        self.reversals: list[Stored] = []
        if file and file.exists():
            vars(self).update(json.loads(file.read_text()))

    def save(self) -> None:
        if self.file is None:
            return
        kept = {"payments": self.payments, "reversals": self.reversals}
        self.file.parent.mkdir(parents=True, exist_ok=True)
        fresh = self.file.with_suffix(".new")
        fresh.write_text(json.dumps(kept, ensure_ascii=False, indent=1))
        fresh.replace(self.file)

    def open(self, parameters: Stored) -> Stored:
        order_id = _text(parameters, "order_id", longest=LONGEST_ORDER_ID)
        if any(payment["order_id"] == order_id for payment in self.payments.values()):
            raise Refused("order_id was used before")
        _expect(parameters, "currency", ("AZN",))
        transaction = f"te{secrets.randbelow(10**9):010}"
        self.payments[transaction] = {
            "transaction": transaction,
            "order_id": order_id,
            "amount": str(_sum(parameters)),
            "currency": "AZN",
            "language": _expect(parameters, "language", LANGUAGES),
            "description": _text(parameters, "description", longest=LONGEST_DESCRIPTION),
            "success_redirect_url": _text(parameters, "success_redirect_url", longest=2000),
            "error_redirect_url": _text(parameters, "error_redirect_url", longest=2000),
            "created": int(time.time()),
            "status": "new",
            "outcome": "",
        }
        return {
            "status": "success",
            "transaction": transaction,
            "redirect_url": f"{self.page_origin}/pay/{transaction}",
        }

    def payment(self, transaction: object) -> Stored:
        if transaction not in self.payments:
            raise Refused("transaction not found")
        return self.payments[str(transaction)]

    def status(self, parameters: Stored) -> Stored:
        return result(self.payment(parameters.get("transaction")))

    def pay(self, payment: Stored) -> None:
        self._end(payment, status="success", outcome="paid")

    def decline(self, payment: Stored, *, outcome: str) -> None:
        """For good: another try is another payment."""
        self._end(payment, status="failed", outcome=outcome)

    def _end(self, payment: Stored, *, status: str, outcome: str) -> None:
        payment.update(status=status, outcome=outcome)
        self.post.carry(result(payment))

    def back(self, payment: Stored) -> Decimal:
        """What was sent back of it so far."""
        mine = (one["amount"] for one in self.reversals if one["transaction"] == payment["transaction"])
        return sum(map(Decimal, mine), Decimal(0))

    def reverse(self, parameters: Stored) -> Stored:
        """All that is left, or a part. Asked again, it is done again. No callback tells of it."""
        payment = self.payment(parameters.get("transaction"))
        _expect(parameters, "currency", ("AZN",))
        if payment["status"] != "success":
            raise Refused("there is nothing to reverse")
        left = Decimal(payment["amount"]) - self.back(payment)
        amount = _sum(parameters) if "amount" in parameters else left
        if amount > left:
            raise Refused("more than is left of the payment")
        self.reversals.append({"transaction": payment["transaction"], "amount": str(amount)})
        if amount == left:
            payment["status"] = "returned"
        return {"status": "success", "message": "Approved"}


def result(payment: Stored) -> Stored:
    """A payment as callbacks and the status query tell of it."""
    told = {
        "status": payment["status"],
        "transaction": payment["transaction"],
        "order_id": payment["order_id"],
        "amount": float(payment["amount"]),
        "operation_code": "100",
        "code": CODES.get(payment["outcome"], ""),
        "message": "Approved" if payment["outcome"] == "paid" else "Declined" if payment["outcome"] else "",
    }
    if payment["outcome"] == "paid":
        told |= {"bank_transaction": f"b{payment['transaction']}", "rrn": payment["transaction"][2:]}
    return told


def _sum(parameters: Stored) -> Decimal:
    try:
        amount = Decimal(str(parameters.get("amount")))
        # Raises for what is finer than a qəpik, too.
        amount = amount.quantize(Decimal("0.01")) if amount == round(amount, 2) else Decimal(0)
    except (InvalidOperation, ValueError, OverflowError) as error:
        raise Refused("amount is no sum") from error
    if amount <= 0:
        raise Refused("amount is no sum")
    return amount


def _text(parameters: Stored, name: str, *, longest: int) -> str:
    value = parameters.get(name)
    if not isinstance(value, str) or not 0 < len(value) <= longest:
        raise Refused(f"{name} is missing or too long")
    return value


def _expect(parameters: Stored, name: str, known: tuple[str, ...]) -> str:
    value = parameters.get(name)
    if value not in known:
        raise Refused(f"{name} is not one of {', '.join(known)}")
    return str(value)
