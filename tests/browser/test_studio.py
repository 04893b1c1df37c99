"""The studio on a phone of 360 px: a piece from the first photo to “sent”, with scripts and without, online and not."""

import re
from collections.abc import Iterator
from io import BytesIO
from time import monotonic
from typing import Any

import pytest
from allauth.account.models import EmailAddress
from django.utils import translation
from PIL import Image
from playwright.sync_api import Browser, BrowserContext, FilePayload, Page, ViewportSize, expect

from catalog import photos, publishing
from catalog.models import Photo, Product, Proposal
from dostshop.accounts.models import Role, User
from tests.browser.conftest import expect_accessible, sign_in
from tests.catalog.test_studio_rights import member
from tests.factories import ArtisanFactory, CraftFactory, PhotoFactory, ProductFactory, made_by, worker

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True, serialized_rollback=True)]

PHONE: ViewportSize = {"width": 360, "height": 740}
LANGUAGES = [pytest.param("", id="az"), pytest.param("/ru", id="ru"), pytest.param("/en", id="en")]
# For somebody who was never trained.
LONGEST_SECONDS = 180
MOST_TAPS = 12


@pytest.fixture
def instructor(db: None) -> User:
    user = member(Role.INSTRUCTOR, "baku")
    EmailAddress.objects.create(user=user, email=user.email, verified=True, primary=True)
    return user


@pytest.fixture
def signed_in(context: BrowserContext, base_url: str, instructor: User) -> None:
    sign_in(context, instructor, base_url)


@pytest.fixture
def draft(instructor: User) -> Product:
    product: Product = ProductFactory.create(
        state=Product.State.DRAFT, published_at=None, name_az="", name_ru="", name_en=""
    )
    Proposal.objects.create(product=product, instructor=instructor)
    return product


def taken(number: int) -> FilePayload:
    content = BytesIO()
    Image.effect_noise((800, 600), 40 + number).convert("RGB").save(content, "JPEG")
    return {"name": f"IMG_{number:04}.jpg", "mimeType": "image/jpeg", "buffer": content.getvalue()}


def expect_no_sideways_scrolling(page: Page) -> None:
    overflow = page.evaluate("document.documentElement.scrollWidth - document.documentElement.clientWidth")
    assert overflow == 0, page.url


def url_of(product: Product, prefix: str = "/en") -> str:
    return f"{prefix}/studio/{product.code.lower()}/"


def saved(page: Page) -> None:
    expect(page.get_by_role("status").get_by_text("Saved.")).to_be_visible()


def list_a_piece(page: Page, *, by_form: bool) -> None:
    """As somebody does who sees the studio for the first time; counts the taps."""
    taps = 0

    def tap(role: Any, name: str, at: Any = page) -> None:
        nonlocal taps
        taps += 1
        at.get_by_role(role, name=name, exact=True).click()

    page.goto("/en/studio/")
    tap("link", "New piece")
    tap("button", "Weaving")
    page.locator('input[type="file"][name="photos"]').first.set_input_files([taken(1), taken(2)])
    if by_form:
        tap("button", "Add the photos")
    expect(page.get_by_role("heading", name=re.compile("^Photo [12]$"))).to_have_count(2)
    expect_no_sideways_scrolling(page)
    for number in (1, 2):
        photo = page.get_by_role("listitem").filter(has=page.get_by_role("heading", name=f"Photo {number}"))
        photo.get_by_label("What is to be seen?").fill("A rug")
        tap("radio", "No", photo)
    tap("checkbox", "Nar")
    page.get_by_label("Size").fill("120 x 80")
    page.get_by_label("Suggested price").fill("250")
    page.get_by_label("A few words").fill("Wool, dyed with madder")
    tap("button", "Send for review")
    expect(page.get_by_text("Sent for review.")).to_be_visible()
    expect(page.get_by_role("heading", name="Waiting for review")).to_be_visible()
    assert taps <= MOST_TAPS


