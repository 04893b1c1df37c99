"""The form on paper: what it says in three languages, plain and with pictures, before and after it is signed."""

from dataclasses import replace
from io import BytesIO
from typing import Any

import pytest
from django.utils import timezone, translation
from pypdf import PdfReader

from artisans import consent_documents
from artisans.consent import Signers
from artisans.models import Artisan, ArtisanPrivate, Channel, ConsentForm, Scope
from dostshop.accounts.models import Role
from tests.admin.conftest import english
from tests.admin.test_rights import of
from tests.dostshop.test_pdf import tags
from tests.factories import ArtisanFactory, consent

pytestmark = pytest.mark.django_db

LANGUAGES = ["az", "ru", "en"]
LETTERS = "Əə Ğğ İı Şş Çç Öö Üü"
TODAY = timezone.localdate()
CONTENTS = {
    "az": ("Kim razılıq verir", "Rəsmi adım", "istənilən filialda", "xaricdə"),
    "ru": ("Кто соглашается", "официальное имя", "в любом филиале", "за границей"),
    "en": ("Who agrees", "My legal name", "at any branch", "abroad"),
}
SHOWN_OF_ADULTS = {
    "az": ("üzüm görünən fotolar", "hekayəm, haradan olduğum"),
    "ru": ("фотографии моего лица", "моими словами, откуда я"),
    "en": ("photographs of my face", "the place where I am from, what I do at the Centre"),
}
KEPT_OF_MINORS = {"az": "Üzüm, haradan olduğum", "ru": "Моё лицо, откуда я", "en": "My face, the place where I am from"}
FACE = {"az": "Üzünüzü göstərə bilərik?", "ru": "Можно показать ваше лицо?", "en": "May we show your face?"}
STOP = {
    "az": "İstənilən vaxt dayandıra bilərsiniz",
    "ru": "Вы можете остановить это в любое время",
    "en": "You can stop",
}


def maker(**fields: Any) -> Artisan:
    artisan: Artisan = ArtisanFactory.create(agreed=(), **fields)
    return artisan


def minor() -> Artisan:
    birth_date = TODAY.replace(year=TODAY.year - 15, day=1)
    return maker(private__birth_date=birth_date, private__representative="Məmmədov Əli")


def read(response: Any) -> tuple[PdfReader, str]:
    document = PdfReader(BytesIO(response.content))
    return document, " ".join("\n".join(page.extract_text() for page in document.pages).split())


def to_sign(artisan: Artisan, language: str, *, easy: bool = False) -> tuple[PdfReader, str]:
    private = ArtisanPrivate.objects.get(pk=artisan.pk)
    with translation.override("en"):
        paper = consent_documents.to_sign(artisan, private, language=language)
        return read(consent_documents.pdf_response(paper, language=language, easy=easy))


def as_signed(form: ConsentForm, *, easy: bool = False) -> tuple[PdfReader, str]:
    paper = consent_documents.as_signed(form)
    return read(consent_documents.pdf_response(paper, language=form.language, easy=easy))


@pytest.mark.parametrize("easy", [False, True], ids=["plain", "easy"])
@pytest.mark.parametrize("language", LANGUAGES)
def test_it_says_what_the_law_asks_for_with_every_letter(language: str, easy: bool) -> None:
    artisan = maker(private__legal_name=LETTERS)
    document, text = to_sign(artisan, language, easy=easy)
    root: Any = document.trailer["/Root"]
    assert str(root["/Lang"]).startswith(language)
    assert "pdfuaid:part>1<" in root["/Metadata"].get_data().decode()
    found = tags(root["/StructTreeRoot"])
    assert found.count("/H1") == 1
    assert found.count("/H2") >= 7
    assert ("/Figure" in found) is easy
    assert ("/Table" in found) is not easy
    for said in (LETTERS, artisan.code, *CONTENTS[language]):
        assert said in text, said
    assert "�" not in text


@pytest.mark.parametrize("language", LANGUAGES)
def test_the_easy_one_asks_about_each_thing_and_says_that_one_can_stop(language: str) -> None:
    _document, text = to_sign(maker(), language, easy=True)
    assert FACE[language] in text
    assert STOP[language] in text


@pytest.mark.parametrize("language", LANGUAGES)
def test_what_one_signs_is_on_one_page_or_the_signatures_are_with_the_last_question(language: str) -> None:
    document, _text = to_sign(maker(private__legal_name="Quliyeva-Hacıbəyli Gülnarə Şəmsəddin qızı"), language)
    assert len(document.pages) == 1
    document, _text = to_sign(minor(), language)
    assert len(document.pages) <= 2
    signed = " ".join(document.pages[-1].extract_text().split())
    for said in (CONTENTS[language][-1], "Məmmədov Əli"):
        assert said in signed, said


