"""Every address of the shop, as its resolver lists them, tried by every role and by another branch's staff.

A page that is new and that nobody thought of here fails the first test.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date
from typing import Any

import pytest
from django.apps import apps
from django.contrib import admin
from django.contrib.auth.models import Group
from django.contrib.contenttypes.models import ContentType
from django.db import connection
from django.db.models import Model
from django.test import Client
from django.urls import URLResolver, get_resolver, reverse

from artisans.models import Branch, Payout, Scope, Statement, StatementMonth
from catalog import withdrawals
from catalog.models import Product, Upload
from dostshop.accounts.models import Role, User
from dostshop.admin import OfOwnBranch
from dostshop.exchange.models import Import
from orders import payments, returns
from orders.models import Fulfilment, Order, ProviderEvent, Reconciliation
from tests.admin.conftest import english, signed_in
from tests.admin.test_background import job
from tests.admin.test_rights import ACCOUNTANT, BRANCH, CENTRE, INSTRUCTOR, MAY_OPEN, of
from tests.factories import (
    ArtisanFactory,
    CollectionFactory,
    HolidayFactory,
    PhotoFactory,
    UserFactory,
    bag_with,
    consent,
    delivery_method,
    hand_out,
    made_by,
    order_of,
    piece,
    thanks_for,
    worker,
)

pytestmark = pytest.mark.django_db

# Pages of the admin that show no rows of one kind. Whoever may enter it opens the first ones.
FOR_ALL_STAFF = {"index", "login", "logout", "password_change", "password_change_done", "jsi18n", "search", "app_list"}
# They ask the rights of what they are asked about, which the tests below try.
ASKING = {"autocomplete", "view_on_site"}
# Who takes money at a till says of its refund that it was given back there.
BESIDES: dict[str, set[Role]] = {"orders_refund_give_back": {BRANCH}}
# Django names it by its own model of a user.
RENAMED = {"auth_user_password_change": "accounts_user_password_change"}
REVIEW: dict[str, set[Role]] = {"catalog_review": {BRANCH, CENTRE}}
# Pages of the branches' work and of the studio, each with who opens it; who is not named is refused. A page without a
# row fails the first test.
WORK: dict[str, set[Role]] = {
    name: {BRANCH, CENTRE}
    for name in (
        *("list", "pick_list", "part", "packing_slip", "customs_declaration", "ready", "arrived", "put_back", "ship"),
        *("delivery", "correct_number", "received", "counter", "pickup", "paid", "hand_over"),
    )
} | {"guide": {BRANCH, CENTRE, ACCOUNTANT}}
STUDIO: dict[str, set[Role]] = {
    name: {INSTRUCTOR, CENTRE}
    for name in (
        *(
            "list",
            "guide",
            "begin",
            "piece",
            "send",
            "take_back",
            "delete",
            "photos",
            "add_photos",
            "photo",
            "change_photo",
        ),
        *("add_voice_note", "remove_voice_note", "upload", "uploads"),
    )
} | {"voice_note": {INSTRUCTOR, BRANCH, CENTRE}}
# Of these nobody but who began it, whatever the role.
OF_ONE_PERSON = {"upload"}
ROWS_OF_ONE_PERSON = {"exchange_import"}
# Read by anybody, or by whoever has the secret of an address; “tests/catalog/test_leaks.py” reads them all.
OF_THE_STOREFRONT = {"catalog", "orders", "pages"}
OF_ACCOUNTS = ("account", "socialaccount_", "google_", "openid_connect_", "mfa_")
OF_MACHINES = {"sitemap", "payment_webhook", "delivery"}
# What the forms of all pages together would need to be sent.
TYPED = {
    "_form_submitted": "on",
    "post": "yes",
    "scopes": ["name"],
    "quantity": "1",
    "amount": "1",
    "reason": "returned",
}


@dataclass(frozen=True)
class Address:
    name: str
    parameters: tuple[str, ...] = ()


def addresses(resolver: URLResolver | None = None, namespace: str = "") -> Iterator[tuple[str, Address]]:
    """Of each page that has a name: whose it is, and its name."""
    for pattern in (resolver or get_resolver()).url_patterns:
        if isinstance(pattern, URLResolver):
            yield from addresses(pattern, pattern.namespace or namespace)
        elif pattern.name:
            yield namespace, Address(pattern.name, tuple(pattern.pattern.converters))


def of_namespace(wanted: str) -> list[Address]:
    return list(dict.fromkeys(address for namespace, address in addresses() if namespace == wanted))


def model_of(address: Address) -> type[Model] | None:
    """What the page of the admin is about."""
    name = RENAMED.get(address.name, address.name)
    return next((model for model in admin.site._registry if name.startswith(f"{label(model)}_")), None)


def label(model: type[Model]) -> str:
    return f"{model._meta.app_label}_{model._meta.model_name}"


def row_of(model: type[Model]) -> Model:
    """One of Baku's, or of all branches."""
    row: Model | None = model._default_manager.order_by("pk").first()
    assert row is not None, f"{model._meta.label} has a page of the admin: let everything() make one"
    return row


