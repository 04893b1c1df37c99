"""Staff in the admin: they take money, give it back, call orders off, hand them over; sometimes two at one order."""

import random
import re
import threading
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from typing import Any

import requests
from django.db import DatabaseError, InterfaceError, connection
from django.db.models import F, QuerySet
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
            if self.hands.take(order.pk, "staff"):
                self._at_once_or_alone("refund", order, **self._wishes(order))

    def _wishes(self, order: Order) -> dict[str, str]:
        return {
            "reason": self.chance.choice(["returned", "faulty", "goodwill"]),
            "goodwill": self.chance.choice(["", "", "1", "0.01"]),
            "deduction": self.chance.choice(["", "", "0.33"]),
            "to_buyer": "Etiketi yoxdur",
            "delivery": self.chance.choice(["", str(order.delivery_total)]),
        }

    def call_off(self) -> None:
        for order in self._one(_with_money().filter(status=Order.Status.PAID)):
            if self.hands.take(order.pk, "staff"):
                self._at_once_or_alone("call_off", order, reason="cancelled")

    def hand_over(self) -> None:
        for order in self._one(Order.objects.filter(status=Order.Status.PAID)):
            self.step("hand_over", order, note="The buyer shows the mail")

    def mark_ready(self) -> None:
        for order in self._one(Order.objects.filter(status=Order.Status.PAID, fulfilments__ready_at=None)):
            self.step("mark_ready", order)

    def restock(self) -> None:
        """What was refunded and never left; for the rest of an order that was handed over there is nothing to do."""
        refunded = LineItem.objects.filter(
            fulfilment__handed_over_at=None, refunded_quantity__gt=F("restocked_quantity")
        )
        for order in self._one(Order.objects.filter(pk__in=refunded.values("order"))):
            self.step("restock", order)

    def cancel(self) -> None:
        for order in self._one(Order.objects.filter(status=Order.Status.AWAITING_PAYMENT)):
            self._at_once_or_alone("cancel", order)

    def settle_refunds(self, stand_ins: Providers) -> int:
        """What waits for a person: money to be given by hand, a refund that failed, one of which nobody knows."""
        waiting = list(refunds.for_a_person().select_related("payment__order"))
        for refund in waiting:
            order = refund.payment.order
            match refunds.state_of(refund):
                case Refund.State.BY_HAND:
                    self.step("give_back_by_hand", order, refund=refund.pk)
                case Refund.State.UNKNOWN:
                    has_gone = "yes" if _went(stand_ins, refund) else "no"
                    self.step("say_whether_refund_went", order, refund=refund.pk, has_gone=has_gone)
                case _:
                    self.step("try_refund_again", order, refund=refund.pk)
        return len(waiting)

    def step(self, name: str, order: Order, **typed: Any) -> None:
        """Opens the dialog of the order's page, fills in how many of each piece, and presses its button."""
        with translation.override("en"):
            url = self.shop.site + reverse(f"admin:orders_order_{name}", args=[order.pk])
        form = {"_form_submitted": "on", **self._filled_in(self.browser.get(url).text), **typed}
        answer = self.browser.post(url, form, headers={"HX-Request": "true"})
        # A form that is not right comes back.
        self.taken[name if "HX-Redirect" in answer.headers else f"{name} refused"] += 1

    def _filled_in(self, dialog: str) -> dict[str, str]:
        numbers = re.findall(r'<input type="number" name="(\w+)"[^>]* max="(\d+)"', dialog)
        numbers += [(name, most) for most, name in re.findall(r'<input[^>]* max="(\d+)"[^>]* name="(\w+)"', dialog)]
        return {**hidden_fields(dialog), **{name: str(self.chance.randint(0, int(most))) for name, most in numbers}}

    def _one(self, orders: QuerySet[Order]) -> list[Order]:
        """Of the newest, so that staff and shoppers, or two of the staff, meet at the same order."""
        found: list[Order] = []
        with looking_up():
            found = list(orders.order_by("-pk").distinct()[:RECENT])
        return [self.chance.choice(found)] if found else []

    def _at_once_or_alone(self, name: str, order: Order, **typed: Any) -> None:
        """With a colleague who does the same."""

        def act() -> None:
            with suppress(TurnedAway, requests.RequestException):
                self.step(name, order, **typed)

        hands = [threading.Thread(target=act) for _number in range(self.chance.choice([1, 1, 1, 1, 2]))]
        for hand in hands:
            hand.start()
        for hand in hands:
            hand.join()


def _with_money() -> QuerySet[Order]:
    return Order.objects.filter(status__in=[Order.Status.PAID, Order.Status.COMPLETED])


def _went(stand_ins: Providers, refund: Refund) -> bool:
    """As Epoint's panel shows it."""
    known = sum(one.amount for one in refund.payment.refunds.exclude(done_at=None))
    return stand_ins.went_back(refund.payment.provider_charge) - known >= refund.amount
