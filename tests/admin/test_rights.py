"""What each role may open: by the rights of its group."""

import re
from pathlib import Path

import pytest
from django.test import Client
from django.urls import reverse
from pytest_django import Settings

from artisans.models import Branch
from dostshop.accounts import roles
from dostshop.accounts.models import Role
from orders import payments, returns
from orders.models import Holiday, Order, Return
from tests.admin.conftest import english, signed_in
from tests.factories import UserFactory, order_of, piece, worker
from tests.orders.test_returns import ask, received

BRANCH, CENTRE, ACCOUNTANT, INSTRUCTOR = Role.BRANCH_STAFF, Role.CENTRE_STAFF, Role.ACCOUNTANT, Role.INSTRUCTOR
# Whoever is not named is refused; administrators open everything.
MAY_OPEN: dict[str, set[Role]] = {
    "orders_order": {BRANCH, CENTRE, ACCOUNTANT},
    "orders_invoice": {BRANCH, CENTRE, ACCOUNTANT},
    "orders_return": {BRANCH, CENTRE, ACCOUNTANT},
    "orders_refund": {CENTRE, ACCOUNTANT},
    "catalog_variant": {BRANCH, CENTRE, ACCOUNTANT},
    "orders_hold": {BRANCH, CENTRE},
    "orders_bag": {CENTRE},
    "orders_deliverymethod": {CENTRE},
    "orders_holiday": {BRANCH, CENTRE},
    "orders_providerevent": {CENTRE},
    "orders_reconciliation": {CENTRE, ACCOUNTANT},
    "catalog_product": {BRANCH, CENTRE, ACCOUNTANT},
    "catalog_collection": {CENTRE},
    "catalog_craft": {BRANCH, CENTRE},
    "artisans_artisan": {BRANCH, CENTRE, ACCOUNTANT},
    "artisans_consent": {BRANCH, CENTRE},
    "artisans_consentform": {BRANCH, CENTRE},
    "artisans_withdrawal": {BRANCH, CENTRE},
    "artisans_pityword": {CENTRE},
    "artisans_thanks": {BRANCH, CENTRE},
    "artisans_artisanprivate": {BRANCH, CENTRE, ACCOUNTANT},
    "artisans_ledgerentry": {ACCOUNTANT},
    "artisans_payout": {ACCOUNTANT},
    "artisans_earningsrule": {ACCOUNTANT},
    "artisans_statement": {CENTRE, ACCOUNTANT},
    "artisans_branch": {BRANCH, CENTRE, ACCOUNTANT},
    "pages_page": {CENTRE},
    "accounts_user": set(),
    "auth_group": set(),
    "background_job": {CENTRE},
    # Each person's own.
    "exchange_import": {BRANCH, CENTRE, ACCOUNTANT},
}


def of(role: Role, slug: str = "baku") -> Client:
    """Somebody who was given this role, and nothing else."""
    branch = Branch.objects.get(slug=slug) if role in {BRANCH, INSTRUCTOR} else None
    user = UserFactory.create()
    roles.give(user, role, branch=branch.pk if branch else None)
    return signed_in(user)


def menu(client: Client) -> set[str]:
    """The addresses of the pages of the admin that its menu leads to."""
    index = client.get(reverse("admin:index"))
    groups = index.context["sidebar_navigation"] if index.status_code == 200 else []
    return {str(item["link"]) for group in groups for item in group["items"] if "/admin/" in str(item["link"])}


def test_the_menu_and_the_pages_are_for_whom_they_are_meant(administrator: Client) -> None:
    address_of = {name: reverse(f"admin:{name}_changelist") for name in MAY_OPEN}
    review = reverse("admin:catalog_review")
    paying = {reverse("admin:artisans_payout_due"), reverse("admin:artisans_payout_to_pay")}
    assert menu(administrator) == {*address_of.values(), review, *paying}
    for role in Role:
        client = of(role)
        theirs = {name for name, roles in MAY_OPEN.items() if role in roles}
        expected = {address_of[name] for name in theirs} | ({review} if role in {BRANCH, CENTRE} else set())
        expected |= paying if role == ACCOUNTANT else set()
        assert menu(client) == expected, role
        opened = {name for name, address in address_of.items() if client.get(address).status_code == 200}
        assert opened == theirs, role


