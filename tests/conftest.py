"""What every test may use, and the rule that continuous integration leaves nothing out."""

import os
import shutil
from collections.abc import Generator, Iterator
from contextlib import contextmanager
from pathlib import Path
from threading import Thread
from typing import Any

import hypothesis
import pytest
from django.core.cache import cache
from django.db import connection
from django.db.backends.postgresql.base import DatabaseWrapper
from django.urls import reverse
from django.utils import translation
from pytest_django import DjangoDbBlocker, Settings
from pytest_django.live_server_helper import LiveServer

from artisans.models import Branch
from dostshop.demo.epoint_stand_in.server import EpointStandIn
from dostshop.demo.stand_in.server import StandInServer
from dostshop.demo.stripe_stand_in.server import StandIn
from tests import storing
from tests.mail_server import MailServer

# For `make chaos`: other ways each time, and how to go them again is printed.
hypothesis.settings.register_profile("fresh", print_blob=True)

SHARED = Path(__file__).resolve().parent.parent.parent / "shared"
CHROMIUM = shutil.which("chromium") or shutil.which("chromium-browser") or shutil.which("google-chrome")
# Set by continuous integration everywhere; there, these tests may be neither skipped nor left out.
IN_CI = os.environ.get("CI", "") not in {"", "0", "false"}
REQUIRED_IN_CI = ("browser", "shared")
EITHER_STORAGE = pytest.mark.parametrize("own_storage", ["folder", "bucket"], indirect=True)
# The branches before the tests' database opens them, see ``new_shop``.
AS_MIGRATED: list[dict[str, Any]] = []


@pytest.fixture(scope="session")
def shared() -> Path:
    """The folder of test data beside the checkout; mark tests that ask for it with ``shared``."""
    if not SHARED.is_dir():
        pytest.skip(f"{SHARED} is not here")
    return SHARED


@pytest.fixture(scope="session")
def s3() -> Iterator[str]:
    """The address of a server that speaks the API of S3."""
    yield from storing.serve_s3()


@pytest.fixture
def own_storage(
    request: pytest.FixtureRequest, settings: Settings, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> Path:
    """Files of one test only, so that one that is left can be seen: in ``default`` and ``renditions``.

    Folders of the path that comes, or a bucket where a test says so: ``EITHER_STORAGE`` runs it with both.
    """
    if getattr(request, "param", "folder") == "bucket":
        storing.use_bucket(request.getfixturevalue("s3"), settings=settings, monkeypatch=monkeypatch)
        return tmp_path
    settings.STORAGES = {
        name: {**storage, "OPTIONS": {**storage["OPTIONS"], "location": tmp_path / name}}
        if name in {"default", "renditions"}
        else storage
        for name, storage in settings.STORAGES.items()
    }
    return tmp_path


@pytest.fixture
def mail_server(settings: Settings) -> type[MailServer]:
    settings.MAILERS = {"default": {"BACKEND": "tests.mail_server.MailServer"}}
    MailServer.answers, MailServer.taken = [], []
    return MailServer


@pytest.fixture(autouse=True)
def _language_of_its_own(settings: Settings) -> Iterator[None]:
    """A request leaves its language to the thread, and the next test begins in the shop's own."""
    with translation.override(settings.LANGUAGE_CODE):
        yield


@pytest.fixture(autouse=True)
def _nothing_remembered() -> None:
    """The cache outlives a test."""
    cache.clear()


@pytest.fixture(scope="session")
def django_db_setup(django_db_setup: None, django_db_blocker: DjangoDbBlocker) -> Iterator[None]:
    """Opens the branches as staff would, and keeps the rows for tests marked ``serialized_rollback``.

    On the class: Playwright's event loop gives its tests connections of their own. Those outlive it, so they are
    ended here before the database goes.
    """
    with django_db_blocker.unblock():
        AS_MIGRATED.extend(dict(row) for row in Branch.objects.values())
        open_for_pickup = {"address_az": "Sınaq küçəsi 1", "phone": "+994125550101", "offers_pickup": True}
        Branch.objects.update(**open_for_pickup)
        contents = connection.creation.serialize_db_to_string()
    for holder in (DatabaseWrapper, connection):
        setattr(holder, "_test_serialized_contents", contents)  # noqa: B010 — Django's own, which its types leave out
    yield
    with django_db_blocker.unblock(), connection.cursor() as cursor:
        cursor.execute(
            "SELECT pg_terminate_backend(pid) FROM pg_stat_activity"
            " WHERE datname = current_database() AND pid <> pg_backend_pid()"
        )


@pytest.fixture
def new_shop(db: None) -> None:
    """The branches as migrations leave them, which is how a shop opens; elsewhere they are open for pickup."""
    for row in AS_MIGRATED:
        Branch.objects.filter(pk=row["id"]).update(**row)


@pytest.fixture
def stand_in(settings: Settings) -> Iterator[StandIn]:
    """Stripe's stand-in, which the shop then pays through. Its webhooks go nowhere, see ``shop_with_cards``."""
    server = StandIn(
        secret_key=settings.STRIPE_SECRET_KEY, webhook_secret=settings.STRIPE_WEBHOOK_SECRET, webhook_url=""
    )
    server.faults.copies = 0
    settings.STRIPE_API_URL = server.url
    settings.STRIPE_TIMEOUT_SECONDS = 5
    with served(server):
        yield server


@contextmanager
def served(server: StandInServer) -> Iterator[None]:
    thread = Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02})
    thread.start()
    yield
    server.shutdown()
    server.server_close()
    thread.join()


