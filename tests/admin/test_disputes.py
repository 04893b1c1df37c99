"""Whoever is about to give money back is told what the buyer's bank does about it."""

from dataclasses import replace
from decimal import Decimal

import pytest

from dostshop.accounts.models import Role
from orders import disputes, returns
from orders.providers import Dispute
from tests.admin.conftest import signed_in, staff
from tests.admin.test_refunding import REFUNDS, dialog
from tests.factories import hand_out, worker
from tests.orders.test_refunds import three_sent

pytestmark = pytest.mark.django_db


@pytest.mark.parametrize("step", ["order_refund", "order_call_off", "return_refund"])
@pytest.mark.parametrize(("outcome", "warning"), [("won", ""), ("lost", "has taken money of this order back")])
def test_whoever_gives_money_back_is_warned_of_what_the_buyers_bank_does(step: str, outcome: str, warning: str) -> None:
    order, centre = three_sent(), signed_in(staff(Role.CENTRE_STAFF, *REFUNDS))
    pk = order.pk
    if step == "return_refund":
        hand_out(order)
        [returned] = returns.record(
            order.pk, told=returns.Told({order.lines.get().pk: 1}, "damaged", "Zəng"), actor=worker()
        )
        returns.accept(returned.pk, actor=worker())
        pk = returned.pk

    def warning_shown() -> str:
        page = dialog(centre, f"orders_{step}", pk)
        words = ["bank asks for this money too", "has taken money of this order back"]
        return "".join(word for word in words if word in page)

    payment = order.payments.get()
    assert warning_shown() == ""
    # Of a part of the money, so that some is left to give back.
    dispute = Dispute(reference="dp_1", amount=Decimal("5.00"), currency="AZN", outcome="")
    disputes.note(payment.pk, dispute)
    assert warning_shown() == "bank asks for this money too"
    disputes.note(payment.pk, replace(dispute, outcome=outcome))
    assert warning_shown() == warning
