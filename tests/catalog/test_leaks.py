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

import catalog.urls
import orders.urls
from artisans.consent import Signers
from artisans.models import Artisan, ArtisanPhoto, ArtisanPrivate, Channel, ConsentForm, Scope, ThanksQuerySet
from catalog import photos, previews
from catalog.models import Collection, CollectionItem, Craft, PhotoQuerySet, Product, Variant
from dostshop.pictures import Rendition
from orders import payments
from orders.models import Order, OrderMail
from tests.catalog.test_makers_shown import main_of
from tests.dostshop.test_pdf import text_of
from tests.factories import (
    ArtisanFactory,
    BranchFactory,
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
OF_MINORS = {Scope.NAME, Scope.STORY, Scope.AFFILIATION}
BOTH = Signers(given_by=ConsentForm.GivenBy.BOTH, representative="Məmmədova Sevil")
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


def maker(number: int, agreed: Iterable[Scope], *, craft: Craft, collection: Collection, **fields: Any) -> Artisan:
    """With a piece, a portrait and a photo at work; what is not agreed to for today on this site is so elsewhere."""
    artisan: Artisan = ArtisanFactory.create(
        slug=mark(Scope.NAME, number),
        agreed=(),
        private__legal_name=mark("legal", number),
        private__representative=mark("representative", number),
        private__payout_details=mark("payout", number),
        private__email=f"{mark('legal', number)}@example.com",
        **in_languages("display_name", Scope.NAME, number),
        **in_languages("story", Scope.STORY, number),
        **in_languages("place", Scope.PLACE, number),
        **in_languages("affiliation", Scope.AFFILIATION, number),
        **fields,
    )
    is_minor = ArtisanPrivate.objects.get(pk=artisan.pk).is_minor
    if agreed:
        consent(artisan, *agreed, signers=BOTH if is_minor else Signers())
    possible = OF_MINORS if is_minor else set(Scope)
    if silent := possible.difference(agreed):
        _agreed_elsewhere(artisan, silent, signers=BOTH if is_minor else Signers())
    craft.artisans.add(artisan)
    ArtisanPhoto.objects.create(artisan=artisan, original="x.jpg", original_width=9, original_height=9, **seen(number))
    together(artisan, number=number, craft=craft, collection=collection)
    return artisan


def _agreed_elsewhere(artisan: Artisan, scopes: Iterable[Scope], *, signers: Signers) -> None:
    """In every other channel; and on the site until yesterday, from tomorrow on, and taken back."""
    today = timezone.localdate()
    day = timedelta(days=1)
    for channel in Channel:
        if channel != Channel.SITE:
            consent(artisan, *scopes, channel=channel, signers=signers)
    consent(artisan, *scopes, valid_until=today - day, signers=signers)
    consent(artisan, *scopes, valid_from=today + day, signers=signers)
    consent(artisan, *scopes, signers=signers).consents.update(withdrawn_at=timezone.now())


def seen(number: int) -> dict[str, Any]:
    return {**in_languages("alt", Scope.FACE, number), "renditions": renditions(number)}


def together(*artisans: Artisan, number: int, craft: Craft, collection: Collection) -> None:
    """A piece of all of them, with a photo of them and words for them, that show and name the one with this number."""
    product = piece(craft=craft, branch=artisans[0].branch).product
    made_by(product, *artisans)
    PhotoFactory.create(product=product, shows_person=True, position=0, **seen(number)).people.add(*artisans)
    PhotoFactory.create(product=product, position=1)
    CollectionItem.objects.create(collection=collection, product=product)
    thanks_for(*artisans, words=f"Sağ ol, {mark(Scope.NAME, number)} az!", is_shown=True)


def site_of(*agreements: Iterable[Scope]) -> Site:
    craft = CraftFactory.create(slug="pottery")
    collection = CollectionFactory.create(slug="novruz", is_featured=True)
    return {
        number: (maker(number, agreed, craft=craft, collection=collection), set(agreed))
        for number, agreed in enumerate(agreements)
    }


def whole_site() -> Site:
    """Every combination, and whom not only consents decide on: minors, who is hidden, who made something together."""
    site = site_of(*COMBINATIONS)
    shop: dict[str, Any] = {
        "craft": Craft.objects.get(slug="pottery"),
        "collection": Collection.objects.get(slug="novruz"),
    }
    [nothing, everything] = [number for number, (_artisan, agreed) in site.items() if len(agreed) in {0, len(Scope)}]
    young, unheard, hidden = range(len(site), len(site) + 3)
    barda = BranchFactory.create(slug="barda")
    born = timezone.localdate() - timedelta(days=15 * 366)
    for number, agreed in ((young, OF_MINORS), (unheard, set[Scope]())):
        site[number] = maker(number, agreed, branch=barda, private__birth_date=born, **shop), agreed
    site[hidden] = maker(hidden, Scope, is_public=False, **shop), set()
    for other in (nothing, young, unheard, hidden):
        together(site[other][0], site[everything][0], number=other, **shop)
    together(site[young][0], site[unheard][0], number=unheard, **shop)
    together(site[unheard][0], site[hidden][0], number=hidden, **shop)
    Product.objects.filter(pk=Product.objects.latest("pk").pk).update(state=Product.State.APPROVED, published_at=None)
    return site


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
        found[address] = read_one(client, address)
        waiting.extend(_links(address, found[address].text))
    return found


def read_one(client: Client, address: str) -> Read:
    response = client.get(address, follow=True)
    assert response.status_code == 200, address
    return Read(response.resolver_match.view_name if response.resolver_match else "", _text_of(response.content))


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
    site = whole_site()
    assert len(site) == 32 + 3
    delivery_method()
    first, second, *_others, last = Variant.objects.filter(product__in=Product.objects.published()).order_by("pk")
    order = _bought(client, first, last)
    client.post(reverse("orders:add"), {"variant": second.code, "quantity": 1})
    client.post(reverse("orders:begin_checkout"))

    preview = previews.address(Product.objects.get(state=Product.State.APPROVED)).removeprefix("http://localhost:8000")
    with statements() as sent:
        pages = read_along(client, *beginnings(site), order.get_absolute_url(), preview)

    assert marks_read(pages) == agreed_to(site)
    assert not [address for address, page in pages.items() if "Məmmədova" in page.text]
    _all_pages_were_read(pages)
    _each_maker_is_shown_in_full(site, pages)
    _no_page_of_a_minor_tells_the_branch(pages)
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


def _no_page_of_a_minor_tells_the_branch(pages: dict[str, Read]) -> None:
    minors = Artisan.objects.filter(branch__slug="barda")
    pieces = Product.objects.filter(artisans__in=minors).distinct()
    own = [artisan.slug for artisan in minors] + [product.get_absolute_url() for product in pieces]
    found = [page for address, page in pages.items() if any(part in address for part in [*own, "/preview/"])]
    # Each piece, one of them not in the shop yet, and the one minor who is shown, in each language.
    assert len(found) == (6 + 1) * len(LANGUAGES)
    for page in found:
        main = main_of(page.text)
        assert not [name for name in ("Bərdə", "Барда", "Barda") if name in main]


def _private_tables_were_not_asked(sent: list[str]) -> None:
    everything = "\n".join(sent)
    assert "artisans_publicartisan" in everything
    for table in ("artisans_artisanprivate", "artisans_consentform", "artisans_statement", "artisans_payout"):
        assert table not in everything
    # Writing there would have triggers look into the private table.
    assert not re.search(r'(?:INSERT INTO|UPDATE|DELETE FROM) "artisans_artisan', everything)
    assert set().union(*(columns_of("artisans_artisan", sql) for sql in sent)) <= {"id", "is_public"}


def test_the_statements_of_a_private_question_are_noticed() -> None:
    with statements() as sent:
        list(Artisan.objects.filter(photo__alt="x"))
    [sql] = sent
    assert "story_az" in columns_of("artisans_artisan", sql)
    assert "alt" in " ".join(columns_of("artisans_artisanphoto", sql))


def _careless(condition: str, instead: str) -> None:
    """The view of who may be shown without one of its conditions."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_get_viewdef('artisans_publicartisan')")
        [definition] = cursor.fetchone()
        careless = re.sub(condition, instead, definition)
        assert careless != definition
        cursor.execute(f"CREATE OR REPLACE VIEW artisans_publicartisan AS {careless}")


@pytest.mark.parametrize("scope", Scope)
def test_one_field_let_through_is_found(client: Client, scope: Scope) -> None:
    """The control."""
    other = Scope.STORY if scope != Scope.STORY else Scope.NAME
    site = site_of([other])
    _careless(rf"bool_or\(\(\(consent\.scope\)::text = '{scope}'::text\)\)", "true")

    pages = read_along(client, *beginnings(site))
    assert marks_read(pages) == {(other, 0), (scope, 0)}


def test_a_hidden_maker_let_through_is_found(client: Client) -> None:
    site = site_of([Scope.NAME])
    Artisan.objects.update(is_public=False)
    _careless(r"artisan\.is_public\b", "true")
    assert marks_read(read_along(client, *beginnings(site))) == {("name", 0)}


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


def test_a_name_let_through_in_a_paper_is_found(client: Client) -> None:
    order = _bought(client, piece(name_az=mark(Scope.NAME, 0)))
    page = read_one(client, order.get_absolute_url())
    [paper] = {link for link in _links(order.get_absolute_url(), page.text) if link.endswith(".pdf")}
    assert marks_in([read_one(client, paper).text]) == {("name", 0)}


def marks_in_renditions(folder: Path) -> set[Mark]:
    """Of a portrait whose file tells in every way whose face it is."""
    exif = Image.Exif()
    # What it shows, and who made it.
    exif[0x010E] = exif[0x013B] = mark("legal", 0)
    original = BytesIO()
    Image.new("RGB", (700, 500)).save(original, "JPEG", exif=exif, comment=mark("legal", 1))
    assert marks_in([original.getvalue().decode("latin-1")]) == {("legal", 0), ("legal", 1)}
    upload = SimpleUploadedFile(f"{mark('legal', 2)}.jpg", original.getvalue())
    portrait = ArtisanPhoto.objects.create(artisan=ArtisanFactory.create(), original=upload)
    photos.render(portrait)

    files = [path for path in (folder / "renditions").rglob("*") if path.is_file()]
    assert len(files) == len(portrait.renditions) >= 3
    return marks_in(text for path in files for text in (str(path), path.read_bytes().decode("latin-1")))


def test_no_byte_and_no_name_of_a_rendition_tells_whose_face_it_is(own_storage: Path) -> None:
    assert marks_in_renditions(own_storage) == set()


def test_what_a_picture_says_of_itself_is_found_where_it_is_let_through(
    own_storage: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(photos, "_shown", lambda original, _framing: Image.open(BytesIO(original)).convert("RGB"))
    assert marks_in_renditions(own_storage) == {("legal", 1)}


def marks_mailed(kind: str) -> set[Mark]:
    """In a mail about every piece that there is, in every language."""
    products: QuerySet[Product] = Product.objects.order_by("pk")
    order: Order = order_of(*(product.variants.get() for product in products), provider="branch")
    texts: list[str] = []
    for language in LANGUAGES:
        order.language = language
        letter = order.mails.filter(kind=kind).first() or written(order, kind)
        letter.order = order
        texts += read(letter)
    return marks_in(texts)


@pytest.mark.parametrize("kind", OrderMail.Kind.values)
def test_no_mail_shows_more_than_was_agreed_to(kind: str) -> None:
    site = site_of([], [Scope.NAME], list(Scope))
    assert marks_mailed(kind) <= agreed_to(site)


@pytest.mark.parametrize("kind", OrderMail.Kind.values)
def test_a_name_let_through_in_a_mail_is_found(kind: str) -> None:
    site_of([])
    Product.objects.update(**in_languages("name", Scope.NAME, 0))
    assert marks_mailed(kind) == {("name", 0)}
