"""The guides of the studio and of staff, and their pictures: taken of the demo by ``make screenshots``."""

import re
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from django.db.models import Q
from playwright.sync_api import Browser, BrowserContext, Page, ViewportSize
from pytest_django import Settings

from artisans.models import Artisan
from catalog import photos
from catalog.models import Photo, Product, Variant
from dostshop.accounts import roles
from dostshop.accounts.models import Role, User
from dostshop.demo import loading, people
from orders.models import Fulfilment, Order
from tests.browser.conftest import expect_accessible, sign_in
from tests.browser.screenshots import PICTURES, Camera
from tests.catalog.test_studio_rights import member
from tests.factories import order_of

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True, serialized_rollback=True)]

PHONE: ViewportSize = {"width": 360, "height": 600}
SCREEN: ViewportSize = {"width": 1280, "height": 800}
# At their own size on a phone's screen of twice the density they stay readable, and light.
PHONE_DENSITY = 1.5
PREFIXES = {"az": "", "ru": "/ru", "en": "/en"}
LANGUAGES = [pytest.param(prefix, id=language) for language, prefix in PREFIXES.items()]

ORDERED = ("linen-napkins", "walnut-bowl")


@pytest.fixture
def demo(new_shop: None, own_storage: Path, settings: Settings) -> None:
    """With two orders more, and of all photos those prepared that the pictures show."""
    settings.SECOND_FACTOR_GRACE = None
    loading.load()
    for slug in ORDERED:
        order_of(Variant.objects.get(sku=slug.upper()), provider="branch")
    shown = Q(product__proposal__isnull=False) | Q(product__variants__line_items__isnull=False)
    for photo in Photo.objects.filter(shown).distinct():
        photos.render(photo)


@pytest.fixture
def opened(browser: Browser, base_url: str) -> Iterator[Callable[..., Page]]:
    """A page of a browser of its own, signed in as somebody of the demo."""
    contexts: list[BrowserContext] = []

    def open_as(person: people.Person, *, size: ViewportSize, density: float = 1) -> Page:
        context = browser.new_context(
            base_url=base_url,
            viewport=size,
            device_scale_factor=density,
            color_scheme="light",
            reduced_motion="reduce",
        )
        contexts.append(context)
        sign_in(context, User.objects.get(email=person.email), base_url)
        return context.new_page()

    yield open_as
    for context in contexts:
        context.close()


@pytest.fixture
def is_taking(pytestconfig: pytest.Config) -> bool:
    return bool(pytestconfig.getoption("--take-screenshots"))


@pytest.mark.usefixtures("demo")
@pytest.mark.parametrize(("language", "prefix"), PREFIXES.items())
def test_the_pictures_of_the_studio_show_the_studio(
    opened: Callable[..., Page], is_taking: bool, language: str, prefix: str
) -> None:
    page = opened(people.INSTRUCTOR, size=PHONE, density=PHONE_DENSITY)
    camera = Camera(page, language, is_taking)
    page.goto(f"{prefix}/studio/new/")
    camera.take("studio-new")
    begun = Product.objects.get(state=Product.State.DRAFT, proposal__isnull=False)
    page.goto(f"{prefix}/studio/{begun.code.lower()}/")
    first = page.locator("[data-photo]").first
    camera.take("studio-photo", at=first.locator(".field").first)
    camera.take("studio-photos", at=page.locator("#photos-title"))
    camera.take("studio-words", at=page.locator("#about-title"))
    camera.take("studio-send", at=page.locator("#voice-note-title"))
    page.goto(f"{prefix}/studio/")
    camera.take("studio-list", at=page.locator("h2").first)


@pytest.mark.usefixtures("demo")
@pytest.mark.parametrize(("language", "prefix"), PREFIXES.items())
def test_the_pictures_for_staff_show_the_pages_of_staff(
    opened: Callable[..., Page], is_taking: bool, language: str, prefix: str
) -> None:
    phone = opened(people.ADMINISTRATOR, size=PHONE, density=PHONE_DENSITY)
    camera = Camera(phone, language, is_taking)
    phone.goto(f"{prefix}/staff/")
    camera.take("staff-work", at=phone.locator("h1"))
    part = Fulfilment.objects.filter(ready_at=None).order_by("pk").last()
    assert part is not None
    phone.goto(f"{prefix}/staff/parts/{part.pk}/")
    camera.take("staff-part", at=phone.locator("h1"))
    phone.goto(f"{prefix}/staff/counter/")
    camera.take("staff-counter", at=phone.locator("h1"))
    screen = opened(people.ADMINISTRATOR, size=SCREEN)
    camera = Camera(screen, language, is_taking)
    sent = Product.objects.get(state=Product.State.SUBMITTED)
    maker = Artisan.objects.get(slug="sunbul")
    order = Order.objects.get(pk=part.order_id)
    for name, address in {
        "staff-first": "",
        "staff-review": f"catalog/product/{sent.pk}/change/",
        "staff-consent": f"artisans/artisan/{maker.pk}/consent",
        "staff-order": f"orders/order/{order.pk}/change/",
        "staff-due": "artisans/payout/due",
    }.items():
        screen.goto(f"{prefix}/admin/{address}")
        camera.take(name)


@pytest.mark.parametrize("prefix", LANGUAGES)
@pytest.mark.parametrize(("role", "address"), [(Role.INSTRUCTOR, "/studio/guide/"), (Role.ACCOUNTANT, "/staff/guide/")])
def test_the_guides_are_for_everyone(page: Page, base_url: str, role: Role, address: str, prefix: str) -> None:
    user = member(role, *(["baku"] if role == Role.INSTRUCTOR else []))
    roles.let_in(user)
    sign_in(page.context, user, base_url)
    page.set_viewport_size(PHONE)
    page.goto(f"{prefix}{address}")
    pictures = page.locator("main img")
    assert pictures.count() >= 6
    for picture in pictures.all():
        picture.scroll_into_view_if_needed()
        # There, and of the size that the page keeps free for it.
        picture.evaluate("image => image.decode()")
        drawn = picture.evaluate("image => image.naturalWidth / image.naturalHeight")
        promised = picture.evaluate("image => image.getAttribute('width') / image.getAttribute('height')")
        assert drawn == pytest.approx(promised, rel=0.01)
    assert page.evaluate("document.documentElement.scrollWidth - document.documentElement.clientWidth") == 0
    expect_accessible(page)


def test_every_picture_is_in_a_guide() -> None:
    guides = "".join(Path(f"templates/{each}/guide.html").read_text(encoding="utf-8") for each in ("studio", "work"))
    shown = set(re.findall(r'name="([\w-]+)"', guides))
    for language in PREFIXES:
        assert {path.stem for path in (PICTURES / language).iterdir()} == shown
