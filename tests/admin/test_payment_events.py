"""What providers told and what the comparison with them found, as the centre's staff see it."""

import pytest
from django.test import Client
from django.urls import reverse
from pytest_django import Settings

from artisans.models import Branch
from dostshop.accounts.models import Role
from orders import reconciling
from orders.models import Order, ProviderEvent, Reconciliation
from tests.admin.conftest import BRANCH_WORK, english, signed_in, staff
from tests.factories import order_of, piece
from tests.orders import toys


@pytest.fixture
def centre(db: None) -> Client:
    return signed_in(
        staff(Role.CENTRE_STAFF, "view_providerevent", "change_providerevent", "view_reconciliation", "view_order")
    )


@pytest.fixture
def event(settings: Settings, db: None) -> ProviderEvent:
    """That an order is paid; kept, and not handled."""
    toys.use(settings, toys.Toy)
    order = order_of(piece())
    payment = order.payments.get()
    payment.provider_reference = "toy-1"
    payment.save()
    payload = {"id": "ch_1", "amount": "38.00", "reference": "toy-1"}
    return ProviderEvent.objects.create(provider="stripe", event_id="evt_1", type="toy", payload=payload)


def replay(client: Client, event: ProviderEvent) -> str:
    page = client.post(english("orders_providerevent_replay", event.pk), {"_form_submitted": "on"}, follow=True)
    return page.content.decode()


def test_an_event_is_handled_again_and_does_its_work_once(centre: Client, event: ProviderEvent) -> None:
    for _ in range(2):
        assert "Handled again" in replay(centre, event)
    order = Order.objects.get()
    assert order.status == Order.Status.PAID
    assert order.events.filter(kind="paid").count() == 1


def test_what_hinders_an_event_is_said(centre: Client, event: ProviderEvent) -> None:
    event.payload = {"reference": "toy-1"}
    event.save()
    assert "It could not be handled" in replay(centre, event)
    event.refresh_from_db()
    assert "KeyError" in event.error
    assert Order.objects.get().status == Order.Status.AWAITING_PAYMENT


def test_who_may_only_look_cannot_handle_it_again(event: ProviderEvent) -> None:
    client = signed_in(staff(Role.CENTRE_STAFF, "view_providerevent"))
    assert client.post(english("orders_providerevent_replay", event.pk), {"_form_submitted": "on"}).status_code == 403
    assert Order.objects.get().status == Order.Status.AWAITING_PAYMENT


def test_a_comparison_tells_what_it_found_with_links_to_the_orders(centre: Client, event: ProviderEvent) -> None:
    order = Order.objects.get()
    nothing = reconciling.reconcile()
    found = Reconciliation.objects.create(
        findings=[
            {"kind": "payment_missed", "order": order.code, "detail": "<b>stripe</b>"},
            {"kind": "unknown_payment", "order": "", "detail": "stripe cs_1: 5.00 AZN"},
        ]
    )
    page = centre.get(english("orders_reconciliation_change", found.pk)).content.decode()
    assert "a payment changed unheard, and is right now" in page
    assert "stripe cs_1: 5.00 AZN" in page
    assert "&lt;b&gt;stripe" in page
    assert reverse("admin:orders_order_change", args=[order.pk]).removeprefix("/admin") in page
    listing = english("orders_reconciliation_changelist")
    for value, rows in {"": [found, nothing], "anything": [found], "refund_missed": []}.items():
        assert list(centre.get(listing, {"found": value} if value else {}).context["cl"].result_list) == rows


def test_the_branches_see_neither(event: ProviderEvent) -> None:
    reconciling.reconcile()
    work = (*BRANCH_WORK, "view_providerevent", "view_reconciliation")
    client = signed_in(staff(Role.BRANCH_STAFF, *work, branch=Branch.objects.get(slug="baku")))
    for name in ("providerevent", "reconciliation"):
        assert not client.get(english(f"orders_{name}_changelist")).context["cl"].result_list
