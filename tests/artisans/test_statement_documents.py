"""Statements on paper: one page that anybody can read, and the same bytes for ever."""

import time
from datetime import date, datetime, timedelta
from decimal import Decimal
from typing import Any

import pytest
from django.db import connection, transaction
from django.db.models import Q, Sum
from django.utils import timezone, translation
from pypdf import PdfReader

from artisans import earnings, statement_documents, statements
from artisans.earnings import Account, Cause, Entry, Item
from artisans.models import (
    Artisan,
    ArtisanPrivate,
    Booking,
    Branch,
    EarningsRule,
    LedgerEntry,
    Statement,
    StatementMonth,
    Thanks,
)
from tests.artisans.test_consent_documents import read
from tests.artisans.test_statements import (
    BEFORE,
    LANGUAGES,
    LAST,
    accountant,
    as_sum,
    book,
    d,
    maker,
    named,
    pay,
    statement_of,
    told_life,
)
from tests.dostshop.test_pdf import tags
from tests.factories import BranchFactory, thanks_for

pytestmark = pytest.mark.django_db


def text_of(statement: Statement, language: str) -> tuple[PdfReader, str]:
    with translation.override("en"):
        return read(statement_documents.pdf_response(statement, language=language))


SAID = {
    "az": (
        ("Qazancınız", "Sizə borcumuz", "Qazandınız", "Alıcılara qaytarıldı", "Sizə ödədik"),
        ("Firuzəyi badyə, 2 ədəd", "nağd, imza ilə, sənəd KM-17", "Sualınız var"),
    ),
    "ru": (
        ("Ваш заработок", "Мы должны вам", "Вы заработали", "Вернули покупателям", "Мы вам заплатили"),
        ("Бирюзовая чаша, 2 шт.", "наличными, под подпись, документ KM-17", "Есть вопрос"),
    ),
    "en": (
        ("Your earnings", "We owe you on", "You earned", "Went back to buyers", "We paid you"),
        ("Turquoise bowl, 2 pieces", "in cash, against signature, document KM-17", "Do you have a question"),
    ),
}


@pytest.mark.parametrize("language", LANGUAGES)
def test_it_says_in_plain_words_what_was_owed_earned_given_back_and_paid(language: str) -> None:
    artisan = maker(private__legal_name="Məmmədova Sevil")
    told_life(artisan)
    assert statements.issue(LAST, actor=accountant()) == 1
    statement = statement_of(artisan)
    assert (statement.opening, statement.closing) == (d("50.00"), d("23.30"))
    document, text = text_of(statement, language)
    assert len(document.pages) == 1
    for said in (*SAID[language][0], *SAID[language][1], "Məmmədova Sevil", artisan.code):
        assert said in text, said
    for amount in ("50,00 ₼", "26,60 ₼", "-13,30 ₼", "-40,00 ₼", "23,30 ₼"):
        assert amount in text, amount


def test_it_is_read_in_a_good_order_by_a_screen_reader() -> None:
    artisan = maker()
    told_life(artisan)
    statements.issue(LAST, actor=accountant())
    document, text = text_of(statement_of(artisan), "en")
    order = (
        "Your earnings",
        artisan.code,
        "We owed you",
        "You earned",
        "We owe you on",
        "Sold",
        "Turquoise",
        "question",
    )
    places = [text.index(word) for word in order]
    assert places == sorted(places)
    catalogue: Any = document.trailer["/Root"]
    found = tags(catalogue["/StructTreeRoot"])
    assert (found.count("/H1"), found.count("/H2"), found.count("/Table")) == (1, 3, 3)
    assert "pdfuaid:part>1<" in catalogue["/Metadata"].get_data().decode()


def test_the_name_shown_in_the_shop_is_not_on_it() -> None:
    artisan = maker(display_name_az="Qızılquşcan")
    told_life(artisan)
    statements.issue(LAST, actor=accountant())
    assert "Qızılquşcan" not in str([*Statement.objects.values_list("content", flat=True)])


