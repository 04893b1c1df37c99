"""Recording what a maker signed, and looking at it: who may, what is refused, where the scan is."""

import re
from collections.abc import Callable
from datetime import date, timedelta
from io import BytesIO
from typing import Any

import pytest
from django.core.files.storage import default_storage
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client
from django.urls import reverse
from django.utils import timezone
from PIL import Image
from pytest_django import DjangoAssertNumQueries

from artisans.models import Artisan, ArtisanPhoto, Branch, Consent, ConsentForm, Scope
from dostshop.accounts.models import Role
from tests.admin.conftest import english, signed_in, staff
from tests.admin.test_rights import of
from tests.factories import ArtisanFactory, BranchFactory, consent

pytestmark = pytest.mark.django_db

TODAY = timezone.localdate()
DAY = timedelta(days=1)
# Every month has such a day.
TEN_YEARS_ON = TODAY.replace(year=TODAY.year + 10, day=min(TODAY.day, 28))
PDF = b"%PDF-1.7\n1 0 obj\n<<>>\nendobj\ntrailer\n<<>>\n%%EOF\n"


def maker(**fields: Any) -> Artisan:
    artisan: Artisan = ArtisanFactory.create(agreed=(), **fields)
    return artisan


def minor() -> Artisan:
    return maker(private__birth_date=TODAY.replace(year=TODAY.year - 15, day=1))


def page_of(artisan: Artisan) -> str:
    return english("artisans_artisan_record_consent", artisan.pk)


def typed(**changes: Any) -> dict[str, Any]:
    return {
        "agreed": ["name-site", "story-site", "name-press"],
        "signed_on": TODAY,
        "valid_from": TODAY,
        "valid_until": TODAY + 364 * DAY,
        "given_by": "maker",
        "explained": "text",
        "language": "az",
        "explained_by": "Aynur Əliyeva",
        **dict.fromkeys(("subject", "operator", "purpose", "data", "validity", "deletion"), "Razıyam"),
        **changes,
    }


def picture(kind: str) -> bytes:
    content = BytesIO()
    Image.new("RGB", (8, 8)).save(content, kind)
    return content.getvalue()


@pytest.mark.parametrize(
    ("language", "words"),
    [
        ("az", ("Məmmədova Sevil", "17 may 1985", "Rəsmi adım")),
        ("ru", ("Məmmədova Sevil", "17 мая 1985", "официальное имя")),
        ("en", ("Məmmədova Sevil", "17 May 1985", "My legal name")),
    ],
)
def test_the_page_proposes_what_the_law_asks_for(language: str, words: tuple[str, ...]) -> None:
    form = of(Role.BRANCH_STAFF).get(page_of(maker()), {"language": language}).context["form"]
    for name in ("subject", "operator", "purpose", "data", "validity", "deletion"):
        assert form[name].value()
    for word in words:
        assert word in f"{form['subject'].value()} {form['data'].value()}", word
    assert form["language"].value() == language


def test_the_page_of_a_minor_offers_neither_face_nor_place_and_proposes_that_both_agree() -> None:
    client = of(Role.BRANCH_STAFF)
    offered = {"name", "story", "affiliation"}
    for artisan, scopes, given_by in ((minor(), offered, "both"), (maker(), offered | {"face", "place"}, "maker")):
        page = client.get(page_of(artisan))
        boxes = set(re.findall(r'name="agreed" value="(\w+)-site"', page.content.decode()))
        assert boxes == scopes
        assert page.context["form"]["given_by"].value() == given_by
        refused = client.post(page_of(artisan), typed(agreed=[]))
        assert {row.scope for row in refused.context["form"].matrix()} == scopes


def test_what_was_signed_is_recorded_with_its_scan() -> None:
    artisan = maker()
    scan = SimpleUploadedFile("Sevil Məmmədova.exe", PDF, content_type="text/html")
    client = of(Role.BRANCH_STAFF)
    response = client.post(page_of(artisan), typed(document=scan), follow=True)

    assert "The consent is recorded." in response.content.decode()
    form = ConsentForm.objects.get()
    assert (form.artisan_id, form.signed_on, form.recorded_by_id) == (
        artisan.pk,
        TODAY,
        int(client.session["_auth_user_id"]),
    )
    assert set(form.consents.values_list("scope", "channel")) == {
        ("name", "site"),
        ("story", "site"),
        ("name", "press"),
    }
    assert str(form.document.name).startswith("consents/")
    assert str(form.document.name).endswith(".pdf")
    response = client.get(english("artisans_consentform_document", form.pk))
    assert response.getvalue() == PDF
    assert response["Content-Type"] == "application/pdf"
    assert response["X-Content-Type-Options"] == "nosniff"
    assert "no-store" in response["Cache-Control"]


