"""Photos go from a phone to the studio, whatever becomes of the signal, the page and the session meanwhile."""

import re
from collections import Counter
from collections.abc import Callable, Iterator
from datetime import timedelta
from functools import cache
from io import BytesIO
from threading import Event

import pytest
from allauth.account.models import EmailAddress
from django.http import HttpRequest
from PIL import Image
from playwright.sync_api import BrowserContext, FilePayload, Page, Route, ViewportSize, expect
from pytest_django import Settings

from catalog.models import Photo, Product, Upload
from catalog.views import uploads as views
from dostshop.accounts.models import User
from tests.browser.conftest import expect_accessible, sign_in
from tests.catalog.phones import content_of, draft, instructor, stored
from tests.factories import PhotoFactory

pytestmark = [
    pytest.mark.browser,
    pytest.mark.django_db(transaction=True, serialized_rollback=True),
    pytest.mark.usefixtures("own_storage"),
]

PHONE: ViewportSize = {"width": 360, "height": 740}
LANGUAGES = [pytest.param("", id="az"), pytest.param("/ru", id="ru"), pytest.param("/en", id="en")]
# The script's own.
PART = 512 * 1024
PATIENCE = 60_000
ARRIVED = re.compile(r"^Photo \d$")


@pytest.fixture(autouse=True)
def _console_stays_empty(context: BrowserContext) -> Iterator[None]:
    """But for the requests that these tests break."""
    problems: list[str] = []
    context.on("weberror", lambda error: problems.append(str(error.error)))
    context.on(
        "console",
        lambda message: (
            problems.append(message.text)
            if message.type in {"error", "warning"} and not message.text.startswith("Failed to load resource")
            else None
        ),
    )
    yield
    assert problems == []


@pytest.fixture
def user() -> User:
    user = instructor()
    EmailAddress.objects.create(user=user, email=user.email, verified=True, primary=True)
    return user


@pytest.fixture
def piece(user: User) -> Product:
    return draft()


@pytest.fixture(autouse=True)
def _on_a_phone(page: Page, context: BrowserContext, user: User, base_url: str) -> None:
    sign_in(context, user, base_url)
    page.set_viewport_size(PHONE)


@cache
def taken(number: int, side: int = 1400) -> FilePayload:
    """A bit over a megabyte: three parts."""
    content = BytesIO()
    Image.effect_noise((side, side), 90 + number).convert("RGB").save(content, "JPEG", quality=85)
    return {"name": f"IMG_{number:04}.jpg", "mimeType": "image/jpeg", "buffer": content.getvalue()}


class Server:
    """Counts what comes, and stops at one part until it is told to go on."""

    def __init__(self, read: Callable[[HttpRequest], bytes]) -> None:
        self.read = read
        self.received: Counter[str] = Counter()
        self.parts = 0
        self.stops_at = 0
        self.has_stopped = Event()
        self.goes_on = Event()

    def __call__(self, request: HttpRequest) -> bytes:
        self.parts += 1
        if self.parts == self.stops_at:
            self.has_stopped.set()
            self.goes_on.wait(timeout=30)
        part = self.read(request)
        self.received[request.path] += len(part)
        return part


@pytest.fixture
def server(monkeypatch: pytest.MonkeyPatch) -> Server:
    server = Server(views._body)
    monkeypatch.setattr(views, "_body", server)
    return server


def url_of(product: Product, prefix: str = "/en") -> str:
    return f"{prefix}/studio/{product.code.lower()}/"


def choose(page: Page, photos: list[FilePayload]) -> None:
    with page.expect_file_chooser() as chooser:
        page.get_by_role("button", name="Choose photos").click()
    chooser.value.set_files(photos)


def wait_until_stopped(page: Page, server: Server) -> None:
    for _ in range(600):
        if server.has_stopped.is_set():
            return
        page.wait_for_timeout(50)
    pytest.fail("so many parts never came")


def expect_arrived(page: Page, photos: list[FilePayload]) -> None:
    expect(page.get_by_role("heading", name=ARRIVED)).to_have_count(len(photos), timeout=PATIENCE)
    expect(page.get_by_role("progressbar")).to_have_count(0)
    assert [content_of(photo) for photo in Photo.objects.order_by("position")] == [each["buffer"] for each in photos]


