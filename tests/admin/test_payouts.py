"""The accountant's pages: what is due, what is approved and handed out, and who may see any of it."""

import csv
import time
from collections.abc import Sequence
from datetime import timedelta
from decimal import Decimal
from io import BytesIO, StringIO
from typing import Any

import pytest
from django.contrib.admin.models import LogEntry
from django.contrib.messages import get_messages
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.utils import timezone
from pypdf import PdfReader

from artisans.models import Artisan, ArtisanPrivate, Booking, LedgerEntry, Payout
from dostshop import money
from dostshop.accounts.models import Role
from tests import paying
from tests.admin.conftest import english, signed_in, staff
from tests.admin.test_rights import of
from tests.artisans.test_payouts import due, earn
from tests.factories import ArtisanFactory, BranchFactory, UserFactory

pytestmark = pytest.mark.django_db

DUE, TO_PAY = "artisans_payout_due", "artisans_payout_to_pay"
TODAY = timezone.localdate()
QUERIES_TO_APPROVE, QUERIES_TO_PAY = 14, 20


@pytest.fixture
def accountant() -> Client:
    return of(Role.ACCOUNTANT)


def owed(amount: str, *, branch: str = "baku", **private: Any) -> Artisan:
    fields = {f"private__{name}": value for name, value in private.items()}
    artisan: Artisan = ArtisanFactory.create(branch=BranchFactory.create(slug=branch), **fields)
    earn(artisan, amount, cause=f"sale-{artisan.pk}")
    return artisan


def approved(amount: str = "26.60", *, method: str = "cash", **fields: Any) -> Payout:
    artisan = owed(amount, **{"payout_details": "AZ21 NABZ 0000 0000\n1370 1000 1944", **fields})
    return paying.approve(artisan.pk, method=Payout.Method(method), actor=UserFactory.create())


def tick(*shown: tuple[Artisan, str], **typed: str) -> dict[str, Any]:
    """As the page's own form sends it."""
    return {"method": "cash", "amount": "", "chosen": [f"{maker.pk}-{qepik}" for maker, qepik in shown], **typed}


def step(name: str, *chosen: Payout, **typed: str) -> dict[str, Any]:
    """As it is sent once it is confirmed."""
    typed = {"document_number": "KM-17", "paid_on": f"{TODAY:%Y-%m-%d}", **typed}
    if name in {"pay", "cancel"}:
        total = sum((payout.amount for payout in chosen), Decimal())
        typed.setdefault("confirmed", f"{name}-{len(chosen)}-{money.to_minor_units(total)}")
    return {"step": name, "chosen": [payout.pk for payout in chosen], **typed}


def said(response: Any) -> list[str]:
    return [str(message) for message in get_messages(response.wsgi_request)]


def text(response: Any) -> str:
    return " ".join(response.content.decode().split())


def states() -> list[str]:
    return list(Payout.objects.order_by("pk").values_list("state", flat=True))


def lines(response: Any) -> list[tuple[str, Decimal, Decimal, Decimal]]:
    return [(row.artisan.code, row.owed, row.approved, row.due) for row, _value, _ticked in response.context["lines"]]


def test_each_makers_balance_stands_by_branch_and_code(accountant: Client) -> None:
    baku, barda, ahead = owed("26.60"), owed("10.00", branch="barda"), owed("-4.00")
    paying.approve(baku.pk, method=Payout.Method.CASH, actor=UserFactory.create(), amount=Decimal("20.00"))
    owed("0.01", payouts_paused=True)
    page = accountant.get(english(DUE))
    rows = {code: sums for code, *sums in lines(page)}
    assert rows[baku.code] == [Decimal("26.60"), Decimal("20.00"), Decimal("6.60")]
    assert rows[ahead.code] == [Decimal("-4.00"), 0, Decimal("-4.00")]
    codes = [code for code, *_sums in lines(page)]
    assert codes == [*sorted(code for code in rows if code != barda.code), barda.code]
    for word in (
        "paused",
        "ahead: the next sales make it up",
        "to be handed out",
        "16,61 ₼ are due",
        "6,61 ₼ of it cannot be",
    ):
        assert word in text(page).replace("\u00a0", " "), word
    of_barda = accountant.get(english(DUE), {"branch": barda.branch_id})
    assert [code for code, *_sums in lines(of_barda)] == [barda.code]
    assert len(lines(accountant.get(english(DUE), {"branch": "x"}))) == 4