@pytest.mark.parametrize(("kind", "suffix"), [("JPEG", ".jpg"), ("PNG", ".png")])
def test_a_photo_of_the_form_will_do(kind: str, suffix: str) -> None:
    scan = SimpleUploadedFile("form", picture(kind))
    of(Role.CENTRE_STAFF).post(page_of(maker()), typed(document=scan))
    assert str(ConsentForm.objects.get().document.name).endswith(suffix)


@pytest.mark.parametrize(
    ("content", "sentence"),
    [
        (lambda: b"<html><script>alert(1)</script></html>", "not a scan that can be kept"),
        (lambda: b"%PDF-1.7\n<html></html>", "not a scan that can be kept"),
        (lambda: picture("PNG")[:40], "not a scan that can be kept"),
        (lambda: picture("GIF"), "not a scan that can be kept"),
        (lambda: PDF + bytes(50 * 1024 * 1024) + b"%%EOF", "larger than 10 MB"),
    ],
    ids=["html", "html that begins like a PDF", "half a picture", "another kind", "50 MB"],
)
def test_what_is_no_scan_is_refused_whatever_its_name(content: Callable[[], bytes], sentence: str) -> None:
    before = files()
    scan = SimpleUploadedFile("form.pdf", content(), content_type="application/pdf")
    page = of(Role.CENTRE_STAFF).post(page_of(maker()), typed(document=scan)).content.decode()
    assert sentence in page
    assert not ConsentForm.objects.exists()
    assert files() == before


def scan_at(client: Client, address: str) -> bytes:
    content: bytes = client.get(address).getvalue()
    return content


def files() -> set[str]:
    return set(default_storage.listdir("consents")[1]) if default_storage.exists("consents") else set()


@pytest.mark.parametrize(
    ("who", "changes", "sentence"),
    [
        (maker, {"agreed": []}, "Tick what the maker agreed to."),
        (maker, {"signed_on": TODAY + DAY, "valid_from": TODAY + DAY}, "cannot be signed in the future"),
        (maker, {"valid_until": TODAY - DAY}, "The last day comes before the first."),
        (maker, {"valid_from": TODAY - DAY}, "from the day of its signature at the earliest"),
        (maker, {"valid_until": TEN_YEARS_ON + 4 * DAY}, "ends ten years after it is signed"),
        (maker, {"valid_until": "9999-12-31"}, "ends ten years after it is signed"),
        (maker, {"valid_from": "9990-01-01", "valid_until": "9999-12-31"}, "ends ten years after it is signed"),
        (maker, {"given_by": "representative"}, "Name the legal representative."),
        (maker, {"is_institution": "on"}, "a second person signs too"),
        (maker, {"explained": "aloud"}, "needs a witness"),
        (maker, {"purpose": ""}, "This field is required."),
        (maker, {"agreed": ["legal-site"]}, "legal-site is not one of the available choices"),
        (minor, {}, "have to agree both"),
        (minor, {"given_by": "both", "representative": "Sevil", "agreed": ["face-site"]}, "neither face nor place"),
        (minor, {"given_by": "both", "representative": "Sevil", "valid_until": date(TODAY.year + 4, 1, 1)}, "18th"),
        (lambda: maker(private__birth_date=None), {}, "birth date first"),
    ],
)
def test_bad_input_is_refused_with_a_sentence_and_nothing_is_written(
    who: Callable[[], Artisan], changes: dict[str, Any], sentence: str
) -> None:
    before = files()
    scan = SimpleUploadedFile("form.pdf", PDF)
    page = of(Role.CENTRE_STAFF).post(page_of(who()), typed(document=scan, **changes)).content.decode()
    assert sentence in page
    assert "Nothing is recorded yet." in page
    assert not ConsentForm.objects.exists()
    assert files() == before


def test_a_consent_holds_for_ten_years_at_most() -> None:
    of(Role.CENTRE_STAFF).post(page_of(maker()), typed(valid_until=TEN_YEARS_ON))
    assert set(Consent.objects.values_list("valid_until", flat=True)) == {TEN_YEARS_ON}


@pytest.mark.parametrize("role", list(Role))
def test_who_may_record_and_look(role: Role) -> None:
    BranchFactory.create(slug="barda")
    signed = consent(maker(), Scope.NAME)
    signed_elsewhere = consent(maker(branch=Branch.objects.get(slug="barda")), Scope.NAME)
    client = of(role)
    may = role in {Role.BRANCH_STAFF, Role.CENTRE_STAFF}
    may_elsewhere = role == Role.CENTRE_STAFF
    count = ConsentForm.objects.count()
    for form, opens in ((signed, may), (signed_elsewhere, may_elsewhere)):
        record = page_of(form.artisan)
        addresses = [
            english("artisans_consent_change", form.consents.get().pk),
            english("artisans_consentform_change", form.pk),
            record,
        ]
        assert [client.get(address).status_code == 200 for address in addresses] == [opens] * 3
        client.post(record, typed())
        count += opens
        assert ConsentForm.objects.count() == count