def test_the_documentation_says_who_may_do_what() -> None:
    text = (Path(__file__).parent.parent.parent / "docs" / "operations.md").read_text()
    rows = re.findall(r"^\| (`\w+\.\w+`.*?) \|.*\| (yes|no) \| (yes|no) \| (yes|no) \|$", text, re.MULTILINE)
    assert len(rows) > 5
    for names, *answers in rows:
        for label, right in re.findall(r"`(\w+)\.(\w+)`", names):
            theirs = [right in roles.RIGHTS[role].get(label, ()) for role in (CENTRE, ACCOUNTANT, BRANCH)]
            assert [answer == "yes" for answer in answers] == theirs, right


def test_branch_staff_see_the_invoices_of_their_orders_and_enter_no_number(db: None) -> None:
    order = order_of(piece(), provider="branch")
    payments.mark_paid(order.pk, actor=worker())
    invoice = order.invoices.get()
    page = reverse("admin:orders_invoice_change", args=[invoice.pk])
    fiscal = reverse("admin:orders_invoice_enter_fiscal_id", args=[invoice.pk])
    typed = {"_form_submitted": "on", "fiscal_id": "5D8yQe3VQ1aX"}
    assert of(BRANCH).get(page).status_code == 200
    assert of(BRANCH).post(fiscal, typed).status_code == 403
    assert of(BRANCH, "barda").get(page).status_code == 302
    invoice.refresh_from_db()
    assert invoice.fiscal_id == ""
    of(ACCOUNTANT).post(fiscal, typed)
    invoice.refresh_from_db()
    assert invoice.fiscal_id == "5D8yQe3VQ1aX"


@pytest.fixture
def transferred(settings: Settings, db: None) -> Order:
    settings.BANK_IBAN = "AZ39DOST00000000000000000001"
    return order_of(piece(), provider="transfer")


def test_transfers_are_confirmed_by_who_reads_the_bank_account(transferred: Order) -> None:
    url = english("orders_order_mark_paid", transferred.pk)
    typed = {"_form_submitted": "on", "amount": "38,00"}
    page = of(BRANCH).post(url, typed, follow=True).content.decode()
    assert "confirmed by the accountant or the centre" in page
    assert Order.objects.get(pk=transferred.pk).status == Order.Status.AWAITING_PAYMENT
    of(ACCOUNTANT).post(url, typed)
    transferred.refresh_from_db()
    assert transferred.status == Order.Status.PAID


def test_the_accountant_takes_no_money_of_a_till_and_moves_nothing_on(db: None) -> None:
    order, accountant = order_of(piece(), provider="branch"), of(ACCOUNTANT)
    accountant.post(english("orders_order_mark_paid", order.pk), {"_form_submitted": "on"})
    for step in ("mark_ready", "hand_over", "cancel", "record_return"):
        url = english(f"orders_order_{step}", order.pk)
        assert accountant.post(url, {"_form_submitted": "on"}).status_code == 403, step
    order.refresh_from_db()
    assert order.status == Order.Status.AWAITING_PAYMENT


def answers(client: Client, returned: Return) -> list[int]:
    """What each step of a return says to this person."""
    typed = {"_form_submitted": "on", "answer": "Gətirin"}
    steps = ("accept", "receive", "refuse")
    urls = [english(f"orders_return_{step}", returned.pk) for step in steps]
    return [client.post(url, typed).status_code for url in urls]