def expect_whole(product: Product) -> None:
    assert (product.state, product.width_mm, product.height_mm) == ("submitted", 1200, 800)
    assert (str(product.proposal.price), product.proposal.words) == ("250.00", "Wool, dyed with madder")
    assert [(photo.alt, photo.shows_person) for photo in product.photos.all()] == [("A rug", False)] * 2
    assert [str(maker.artisan) for maker in product.makers.all()] == ["Nar"]


@pytest.fixture
def bench(own_storage: Any) -> None:
    CraftFactory.create()
    CraftFactory.create(name_en="Weaving")
    ArtisanFactory.create(display_name_en="Nar")
    ArtisanFactory.create(display_name_en="Sarı gül")


@pytest.mark.usefixtures("bench", "signed_in")
def test_from_a_photo_to_the_review_on_a_phone(page: Page) -> None:
    page.set_viewport_size(PHONE)
    began = monotonic()
    list_a_piece(page, by_form=False)
    assert monotonic() - began < LONGEST_SECONDS
    with translation.override("en"):
        expect_whole(Product.objects.get())


@pytest.fixture
def plain_page(browser: Browser, base_url: str, instructor: User) -> Iterator[Page]:
    context = browser.new_context(java_script_enabled=False, base_url=base_url, viewport=PHONE)
    sign_in(context, instructor, base_url)
    yield context.new_page()
    context.close()


@pytest.mark.usefixtures("bench")
def test_from_a_photo_to_the_review_without_scripts(plain_page: Page) -> None:
    list_a_piece(plain_page, by_form=True)
    with translation.override("en"):
        expect_whole(Product.objects.get())


@pytest.mark.usefixtures("signed_in")
def test_what_is_typed_is_saved_by_itself(page: Page, draft: Product) -> None:
    page.goto(url_of(draft))
    page.get_by_label("A few words").fill("Blue")
    saved(page)
    assert Proposal.objects.get().words == "Blue"
    page.get_by_label("Suggested price").fill("a lot")
    expect(page.get_by_role("status").get_by_text("Give the price as a number")).to_be_visible()
    with page.expect_response(lambda response: response.request.method == "POST"):
        page.get_by_label("A few words").fill("Blue and white")
    # What cannot be saved is still there when the page is opened again.
    page.reload()
    expect(page.get_by_label("Suggested price")).to_have_value("a lot")
    assert Proposal.objects.get().words == "Blue and white"


@pytest.mark.usefixtures("signed_in")
def test_what_is_typed_without_a_signal_goes_when_there_is_one(page: Page, draft: Product) -> None:
    page.goto(url_of(draft))
    # What a page sends while it is closed, Playwright cannot hold up.
    page.evaluate("() => { window.fetch = () => Promise.reject(new TypeError('no signal')) }")
    page.get_by_label("A few words").fill("Blue")
    expect(page.get_by_text("Not saved yet; it is kept on this phone")).to_be_visible()
    page.goto("/en/info/contact/")
    assert Proposal.objects.get().words == ""
    page.goto(url_of(draft))
    expect(page.get_by_label("A few words")).to_have_value("Blue")
    saved(page)
    assert Proposal.objects.get().words == "Blue"
    assert page.evaluate("localStorage.length") == 0


@pytest.mark.usefixtures("signed_in")
def test_what_is_typed_outlives_the_session(
    page: Page, context: BrowserContext, instructor: User, draft: Product
) -> None:
    page.goto(url_of(draft))
    context.clear_cookies(name="sessionid")
    page.get_by_label("A few words").fill("Blue")
    page.get_by_role("link", name="Sign in again").click()
    page.get_by_label("E-mail").fill(instructor.email)
    page.get_by_label("Password").fill("a long password")
    page.get_by_role("main").get_by_role("button", name="Sign in", exact=True).click()
    expect(page.get_by_label("A few words")).to_have_value("Blue")
    saved(page)
    assert Proposal.objects.get().words == "Blue"