@pytest.fixture
def epoint(settings: Settings) -> Iterator[EpointStandIn]:
    """Epoint's stand-in, which the shop then offers too. Its callbacks go nowhere, see ``shop_with_epoint``."""
    server = EpointStandIn(public_key="i000000001", private_key="private-key-of-tests", callback_url="")
    server.faults.copies = 0
    settings.EPOINT_PUBLIC_KEY = server.public_key
    settings.EPOINT_PRIVATE_KEY = server.private_key
    settings.EPOINT_API_URL = server.api_url
    settings.EPOINT_TIMEOUT_SECONDS = 5
    with served(server):
        yield server


@pytest.fixture
def shop_with_epoint(epoint: EpointStandIn, live_server: LiveServer, settings: Settings) -> EpointStandIn:
    """The live server and the stand-in know each other's addresses."""
    settings.SITE_URL = live_server.url
    settings.SECURE_CSP = {**settings.SECURE_CSP, "form-action": ["'self'", epoint.page_origin]}
    epoint.post.url = live_server.url + reverse("payment_webhook", args=["epoint"])
    epoint.faults.copies = 1
    return epoint


@pytest.fixture
def shop_with_cards(stand_in: StandIn, live_server: LiveServer, settings: Settings) -> StandIn:
    """The live server takes cards: it and the stand-in know each other's addresses."""
    settings.SITE_URL = live_server.url
    page_origin = stand_in.account.page_origin
    settings.SECURE_CSP = {**settings.SECURE_CSP, "form-action": ["'self'", page_origin]}
    stand_in.post.url = live_server.url + reverse("payment_webhook", args=["stripe"])
    stand_in.faults.copies = 1
    return stand_in


def _empties_tables(item: pytest.Item) -> bool:
    """A test without a transaction of its own; the rows that migrations made must come back after it."""
    marker = item.get_closest_marker("django_db")
    is_marked = bool(marker and marker.kwargs.get("transaction"))
    return is_marked or bool({"live_server", "transactional_db"} & set(getattr(item, "fixturenames", ())))


def _brings_rows_back(item: pytest.Item) -> bool:
    marker = item.get_closest_marker("django_db")
    return bool(marker and marker.kwargs.get("serialized_rollback"))


def _broken_rule(item: pytest.Item) -> str | None:
    fixtures = getattr(item, "fixturenames", ())
    if "shared" in fixtures and not item.get_closest_marker("shared"):
        return "It reads shared files: mark it with pytest.mark.shared"
    if "page" in fixtures and not item.get_closest_marker("browser"):
        # Pytest would run it among those that open a browser, and those before everything else.
        return "It calls something “page”, which is Playwright's: name it otherwise"
    if _empties_tables(item) and not _brings_rows_back(item):
        return "It empties the tables: mark it with django_db(transaction=True, serialized_rollback=True)"
    return None


@pytest.hookimpl(trylast=True)
def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption("--quiet-machine", action="store_true", help="nothing else runs here: hold times by the clock too")
    parser.addoption("--take-screenshots", action="store_true", help="take the guides' pictures anew")


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    if not CHROMIUM:
        for item in items:
            if item.get_closest_marker("browser"):
                item.add_marker(pytest.mark.skip(reason="Chromium is not installed"))


@pytest.hookimpl(tryfirst=True)
def pytest_runtest_setup(item: pytest.Item) -> None:
    """A test that breaks a rule fails by itself; an error while collecting says nothing in a run of several workers."""
    if rule := _broken_rule(item):
        pytest.fail(rule, pytrace=False)


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(item: pytest.Item) -> Generator[None, pytest.TestReport, pytest.TestReport]:
    report = yield
    if IN_CI and report.skipped and any(map(item.get_closest_marker, REQUIRED_IN_CI)):
        reason = report.longrepr[2] if isinstance(report.longrepr, tuple) else report.longrepr
        report.outcome = "failed"
        report.longrepr = f"CI must not leave this test out. {reason}"
    return report


class WholeSuite:
    """In CI, fails a run of everything in which no test of a required kind was there to run."""

    def __init__(self) -> None:
        self.seen: set[str] = set()

    def pytest_runtest_logreport(self, report: pytest.TestReport) -> None:
        self.seen.update(kind for kind in REQUIRED_IN_CI if kind in report.keywords)

    @pytest.hookimpl(trylast=True)
    def pytest_sessionfinish(self, session: pytest.Session) -> None:
        self.missing = set(REQUIRED_IN_CI) - self.seen
        if self.missing and session.exitstatus in {pytest.ExitCode.OK, pytest.ExitCode.TESTS_FAILED}:
            session.exitstatus = pytest.ExitCode.TESTS_FAILED

    def pytest_terminal_summary(self, terminalreporter: pytest.TerminalReporter) -> None:
        for kind in sorted(self.missing):
            terminalreporter.write_line(f"CI must run every test, and no test marked “{kind}” ran.", red=True)


def pytest_configure(config: pytest.Config) -> None:
    is_worker = hasattr(config, "workerinput")
    if IN_CI and not is_worker and config.args_source is pytest.Config.ArgsSource.TESTPATHS:
        config.pluginmanager.register(WholeSuite())