def test_whoever_owes_nothing_and_is_owed_nothing_is_not_listed(accountant: Client) -> None:
    even = owed("5.00")
    earn(even, "-5.00", cause="refund")
    ArtisanFactory.create()
    assert "Nothing is due to anybody." in text(accountant.get(english(DUE)))


def test_those_who_are_ticked_are_approved(accountant: Client) -> None:
    first, second, third = owed("26.60"), owed("10.00"), owed("1.00")
    page = accountant.get(english(DUE), {"all": "1"})
    assert all(ticked for _row, _value, ticked in page.context["lines"])
    assert "Tick all that are shown" in text(page)
    answer = accountant.post(english(DUE), tick((first, "2660"), (second, "1000")))
    assert answer.status_code == 302
    assert said(answer) == ["Payouts approved: 2, 36,60\u00a0₼ together."]
    found = Payout.objects.order_by("pk").values_list("artisan", "amount", "state", "method")
    assert list(found) == [(first.pk, Decimal("26.60"), "approved", "cash"), (second.pk, 10, "approved", "cash")]
    assert due(third) == 1
    assert LogEntry.objects.filter(content_type__model="payout").count() == 2
    accountant.post(english(DUE), tick((third, "100")))
    page = accountant.get(english(DUE))
    assert not page.context["can_approve"]
    assert "Tick all that are shown" not in text(page)


def test_a_part_is_approved_for_one_maker_alone(accountant: Client) -> None:
    first, second = owed("26.60"), owed("10.00")
    refused = accountant.post(english(DUE), tick((first, "2660"), (second, "1000"), amount="5"))
    assert "Another sum is for one maker" in text(refused)
    assert all(ticked for _row, _value, ticked in refused.context["lines"])
    assert 'value="5"' in text(refused)
    assert not Payout.objects.exists()
    accountant.post(english(DUE), tick((first, "2660"), amount="20,50", method="cash"))
    assert Payout.objects.get().amount == Decimal("20.50")


def test_what_cannot_be_approved_is_said_and_the_others_go_through(accountant: Client) -> None:
    paused, ahead, fine = owed("9.00", payouts_paused=True), owed("-9.00"), owed("10.00")
    refunded, without_account = owed("8.00"), owed("7.00")
    earn(refunded, "-3.00", cause="refund")
    ArtisanPrivate.objects.filter(pk=fine.pk).update(payout_details="AZ74NABZ00000000000000000001")
    ArtisanPrivate.objects.filter(pk=refunded.pk).update(payout_details="AZ47NABZ00000000000000000002")
    ticked = [(paused, "900"), (ahead, "0"), (fine, "1000"), (refunded, "800"), (without_account, "700")]
    answer = accountant.post(english(DUE), tick(*ticked, method="bank"))
    assert answer.status_code == 200
    for sentence in (
        "Payouts to Nar are paused.",
        "Nothing is due to Nar.",
        "5,00\u00a0₼ are due, and 8,00\u00a0₼ would be paid.",
        "No bank account of Nar is recorded.",
        "Payouts approved: 1, 10,00\u00a0₼ together.",
    ):
        assert sentence in answer.content.decode(), sentence
    assert Payout.objects.get().artisan == fine
    still_ticked = {row.artisan for row, _value, is_ticked in answer.context["lines"] if is_ticked}
    assert without_account in still_ticked
    assert answer.context["form"]["method"].value() == "bank"