def url_of(address: Address, model: type[Model]) -> str:
    return english(address.name, *([row_of(model).pk] if address.parameters else []))


@pytest.fixture
def everything(db: None) -> None:
    """A row of all that the admin shows; what belongs to a branch is Baku's."""
    baku = Branch.objects.get(slug="baku")
    artisan, former = ArtisanFactory.create(), ArtisanFactory.create()
    consent(artisan, Scope.FACE)
    withdrawals.withdraw(former.pk)
    variant = piece(on_hand=5, kind="small_series")
    made_by(variant.product, artisan)
    PhotoFactory.create(product=variant.product)
    CollectionFactory.create()
    delivery_method()
    HolidayFactory.create(branch=baku)
    ProviderEvent.objects.create(event_id="evt_1", type="checkout.session.completed", payload={})
    Reconciliation.objects.create()
    Group.objects.create(name="Mühasib")
    job(status="failed", attempts=12)
    Import.objects.create(kind="pieces", user=worker(), filename="table.csv", language="en")
    Payout.objects.create(artisan=artisan, amount=1, method=Payout.Method.CASH, approved_by=worker())
    thanks_for(artisan)
    month = StatementMonth.objects.create(month=date(2026, 1, 1), up_to=0, issued_by=worker())
    Statement.objects.create(month=month, artisan=artisan, branch=baku, opening=0, closing=0, content={})
    done = order_of(variant, provider="branch")
    payments.mark_paid(done.pk, actor=worker())
    hand_out(done)
    [returned] = returns.ask(done.pk, units={done.lines.get().pk: 1}, reason="damaged")
    returns.accept(returned.pk, actor=worker())
    returns.refund(returned.pk, actor=worker())
    order_of(variant, provider="branch")
    bag_with(variant)


def rows_of_all_tables() -> dict[str, str]:
    """A digest of each table; of who is signed in, nothing."""
    with connection.cursor() as cursor:
        digests = {}
        for table in set(connection.introspection.table_names(cursor)) - {"django_session"}:
            cursor.execute(f"SELECT md5(string_agg(kept::text, '|' ORDER BY kept::text)) FROM \"{table}\" AS kept")  # noqa: S608
            [digests[table]] = cursor.fetchone()
    return digests


def expect_refused(client: Client, urls: list[str]) -> None:
    """None of these opens for this person, and whatever is sent there changes nothing."""
    assert urls
    before = rows_of_all_tables()
    for url in urls:
        assert is_refusal(client.get(url)) or tells_nothing(client, url), url
        assert is_refusal(client.post(url, TYPED)), url
    assert rows_of_all_tables() == before


def is_refusal(answer: Any) -> bool:
    return answer.status_code in {302, 403, 404, 405}


def tells_nothing(client: Client, url: str) -> bool:
    """A dialog that asks before a step says the same of every row, and of none."""
    of_it, of_none = (client.get(each) for each in (url, re.sub(r"/\d+/", "/999999/", url)))
    return without_numbers(of_it) == without_numbers(of_none)


def without_numbers(answer: Any) -> str:
    """Of the row in addresses, and against forged posts."""
    page = re.sub(r'name="csrfmiddlewaretoken" value="\w+"', "", answer.content.decode())
    return re.sub(r"/\d+/", "/0/", page)


def test_it_is_known_of_every_address_whose_it_is() -> None:
    unknown = []
    for namespace, address in addresses():
        if namespace == "admin":
            model = model_of(address)
            is_known = label(model) in MAY_OPEN if model else address.name in {*FOR_ALL_STAFF, *ASKING, *REVIEW}
        elif namespace in {"work", "studio"}:
            is_known = address.name in (WORK if namespace == "work" else STUDIO)
        elif namespace:
            is_known = namespace in OF_THE_STOREFRONT
        else:
            is_known = address.name.startswith(OF_ACCOUNTS) or address.name in OF_MACHINES
        if not is_known:
            unknown.append(f"{namespace}:{address.name}")
    assert unknown == []


