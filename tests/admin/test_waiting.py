"""The first page of the admin says what waits for whoever reads it, and where."""

from datetime import timedelta
from decimal import Decimal
from typing import Any

import pytest
from django.test import Client
from django.urls import reverse
from django.utils import timezone
from pytest_django import DjangoAssertNumQueries

from artisans.models import Branch, Payout
from catalog.models import Product
from dostshop.accounts.models import Role, User
from orders import fulfilment, payments, refunds, returns, work
from orders.models import Fulfilment, Order, Reconciliation, Return
from tests import paying
from tests.admin.conftest import english, signed_in, staff
from tests.admin.test_background import job
from tests.artisans.test_payouts import earn
from tests.factories import (
    ArtisanFactory,
    BranchFactory,
    PhotoFactory,
    UserFactory,
    order_of,
    piece,
    thanks_for,
    worker,
)

CENTRE = ("view_order", "change_order", "view_refund", "add_refund", "view_return", "change_return")


def waiting(user: User) -> dict[str, tuple[int, str]]:
    """The number and the link by what is said of them."""
    shown = signed_in(user).get(english("index")).context["waiting"]
    return {str(one.title): (one.count, one.link) for one in shown}


def found(user: User, link: str) -> list[Any]:
    """The rows of the list that is linked to."""
    page = signed_in(user).get(link).context
    return list(page["cl"].result_list if "cl" in page else page["lines"])


def paid(**changes: Any) -> Order:
    order = order_of(piece(branch=BranchFactory.create(slug="baku")), provider="branch", **changes)
    payments.mark_paid(order.pk, actor=worker())
    order.refresh_from_db()
    return order


def asked_back() -> Return:
    order = paid()
    fulfilment.hand_over(order.pk, code=str(order.pickup_code), actor=worker())
    [returned] = returns.ask(order.pk, units={order.lines.get().pk: 1}, reason="changed_mind")
    return returned


def approved_payout() -> Payout:
    artisan = ArtisanFactory.create()
    earn(artisan, "5.00", cause=f"sale-of-{artisan.pk}")
    return paying.approve(artisan.pk, method=Payout.Method.CASH, actor=worker())


def of_baku(**fields: Any) -> Product:
    return piece(branch=BranchFactory.create(slug="baku"), **fields).product


@pytest.fixture
def all_that_waits(db: None) -> None:
    """Two of each, and of each one more with which nobody has to do anything."""
    for _ in range(2):
        refunds.decide(paid().pk, what=refunds.Sum(goodwill=Decimal(1)), reason="goodwill", actor=worker())
        asked_back()
        received = asked_back()
        returns.accept(received.pk, actor=worker())
        returns.receive(received.pk, actor=worker())
        job(status="failed")
        thanks_for(ArtisanFactory.create())
        Fulfilment.objects.filter(order=paid()).update(due_on=timezone.localdate() - timedelta(days=1))
        Reconciliation.objects.create(findings=[{"kind": "disputed", "order": "", "detail": ""}])
        approved_payout()
        order_of(piece(branch=BranchFactory.create(slug="baku")), provider="branch")
        of_baku(state=Product.State.SUBMITTED)
        PhotoFactory.create(product=of_baku(), alt_az="")
        of_baku(name_ru="")
        of_baku(description_en="")
    PhotoFactory.create(product=of_baku(state=Product.State.ARCHIVED, name_ru="", name_en=""), alt_az="")
    order_of(piece(branch=BranchFactory.create(slug="baku")), provider="stripe")
    paying.cancel(approved_payout().pk)
    done = refunds.decide(paid().pk, what=refunds.Sum(goodwill=Decimal(1)), reason="goodwill", actor=worker())
    refunds.mark_given_back(done.pk, actor=worker())
    returns.refuse(asked_back().pk, actor=worker(), answer="Yox.")
    job(status="succeeded")
    thanks_for(ArtisanFactory.create(), is_shown=False)
    Reconciliation.objects.create(findings=[{"kind": "payment_missed", "order": "", "detail": ""}])
    old = Reconciliation.objects.create(findings=[{"kind": "disputed", "order": "", "detail": ""}])
    Reconciliation.objects.filter(pk=old.pk).update(started_at=timezone.now() - timedelta(days=4))