@pytest.mark.usefixtures("signed_in")
def test_photos_are_moved_turned_and_removed_without_leaving_the_page(page: Page, draft: Product) -> None:
    first, second = PhotoFactory.create_batch(2, product=draft, renditions=[])
    page.set_viewport_size(PHONE)
    page.goto(url_of(draft))
    page.evaluate("window.stays = true")
    page.get_by_label("A few words").fill("Blue")
    row = page.locator(f"#photo-{second.pk}")
    row.get_by_role("button", name="Earlier").click()
    expect(page.get_by_role("heading", name="Photo 1").locator("..")).to_have_id(f"photo-{second.pk}")
    expect(row.get_by_role("button", name="Earlier")).to_be_focused()
    row.get_by_role("button", name="Turn right").click()
    expect(row.get_by_role("button", name="Turn right")).to_be_focused()
    page.locator(f"#photo-{first.pk}").get_by_text("Remove this photo").click()
    page.get_by_role("button", name="Yes, remove it").click()
    expect(page.locator(f"#photo-{first.pk}")).to_have_count(0)
    assert page.evaluate("window.stays")
    assert [(photo.pk, photo.turn) for photo in draft.photos.all()] == [(second.pk, 90)]
    assert Proposal.objects.get().words == "Blue"


@pytest.mark.usefixtures("signed_in", "own_storage")
def test_a_photo_is_shown_once_it_is_prepared(page: Page, draft: Product) -> None:
    page.goto(url_of(draft))
    page.locator('input[type="file"][name="photos"]').first.set_input_files(taken(1))
    expect(page.get_by_text("is being prepared")).to_be_visible()
    page.get_by_label("What is to be seen?").fill("A rug")
    photos.render(Photo.objects.get())
    expect(page.locator("[data-picture] img")).to_be_visible()
    expect(page.get_by_label("What is to be seen?")).to_have_value("A rug")


@pytest.mark.usefixtures("signed_in", "own_storage")
def test_a_voice_note_is_recorded_and_kept_until_the_shop_has_it(page: Page, draft: Product) -> None:
    page.add_init_script(
        "navigator.mediaDevices.getUserMedia = async () => {"
        " const context = new AudioContext(); const tone = context.createOscillator(); tone.start();"
        " const end = context.createMediaStreamDestination(); tone.connect(end); return end.stream; }"
    )
    page.route("**/voice-note/add/", lambda route: route.abort("aborted"))
    page.goto(url_of(draft))
    record = page.get_by_role("button", name="Record a voice note")
    record.click()
    expect(page.get_by_text("Recording.")).to_be_visible()
    page.wait_for_timeout(1500)
    record.click()
    expect(page.get_by_text("The recording is kept on this phone")).to_be_visible()
    page.unroute("**/voice-note/add/")
    page.reload()
    expect(page.locator("audio")).to_be_visible()
    page.wait_for_function("document.querySelector('audio').load() || true")
    assert str(Proposal.objects.get().voice_note).endswith(".webm")
    page.reload()
    expect(page.locator("audio")).to_have_count(1)


@pytest.mark.parametrize("prefix", LANGUAGES)
@pytest.mark.usefixtures("signed_in")
def test_the_studio_is_for_everyone(page: Page, draft: Product, prefix: str) -> None:
    page.route("**/media/**", lambda route: route.fulfill(body=taken(1)["buffer"], content_type="image/jpeg"))
    maker = ArtisanFactory.create()
    PhotoFactory.create(product=draft, shows_person=True, hints=["dark", "blurred"]).people.add(maker)
    PhotoFactory.create(product=draft, shows_person=None, renditions=[])
    asked = ProductFactory.create(state=Product.State.SUBMITTED)
    made_by(asked, maker)
    PhotoFactory.create(product=asked)
    publishing.ask_changes(asked.pk, actor=worker(), reason="Qulp görünmür")
    sent = ProductFactory.create(state=Product.State.SUBMITTED)
    for address in ("/studio/", "/studio/new/", *(url_of(each, "") for each in (draft, asked, sent))):
        page.goto(f"{prefix}{address}")
        for summary in page.locator("summary").all():
            summary.click()
        expect_accessible(page)
        page.set_viewport_size(PHONE)
        expect_no_sideways_scrolling(page)
    page.goto(f"{prefix}{url_of(draft, '')}")
    page.locator('[formaction$="/send/"]').click()
    expect(page.locator(".error-summary")).to_be_focused()
    expect_accessible(page)
