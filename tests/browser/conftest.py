"""A browser for what only a browser can show. Its console must stay empty: that is the CSP's test on every page."""

import os
from collections.abc import Iterator
from typing import Any

import pytest
from axe_playwright_python.sync_playwright import Axe
from django.test import Client
from playwright.sync_api import BrowserContext, Page
from pytest_django.live_server_helper import LiveServer

from dostshop.accounts.models import User
from tests.conftest import CHROMIUM

# Playwright runs an event loop in this thread; Django's database calls are made from it, one at a time.
os.environ["DJANGO_ALLOW_ASYNC_UNSAFE"] = "true"

_ARGUMENTS = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
]


_AXE = Axe()
_AXE_OPTIONS = {
    "runOnly": ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22a", "wcag22aa", "best-practice"],
    "resultTypes": ["violations"],
    # It would copy the style sheets into the page, which the content security policy refuses.
    "preload": False,
}


@pytest.fixture(scope="session")
def browser_type_launch_args(browser_type_launch_args: dict[str, Any]) -> dict[str, Any]:
    return {**browser_type_launch_args, "executable_path": CHROMIUM, "args": _ARGUMENTS}


@pytest.fixture(scope="session")
def base_url(live_server: LiveServer) -> str:
    """So that a test opens ``page.goto("/ru/pieces/")``."""
    return live_server.url


@pytest.fixture(autouse=True)
def _console_stays_empty(context: BrowserContext) -> Iterator[None]:
    """A refused style, a broken script or a missing file fails the test that opened the page."""
    problems: list[str] = []
    context.on("weberror", lambda error: problems.append(str(error.error)))
    # The page's own status is the test's business: error pages are opened on purpose.
    context.on(
        "console",
        lambda message: (
            problems.append(f"{message.text} ({message.location['url']})")
            if message.type in {"error", "warning"} and message.location["url"] != getattr(message.page, "url", None)
            else None
        ),
    )
    yield
    assert problems == []


def sign_in(context: BrowserContext, user: User, base_url: str) -> None:
    """Gives the browser a session of this user."""
    client = Client()
    client.force_login(user)
    context.add_cookies([{"name": "sessionid", "value": client.cookies["sessionid"].value, "url": base_url}])


def expect_accessible(page: Page) -> None:
    """No violation of WCAG 2.2 A and AA or of axe's best practices: light and dark, on a phone and wide."""
    for scheme in ("light", "dark"):
        page.emulate_media(color_scheme=scheme, reduced_motion="reduce")
        for width in (390, 1280):
            page.set_viewport_size({"width": width, "height": 900})
            expect_no_violations(page)


# What fades in has its colours once it is there; a fade begins a frame or two after the click.
_STANDS_STILL = """async () => {
  for (let frame = 0; frame < 3; frame++) await new Promise(requestAnimationFrame);
  await Promise.allSettled(document.getAnimations().map((animation) => animation.finished));
}"""


def expect_no_violations(page: Page) -> None:
    """The same, of the page as it stands."""
    page.evaluate(_STANDS_STILL)
    found = _AXE.run(page, options=_AXE_OPTIONS)
    scheme = "dark" if page.evaluate("matchMedia('(prefers-color-scheme: dark)').matches") else "light"
    assert found.violations_count == 0, f"{page.url} {scheme} {page.viewport_size}: {found.generate_report()}"
