"""The storefront as a person meets it: on a phone and wide, by keyboard, without scripts, and how much it weighs."""

import threading
from collections.abc import Iterator
from decimal import Decimal
from io import BytesIO
from itertools import cycle
from pathlib import Path
from urllib.parse import urlsplit

import pytest
from django.conf import settings as shop_settings
from django.core.files.base import ContentFile
from django.core.files.storage import storages
from django.core.handlers.wsgi import WSGIHandler
from django.core.management import call_command
from django.core.servers.basehttp import ThreadedWSGIServer, WSGIRequestHandler
from django.utils import translation
from PIL import Image
from playwright.sync_api import Browser, BrowserContext, Page, expect
from pytest_django import Settings

from catalog import previews
from catalog.models import CollectionItem, Photo, Product
from dostshop.pictures import Rendition
from orders.models import DeliveryRate
from tests.browser.conftest import expect_accessible
from tests.factories import (
    ArtisanFactory,
    CollectionFactory,
    CraftFactory,
    PhotoFactory,
    VariantFactory,
    delivery_method,
    made_by,
    piece,
)

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True, serialized_rollback=True)]

PREFIXES = ("", "/ru", "/en")
DEMO_PHOTOS = Path(shop_settings.BASE_DIR) / "dostshop" / "demo" / "photos"
NO_CONTENT_MOVES = """
window.moved = 0;
new PerformanceObserver(list => {
  for (const entry of list.getEntries()) window.moved += entry.value;
}).observe({type: "layout-shift", buffered: true});
"""


def photograph(product: Product, contents: dict[int, bytes]) -> Photo:
    """A photo whose AVIF renditions are these; an older browser would find the same as a JPEG of another name."""
    photo: Photo = PhotoFactory.create(product=product, renditions=[])
    renditions: list[Rendition] = []
    for width, content in contents.items():
        for kind in ("avif", "jpeg"):
            name = storages["renditions"].save(f"{photo.key}/{width}.{kind}", ContentFile(content))
            renditions.append({"format": kind, "width": width, "height": width, "name": name, "size": len(content)})
    Photo.objects.filter(pk=photo.pk).update(renditions=renditions)
    return photo


def avif(picture: Image.Image, width: int) -> bytes:
    content = BytesIO()
    picture.resize((width, width)).save(content, "AVIF", quality=48, speed=8)
    return content.getvalue()


@pytest.fixture(scope="session")
def plain() -> dict[int, bytes]:
    return {width: avif(Image.new("RGB", (8, 8), "peru"), width) for width in (320, 640)}


@pytest.fixture
def shop(plain: dict[int, bytes]) -> Product:
    """A shop with a little of everything; the product has two photos and two variants."""
    craft = CraftFactory.create(slug="pottery")
    artisan = ArtisanFactory.create(slug="nar", story_az="Gili sevirəm.")
    craft.artisans.add(artisan)
    product = piece(
        craft=craft, kind="small_series", slug="bowl", width_mm=240, description_az="Bir.\n\nİki.", on_hand=3
    ).product
    VariantFactory.create(product=product, option_az="Böyük")
    made_by(product, artisan)
    photograph(product, plain)
    photograph(product, plain)
    photograph(piece(craft=craft, on_hand=0, slug="sold").product, plain)
    photograph(piece(craft=craft, on_hand=0, slug="new", state="approved", published_at=None).product, plain)
    piece(craft=craft, slug="gone", state="archived")
    collection = CollectionFactory.create(slug="novruz", is_featured=True, text_az="Bayram üçün.")
    CollectionItem.objects.create(collection=collection, product=product)
    for countries in (["AZ"], ["GE", "TR"], []):
        method = delivery_method(
            countries=countries, price="310.00", up_to_weight_g=30_000, note_az="Əvvəlcə zəng edir."
        )
        for weight in (500, 2000, 12_000):
            DeliveryRate.objects.create(method=method, up_to_weight_g=weight, price=Decimal("210.50"))
    return product


def pages(product: Product) -> list[str]:
    new, gone = Product.objects.get(slug="new"), Product.objects.get(slug="gone")
    # As it was when somebody got the link.
    gone.state = Product.State.DRAFT
    with translation.override("az"):
        address = product.get_absolute_url()
        of_new, of_gone = (urlsplit(previews.address(each)).path for each in (new, gone))
    return [
        "/",
        "/pieces/",
        "/pieces/?craft=pottery&price_from=cheap",
        "/pieces/?price_to=1",
        address,
        Product.objects.get(slug="sold").get_absolute_url(),
        of_new,
        of_gone,
        "/crafts/pottery/",
        "/collections/novruz/",
        "/artisans/",
        "/artisans/nar/",
        "/branches/baku/",
        "/info/delivery/",
        "/search/",
        "/search/?q=xalca",
        "/search/?q=novruz",
        "/search/?q=nothing-like-it",
        "/nowhere/",
    ]


@pytest.mark.parametrize("prefix", PREFIXES)
def test_every_page_is_accessible(page: Page, shop: Product, prefix: str) -> None:
    for address in pages(shop):
        page.goto(prefix + address)
        expect_accessible(page)


@pytest.mark.parametrize("width", [320, 360, 768, 1280])
def test_no_page_scrolls_sideways(page: Page, shop: Product, width: int) -> None:
    page.set_viewport_size({"width": width, "height": 800})
    for prefix in PREFIXES:
        for address in pages(shop):
            page.goto(prefix + address)
            assert page.evaluate("document.documentElement.scrollWidth") <= width, address