def test_what_is_sold_between_the_look_and_the_tick_waits_for_the_next_look(accountant: Client) -> None:
    maker = owed("10.00")
    earn(maker, "5.00", cause="later")
    accountant.post(english(DUE), tick((maker, "1000")))
    assert Payout.objects.get().amount == 10
    assert due(maker) == 5


@pytest.mark.parametrize(
    ("typed", "sentence"),
    [
        ({"chosen": []}, "Tick the makers who are to be paid."),
        ({"chosen": ["x"]}, "Tick the makers who are to be paid."),
        ({"chosen": ["1-2-3"]}, "Tick the makers who are to be paid."),
        ({"amount": "0"}, "Type a sum above zero."),
        ({"amount": "-5"}, "Type a sum above zero."),
        ({"amount": "viel"}, "Type the sum in digits"),
        ({"amount": "NaN"}, "Type the sum in digits"),
        ({"amount": "1e12"}, "Ensure that there are no more than"),
        ({"amount": "10,005"}, "two digits at most after the comma"),
        ({"amount": "27"}, "would be paid."),
        ({"method": "gold"}, "Select a valid choice."),
    ],
)
def test_what_is_wrong_with_an_approval_is_said_and_nothing_written(
    accountant: Client, typed: dict[str, Any], sentence: str
) -> None:
    maker = owed("26.60")
    answer = accountant.post(english(DUE), {**tick((maker, "2660")), **typed})
    assert answer.status_code == 200
    assert sentence in text(answer)
    assert not Payout.objects.exists()


def test_a_maker_who_is_none_is_refused(accountant: Client) -> None:
    answer = accountant.post(english(DUE), {**tick(), "chosen": ["999999-100"]})
    assert "There is no such maker." in text(answer)
    assert not Payout.objects.exists()


def test_one_document_is_for_many_payouts(accountant: Client) -> None:
    first, second = approved("26.60"), approved("10.00")
    answer = accountant.post(english(TO_PAY), step("pay", first, second))
    assert answer.status_code == 302
    assert said(answer) == ["Paid out: 2, 36,60\u00a0₼ together."]
    assert set(Payout.objects.values_list("state", "document_number", "paid_on")) == {("paid", "KM-17", TODAY)}
    assert paying.balance(first.artisan_id) == paying.balance(second.artisan_id) == 0
    assert LogEntry.objects.filter(content_type__model="payout").count() == 2


def test_who_cannot_be_paid_is_said_and_the_others_are_paid(accountant: Client) -> None:
    paused, refunded, fine = approved("9.00"), approved("8.00"), approved("10.00")
    ArtisanPrivate.objects.filter(pk=paused.artisan_id).update(payouts_paused=True)
    earn(refunded.artisan, "-3.00", cause="refund")
    page = accountant.get(english(TO_PAY))
    assert {row.obstacle for row, _value, _ticked in page.context["lines"]} == {
        "",
        "Payouts to Nar are paused.",
        "5,00\u00a0₼ are due, and 8,00\u00a0₼ would be paid.",
    }
    answer = accountant.post(english(TO_PAY), step("pay", paused, refunded, fine))
    assert states() == ["approved", "approved", "paid"]
    assert "Payouts to Nar are paused." in text(answer)
    assert 'value="KM-17"' in text(answer)
    assert all(ticked for _row, _value, ticked in answer.context["lines"])


@pytest.mark.parametrize(
    ("typed", "sentence"),
    [
        ({"document_number": " "}, "Type the number of the document."),
        ({"document_number": "9" * 41}, "Ensure this value has at most 40 characters"),
        ({"paid_on": ""}, "Say on which day it was paid."),
        ({"paid_on": "32.13.2026"}, "Enter a valid date."),
        ({"paid_on": f"{TODAY + timedelta(days=1):%Y-%m-%d}"}, "not in the future."),
        ({"paid_on": f"{TODAY - timedelta(days=1):%Y-%m-%d}"}, "on the day of its approval or later"),
        ({"chosen": []}, "Tick the payouts first."),
        ({"chosen": ["x"]}, "Somebody has paid or cancelled one of them meanwhile."),
        ({"step": "burn"}, "Nothing is written yet."),
    ],
)
def test_what_is_wrong_with_a_payment_is_said_and_nothing_written(
    accountant: Client, typed: dict[str, Any], sentence: str
) -> None:
    answer = accountant.post(english(TO_PAY), {**step("pay", approved()), **typed})
    assert answer.status_code == 200
    assert sentence in text(answer)
    assert states() == ["approved"]
    assert not Booking.objects.filter(kind="payout").exists()