def test_a_reprint_has_the_same_bytes_whatever_happened_since() -> None:
    artisan = maker()
    told_life(artisan)
    statements.issue(LAST, actor=accountant())

    def printed() -> list[bytes]:
        papers = [statement_of(artisan), Statement.objects.get(artisan=None)]
        return [
            statement_documents.pdf_response(paper, language=language).content
            for paper in papers
            for language in LANGUAGES
        ]

    before = printed()
    ArtisanPrivate.objects.filter(pk=artisan.pk).update(legal_name="Başqa Ad")
    artisan.branch.name = "Başqa filial"
    artisan.branch.save()
    Artisan.objects.filter(pk=artisan.pk).update(branch=Branch.objects.get(slug="barda"))
    book(artisan, "99.00", on=LAST)
    with translation.override("ru"):
        assert printed() == before


def test_a_preview_says_that_it_is_one_and_is_kept_nowhere() -> None:
    artisan = maker()
    told_life(artisan)
    statements.issue(LAST, actor=accountant())
    book(artisan, "5.00", on=timezone.localdate())
    with translation.override("en"):
        content = statements.preview(artisan)
        _document, text = read(statement_documents.preview_pdf_response(artisan, content, language="en"))
    assert "This is a preview" in text
    assert content["sums"][0][1] == "23,30\xa0₼"
    assert content["owed"][1] == "28,30\xa0₼"
    assert StatementMonth.objects.get().month == LAST
    with translation.override("en"):
        assert "Nothing was sold" in str(statements.preview(maker())["notes"])


def test_the_sums_of_a_branch_are_those_of_its_makers() -> None:
    branch = BranchFactory.create(slug="barda")
    here = [maker(branch=branch), maker(branch=branch)]
    told_life(here[0])
    book(here[1], "1200.50", on=LAST)
    book(maker(), "7.77")
    statements.issue(LAST, actor=accountant())
    of_branch = Statement.objects.get(artisan=None, branch=branch)
    content = of_branch.content["en"]
    assert [row[0] for row in content["rows"]] == sorted(one.code for one in here)
    assert content["totals"][2:] == ["50,00", "1\u202f227,10", "-13,30", "-40,00", "1\u202f223,80"]
    assert (of_branch.opening, of_branch.closing) == (d("50.00"), d("1223.80"))
    document, text = text_of(of_branch, "az")
    assert len(document.pages) == 1
    for one in here:
        assert ArtisanPrivate.objects.get(pk=one.pk).legal_name in text


def test_who_got_more_than_is_owed_is_told_so_in_words() -> None:
    artisan = maker()
    pay(artisan, "20.00", on=BEFORE)
    statements.issue(LAST, actor=accountant())
    content = statement_of(artisan).content["en"]
    assert content["owed"][1] == "-20,00\xa0₼"
    assert "You need not pay anything." in content["notes"][-1]


def paid_for_what_was_sold() -> Decimal:
    """Without its tax."""
    sales = LedgerEntry.objects.filter(booking__kind=Booking.Kind.SALE)
    return sales.aggregate(paid=Sum("amount", filter=Q(account__in=["buyers", "tax"])))["paid"]  # type: ignore[no-any-return]


SHARED = {
    "az": ("ƏDV-siz qiymət", "Hər manatdan 70 qəpik sənətkarlara, 20 qəpik Mərkəzə, 10 qəpik materiallara gedir."),
    "ru": ("Цена без НДС", "Из каждых 100 гяпиков: 70 — мастерам, 20 — Центру, 10 — на материалы."),
    "en": ("Price without VAT", "Of each manat: 70 qəpik to the makers, 20 to the Centre, 10 for materials."),
}


@pytest.mark.parametrize("language", LANGUAGES)
def test_it_says_beside_each_part_the_price_and_how_it_is_shared(language: str) -> None:
    artisan = maker()
    book(artisan, "652.54", names=named("Üç göllü Qazax xalçası"))
    book(artisan, "13.30", on=LAST + timedelta(days=1))
    statements.issue(LAST, actor=accountant())
    _document, text = text_of(statement_of(artisan), language)
    text = " ".join(text.split())
    assert "Üç göllü Qazax xalçası 932,20 ₼ 652,54 ₼" in text
    assert "19,00 ₼ 13,30 ₼" in text
    for said in SHARED[language]:
        assert text.count(said) == 1, said