PSEUDONYM = {"az": "sənədimdəki yox", "ru": "не из документов", "en": "not the one in my papers"}


@pytest.mark.parametrize("easy", [False, True], ids=["plain", "easy"])
@pytest.mark.parametrize("language", LANGUAGES)
def test_a_name_can_be_written_on_it_until_there_is_one(language: str, easy: bool) -> None:
    assert PSEUDONYM[language] in to_sign(maker(display_name_az=""), language, easy=easy)[1]
    named = to_sign(maker(display_name_az="Sevda xala"), language, easy=easy)[1]
    assert "Sevda xala" in named
    assert PSEUDONYM[language] not in named
    form = consent(maker(), Scope.STORY)
    form.language = language
    assert PSEUDONYM[language] not in as_signed(form, easy=easy)[1]


@pytest.mark.parametrize("easy", [False, True], ids=["plain", "easy"])
def test_whether_it_may_be_seen_abroad_is_asked_once(easy: bool) -> None:
    assert to_sign(maker(), "en", easy=easy)[1].count("I do not agree") == 1


def test_of_a_minor_neither_face_nor_place_is_asked_and_two_sign() -> None:
    for easy in (False, True):
        _document, text = to_sign(minor(), "en", easy=easy)
        assert "Məmmədov Əli" in text
        assert "The legal representative" in text
        assert "A second person" in text
        _document, of_age = to_sign(maker(), "en", easy=easy)
        assert "The legal representative" not in of_age
    _document, text = to_sign(minor(), "en", easy=True)
    assert FACE["en"] not in text
    assert "where you are from" not in text


@pytest.mark.parametrize("easy", [False, True], ids=["plain", "easy"])
@pytest.mark.parametrize("language", LANGUAGES)
def test_of_a_minor_the_words_of_the_law_name_neither_among_what_is_shown(language: str, easy: bool) -> None:
    of_minor, of_age = (to_sign(artisan, language, easy=easy)[1] for artisan in (minor(), maker()))
    for said in SHOWN_OF_ADULTS[language]:
        assert said in of_age, said
        assert said not in of_minor, said
    assert KEPT_OF_MINORS[language] in of_minor


def test_as_signed_it_says_what_was_agreed_and_what_was_not() -> None:
    signers = Signers(given_by=ConsentForm.GivenBy.BOTH, representative="Məmmədov Əli", second_signer="Aynur Quliyeva")
    form = consent(
        maker(), Scope.NAME, Scope.STORY, channel=Channel.PRESS, signers=replace(signers, is_institution=True)
    )
    form.language = "en"
    for easy in (False, True):
        _document, text = as_signed(form, easy=easy)
        assert text.count(" yes") == 2
        assert text.count("–") >= 23
        for said in (
            "Məmmədov Əli",
            "Aynur Quliyeva",
            "Əl işlərini satmaq",
            f"{form.signed_on:%d.%m.%Y}",
            "I do not agree",
        ):
            assert said in text, said


def test_the_same_record_gives_the_same_bytes() -> None:
    form = consent(maker(), Scope.NAME)
    paper = consent_documents.as_signed(form)
    one, other = (consent_documents.pdf_response(paper, language="az", easy=True).content for _ in range(2))
    assert one == other


@pytest.mark.parametrize("role", list(Role))
def test_who_may_print(role: Role) -> None:
    form = consent(maker(), Scope.NAME)
    addresses = [
        english("artisans_artisan_form_to_sign", form.artisan_id),
        english("artisans_artisan_form_to_sign", form.artisan_id) + "?language=ru&easy=1",
        english("artisans_consentform_paper", form.pk),
    ]
    client = of(role)
    # Instructors are sent away at the admin's door.
    expected = {Role.BRANCH_STAFF: 200, Role.CENTRE_STAFF: 200, Role.INSTRUCTOR: 302}.get(role, 404)
    for address in addresses:
        response = client.get(address)
        assert response.status_code == expected, address
        if expected == 200:
            assert response.content.startswith(b"%PDF-")
            assert "no-store" in response["Cache-Control"]
    if role == Role.BRANCH_STAFF:
        assert [of(role, "barda").get(address).status_code for address in addresses] == [404] * 3