def test_what_another_accountant_paid_is_not_paid_again(accountant: Client) -> None:
    payout, other = approved(), approved()
    of(Role.ACCOUNTANT).post(english(TO_PAY), step("pay", payout))
    answer = accountant.post(english(TO_PAY), step("pay", payout, other))
    assert "Somebody has paid or cancelled one of them meanwhile." in text(answer)
    assert states() == ["paid", "approved"]
    assert Booking.objects.filter(kind="payout").count() == 1


@pytest.mark.parametrize(
    ("name", "sentence"),
    [
        ("pay", "Write down 2 payouts as paid, 36,60 ₼ together?"),
        ("cancel", "Cancel 2 payouts, 36,60 ₼ together?"),
    ],
)
def test_how_many_and_how_much_is_asked_before_it_is_written(accountant: Client, name: str, sentence: str) -> None:
    first, second = approved("26.60"), approved("10.00")
    # Another step, other payouts, another sum: what was confirmed was not this.
    for confirmed in ("", "pay-1-2660", "cancel-1-2660", f"{name}-2-2660"):
        answer = accountant.post(english(TO_PAY), step(name, first, second, confirmed=confirmed))
        assert sentence in text(answer)
        assert f'value="{name}-2-3660"' in text(answer)
    assert states() == ["approved", "approved"]
    back = accountant.post(english(TO_PAY), step(name, first, second, again="1"))
    assert all(ticked for _row, _value, ticked in back.context["lines"])
    assert 'value="KM-17"' in text(back)
    assert states() == ["approved", "approved"]
    accountant.post(english(TO_PAY), step(name, first, second))
    assert set(states()) == {"paid" if name == "pay" else "cancelled"}


def test_a_payout_is_cancelled_and_due_again(accountant: Client) -> None:
    payout = approved()
    assert accountant.post(english(TO_PAY), step("cancel", payout, document_number="")).status_code == 302
    assert states() == ["cancelled"]
    assert due(payout.artisan) == Decimal("26.60")


def sheet_of(client: Client, chosen: Sequence[Payout], language: str = "en") -> PdfReader:
    address = english(TO_PAY).replace("/en/", "/" if language == "az" else f"/{language}/")
    answer = client.post(address, step("sheet", *chosen))
    assert answer["Content-Type"] == "application/pdf", answer.content.decode()
    return PdfReader(BytesIO(answer.content))


@pytest.mark.parametrize("language", ["az", "ru", "en"])
def test_the_signature_sheet_has_a_page_for_each_branch(accountant: Client, language: str) -> None:
    first = approved("1226.60", legal_name="Əliyeva Şəfiqə Göyçə qızı")
    second, elsewhere = approved("10.00"), approved("5.00", branch="barda", legal_name="Qız Ömür")
    document = sheet_of(accountant, [elsewhere, first, second], language)
    baku, barda = (page.extract_text() for page in document.pages)
    assert first.artisan.code in baku
    assert "Əliyeva Şəfiqə Göyçə qızı" in " ".join(baku.split())
    assert "1 236,60 ₼" in baku.replace("\u202f", " ").replace("\u00a0", " ")
    assert "Qız Ömür" in barda
    assert "Qız Ömür" not in baku
    root: Any = document.trailer["/Root"]
    assert str(root["/Lang"]).startswith(language)
    assert "pdfuaid:part>1<" in root["/Metadata"].get_data().decode()
    assert states() == ["approved"] * 3