def expect_nothing_twice(server: Server, photos: list[FilePayload]) -> None:
    """Beyond the one part that was on its way."""
    whole = sum(len(each["buffer"]) for each in photos)
    assert whole <= sum(server.received.values()) <= whole + PART
    assert len(server.received) == len(photos)


def expect_nothing_kept(page: Page) -> None:
    count = """new Promise((resolve) => {
      indexedDB.open("studio").onsuccess = ({ target }) => {
        const request = target.result.transaction("photos").objectStore("photos").count();
        request.onsuccess = () => resolve(request.result);
      };
    })"""
    assert page.evaluate(count) == 0


def test_eight_photos_go_on_where_the_signal_was_lost(
    page: Page, context: BrowserContext, piece: Product, server: Server
) -> None:
    photos = [taken(number) for number in range(8)]
    server.stops_at = 11
    page.goto(url_of(piece))
    choose(page, photos)
    expect(page.get_by_role("progressbar").first).to_be_visible()
    wait_until_stopped(page, server)
    context.set_offline(True)
    server.goes_on.set()
    expect(page.get_by_text("No connection. It goes on by itself").first).to_be_visible()
    page.wait_for_timeout(2500)
    context.set_offline(False)

    expect_arrived(page, photos)
    expect_nothing_twice(server, photos)
    expect_nothing_kept(page)
    assert len(stored()) == 8
    # No more fit.
    expect(page.get_by_role("button", name="Choose photos")).to_be_hidden()


def test_photos_go_on_when_the_page_is_opened_again(
    page: Page, context: BrowserContext, piece: Product, server: Server
) -> None:
    photos = [taken(number) for number in range(3)]
    server.stops_at = 5
    page.goto(url_of(piece))
    choose(page, photos)
    wait_until_stopped(page, server)
    page.close()
    server.goes_on.set()

    again = context.new_page()
    again.goto(url_of(piece))
    expect_arrived(again, photos)
    expect_nothing_twice(server, photos)
    expect_nothing_kept(again)


def test_photos_go_on_after_signing_in_again(
    page: Page, context: BrowserContext, user: User, piece: Product, server: Server
) -> None:
    photos = [taken(number) for number in range(3)]
    server.stops_at = 5
    page.goto(url_of(piece))
    choose(page, photos)
    wait_until_stopped(page, server)
    context.clear_cookies(name="sessionid")
    server.goes_on.set()
    expect(page.get_by_text("You are not signed in any more.")).to_be_visible()
    page.get_by_role("link", name="Sign in again").first.click()
    page.get_by_label("E-mail").fill(user.email)
    page.get_by_label("Password").fill("a long password")
    page.get_by_role("main").get_by_role("button", name="Sign in", exact=True).click()

    expect_arrived(page, photos)
    expect_nothing_twice(server, photos)


def test_photos_go_on_after_signing_in_again_in_another_tab(
    page: Page, context: BrowserContext, user: User, piece: Product, server: Server
) -> None:
    photos = [taken(number) for number in range(2)]
    server.stops_at = 2
    page.goto(url_of(piece))
    choose(page, photos)
    wait_until_stopped(page, server)
    context.clear_cookies(name="sessionid")
    server.goes_on.set()
    expect(page.get_by_text("You are not signed in any more.")).to_be_visible()
    # The form's token goes with the cookie.
    context.clear_cookies()
    sign_in(context, user, page.evaluate("location.origin"))
    page.get_by_role("button", name="Try again").first.click()

    expect_arrived(page, photos)
    expect(page.get_by_text("You are not signed in any more.")).to_be_hidden()
    expect_nothing_twice(server, photos)


def test_photos_wait_where_a_second_step_is_asked_for(
    page: Page, piece: Product, server: Server, settings: Settings
) -> None:
    photos = [taken(number) for number in range(2)]
    server.stops_at = 2
    page.goto(url_of(piece))
    choose(page, photos)
    wait_until_stopped(page, server)
    grace, settings.SECOND_FACTOR_GRACE = settings.SECOND_FACTOR_GRACE, timedelta(0)
    server.goes_on.set()
    expect(page.get_by_role("link", name="Sign in again").first).to_be_visible()
    settings.SECOND_FACTOR_GRACE = grace
    page.get_by_role("button", name="Try again").first.click()

    expect_arrived(page, photos)
    expect_nothing_twice(server, photos)


