"""What is read by anybody holds nothing of a maker that the maker did not agree to, for every combination of scopes.

Every text and file name of a maker is a mark that says what it is and whose. The shop is read as a robot would, from
the sitemap on and along every link; whatever mark is found must be one that its maker agreed to show on the site.
"""

import re
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import timedelta
from html import unescape
from io import BytesIO
from itertools import chain, combinations
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, urljoin, urlsplit

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.db import connection
from django.db.models import QuerySet
from django.test import Client
from django.urls import reverse
from django.utils import timezone
from PIL import Image
from pypdf import PdfReader
from pytest_django import Settings

import catalog.urls
import orders.urls
from artisans.models import Artisan, ArtisanPhoto, Channel, Scope, ThanksQuerySet
from catalog import photos
from catalog.models import Collection, CollectionItem, Craft, PhotoQuerySet, Product, Variant
from dostshop.pictures import Rendition
from orders import payments
from orders.models import Order, OrderMail
from tests.dostshop.test_pdf import text_of
from tests.factories import (
    ArtisanFactory,
    CollectionFactory,
    CraftFactory,
    PhotoFactory,
    UserFactory,
    consent,
    delivery_method,
    hand_out,
    made_by,
    order_of,
    piece,
    thanks_for,
    worker,
)
from tests.orders.test_emails import read, written

pytestmark = pytest.mark.django_db

LANGUAGES = ("az", "ru", "en")
PREFIXES = {"az": "", "ru": "/ru", "en": "/en"}
COMBINATIONS = list(chain.from_iterable(combinations(Scope, size) for size in range(len(Scope) + 1)))
MARK = re.compile(r"zz([a-z]+)(\d\d)")
# They answer posts alone.
NO_PAGES = {"add", "change", "begin_checkout", "extend", "sign_in", "pay", "check", "cancel", "take_back_thanks"}

type Mark = tuple[str, int]
type Site = dict[int, tuple[Artisan, set[Scope]]]


def mark(what: str, number: int) -> str:
    return f"zz{what}{number:02d}"


def in_languages(field: str, what: str, number: int) -> dict[str, str]:
    return {f"{field}_{language}": f"{mark(what, number)} {language}" for language in LANGUAGES}


def renditions(number: int) -> list[Rendition]:
    name = f"{mark(Scope.FACE, number)}/640.jpeg"
    return [{"format": "jpeg", "width": 640, "height": 480, "name": name, "size": 9000}]


def maker(number: int, agreed: Iterable[Scope], *, craft: Craft, collection: Collection) -> Artisan:
    """With a piece, a portrait and a photo at work; what is not agreed to for today on this site is so elsewhere."""
    artisan: Artisan = ArtisanFactory.create(
        slug=mark(Scope.NAME, number),
        agreed=tuple(agreed),
        private__legal_name=mark("legal", number),
        private__representative=mark("representative", number),
        private__payout_details=mark("payout", number),
        private__email=f"{mark('legal', number)}@example.com",
        **in_languages("display_name", Scope.NAME, number),
        **in_languages("story", Scope.STORY, number),
        **in_languages("place", Scope.PLACE, number),
        **in_languages("affiliation", Scope.AFFILIATION, number),
    )
    if silent := [scope for scope in Scope if scope not in agreed]:
        _agreed_elsewhere(artisan, silent)
    craft.artisans.add(artisan)
    seen: dict[str, Any] = {**in_languages("alt", Scope.FACE, number), "renditions": renditions(number)}
    ArtisanPhoto.objects.create(artisan=artisan, original="x.jpg", original_width=9, original_height=9, **seen)
    product = piece(craft=craft).product
    made_by(product, artisan)
    PhotoFactory.create(product=product, shows_person=True, position=0, **seen).people.add(artisan)
    PhotoFactory.create(product=product, position=1)
    CollectionItem.objects.create(collection=collection, product=product)
    thanks_for(artisan, words=f"Sağ ol, {mark(Scope.NAME, number)} az!", is_shown=True)
    return artisan


def _agreed_elsewhere(artisan: Artisan, scopes: list[Scope]) -> None:
    """In every other channel; and on the site until yesterday, from tomorrow on, and taken back."""
    today = timezone.localdate()
    day = timedelta(days=1)
    for channel in Channel:
        if channel != Channel.SITE:
            consent(artisan, *scopes, channel=channel)
    consent(artisan, *scopes, valid_until=today - day)
    consent(artisan, *scopes, valid_from=today + day)
    consent(artisan, *scopes).consents.update(withdrawn_at=timezone.now())


def site_of(*agreements: Iterable[Scope]) -> Site:
    craft = CraftFactory.create(slug="pottery")
    collection = CollectionFactory.create(slug="novruz", is_featured=True)
    return {
        number: (maker(number, agreed, craft=craft, collection=collection), set(agreed))
        for number, agreed in enumerate(agreements)
    }


