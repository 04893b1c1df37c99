"""Words of thanks: read before anybody else reads them, shown as far as all allow, and a name in them taken out."""

from datetime import date, datetime, timedelta
from io import BytesIO
from typing import Any

import pytest
from django.db import IntegrityError, transaction
from django.utils import timezone, translation
from pypdf import PdfReader
from pytest_django import DjangoAssertNumQueries

from artisans import statement_documents, statements, thanks
from artisans.models import Artisan, Channel, PublicArtisan, Scope, Statement, Thanks
from dostshop.accounts.models import User
from tests.artisans.test_statements import LAST, book, named, pay, told_life
from tests.dostshop.test_pdf import text_of
from tests.factories import ArtisanFactory, consent, thanks_for, worker

pytestmark = pytest.mark.django_db

NAME = "Qızılquş"
LONG_PIECE = "Ширванский ковёр ручной работы с медальонами и каймой, тёмно-синий"


@pytest.fixture
def staff() -> User:
    return worker()


@pytest.fixture
def maker() -> Artisan:
    artisan: Artisan = ArtisanFactory.create(
        display_name_az=NAME, display_name_en="Goldfinch", private__legal_name="Kərimzadə Rəşad Vaqif oğlu"
    )
    return artisan


def shown(artisan: Artisan) -> list[Thanks]:
    return list(Thanks.objects.shown_with(PublicArtisan.objects.on_site().get(pk=artisan.pk)))


def forget(artisan: Artisan) -> None:
    thanks.forget(artisan, thanks.naming(artisan, thanks.shown_names(artisan)))


def hints(words: str, artisan: Artisan) -> list[str]:
    with translation.override("en"):
        return thanks.hints(thanks_for(artisan, words=words))


def test_nothing_is_shown_before_it_is_read(maker: Artisan) -> None:
    thanks_for(maker)
    assert shown(maker) == []


@pytest.mark.parametrize(("may_be_public", "is_shown", "shows"), [(True, True, 1), (True, False, 0), (False, False, 0)])
def test_it_is_shown_where_both_say_so(maker: Artisan, *, may_be_public: bool, is_shown: bool, shows: int) -> None:
    thanks_for(maker, may_be_public=may_be_public, is_shown=is_shown)
    assert len(shown(maker)) == shows


def test_what_the_buyer_did_not_allow_is_not_shown(maker: Artisan, staff: User) -> None:
    written = thanks_for(maker, may_be_public=False)
    with pytest.raises(thanks.NotPossible):
        thanks.pass_on(written.pk, actor=staff, is_shown=True)
    written.refresh_from_db()
    assert (written.state, written.is_shown) == ("waiting", False)


def test_the_database_shows_nothing_without_the_buyers_yes(maker: Artisan) -> None:
    written = thanks_for(maker, may_be_public=False, is_shown=False)
    with pytest.raises(IntegrityError), transaction.atomic():
        Thanks.objects.filter(pk=written.pk).update(is_shown=True)


def test_a_step_is_taken_once_and_can_be_taken_back(maker: Artisan, staff: User) -> None:
    written = thanks_for(maker, is_shown=True)
    with pytest.raises(thanks.NotPossible):
        thanks.pass_on(written.pk, actor=staff)
    thanks.decline(written.pk, actor=staff)
    assert shown(maker) == []
    with pytest.raises(thanks.NotPossible):
        thanks.decline(written.pk, actor=staff)
    thanks.pass_on(written.pk, actor=staff)
    written.refresh_from_db()
    assert (written.state, written.is_shown, written.decided_by) == ("passed_on", False, staff)


@pytest.mark.parametrize("step", [thanks.pass_on, thanks.decline])
def test_what_the_buyer_has_taken_back_is_said_so(maker: Artisan, staff: User, step: Any) -> None:
    written = thanks_for(maker)
    pk = written.pk
    written.delete()
    with pytest.raises(thanks.NotPossible):
        step(pk, actor=staff)
    assert not Thanks.objects.exists()