def bank_file(answer: Any) -> list[dict[str, str]]:
    return list(csv.DictReader(StringIO(answer.content.decode("utf-8-sig"))))


def test_the_banks_file_has_a_line_for_each_payout(accountant: Client) -> None:
    payout = approved("1226.60", method="bank", legal_name="=HYPERLINK(1)")
    answer = accountant.post(english(TO_PAY), step("bank_file", payout))
    assert answer["Content-Type"].startswith("text/csv")
    assert answer.content.startswith("\ufeff".encode())
    [line] = bank_file(answer)
    assert line == {
        "payout": str(payout.pk),
        "maker's code": payout.artisan.code,
        "name": "'=HYPERLINK(1)",
        "account": "AZ21 NABZ 0000 0000 1370 1000 1944",
        "amount": "1226.60",
        "currency": "AZN",
        "purpose": f"Payment for works sold, {payout.artisan.code}",
    }
    page = text(accountant.get(english(TO_PAY)))
    assert all(f">{column}</dt>" in page for column in ("payout", "account", "purpose"))


def test_papers_are_made_of_none_that_could_not_be_paid(accountant: Client) -> None:
    cash, bank, paused = approved(), approved(method="bank"), approved(legal_name="Gizli Adlı")
    ArtisanPrivate.objects.filter(pk=paused.artisan_id).update(payouts_paused=True)
    for name, other in (("sheet", bank), ("bank_file", cash)):
        answer = accountant.post(english(TO_PAY), step(name, cash, bank, paused))
        assert "Content-Disposition" not in answer
        assert f"{other}: It is approved to be paid" in text(answer)
    answer = accountant.post(english(TO_PAY), step("sheet", cash, paused))
    assert f"{paused}: Payouts to Nar are paused." in text(answer)
    assert "Gizli" not in text(answer)


def test_the_pages_name_nobody_by_the_legal_name(accountant: Client) -> None:
    payout = approved(legal_name="Gizli Adlı")
    for name, args in ((DUE, []), (TO_PAY, []), ("artisans_payout_changelist", []), ("artisans_payout_change", [1])):
        page = text(accountant.get(english(name, *[payout.pk for _one in args])))
        assert payout.artisan.code in page or "Nar" in page, name
        assert "Gizli" not in page, name


def test_all_that_was_ever_paid_is_listed_and_nothing_of_it_is_changed(administrator: Client) -> None:
    payout = approved()
    page = text(administrator.get(english("artisans_payout_changelist"), {"state__exact": "approved"}))
    assert "26,60" in page
    one = english("artisans_payout_change", payout.pk)
    assert administrator.post(one, {"amount": "1"}).status_code == 403
    assert administrator.get(english("artisans_payout_add")).status_code == 403
    assert administrator.post(english("artisans_payout_delete", payout.pk), {"post": "yes"}).status_code == 403
    payout.refresh_from_db()
    assert payout.amount == Decimal("26.60")


def test_the_accountant_alone_pays(client: Client, administrator: Client) -> None:
    payout, maker = approved(), owed("5.00")
    posts = ((DUE, tick((maker, "500"))), (TO_PAY, step("pay", payout)), (TO_PAY, step("sheet", payout)))
    # The right alone does not make somebody of a branch an accountant.
    of_branch = signed_in(staff(Role.BRANCH_STAFF, "view_payout", "pay_payout", branch=BranchFactory.create()))
    assert of_branch.get(english("artisans_payout_changelist")).context["cl"].result_count == 0
    others = [of_branch, *(of(role) for role in Role if role != Role.ACCOUNTANT), signed_in(UserFactory.create())]
    for other in (*others, client):
        for name, typed in posts:
            assert other.get(english(name)).status_code in {302, 403}
            assert other.post(english(name), typed).status_code in {302, 403}
    assert states() == ["approved"]
    assert Payout.objects.count() == 1
    for allowed in (of(Role.ACCOUNTANT), administrator):
        assert allowed.get(english(DUE)).status_code == allowed.get(english(TO_PAY)).status_code == 200