def test_strangers_and_shoppers_are_kept_out(client: Client) -> None:
    signed = consent(maker(), Scope.NAME)
    for address in (page_of(signed.artisan), english("artisans_consentform_document", signed.pk)):
        assert client.get(address).status_code == 302


def test_a_scan_is_for_whoever_may_see_signed_forms(administrator: Client) -> None:
    artisan = maker()
    administrator.post(page_of(artisan), typed(document=SimpleUploadedFile("form.pdf", PDF)))
    address = english("artisans_consentform_document", ConsentForm.objects.get().pk)
    for client in (of(Role.CENTRE_STAFF), of(Role.BRANCH_STAFF)):
        assert scan_at(client, address) == PDF
    for client in (of(Role.BRANCH_STAFF, "barda"), of(Role.ACCOUNTANT)):
        assert client.get(address).status_code == 404
    default_storage.delete(str(ConsentForm.objects.get().document.name))
    assert administrator.get(address).status_code == 404


def test_nobody_changes_or_deletes_what_was_signed(administrator: Client) -> None:
    signed = consent(maker(), Scope.NAME)
    for name, pk in (("consentform", signed.pk), ("consent", signed.consents.get().pk)):
        for page in ("change", "delete"):
            assert administrator.post(reverse(f"admin:artisans_{name}_{page}", args=[pk]), {}).status_code == 403


@pytest.mark.parametrize(
    ("state", "expected"),
    [("live", {"name", "story"}), ("ending", {"story"}), ("withdrawn", {"place"}), ("ended", {"face"})],
)
def test_the_list_is_filtered_by_state(state: str, expected: set[str]) -> None:
    artisan = maker()
    consent(artisan, Scope.NAME)
    consent(artisan, Scope.STORY, valid_until=TODAY + 60 * DAY)
    consent(artisan, Scope.FACE, valid_until=TODAY - DAY)
    consent(artisan, Scope.PLACE)
    Consent.objects.filter(scope=Scope.PLACE).update(withdrawn_at=timezone.now())
    found = of(Role.CENTRE_STAFF).get(english("artisans_consent_changelist"), {"state": state})
    assert {one.scope for one in found.context["cl"].queryset} == expected


def test_a_consent_that_was_renewed_is_not_ending() -> None:
    artisan = maker()
    consent(artisan, Scope.NAME, valid_until=TODAY + 10 * DAY)
    assert Consent.objects.ending().exists()
    consent(artisan, Scope.NAME, valid_from=TODAY, valid_until=TODAY + 300 * DAY)
    assert not Consent.objects.ending().exists()


def test_the_pages_query_counts(django_assert_num_queries: DjangoAssertNumQueries) -> None:
    for _ in range(3):
        form = consent(maker(), Scope.NAME, Scope.STORY)
    client = of(Role.BRANCH_STAFF)
    # Which models there are is looked up once.
    client.get(english("artisans_consentform_change", form.pk))
    for name, args, count in (
        ("artisans_consent_changelist", (), 9),
        ("artisans_consentform_changelist", (), 9),
        ("artisans_consentform_change", (form.pk,), 8),
        ("artisans_artisan_record_consent", (form.artisan_id,), 7),
    ):
        with django_assert_num_queries(count):
            client.get(english(name, *args))


def test_a_portrait_is_uploaded_by_the_centre_and_seen_by_who_may_see_consents() -> None:
    artisan = maker()
    page = english("artisans_artisan_change", artisan.pk)
    centre = of(Role.CENTRE_STAFF)
    content = BytesIO()
    Image.new("RGB", (40, 30)).save(content, "JPEG")
    typed = {
        "branch": artisan.branch_id,
        "slug": artisan.slug,
        "consents-TOTAL_FORMS": 0,
        "consents-INITIAL_FORMS": 0,
        "photo-TOTAL_FORMS": 1,
        "photo-INITIAL_FORMS": 0,
        "photo-0-original": SimpleUploadedFile("Sevil.jpg", content.getvalue()),
        "photo-0-focus_x": 50,
        "photo-0-focus_y": 50,
    }
    assert centre.post(page, typed).status_code == 302
    portrait = ArtisanPhoto.objects.get(artisan=artisan)
    assert "Sevil" not in str(portrait.original.name)
    for role, sees in ((Role.CENTRE_STAFF, True), (Role.BRANCH_STAFF, True), (Role.ACCOUNTANT, False)):
        inlines = of(role).get(page).context["inline_admin_formsets"]
        assert (ArtisanPhoto in {one.opts.model for one in inlines}) is sees, role
    # A right that none of the roles has alone.
    keeper = signed_in(staff(Role.ACCOUNTANT, "change_artisan", "view_artisan"))
    inlines = keeper.get(page).context["inline_admin_formsets"]
    assert ArtisanPhoto not in {one.opts.model for one in inlines}