def test_the_keyboard_skips_to_the_content(page: Page, shop: Product) -> None:
    page.goto("/en/pieces/")
    page.keyboard.press("Tab")
    expect(page.get_by_role("link", name="Skip to the content")).to_be_focused()
    page.keyboard.press("Enter")
    expect(page.get_by_role("main")).to_be_focused()


def test_filters_work_without_scripts(browser: Browser, base_url: str, shop: Product) -> None:
    context = browser.new_context(base_url=base_url, java_script_enabled=False, viewport={"width": 390, "height": 800})
    page = context.new_page()
    page.goto("/en/pieces/")
    expect(page.get_by_text("2 pieces")).to_be_visible()
    page.get_by_text("Choose and sort").click()
    page.get_by_label("Can be bought now").check()
    page.get_by_role("button", name="Show").click()
    expect(page.get_by_text("1 piece", exact=True)).to_be_visible()
    page.get_by_role("link", name="Leave out: can be bought now").click()
    expect(page.get_by_text("2 pieces")).to_be_visible()
    context.close()


def test_filters_lie_open_where_there_is_room(page: Page, shop: Product) -> None:
    page.set_viewport_size({"width": 1280, "height": 800})
    page.goto("/en/pieces/")
    page.get_by_label("Sort by").select_option("lowest price first")
    page.get_by_role("button", name="Show").click()
    expect(page).to_have_url("/en/pieces/?craft=&branch=&price_from=&price_to=&sort=price")


def test_the_bag_s_size_is_added_to_the_shared_page(page: Page, context: BrowserContext, shop: Product) -> None:
    page.goto("/en/")
    expect(page.get_by_role("link", name="Bag", exact=True)).to_be_visible()
    context.add_cookies([{"name": "bag_size", "value": "3", "url": page.url}])
    page.reload()
    expect(page.get_by_role("link", name="Bag 3", exact=True)).to_be_visible()


def test_the_language_switch_stays_on_the_page(page: Page, shop: Product) -> None:
    page.goto("/en/branches/baku/")
    page.get_by_role("navigation", name="Language").first.get_by_role("link", name="Русский").click()
    expect(page).to_have_url("/ru/branches/baku/")
    expect(page.locator("html")).to_have_attribute("lang", "ru")


@pytest.fixture
def production(settings: Settings, tmp_path: Path) -> Iterator[str]:
    """The shop on another port with its static files collected: joined, hashed and compressed."""
    settings.STATIC_ROOT = tmp_path
    settings.STATICFILES_FINDERS = ["django.contrib.staticfiles.finders.FileSystemFinder"]
    settings.WHITENOISE_USE_FINDERS = False
    settings.STORAGES = {
        **settings.STORAGES,
        "staticfiles": {"BACKEND": "dostshop.staticfiles.BundledStaticFilesStorage"},
    }
    call_command("collectstatic", interactive=False, verbosity=0)
    server = ThreadedWSGIServer(("127.0.0.1", 0), WSGIRequestHandler)
    server.set_app(WSGIHandler())
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    yield f"http://127.0.0.1:{server.server_port}"
    server.shutdown()
    server.server_close()
    thread.join()


@pytest.fixture(scope="session")
def photographs() -> list[dict[int, bytes]]:
    """Real photographs of several crafts, as the phone gets them."""
    found = []
    for name in ("karabakh-rug", "turquoise-bowl", "kelaghayi-red", "jorab-socks", "carved-box", "cherry-jam"):
        with Image.open(DEMO_PHOTOS / f"{name}.jpg") as picture:
            found.append({width: avif(picture, width) for width in (320, 480, 640)})
    return found


@pytest.mark.parametrize("prefix", PREFIXES)
def test_a_cold_listing_on_a_phone_is_light_and_lies_still(
    browser: Browser, production: str, photographs: list[dict[int, bytes]], prefix: str
) -> None:
    craft = CraftFactory.create()
    for number, contents in zip(range(24), cycle(photographs)):
        photograph(piece(craft=craft, slug=f"piece-{number}").product, contents)
    # A phone of the middle class, as Lighthouse imitates it.
    context = browser.new_context(viewport={"width": 412, "height": 823}, device_scale_factor=1.75, is_mobile=True)
    page = context.new_page()
    page.add_init_script(NO_CONTENT_MOVES)
    received: dict[str, int] = {}
    kinds: dict[str, str] = {}
    network = context.new_cdp_session(page)
    network.send("Network.enable")
    network.on("Network.responseReceived", lambda event: kinds.update({event["requestId"]: event["type"]}))
    network.on(
        "Network.loadingFinished",
        lambda event: received.update({event["requestId"]: int(event["encodedDataLength"])}),
    )

    page.goto(f"{production}{prefix}/pieces/", wait_until="networkidle")

    total = sum(received.values())
    sizes = {kind: sum(size for key, size in received.items() if kinds[key] == kind) for kind in set(kinds.values())}
    assert len(received) <= 20, sizes
    assert total <= 200_000, sizes
    assert sizes["Document"] <= 12_000
    assert sizes["Stylesheet"] <= 15_000
    assert sizes["Script"] <= 20_000
    page.mouse.wheel(0, 4000)
    page.wait_for_load_state("networkidle")
    assert page.evaluate("window.moved") == 0
    context.close()