@pytest.mark.usefixtures("all_that_waits")
def test_each_sort_of_work_has_its_number_and_its_list() -> None:
    administrator = UserFactory.create(is_staff=True, is_superuser=True)
    shown = waiting(administrator)
    assert {title: count for title, (count, _link) in shown.items()} == {
        "Overdue, in the work list": 2,
        "Refunds to be given by hand, or that failed": 2,
        "Returns to answer within two working days": 2,
        "Returns that are here, to be refunded": 2,
        "Background work that failed": 2,
        "Words of thanks to read": 2,
        "Comparisons with providers: to be looked at": 2,
        "Payouts that are approved, to be handed out": 2,
        "Pickups that are not paid yet": 2,
        "Pieces to review": 2,
        "Pieces with a photo without alternative text": 2,
        "Pieces with texts that are not translated: Русский": 2,
        "Pieces with texts that are not translated: English": 2,
    }
    links = [link for _count, link in shown.values() if "/admin/" in link]
    assert len(links) == 12
    for link in links:
        assert len(found(administrator, link)) == 2, link


@pytest.mark.usefixtures("all_that_waits")
def test_everybody_reads_of_what_they_may_do() -> None:
    baku, barda = Branch.objects.get(slug="baku"), BranchFactory.create(slug="barda")
    of_branch = ("view_order", "change_order", "view_return", "change_return", "view_thanks", "change_thanks")
    of_pieces = {"Pieces with a photo without alternative text", "Pieces with texts that are not translated: Русский"}
    of_pieces.add("Pieces with texts that are not translated: English")
    assert set(waiting(staff(Role.BRANCH_STAFF, "view_product", "change_product", branch=baku))) == of_pieces
    assert waiting(staff(Role.BRANCH_STAFF, "view_product", "change_product", branch=barda)) == {}
    overdue, to_answer = "Overdue, in the work list", "Returns to answer within two working days"
    to_read, unpaid = "Words of thanks to read", "Pickups that are not paid yet"
    assert set(waiting(staff(Role.BRANCH_STAFF, *of_branch, branch=baku))) == {overdue, to_answer, to_read, unpaid}
    assert waiting(staff(Role.BRANCH_STAFF, *of_branch, branch=barda)) == {}
    assert waiting(staff(Role.ACCOUNTANT, "view_order", "view_refund", "view_return")) == {}
    accountant = staff(Role.ACCOUNTANT, "view_refund", "confirm_transfer", "view_reconciliation")
    assert {title.split()[0] for title in waiting(accountant)} == {"Refunds", "Comparisons"}
    assert set(waiting(staff(Role.ACCOUNTANT, "pay_payout"))) == {"Payouts that are approved, to be handed out"}
    assert waiting(staff(Role.BRANCH_STAFF, "pay_payout", branch=baku)) == {}


@pytest.mark.usefixtures("all_that_waits")
def test_it_takes_one_query_for_each_sort_however_much_waits(
    django_assert_num_queries: DjangoAssertNumQueries,
) -> None:
    client = signed_in(UserFactory.create(is_staff=True, is_superuser=True))
    # The session and its user, then eleven numbers, of products four at once, and the sales by week, craft and branch.
    with django_assert_num_queries(16):
        client.get(reverse("admin:index"))


def test_the_number_of_overdue_parts_is_that_of_the_work_list(db: None) -> None:
    today = timezone.localdate()
    pickup, elsewhere = paid(), paid()
    Order.objects.filter(pk=elsewhere.pk).update(pickup_branch=BranchFactory.create(slug="barda"))
    sent = paid()
    goes_to = {"country": "AZ", "city": "Gəncə", "address": "Nizami 1"}
    Order.objects.filter(pk=sent.pk).update(delivery="post", pickup_branch=None, pickup_code=None, **goes_to)
    for days in (-1, 0, 1):
        day = today + timedelta(days=days)
        Fulfilment.objects.update(due_on=day)
        for promised in (-1, 0, 1):
            Order.objects.update(promised_on=today + timedelta(days=promised))
            for is_ready in (True, False):
                Fulfilment.objects.update(ready_at=timezone.now() if is_ready else None, arrived_at=None)
                Fulfilment.objects.filter(order=pickup).update(arrived_at=timezone.now() if is_ready else None)
                late = {part.pk for part in work.to_do(None) if work.is_overdue(part, today=today)}
                assert {part.pk for part in work.overdue(None)} == late, (days, promised, is_ready)


def test_nothing_is_said_where_nothing_waits(administrator: Client) -> None:
    assert "Waits for you" not in administrator.get(english("index")).content.decode()