@pytest.mark.parametrize("words", ["Sağ ol, Rəşad!", "RESADA salam", "Kərimzadənin işi", "Vaqif müəllimə salam"])
def test_a_legal_name_is_never_shown(maker: Artisan, staff: User, words: str) -> None:
    written = thanks_for(maker, words=words)
    with pytest.raises(thanks.NotPossible):
        thanks.pass_on(written.pk, actor=staff, is_shown=True)
    assert shown(maker) == []
    thanks.pass_on(written.pk, actor=staff)
    assert any("legal name" in hint for hint in hints(words, maker))


def test_the_daughter_of_somebody_is_no_name() -> None:
    maker = ArtisanFactory.create(private__legal_name="Aliyeva Sevil Vaqif kizi")
    assert hints("Qonşumun qızı, gəlini, Leylanın kızı da bəyəndi", maker) == []
    assert any("legal name" in hint for hint in hints("Vaqif kızı Sevilə salam", maker))


def test_the_name_that_a_maker_chose_may_be_a_part_of_the_legal_one(staff: User) -> None:
    maker = ArtisanFactory.create(display_name_az="Rəşad", private__legal_name="Kərimzadə Rəşad Vaqif oğlu")
    thanks_for(maker, words="Sağ ol, Rəşad", is_shown=True)
    assert len(shown(maker)) == 1


@pytest.mark.parametrize("words", ["Sağ ol, Qızılquş!", "qizilqusa salam", "Thank you, Goldfinch", "QIZILQUŞUN əlləri"])
def test_words_that_name_the_maker_stand_as_long_as_the_name_may(words: str) -> None:
    maker = ArtisanFactory.create(display_name_az=NAME, display_name_en="Goldfinch", agreed=(Scope.STORY,))
    consent(maker, Scope.NAME, channel=Channel.PRESS)
    today = timezone.localdate()
    consent(maker, Scope.NAME, valid_from=today - timedelta(days=9), valid_until=today - timedelta(days=1))
    silent = thanks_for(maker, is_shown=True)
    naming = thanks_for(maker, words=words, is_shown=True)
    assert shown(maker) == [silent]
    consent(maker, Scope.NAME)
    assert shown(maker) == [naming, silent]


def test_words_about_two_makers_wait_for_the_name_of_the_one_they_name(maker: Artisan) -> None:
    other = ArtisanFactory.create(display_name_az="Dalğa", agreed=(Scope.STORY,))
    written = thanks_for(maker, other, words="Dalğa, çox sağ ol", is_shown=True)
    assert shown(maker) == shown(other) == []
    consent(other, Scope.NAME)
    assert shown(maker) == shown(other) == [written]


def test_a_name_of_somebody_else_begins_with_a_capital(maker: Artisan) -> None:
    ArtisanFactory.create(display_name_az="Nar", agreed=())
    thanks_for(maker, words="Üstündəki nar çox gözəldir", is_shown=True)
    assert len(shown(maker)) == 1
    thanks_for(maker, words="Nara da salam deyin", is_shown=True)
    assert len(shown(maker)) == 1


@pytest.mark.parametrize(
    ("words", "hint"),
    [
        ("Yazıq, nə gözəl işləyir", "pity: Yazıq"),
        ("Thanks, poor thing", "pity: poor thing"),
        ("Zəng edin: +994 50 123 45 67", "+994 50 123 45 67"),
        ("leyla@example.com yazın", "leyla@example.com"),
        ("Instagram @leyla_evi", "@leyla_evi"),
        ("Baxın: https://example.org/a, www.example.org", "https://example.org/a, www.example.org"),
        ("saytım mağaza.az", "mağaza.az"),
        ("Nizami küçəsi 5, mənzil 3", "küçəsi, mənzil"),
        ("Qızılquşa təşəkkür", "The name of a maker: "),
    ],
)
def test_whoever_reads_it_is_told_what_to_look_at(maker: Artisan, words: str, hint: str) -> None:
    found = hints(words, maker)
    assert [one for one in found if hint in one], found


def test_nothing_is_found_in_kind_words(maker: Artisan) -> None:
    assert hints("2 ay gözlədim, dəydi: 1200 ilmə, 38 manat. Çox sağ olun!", maker) == []


def test_one_piece_has_its_words_once(maker: Artisan) -> None:
    written = thanks_for(maker)
    piece = thanks.Piece(written.order_code, written.sku, {"az": "Badyə"})
    with pytest.raises(IntegrityError), transaction.atomic():
        thanks.send("Yenə", about=piece, artisan_pks=[maker.pk], language="az")
    assert Thanks.objects.count() == 1


