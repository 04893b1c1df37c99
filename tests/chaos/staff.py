"""Staff in the admin: they take money, give it back, call orders off, hand them over; sometimes two at one order."""

import random
import threading
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from typing import Any

import requests
from django.db import DatabaseError, InterfaceError, connection
from django.db.models import QuerySet
from django.urls import reverse
from django.utils import translation
from procrastinate.exceptions import ConnectorException

from dostshop.demo import people
from orders import providers, refunds
from orders.models import LineItem, Order, Payment, Refund
from tests.chaos.shop import Shop
from tests.chaos.shoppers import Browser, Diary, TurnedAway
from tests.chaos.stand_ins import Providers
from tests.newcomer import hidden_fields

RECENT = 60


@contextmanager
def looking_up() -> Iterator[None]:
    """Reads from the database, which may be down at any moment; then nothing is found."""
    try:
        with suppress(DatabaseError, InterfaceError, ConnectorException):
            yield
    finally:
        connection.close()


class Hands:
    """Which orders a hand was laid on, so that only one side plays with an order where both would need a person."""

    def __init__(self) -> None:
        self._of: dict[int, str] = {}
        self._lock = threading.Lock()

    def take(self, order_pk: int, who: str) -> bool:
        with self._lock:
            return self._of.setdefault(order_pk, who) == who


class Staff:
    def __init__(self, shop: Shop, diary: Diary, hands: Hands, *, chance: random.Random) -> None:
        self.shop = shop
        self.hands = hands
        self.chance = chance
        self.browser = Browser(shop, diary)
        self.taken: Counter[str] = Counter()

    def sign_in(self) -> None:
        page = self.browser.get(f"{self.shop.site}/en/accounts/login/")
        typed = {"login": people.ADMINISTRATOR.email, "password": people.PASSWORD}
        self.browser.post(page.url, {**hidden_fields(page.text), **typed})
        index = self.browser.get(f"{self.shop.site}/en/admin/")
        if "login" in index.url:
            raise SystemExit(f"Nobody can sign in to the admin: one gets to {index.url}")

    def work_once(self) -> None:
        action = self.chance.choice(
            [self.take_money] * 4
            + [self.refund] * 4
            + [self.call_off] * 2
            + [self.hand_over] * 2
            + [self.restock, self.cancel, self.mark_ready]
        )
        with suppress(TurnedAway, requests.RequestException):
            action()

    def take_money(self) -> None:
        waiting = Payment.objects.open().filter(provider__in=providers.codes_by_hand())
        for order in self._one(Order.objects.filter(status=Order.Status.AWAITING_PAYMENT, payments__in=waiting)):
            self.step("mark_paid", order, amount=str(order.total))

    def refund(self) -> None:
        for order in self._one(_with_money()):
            if not self.hands.take(order.pk, "staff"):
                continue
            form: dict[str, Any] = {"reason": self.chance.choice(["returned", "faulty", "goodwill"])}
            lines: list[LineItem] = []
            with looking_up():
                lines = list(order.lines.select_related("variant__product"))
            for line in lines:
                form[f"units_{line.pk}"] = self.chance.choice([0, 1, line.quantity])
                if line.variant.product.is_counted:
                    form[f"shelf_{line.pk}"] = self.chance.choice([0, 0, 1])
            form["goodwill"] = self.chance.choice(["", "", "1", "0.01"])
            form["delivery"] = self.chance.choice(["", str(order.delivery_total)])
            form["deduction"] = self.chance.choice(["", "", "0.33"])
            self._at_once_or_alone(lambda order=order, form=form: self.step("refund", order, **form))

    def call_off(self) -> None:
        for order in self._one(_with_money().filter(status=Order.Status.PAID)):
            if self.hands.take(order.pk, "staff"):
                self._at_once_or_alone(lambda order=order: self.step("call_off", order, reason="cancelled"))

    def hand_over(self) -> None:
        for order in self._one(Order.objects.filter(status=Order.Status.PAID)):
            self.step("hand_over", order)

    def mark_ready(self) -> None:
        for order in self._one(Order.objects.filter(status=Order.Status.PAID, fulfilments__ready_at=None)):
            self.step("mark_ready", order)

    def restock(self) -> None:
        for order in self._one(Order.objects.filter(status=Order.Status.COMPLETED)):
            with looking_up():
                self.step("restock", order, **{f"shelf_{line.pk}": 1 for line in order.lines.all()})

    def cancel(self) -> None:
        for order in self._one(Order.objects.filter(status=Order.Status.AWAITING_PAYMENT)):
            self._at_once_or_alone(lambda order=order: self.step("cancel", order))

    def settle_refunds(self, stand_ins: Providers) -> int:
        """What no provider sends: by hand; what failed: again, unless Epoint's panel shows that the money went."""
        waiting = list(refunds.for_a_person().select_related("payment__order"))
        for refund in waiting:
            is_by_hand = refund.payment.provider in providers.codes_by_hand()
            is_gone = is_by_hand or (refund.payment.provider == "epoint" and _went(stand_ins, refund))
            step = "give_back_by_hand" if is_gone else "try_refund_again"
            self.step(step, refund.payment.order, refund=refund.pk)
        return len(waiting)

    def step(self, name: str, order: Order, **typed: Any) -> None:
        """As the dialog on the order's page posts it."""
        with translation.override("en"):
            url = self.shop.site + reverse(f"admin:orders_order_{name}", args=[order.pk])
        headers = {"X-CSRFToken": self.browser.session.cookies.get("csrftoken", ""), "HX-Request": "true"}
        answer = self.browser.post(url, {"_form_submitted": "on", **typed}, headers=headers)
        # A form that is not right comes back.
        self.taken[name if "HX-Redirect" in answer.headers else f"{name} refused"] += 1

    def _one(self, orders: QuerySet[Order]) -> list[Order]:
        """Of the newest, so that staff and shoppers, or two of the staff, meet at the same order."""
        found: list[Order] = []
        with looking_up():
            found = list(orders.order_by("-pk").distinct()[:RECENT])
        return [self.chance.choice(found)] if found else []

    def _at_once_or_alone(self, act: Callable[[], None]) -> None:
        """With a colleague who does the same."""
        if self.chance.random() > 0.2:
            act()
            return
        colleague = threading.Thread(target=_quietly, args=[act])
        colleague.start()
        _quietly(act)
        colleague.join()


def _with_money() -> QuerySet[Order]:
    return Order.objects.filter(status__in=[Order.Status.PAID, Order.Status.COMPLETED])


def _quietly(act: Callable[[], None]) -> None:
    with suppress(TurnedAway, requests.RequestException):
        act()


def _went(stand_ins: Providers, refund: Refund) -> bool:
    known = sum(one.amount for one in refund.payment.refunds.exclude(done_at=None))
    return stand_ins.went_back(refund.payment.provider_charge) - known >= refund.amount