def test_what_two_made_has_its_whole_price_beside_the_part_of_one() -> None:
    one, other = maker(), maker()
    with transaction.atomic():
        item = Item(sku="S-1", quantity=1, branch_pk=one.branch_id, names=named("Xalça"))
        entries = [
            Entry(account=Account.BUYERS, amount=d("100.00")),
            *(Entry(account=Account.MAKERS, amount=d("-35.00"), artisan_pk=by.pk, item=item) for by in (one, other)),
            Entry(account=Account.CENTRE, amount=d("-20.00"), item=item),
            Entry(account=Account.MATERIALS, amount=d("-10.00"), item=item),
        ]
        earnings.book(Cause(name="sale-0", kind=Booking.Kind.SALE, on=LAST), entries)
    statements.issue(LAST, actor=accountant())
    for artisan in (one, other):
        [sold] = statement_of(artisan).content["en"]["parts"]
        assert sold["rows"][0][2:] == ["100,00\xa0₼", "35,00\xa0₼"]


def rule_from(day: date, makers: str) -> None:
    """As if it had been set before that day."""
    parts = {"makers": d(makers), "centre": 90 - d(makers), "materials": d("10")}
    with connection.cursor() as cursor:
        cursor.execute("SET LOCAL session_replication_role = replica")
        EarningsRule.objects.create(valid_from=day, **parts)
        cursor.execute("SET LOCAL session_replication_role = DEFAULT")


def test_each_rule_of_the_days_is_told_with_its_first_day_and_many_in_one_line() -> None:
    rule_from(LAST + timedelta(days=4), "72.5")
    rule_from(LAST + timedelta(days=7), "75")
    of_two, of_three = maker(), maker()
    for artisan, days in ((of_two, (0, 3, 4)), (of_three, (0, 4, 8))):
        for number in days:
            book(artisan, "10.00", on=LAST + timedelta(days=number), sku=f"S-{number}")
    statements.issue(LAST, actor=accountant())
    assert statement_of(of_two).content["en"]["parts"][0]["below"] == [
        "Of each manat: 70 qəpik to the makers, 20 to the Centre, 10 for materials.",
        f"From 5 {LAST:%B}, of each manat: 72,5 qəpik to the makers, 17,5 to the Centre, 10 for materials.",
    ]
    assert statement_of(of_three).content["en"]["parts"][0]["below"] == [
        "Of each manat, 70 to 75 qəpik went to the makers: the shares changed in these days.",
    ]


def test_what_was_issued_before_it_told_prices_is_printed_as_it_is() -> None:
    artisan = maker()
    book(artisan, "10.00")
    statements.issue(LAST, actor=accountant())
    statement = statement_of(artisan)
    for content in statement.content.values():
        content["parts"][0] = {
            "title": "Sold",
            "names": ["Day", "Piece", "Your part"],
            "rows": [["1", "Bowl", "10,00 ₼"]],
        }
    _document, text = text_of(statement, "en")
    assert "Bowl 10,00 ₼" in " ".join(text.split())


LONG = "Ширванский ковёр ручной работы с медальонами и каймой, тёмно-синий, шерсть на шерсти"


@pytest.mark.parametrize("language", LANGUAGES)
def test_four_hundred_sales_are_one_page_with_exact_sums(language: str) -> None:
    artisan = maker()
    for number in range(400):
        day = LAST + timedelta(days=number % 28)
        book(artisan, f"{number + 1}.37", on=day, sku=f"S-{number}", names=named(f"{number} {LONG}"))
    for number in range(30):
        book(artisan, f"-{number + 1}.37", on=LAST, sku=f"S-{number}", names=named(f"{number} {LONG}"))
        pay(artisan, "10.00", number="KM-" + "17" * 18)
    began = time.process_time()
    statements.issue(LAST, actor=accountant())
    document, text = text_of(statement_of(artisan), language)
    assert time.process_time() - began <= 2
    assert len(document.pages) == 1
    content = statement_of(artisan).content[language]
    for part, total in zip(content["parts"], ("80348.00", "476.10", "300.00"), strict=True):
        assert sum(as_sum(row[-1]) for row in part["rows"]) == d(total)
        for row in part["rows"]:
            assert " ".join(row[-1].split()) in text
    sold = content["parts"][0]["rows"]
    assert sum(as_sum(row[2]) for row in sold) == paid_for_what_was_sold()