def may_open(address: Address, model: type[Model]) -> set[Role]:
    return MAY_OPEN[label(model)] | BESIDES.get(address.name, set())


def of_the_admin(role: Role | None) -> list[str]:
    """The pages that are not for this role, with a row where they need one; for None all of them."""
    urls = [
        url_of(address, model)
        for address in of_namespace("admin")
        if (model := model_of(address)) and not (role and role in may_open(address, model))
    ]
    return urls + [english(name) for name, roles in REVIEW.items() if role not in roles]


@pytest.mark.parametrize("role", Role)
def test_no_role_opens_a_page_of_the_admin_that_is_not_its_own(everything: None, role: Role) -> None:
    expect_refused(of(role), of_the_admin(role))


@pytest.mark.parametrize("role", Role)
def test_each_role_opens_the_rows_that_are_its_work(everything: None, role: Role) -> None:
    client = of(role)
    for model in admin.site._registry:
        if role in MAY_OPEN[label(model)] and label(model) not in ROWS_OF_ONE_PERSON:
            url = english(f"{label(model)}_change", row_of(model).pk)
            assert client.get(url).status_code == 200, url


def test_nobody_else_enters_the_admin(everything: None) -> None:
    shopper = UserFactory.create()
    for client in (Client(), signed_in(shopper)):
        expect_refused(client, of_the_admin(None))


def test_another_branchs_staff_find_no_row(everything: None) -> None:
    barda = of(BRANCH, "barda")
    owned = {model for model, page in admin.site._registry.items() if isinstance(page, OfOwnBranch)}
    with_row = [
        url_of(address, model)
        for address in of_namespace("admin")
        if address.parameters and (model := model_of(address)) in owned and model
    ]
    expect_refused(barda, with_row)
    for model in owned:
        if BRANCH in MAY_OPEN[label(model)]:
            listed = barda.get(english(f"{label(model)}_changelist")).context["cl"].result_list
            assert row_of(model) not in list(listed), model


def of_the_work() -> dict[str, str]:
    part = Fulfilment.objects.filter(order__status=Order.Status.AWAITING_PAYMENT).get()
    values: dict[str, Any] = {"pk": part.pk, "code": part.order.pickup_code or part.order.code}
    return {
        address.name: reverse(f"work:{address.name}", args=[values[name] for name in address.parameters])
        for address in of_namespace("work")
    }


@pytest.mark.parametrize("role", [*Role, None])
def test_the_work_is_for_who_does_it(everything: None, role: Role | None) -> None:
    urls = of_the_work()
    refused = [url for name, url in urls.items() if role not in WORK[name]]
    if len(refused) < len(urls):
        client = of(role) if role else Client()
        opened = [url for url in urls.values() if client.get(url).status_code == 200]
        assert len(opened) >= (1 if role == ACCOUNTANT else 7)
    if refused:
        expect_refused(of(role) if role else signed_in(UserFactory.create()), refused)
        expect_refused(Client(), refused)


def test_another_branchs_staff_do_none_of_the_work(everything: None) -> None:
    for_every_branch = {"list", "pick_list", "counter", "delivery"}
    expect_refused(of(BRANCH, "barda"), [url for name, url in of_the_work().items() if name not in for_every_branch])


def of_the_studio() -> dict[Address, str]:
    """Of a draft of Baku, with a photo and another on its way."""
    draft = piece(state=Product.State.DRAFT).product
    values: dict[str, Any] = {
        "code": draft.code.lower(),
        "pk": PhotoFactory.create(product=draft).pk,
        "key": Upload.objects.create(product=draft, user=worker(), length=1000).key,
        "step": "earlier",
    }
    return {
        address: reverse(f"studio:{address.name}", args=[values[name] for name in address.parameters])
        for address in of_namespace("studio")
    }


def expect_refused_in_the_studio(client: Client, urls: list[str]) -> None:
    """By every method, with and without what the protocol of uploads wants to be told."""
    assert urls
    before = rows_of_all_tables()
    spoken = {"Tus-Resumable": "1.0.0", "Upload-Length": "1000", "Upload-Offset": "0"}
    for url in urls:
        answers = [client.get(url), client.post(url, TYPED), client.get(url, headers=spoken)]
        answers += [client.post(url, TYPED, headers=spoken), client.delete(url, headers=spoken)]
        answers += [client.patch(url, b"x", "application/offset+octet-stream", headers=spoken), client.delete(url)]
        # Without its version the protocol is spoken to nobody.
        assert {answer.status_code for answer in answers} <= {302, 401, 403, 404, 405, 412}, url
    assert rows_of_all_tables() == before


