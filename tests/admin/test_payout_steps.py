"""Dialogs on the page of a payout: a corrected number, and a reversal."""

from datetime import timedelta
from decimal import Decimal
from typing import Any

import pytest
from django.contrib.admin.models import LogEntry
from django.test import Client
from django.utils import timezone

from artisans.models import Booking, Payout, PayoutCorrection
from dostshop.accounts.models import Role
from tests import paying
from tests.admin.conftest import english, signed_in, staff
from tests.admin.test_payouts import approved, said, states, text
from tests.admin.test_rights import of
from tests.artisans.test_payouts import due
from tests.factories import BranchFactory, UserFactory

pytestmark = pytest.mark.django_db

TODAY = timezone.localdate()
NAMES = ("correct_number", "reverse")


@pytest.fixture
def accountant() -> Client:
    return of(Role.ACCOUNTANT)


def paid(**fields: Any) -> Payout:
    payout = approved(**fields)
    paying.pay(payout.pk, document_number="KM-17")
    return payout


def dialog(name: str, payout: Payout) -> str:
    return english(f"artisans_payout_{name}", payout.pk)


def page_of(payout: Payout) -> str:
    return english("artisans_payout_change", payout.pk)


def typed(name: str, **changes: str) -> dict[str, str]:
    of_name = {
        "correct_number": {"document_number": "KM-71", "reason": "mistyped"},
        "reverse": {"reversed_on": f"{TODAY:%Y-%m-%d}", "reason": "sent_back"},
    }
    return {"_form_submitted": "on", **of_name[name], **changes}


@pytest.mark.parametrize("name", NAMES)
def test_a_dialog_says_whose_payout_it_is_and_how_much(accountant: Client, name: str) -> None:
    payout = paid(legal_name="Gizli Adlı")
    page = text(accountant.get(dialog(name, payout)))
    assert f"{payout.artisan.code} · 26,60\u00a0₼ · KM-17 · {TODAY:%d.%m.%Y}".replace("\u00a0", " ") in page
    assert "Gizli" not in page


def test_a_payout_is_reversed_and_due_again(accountant: Client) -> None:
    payout = paid()
    answer = accountant.post(dialog("reverse", payout), typed("reverse"), follow=True)
    assert said(answer) == [f"Reversed, and due again: {payout}"]
    page = text(answer)
    for words in ("reversed", "the bank sent the money back", "Reversed by"):
        assert words in page
    assert due(payout.artisan) == Decimal("26.60")
    entry = LogEntry.objects.filter(content_type__model="payout", object_id=payout.pk).latest("pk")
    assert entry.change_message == "Reversed, and due again"
    assert dialog("reverse", payout) not in page
    accountant.post(dialog("reverse", payout), typed("reverse"))
    assert Booking.objects.filter(kind="reversal").count() == 1
    # The paper may be numbered wrong all the same.
    assert dialog("correct_number", payout) in page
    accountant.post(dialog("correct_number", payout), typed("correct_number"))
    assert PayoutCorrection.objects.get().payout == payout


def test_a_number_is_corrected_and_the_page_keeps_the_one_before(accountant: Client) -> None:
    payout = paid()
    assert "number before" not in text(accountant.get(page_of(payout))).lower()
    answer = accountant.post(dialog("correct_number", payout), typed("correct_number"), follow=True)
    assert said(answer) == [f"The number is corrected: {payout}"]
    told = PayoutCorrection.objects.get()
    assert (told.old_number, told.new_number, told.made_by.pk) == ("KM-17", "KM-71", answer.wsgi_request.user.pk)
    page = text(answer)
    assert "number before" in page.lower()
    for words in ("KM-17", "KM-71", "the number was mistyped", str(told.made_by)):
        assert words in page
    assert accountant.post(page_of(payout), {"document_number": "1"}).status_code == 403


def test_one_document_of_many_payouts_is_corrected_on_all_where_it_is_ticked(accountant: Client) -> None:
    first, second, alone = paid(), paid(), paid()
    paying_numbers = Payout.objects.order_by("pk").values_list("document_number", flat=True)
    assert "Correct it on 2 other payouts of this document too" in text(accountant.get(dialog("correct_number", first)))
    accountant.post(dialog("correct_number", alone), typed("correct_number", document_number="KM-9"))
    assert list(paying_numbers) == ["KM-17", "KM-17", "KM-9"]
    accountant.post(dialog("correct_number", second), typed("correct_number", with_others="on"))
    assert list(paying_numbers.all()) == ["KM-71", "KM-71", "KM-9"]
    assert "with_others" not in text(accountant.get(dialog("correct_number", alone)))


@pytest.mark.parametrize(
    ("name", "changes", "sentence"),
    [
        ("correct_number", {"document_number": " "}, "This field is required."),
        ("correct_number", {"document_number": "9" * 41}, "at most 40 characters"),
        ("correct_number", {"document_number": "KM-17"}, "This is the number that it has."),
        ("correct_number", {"reason": ""}, "This field is required."),
        ("correct_number", {"reason": "because"}, "Select a valid choice."),
        ("reverse", {"reversed_on": ""}, "This field is required."),
        ("reverse", {"reversed_on": "32.13.2026"}, "Enter a valid date."),
        ("reverse", {"reversed_on": f"{TODAY + timedelta(days=1):%Y-%m-%d}"}, "not in the future."),
        ("reverse", {"reversed_on": f"{TODAY - timedelta(days=1):%Y-%m-%d}"}, "on the day of its payment or later"),
        ("reverse", {"reason": ""}, "This field is required."),
    ],
)
def test_what_is_wrong_is_said_in_the_dialog_and_nothing_written(
    accountant: Client, name: str, changes: dict[str, str], sentence: str
) -> None:
    payout = paid()
    answer = accountant.post(dialog(name, payout), typed(name, **changes))
    assert answer.status_code == 200
    assert sentence in text(answer)
    assert states() == ["paid"]
    assert not PayoutCorrection.objects.exists()
    assert not Booking.objects.filter(kind="reversal").exists()


@pytest.mark.parametrize("name", NAMES)
def test_what_is_not_paid_is_offered_nothing_to_mend(accountant: Client, name: str) -> None:
    payout = approved()
    assert dialog(name, payout) not in text(accountant.get(page_of(payout)))
    assert accountant.get(dialog(name, payout)).status_code == 404
    assert accountant.post(dialog(name, payout), typed(name)).status_code == 404
    assert states() == ["approved"]
    paying.pay(payout.pk)
    assert dialog(name, payout) in text(accountant.get(page_of(payout)))


def test_the_accountant_alone_mends(client: Client, administrator: Client) -> None:
    payout = paid()
    # The right alone does not make somebody of a branch an accountant.
    of_branch = signed_in(staff(Role.BRANCH_STAFF, "view_payout", "pay_payout", branch=BranchFactory.create()))
    reader = signed_in(staff(Role.CENTRE_STAFF, "view_payout"))
    others = [of(role) for role in Role if role != Role.ACCOUNTANT]
    for other in (*others, of_branch, reader, signed_in(UserFactory.create()), client):
        for name in NAMES:
            assert other.get(dialog(name, payout)).status_code in {302, 403, 404}
            assert other.post(dialog(name, payout), typed(name)).status_code in {302, 403, 404}
    assert states() == ["paid"]
    assert not PayoutCorrection.objects.exists()
    assert dialog("reverse", payout) not in text(reader.get(page_of(payout)))
    for allowed in (of(Role.ACCOUNTANT), administrator):
        assert allowed.get(dialog("reverse", payout)).status_code == 200