def test_the_statement_of_a_month_has_what_was_passed_on_in_it(maker: Artisan) -> None:
    days = {"31.10 23:59": False, "01.11 00:00": True, "30.11 23:59": True, "01.12 00:00": False}
    for day in days:
        at = timezone.make_aware(datetime.strptime(f"2026.{day}", "%Y.%d.%m %H:%M"))  # noqa: DTZ007
        written = thanks_for(maker, words=day, is_shown=False)
        Thanks.objects.filter(pk=written.pk).update(decided_at=at)
    thanks_for(maker)
    thanks_for(ArtisanFactory.create(), is_shown=True)
    found = Thanks.objects.passed_on(first=date(2026, 11, 1), last=date(2026, 11, 30)).filter(artisans=maker)
    assert [one.words for one in found] == [day for day, is_of_november in days.items() if is_of_november]


def test_a_name_taken_back_is_in_nobodys_words(maker: Artisan) -> None:
    own = [thanks_for(maker, words=words, is_shown=True) for words in ("qizilqusa salam", "Sağ ol, Goldfinch!")]
    others = thanks_for(ArtisanFactory.create(), words="Qızılquşun işi kimi", is_shown=True)
    silent = thanks_for(maker, words="Sağ olun", is_shown=True)
    forget(maker)
    left = [Thanks.objects.get(pk=one.pk) for one in (*own, others, silent)]
    assert [one.words for one in left] == ["… salam", "Sağ ol, …!", "… işi kimi", "Sağ olun"]
    assert [one.is_shown for one in left] == [False, False, False, True]
    assert not Thanks.names.through.objects.exists()


def test_names_in_several_words_and_several_times(maker: Artisan) -> None:
    setattr(maker, "display_name_ru", "Золотая птица")  # noqa: B010 - a column of modeltranslation's
    written = thanks_for(maker, words="Золотой птице спасибо. Qızılquş, Qızılquş!")
    forget(maker)
    written.refresh_from_db()
    assert written.words == "… спасибо. …, …!"


def test_all_that_was_ever_written_is_read_once(
    maker: Artisan, django_assert_num_queries: DjangoAssertNumQueries
) -> None:
    for words in ("Sağ ol, Goldfinch!", "Sağ olun"):
        thanks_for(maker, words=words)
    with django_assert_num_queries(1):
        [found] = thanks.naming(maker, thanks.shown_names(maker))
        assert found.words == "Sağ ol, …!"


def passed_on_last_month(artisan: Artisan, words: str) -> Thanks:
    written = thanks_for(artisan, words=words, is_shown=False)
    noon = timezone.make_aware(datetime(LAST.year, LAST.month, 9, 12))  # noqa: DTZ001
    Thanks.objects.filter(pk=written.pk).update(decided_at=noon)
    return written


def printed(artisan: Artisan, language: str) -> str:
    statement = Statement.objects.get(artisan=artisan)
    response = statement_documents.pdf_response(statement, language=language)
    return " ".join(text_of(PdfReader(BytesIO(response.content))).split())


@pytest.mark.parametrize(
    ("language", "piece", "title"),
    [
        ("az", "Badyə", "Alıcılar sizə nə yazıb"),
        ("ru", "Чаша", "Что вам написали покупатели"),
        ("en", "Bowl", "What buyers wrote to you"),
    ],
)
def test_it_is_printed_on_the_makers_statement(
    maker: Artisan, staff: User, language: str, piece: str, title: str
) -> None:
    passed_on_last_month(maker, "Naxışına baxıram, doymuram")
    thanks_for(maker, words="Bu ay yazılıb", is_shown=False)
    thanks_for(maker, words="Oxunmayıb")
    assert statements.issue(LAST, actor=staff) == 1
    page = printed(maker, language)
    assert f"{title} Naxışına baxıram, doymuram {piece}" in page
    assert "Bu ay" not in page
    assert "Oxunmayıb" not in page
    with translation.override(language):
        paper = statement_documents.preview_pdf_response(maker, statements.preview(maker), language=language)
    preview = text_of(PdfReader(BytesIO(paper.content)))
    assert "Bu ay yazılıb" in preview
    assert "Naxışına" not in preview