@pytest.mark.parametrize("role", [*Role, None])
def test_the_studio_is_for_who_works_in_it(everything: None, role: Role | None) -> None:
    urls = of_the_studio()
    foreign = {address.name for address in urls if role not in STUDIO[address.name]} | OF_ONE_PERSON
    refused = [url for address, url in urls.items() if address.name in foreign]
    expect_refused_in_the_studio(of(role) if role else signed_in(UserFactory.create()), refused)
    expect_refused_in_the_studio(Client(), list(urls.values()))


def test_instructors_of_another_branch_find_no_piece(everything: None) -> None:
    urls = [url for address, url in of_the_studio().items() if address.parameters]
    expect_refused_in_the_studio(of(INSTRUCTOR, "barda"), urls)


def test_instructors_and_the_centre_work_in_the_studio(everything: None) -> None:
    """The same request, that the tests above may fail."""
    [url] = [url for address, url in of_the_studio().items() if address.name == "uploads"]
    spoken = {"Tus-Resumable": "1.0.0", "Upload-Length": "1000"}
    for role in (INSTRUCTOR, CENTRE):
        assert of(role).post(url, TYPED, headers=spoken).status_code == 201


def test_staff_work_on_what_is_theirs_alone(everything: None) -> None:
    """Nobody but administrators has a page on which roles, groups or rights are given."""
    giving = [english(f"{label(model)}_add") for model in (User, Group)]
    giving += [english(f"{label(model)}_change", row_of(model).pk) for model in (User, Group)]
    for role in Role:
        expect_refused(of(role), giving)


@pytest.mark.parametrize(
    ("model", "field", "found"),
    [("productmaker", "artisan", "artisans.Artisan"), ("product", "branch", "artisans.Branch")],
)
def test_a_choice_offers_rows_of_ones_own_branch(everything: None, model: str, field: str, found: str) -> None:
    asked = {"app_label": "catalog", "model_name": model, "field_name": field}
    mine = {str(pk) for pk in apps.get_model(found).objects.values_list("pk", flat=True)}
    for client, expected in ((of(CENTRE), mine), (of(BRANCH, "barda"), own(found)), (of(Role.INSTRUCTOR), set())):
        answer = client.get(english("autocomplete"), asked)
        offered = {row["id"] for row in answer.json()["results"]} if answer.status_code == 200 else set()
        assert offered == expected


def own(label: str) -> set[str]:
    """Of Bərdə, which has no maker."""
    return {str(Branch.objects.get(slug="barda").pk)} if label == "artisans.Branch" else set()


def on_site(row: Model) -> str:
    return english("view_on_site", ContentType.objects.get_for_model(row).pk, row.pk)


def test_an_order_is_not_found_by_its_row(everything: None, administrator: Client) -> None:
    """Its address is its key: Django's own way from a row to its page would give it to all staff."""
    for client in (of(BRANCH, "barda"), of(CENTRE), administrator):
        assert client.get(on_site(row_of(Order))).status_code == 404
    assert is_refusal(of(Role.INSTRUCTOR).get(on_site(row_of(Order))))


def test_a_row_leads_to_its_page_for_whoever_may_see_it(everything: None) -> None:
    product = piece().product
    for client in (of(BRANCH), of(CENTRE), of(Role.ACCOUNTANT)):
        assert client.get(on_site(product)).headers["Location"] == product.get_absolute_url()
    assert of(BRANCH, "barda").get(on_site(product)).status_code == 404
    assert "/admin/login/" in of(Role.INSTRUCTOR).get(on_site(product)).headers["Location"]
    kind = ContentType.objects.get_for_model(product).pk
    for keys in ((kind, "abc"), (kind, 999999), (999999, product.pk), ("abc", product.pk)):
        assert of(CENTRE).get(f"/admin/r/{keys[0]}/{keys[1]}/").status_code == 404


def test_a_page_says_words_and_no_pair_of_them(everything: None, administrator: Client) -> None:
    """What a list shows as a coloured label is a state and its word."""
    for model in admin.site._registry:
        for url in (english(f"{label(model)}_change", row_of(model).pk), english(f"{label(model)}_changelist")):
            said = re.sub(r"<script.*?</script>|<[^<>]*>", "", administrator.get(url).content.decode(), flags=re.DOTALL)
            assert "(&#x27;" not in said, url
            assert "('" not in said, url
