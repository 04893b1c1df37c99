"""A browser for what only a browser can show. Its console must stay empty: that is the CSP's test on every page."""

import os
from collections.abc import Iterator
from typing import Any

import pytest
from playwright.sync_api import BrowserContext
from pytest_django.live_server_helper import LiveServer

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


@pytest.fixture(scope="session")
def browser_type_launch_args(browser_type_launch_args: dict[str, Any]) -> dict[str, Any]:
    return {**browser_type_launch_args, "executable_path": CHROMIUM, "args": _ARGUMENTS}


@pytest.fixture(scope="session")
def base_url(live_server: LiveServer) -> str:
    """So that a test opens ``page.goto("/ru/pieces/")``."""
    return live_server.url


@pytest.fixture(autouse=True)
def _migrated_rows_come_back(django_db_serialized_rollback: None) -> None:
    """A live server's test empties the tables afterwards; the next one needs the rows that migrations made."""


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