def test_who_is_neither_thanked_nor_paid_gets_no_statement(maker: Artisan, staff: User) -> None:
    thanked = ArtisanFactory.create()
    passed_on_last_month(thanked, "Sağ olun")
    statements.issue(LAST, actor=staff)
    assert set(Statement.objects.exclude(artisan=None).values_list("artisan", flat=True)) == {thanked.pk}
    assert not Statement.objects.filter(artisan=maker).exists()


def test_all_of_a_branch_are_printed_with_their_own_words(staff: User) -> None:
    makers = [ArtisanFactory.create() for _ in range(2)]
    for number, maker in enumerate(makers):
        passed_on_last_month(maker, f"Sağ olun {number}")
    statements.issue(LAST, actor=staff)
    of_branch = Statement.objects.get(artisan=None)
    pages = PdfReader(BytesIO(statement_documents.makers_pdf_response(of_branch, language="az").content)).pages
    said = [page.extract_text() for page in pages]
    assert len(said) == 2
    assert all(("Sağ olun 0" in page) != ("Sağ olun 1" in page) for page in said)


@pytest.mark.parametrize(
    ("sales", "words"),
    [
        (0, "Sağ olun, çox sağ olun. "),
        (30, "ШИРОКИЕ ЩЁДРЫЕ ЖЕНЩИНЫ "),
        (30, "WWWWWWWWWWWWWWWWWWWWWWWWWWWWWWWWWWWWWWW "),
        (400, "Sağ olun, çox sağ olun. "),
    ],
)
def test_with_many_long_thanks_it_is_one_page(maker: Artisan, staff: User, sales: int, words: str) -> None:
    told_life(maker)
    for number in range(sales):
        day = LAST + timedelta(days=number % 28)
        book(maker, "1.00", on=day, sku=f"S-{number}", names=named(f"{number} {LONG_PIECE}"))
    for number in range(4):
        book(maker, "-1.00", on=LAST, sku=f"S-{number}", names=named(f"{number} {LONG_PIECE}"))
        pay(maker, "0.10", on=LAST, number="KM-" + "17" * 18)
    for _number in range(30):
        passed_on_last_month(maker, (words * 50)[:500])
    statements.issue(LAST, actor=staff)
    statement = Statement.objects.get(artisan=maker)
    for language, content in statement.content.items():
        paper = statement_documents.pdf_response(statement, language=language).content
        [page] = PdfReader(BytesIO(paper)).pages
        text = " ".join(page.extract_text().split())
        for told in (content["ask"], content["thanks_title"], words[:10], "…", content["more_thanks"]):
            assert told in text, (language, told)


def test_as_many_words_are_chosen_as_there_is_room_for(maker: Artisan, staff: User) -> None:
    for number in range(20):
        passed_on_last_month(maker, f"Sağ olun, {number:02}")
    statements.issue(LAST, actor=staff)
    page = printed(maker, "en")
    shown = [number for number in range(20) if f"Sağ olun, {number:02}" in page]
    assert shown == list(range(len(shown)))
    assert 3 <= len(shown) < 20
    assert f"and {20 - len(shown)} more" in page


def test_what_is_passed_on_or_taken_back_later_lets_no_other_words_in(maker: Artisan, staff: User) -> None:
    written = [passed_on_last_month(maker, f"Sağ olun, {number:02}") for number in range(20)]
    statements.issue(LAST, actor=staff)
    before = printed(maker, "az")
    passed_on_last_month(maker, "Sonra yazılıb")
    assert printed(maker, "az") == before
    thanks.decline(written[1].pk, actor=staff)
    page = printed(maker, "az")
    assert page == before.replace("Sağ olun, 01 Badyə ", "")
    assert page != before


def test_what_is_taken_back_is_printed_no_more(maker: Artisan, staff: User) -> None:
    passed_on_last_month(maker, "Sağ ol, Qızılquş")
    statements.issue(LAST, actor=staff)
    assert "Sağ ol, Qızılquş" in printed(maker, "az")
    forget(maker)
    assert "Sağ ol, …" in printed(maker, "az")
    assert "nə yazıb" in printed(maker, "az")
    Thanks.objects.all().delete()
    assert "nə yazıb" not in printed(maker, "az")