def test_a_return_is_answered_by_its_branch_and_the_centre_alone(db: None) -> None:
    returned = ask(received(piece()))
    assert answers(of(ACCOUNTANT), returned) == [403, 403, 403]
    assert answers(of(INSTRUCTOR), returned) == [302, 302, 302]
    assert answers(of(BRANCH, "barda"), returned) == [404, 404, 404]
    assert answers(signed_in(UserFactory.create()), returned) == [302, 302, 302]
    assert Return.objects.in_state(Return.State.ASKED).get() == returned
    assert of(ACCOUNTANT).get(english("orders_return_change", returned.pk)).status_code == 200
    assert of(INSTRUCTOR).get(english("orders_return_change", returned.pk)).status_code == 302
    of(BRANCH).post(english("orders_return_accept", returned.pk), {"_form_submitted": "on", "answer": ""})
    of(BRANCH).post(english("orders_return_receive", returned.pk), {"_form_submitted": "on"})
    assert Return.objects.in_state(Return.State.RECEIVED).get() == returned


def test_a_return_told_by_phone_is_written_down_by_the_branch(db: None) -> None:
    order = received(piece(kind="food"), days_ago=40)
    url = english("orders_order_record_return", order.pk)
    typed = {
        "_form_submitted": "on",
        f"units_{order.lines.get().pk}": 1,
        "reason": "damaged",
        "note": "Zəng etdi",
        "seen": 0,
    }
    assert of(BRANCH, "barda").post(url, typed).status_code == 404
    assert not Return.objects.exists()
    assert "required" in of(BRANCH).post(url, {**typed, "note": ""}, follow=True).content.decode()
    assert not Return.objects.exists()
    assert "Return written down" in of(BRANCH).post(url, typed, follow=True).content.decode()
    returned = Return.objects.get()
    assert (returned.note, returned.branch.slug) == ("Zəng etdi", "baku")
    returns.accept(returned.pk, actor=worker())


def test_a_second_press_writes_down_no_second_return(db: None) -> None:
    order = received(piece(on_hand=2, kind="small_series"), quantity=2)
    url = english("orders_order_record_return", order.pk)
    assert 'name="seen" value="0"' in of(BRANCH).get(url).content.decode()
    typed = {
        "_form_submitted": "on",
        f"units_{order.lines.get().pk}": 1,
        "reason": "damaged",
        "note": "Zəng",
        "seen": 0,
    }
    assert "Return written down" in of(BRANCH).post(url, typed, follow=True).content.decode()
    assert "written down since you opened the form" in of(BRANCH).post(url, typed, follow=True).content.decode()
    assert Return.objects.get().lines.get().quantity == 1


@pytest.mark.parametrize("step", ["mark_paid", "record_return", "refund"])
@pytest.mark.parametrize("key", ["abc", "999999", "1-2"])
def test_an_order_that_is_none_is_not_found(administrator: Client, step: str, key: str) -> None:
    url = f"/en/admin/orders/order/{key}/{step}/"
    assert administrator.get(url).status_code == 404
    assert administrator.post(url, {"_form_submitted": "on", "reason": "returned"}).status_code == 404


def test_branch_staff_close_their_branch_and_never_the_whole_centre(db: None) -> None:
    baku, barda = Branch.objects.get(slug="baku"), Branch.objects.get(slug="barda")
    add = reverse("admin:orders_holiday_add")
    days = {"name_az": "Təmir", "first_day": "2031-03-03", "last_day": "2031-03-04"}
    for branch in ("", barda.pk):
        assert of(BRANCH).post(add, {**days, "branch": branch}).status_code == 200
        assert not Holiday.objects.exists()
    assert of(BRANCH).post(add, {**days, "branch": baku.pk}).status_code == 302
    assert Holiday.objects.get().branch == baku
    assert of(CENTRE).post(add, {**days, "branch": ""}).status_code == 302
    everybody = Holiday.objects.get(branch=None)
    page = reverse("admin:orders_holiday_change", args=[everybody.pk])
    assert of(BRANCH).get(page).status_code == 302
    for role, refusal in ((ACCOUNTANT, 403), (INSTRUCTOR, 302)):
        assert of(role).post(add, {**days, "branch": baku.pk}).status_code == refusal
    assert Holiday.objects.count() == 2