@dataclass(frozen=True)
class Read:
    view: str
    text: str


def read_along(client: Client, *beginnings: str) -> dict[str, Read]:
    """Every page that can be reached, by its address."""
    found: dict[str, Read] = {}
    waiting = list(beginnings)
    while waiting:
        address = waiting.pop()
        if address in found:
            continue
        response = client.get(address, follow=True)
        assert response.status_code == 200, address
        view = response.resolver_match.view_name if response.resolver_match else ""
        found[address] = Read(view, _text_of(response.content))
        waiting.extend(_links(address, found[address].text))
    return found


def _text_of(content: bytes) -> str:
    return text_of(PdfReader(BytesIO(content))) if content.startswith(b"%PDF") else unescape(content.decode())


def _links(address: str, page: str) -> Iterator[str]:
    """Within the shop; of the many ways to narrow a list, only on to its next page."""
    for link in re.findall(r'(?:href="|<loc>)([^"<]+)', page):
        parts = urlsplit(urljoin(f"http://testserver{address}", link.replace("http://localhost:8000", "")))
        is_page = not parts.path.startswith(("/static/", "/media/")) and "/accounts/" not in parts.path
        if parts.netloc == "testserver" and is_page and set(parse_qs(parts.query)) <= {"page"}:
            yield f"{parts.path}?{parts.query}" if parts.query else parts.path


def beginnings(site: Site) -> list[str]:
    """The sitemap, and what it does not name."""
    # A page repeats what was typed, so beginnings of marks are: by name there are more makers than it shows.
    words = [*(f"zz{scope}" for scope in Scope), *{mark(Scope.NAME, number)[:-1] for number in site}]
    searched = [f"search/?q={word}" for word in words]
    narrowed = "pieces/?craft=pottery&branch=baku&available=on"
    asked = ["bag/", "checkout/", "orders/", "orders/mine/", narrowed, *searched]
    return ["/sitemap.xml", "/robots.txt", *(f"{prefix}/{path}" for prefix in PREFIXES.values() for path in asked)]


def marks_read(pages: dict[str, Read]) -> set[Mark]:
    return marks_in([*pages, *(page.text for page in pages.values())])


def marks_in(texts: Iterable[str]) -> set[Mark]:
    return {(what, int(number)) for text in texts for what, number in MARK.findall(text)}


def agreed_to(site: Site) -> set[Mark]:
    return {(str(scope), number) for number, (_artisan, agreed) in site.items() for scope in agreed}


@contextmanager
def statements() -> Iterator[list[str]]:
    """Every statement that the database is sent."""
    sent: list[str] = []

    def note(execute: Any, sql: str, *rest: Any) -> Any:
        sent.append(sql)
        return execute(sql, *rest)

    with connection.execute_wrapper(note):
        yield sent


def columns_of(table: str, sql: str) -> set[str]:
    """The columns of a table that a statement names, under whichever alias."""
    aliases = {alias or table for alias in re.findall(rf'(?:FROM|JOIN) "{table}"(?: ([A-Z]\d+))?', sql)}
    return {column for alias in aliases for column in re.findall(rf'(?<!\w)"?{alias}"?\."(\w+)"', sql)}


def test_nothing_that_anybody_reads_shows_more_than_was_agreed_to(client: Client) -> None:
    site = site_of(*COMBINATIONS)
    assert len(site) == 32
    delivery_method()
    first, second, *_others, last = Variant.objects.order_by("pk")
    order = _bought(client, first, last)
    client.post(reverse("orders:add"), {"variant": second.code, "quantity": 1})
    client.post(reverse("orders:begin_checkout"))

    with statements() as sent:
        pages = read_along(client, *beginnings(site), order.get_absolute_url())

    assert marks_read(pages) == agreed_to(site)
    assert not [address for address, page in pages.items() if "Məmmədova" in page.text]
    _all_pages_were_read(pages)
    _each_maker_is_shown_in_full(site, pages)
    _private_tables_were_not_asked(sent)


def _bought(client: Client, *variants: Variant) -> Order:
    """By who looks on, and fetched, so that it can be given back."""
    shopper = UserFactory.create()
    client.force_login(shopper)
    order = order_of(*variants, provider="branch", user_pk=shopper.pk)
    payments.mark_paid(order.pk, actor=worker())
    hand_out(order)
    return order


def _all_pages_were_read(pages: dict[str, Read]) -> None:
    of_orders = {f"orders:{pattern.name}" for pattern in orders.urls.urlpatterns if pattern.name not in NO_PAGES}
    of_catalog = {f"catalog:{pattern.name}" for pattern in catalog.urls.urlpatterns}
    assert {page.view for page in pages.values()} >= {"pages:page", "delivery", "sitemap", *of_catalog, *of_orders}
    assert "/en/pieces/?page=2" in pages