def test_what_cannot_be_shown_is_said_and_can_be_removed(page: Page, piece: Product) -> None:
    page.goto(url_of(piece))
    choose(page, [{"name": "notes.jpg", "mimeType": "image/jpeg", "buffer": b"no picture"}, taken(1, side=200)])
    refusal = page.get_by_role("listitem").filter(has_text="not a picture that the shop can show")
    expect(refusal).to_be_visible()
    expect(page.get_by_role("heading", name="Photo 1")).to_be_visible()
    # It is not sent anew by itself.
    page.reload()
    expect(refusal).to_be_visible()
    refusal.get_by_role("button", name="Remove").click()
    expect(refusal).to_have_count(0)
    expect_nothing_kept(page)
    assert Photo.objects.count() == 1


def test_no_more_than_eight_photos_are_taken(page: Page, piece: Product) -> None:
    PhotoFactory.create_batch(6, product=piece)
    page.goto(url_of(piece))
    choose(page, [taken(number, side=200) for number in range(4)])
    expect(page.get_by_text("Not every photo fitted").last).to_be_visible()
    expect(page.get_by_role("heading", name=ARRIVED)).to_have_count(8)
    expect(page.get_by_text("No more photos fit.").first).to_be_visible()
    assert Photo.objects.count() == 8


def test_a_photo_on_its_way_can_be_removed(page: Page, piece: Product, server: Server) -> None:
    server.stops_at = 2
    page.goto(url_of(piece))
    choose(page, [taken(1), taken(2, side=200)])
    wait_until_stopped(page, server)
    page.get_by_role("listitem").filter(has_text="IMG_0001").get_by_role("button", name="Remove").click()
    server.goes_on.set()
    expect(page.get_by_role("heading", name="Photo 1")).to_be_visible()
    expect(page.get_by_role("progressbar")).to_have_count(0)
    assert content_of(Photo.objects.get()) == taken(2, side=200)["buffer"]
    expect_nothing_kept(page)
    assert Upload.objects.unfinished().count() == 0
    assert len(stored()) == 1


def test_a_piece_is_not_sent_before_its_photos(page: Page, piece: Product, server: Server) -> None:
    server.stops_at = 1
    page.goto(url_of(piece))
    choose(page, [taken(1, side=200)])
    wait_until_stopped(page, server)
    page.get_by_role("button", name="Send for review").click()
    expect(page.get_by_text("Photos are still on their way.").first).to_be_visible()
    server.goes_on.set()
    expect_arrived(page, [taken(1, side=200)])


@pytest.mark.parametrize("prefix", LANGUAGES)
def test_photos_on_their_way_are_for_everyone(page: Page, piece: Product, server: Server, prefix: str) -> None:
    server.stops_at = 3
    page.goto(url_of(piece, prefix))
    notes: FilePayload = {"name": "notes.jpg", "mimeType": "image/jpeg", "buffer": b"no picture"}
    page.locator("input[name=photos]").set_input_files([notes, taken(1), taken(2)])
    wait_until_stopped(page, server)
    expect(page.get_by_role("progressbar")).to_have_count(2)
    expect_accessible(page)
    page.set_viewport_size(PHONE)
    overflow = page.evaluate("document.documentElement.scrollWidth - document.documentElement.clientWidth")
    assert overflow == 0
    server.goes_on.set()
    expect(page.get_by_role("progressbar")).to_have_count(0)


def test_photos_that_were_chosen_before_the_script_came_are_sent(page: Page, piece: Product, server: Server) -> None:
    held: list[Route] = []

    def hold(route: Route) -> None:
        held.append(route)

    page.route("**/js/studio-photos.js", hold)
    page.goto(url_of(piece), wait_until="commit")
    page.locator('input[type="file"][name="photos"]').first.set_input_files([taken(1, side=200)])
    server.goes_on.set()
    held[0].continue_()
    expect(page.get_by_role("heading", name="Photo 1")).to_be_visible()
    assert content_of(Photo.objects.get()) == taken(1, side=200)["buffer"]