def of_many(count: int, *, approved: int) -> None:
    """Makers with a private record, a sale and a refund each, and so many of them with a payout to be handed out."""
    branches = [BranchFactory.create(slug=slug) for slug in ("baku", "barda", "ismayilli")]
    makers = Artisan.objects.bulk_create(
        [
            Artisan(branch=branches[number % 3], code=f"M{number}", slug=f"m-{number}", display_name="Nar")
            for number in range(count)
        ]
    )
    ArtisanPrivate.objects.bulk_create(
        [ArtisanPrivate(artisan=maker, legal_name="Ad", payouts_paused=not maker.pk % 50) for maker in makers]
    )
    for cause, sign in (("sale", 1), ("refund", -1)):
        booking = Booking.objects.create(cause=cause, kind=cause, booked_on=TODAY, size=2 * count)
        LedgerEntry.objects.bulk_create(
            LedgerEntry(booking=booking, account=account, amount=amount, **where)
            for maker in makers
            for account, amount, where in (
                ("makers", -sign * Decimal(20 + sign), {"artisan": maker}),
                ("money", sign * Decimal(20 + sign), {"held_at": "stripe"}),
            )
        )
    accountant = UserFactory.create()
    Payout.objects.bulk_create(
        [Payout(artisan=maker, amount=1, method="cash", approved_by=accountant) for maker in makers[:approved]]
    )


@pytest.mark.parametrize("name", [DUE, TO_PAY])
def test_a_thousand_makers_are_listed_in_few_queries_and_little_time(accountant: Client, name: str) -> None:
    of_many(1000, approved=500)
    accountant.get(english(name))
    before = time.process_time()
    with CaptureQueriesContext(connection) as queries:
        page = accountant.get(english(name))
    taken = time.process_time() - before
    assert len(page.context["lines"]) == (1000 if name == DUE else 500)
    assert len(queries) == (7 if name == DUE else 8), [one["sql"][:100] for one in queries]
    # 0.15 s of processor time where nothing else runs.
    assert taken < 0.6


def all_of(client: Client, name: str) -> dict[str, Any]:
    """As the page sends it with every tick that can go through."""
    page = client.get(english(name), {"all": "1"})
    paused = set(ArtisanPrivate.objects.filter(payouts_paused=True).values_list("pk", flat=True))
    rows = [(getattr(row, "payout", row), value) for row, value, is_ticked in page.context["lines"] if is_ticked]
    chosen = [value for row, value in rows if row.artisan.pk not in paused]
    return tick() | {"chosen": chosen} if name == DUE else step("pay", *Payout.objects.filter(pk__in=chosen))


@pytest.mark.parametrize("count", [10, 1000])
@pytest.mark.parametrize(("name", "queries"), [(DUE, QUERIES_TO_APPROVE), (TO_PAY, QUERIES_TO_PAY)])
def test_a_thousand_are_approved_and_paid_in_as_many_queries_as_ten(
    accountant: Client, count: int, name: str, queries: int
) -> None:
    of_many(count, approved=count if name == TO_PAY else 0)
    ticked = all_of(accountant, name)
    assert len(ticked["chosen"]) >= count * 0.9
    before = time.process_time()
    with CaptureQueriesContext(connection) as made:
        answer = accountant.post(english(name), ticked)
    taken = time.process_time() - before
    assert answer.status_code == 302, said(answer)
    assert len(made) == queries, [one["sql"][:100] for one in made]
    assert Payout.objects.filter(state="paid" if name == TO_PAY else "approved").count() == len(ticked["chosen"])
    assert LogEntry.objects.filter(content_type__model="payout").count() == len(ticked["chosen"])
    # 0.4 s of processor time where nothing else runs.
    assert taken < 2