WIDE = "ЩШЖМЮФ ШЩЖЫЮМ ЩШЖМФЫ ЖШЩЮМЫ ЩЖШФМЮ ШЖЩМЫЮ ЩШЖМЮФ ШЩЖЫЮМ ЩШЖМФЫ"


@pytest.mark.parametrize("language", LANGUAGES)
def test_of_the_widest_letters_with_thanks_it_is_one_page(language: str) -> None:
    artisan = maker(private__legal_name="Məmmədova-Quliyeva Sevil Əliağa qızı və Hacıbəyli-Şıxəliyeva Gülnarə qızı")
    for number in range(4):
        book(artisan, "10.00", on=LAST + timedelta(days=number), sku=f"S-{number}", names=named(WIDE))
        book(artisan, "-9.50", on=LAST + timedelta(days=number), names=named(WIDE))
        pay(artisan, "9.50", number="1")
    book(artisan, "1.00", on=BEFORE)
    statements.issue(BEFORE, actor=accountant())
    book(artisan, "1.50", on=BEFORE, sku="S-9", names=named(WIDE))
    Thanks.objects.filter(pk=thanks_for(artisan, words=(WIDE * 8)[:500], is_shown=True).pk).update(
        decided_at=timezone.make_aware(datetime.combine(LAST, datetime.min.time()))
    )
    statements.issue(LAST, actor=accountant())
    document, text = text_of(statement_of(artisan), language)
    content = statement_of(artisan).content[language]
    assert len(content["thanks"]) == 1
    assert len(document.pages) == 1
    assert content["ask"] in text


@pytest.mark.parametrize("language", LANGUAGES)
def test_with_every_line_and_note_it_is_one_page(language: str) -> None:
    artisan = maker(private__legal_name="Məmmədova-Quliyeva Sevil Əliağa qızı və nümayəndəsi")
    for number in range(4):
        day = LAST + timedelta(days=number)
        book(artisan, "-9.50", on=day, names=named("Kasa"))
        pay(artisan, "9.50", on=day, number="1")
    book(artisan, "1.00", on=BEFORE)
    statements.issue(BEFORE, actor=accountant())
    for number in range(10):
        book(artisan, "1.50", on=BEFORE + timedelta(days=number), sku=f"S-{number}", names=named("Kasa"))
    statements.issue(LAST, actor=accountant())
    document, text = text_of(statement_of(artisan), language)
    content = statement_of(artisan).content[language]
    assert (len(content["parts"]), len(content["notes"])) == (3, 2)
    assert sum(len(part["rows"]) for part in content["parts"]) >= 10
    assert len(content["parts"][0]["below"]) == 1
    assert len(document.pages) == 1
    assert content["ask"] in text


def test_a_piece_sold_often_is_one_line_where_each_sale_would_not_fit() -> None:
    artisan = maker()
    for number in range(30):
        book(artisan, "10.00", on=LAST + timedelta(days=number % 7))
    for number in range(3):
        book(artisan, "1.00", on=LAST + timedelta(days=number), sku="S-2", names=named("Fincan"))
    statements.issue(LAST, actor=accountant())
    [sold] = statement_of(artisan).content["en"]["parts"]
    assert [row[1:] for row in sold["rows"]] == [
        ["Turquoise bowl, 30 pieces", "428,70\xa0₼", "300,00\xa0₼"],
        ["Fincan, 3 pieces", "4,29\xa0₼", "3,00\xa0₼"],
    ]


def test_each_sale_has_its_line_and_day_where_there_is_room() -> None:
    artisan = maker()
    for number in range(3):
        book(artisan, "10.00", on=LAST + timedelta(days=number))
    statements.issue(LAST, actor=accountant())
    [sold] = statement_of(artisan).content["en"]["parts"]
    assert [row[0] for row in sold["rows"]] == [f"{number} {LAST:%B}" for number in (1, 2, 3)]