def _each_maker_is_shown_in_full(site: Site, pages: dict[str, Read]) -> None:
    for number, (artisan, agreed) in site.items():
        slug = artisan.slug if Scope.NAME in agreed else artisan.code.lower()
        for language, prefix in PREFIXES.items():
            address = f"{prefix}/artisans/{slug}/"
            assert (address in pages) is bool(agreed)
            text = pages[address].text if agreed else ""
            for scope in agreed - {Scope.FACE}:
                assert f"{mark(scope, number)} {language}" in text
            if Scope.FACE in agreed:
                assert f"/{renditions(number)[0]['name']}" in text


def _private_tables_were_not_asked(sent: list[str]) -> None:
    everything = "\n".join(sent)
    assert "artisans_publicartisan" in everything
    for table in ("artisans_artisanprivate", "artisans_consentform", "artisans_statement", "artisans_payout"):
        assert table not in everything
    assert set().union(*(columns_of("artisans_artisan", sql) for sql in sent)) <= {"id", "is_public"}


def test_the_statements_of_a_private_question_are_noticed() -> None:
    with statements() as sent:
        list(Artisan.objects.filter(photo__alt="x"))
    [sql] = sent
    assert "story_az" in columns_of("artisans_artisan", sql)
    assert "alt" in " ".join(columns_of("artisans_artisanphoto", sql))


@pytest.mark.parametrize("scope", Scope)
def test_one_field_let_through_is_found(client: Client, scope: Scope) -> None:
    """The control: the view without one of its conditions."""
    other = Scope.STORY if scope != Scope.STORY else Scope.NAME
    site = site_of([other])
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_get_viewdef('artisans_publicartisan')")
        [definition] = cursor.fetchone()
        careless = re.sub(rf"bool_or\(\(\(consent\.scope\)::text = '{scope}'::text\)\)", "true", definition)
        assert careless != definition
        cursor.execute(f"CREATE OR REPLACE VIEW artisans_publicartisan AS {careless}")

    pages = read_along(client, *beginnings(site))
    assert marks_read(pages) == {(other, 0), (scope, 0)}


def test_a_photo_let_through_is_found(client: Client, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(PhotoQuerySet, "public", lambda rows: rows.exclude(renditions=[]))
    site = site_of([Scope.NAME])
    pages = read_along(client, *beginnings(site))
    assert marks_read(pages) == {("name", 0), ("face", 0)}


def test_a_name_let_through_in_the_words_of_a_buyer_is_found(client: Client, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(ThanksQuerySet, "shown_with", lambda rows, maker: rows.filter(artisans=maker.pk, is_shown=True))
    site = site_of([Scope.STORY])
    pages = read_along(client, *beginnings(site))
    assert marks_read(pages) == {("story", 0), ("name", 0)}


def test_no_byte_and_no_name_of_a_rendition_tells_whose_face_it_is(settings: Settings, tmp_path: Path) -> None:
    for name in ("default", "renditions"):
        storage = settings.STORAGES[name]
        options = {**storage["OPTIONS"], "location": tmp_path / name}
        settings.STORAGES = {**settings.STORAGES, name: {**storage, "OPTIONS": options}}
    exif = Image.Exif()
    # What it shows, and who made it.
    exif[0x010E] = exif[0x013B] = mark("legal", 0)
    original = BytesIO()
    Image.new("RGB", (700, 500)).save(original, "JPEG", exif=exif, comment=mark("legal", 1))
    upload = SimpleUploadedFile(f"{mark('legal', 2)}.jpg", original.getvalue())
    portrait = ArtisanPhoto.objects.create(artisan=ArtisanFactory.create(), original=upload)
    photos.render(portrait)

    files = [path for path in (tmp_path / "renditions").rglob("*") if path.is_file()]
    assert len(files) == len(portrait.renditions) >= 3
    assert marks_in([original.getvalue().decode("latin-1")]) == {("legal", 0), ("legal", 1)}
    assert marks_in(text for path in files for text in (str(path), path.read_bytes().decode("latin-1"))) == set()


@pytest.mark.parametrize("kind", OrderMail.Kind.values)
def test_no_mail_shows_more_than_was_agreed_to(kind: str) -> None:
    site = site_of([], [Scope.NAME], list(Scope))
    products: QuerySet[Product] = Product.objects.order_by("pk")
    order: Order = order_of(*(product.variants.get() for product in products), provider="branch")
    for language in LANGUAGES:
        order.language = language
        letter = order.mails.filter(kind=kind).first() or written(order, kind)
        letter.order = order
        assert marks_in(read(letter)) <= agreed_to(site)
