"""The lists: as many queries for thirty rows as for three, and filters that answer the day's questions."""

from collections.abc import Iterable
from datetime import date, timedelta
from typing import Any

from django.contrib import admin
from django.contrib.auth.models import Group
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django.utils import timezone
from django.utils.html import strip_tags

from artisans.models import Branch, EarningsRule, Payout, PityWord, Statement, StatementMonth
from catalog import withdrawals
from catalog.models import Product, Variant
from dostshop.accounts.models import Membership, Role
from dostshop.pages.models import Page
from orders import cancelling, fulfilment, payments, returns, stock
from orders.models import Hold, Order, ProviderEvent, Reconciliation
from tests.admin.conftest import english
from tests.admin.test_background import job
from tests.admin.test_rights import MAY_OPEN, of
from tests.factories import (
    ArtisanFactory,
    CollectionFactory,
    CraftFactory,
    HolidayFactory,
    PhotoFactory,
    ProductFactory,
    UserFactory,
    bag_with,
    delivery_method,
    hand_out,
    made_by,
    order_of,
    piece,
    thanks_for,
    worker,
)

# Three queries of each are the session, the user and the searches that they keep.
QUERIES = {
    "accounts_user": 5,
    "artisans_artisan": 6,
    "artisans_artisanprivate": 6,
    "artisans_branch": 5,
    "artisans_consent": 6,
    "artisans_consentform": 6,
    "artisans_earningsrule": 5,
    "artisans_ledgerentry": 5,
    "artisans_payout": 6,
    "artisans_pityword": 5,
    "artisans_statement": 7,
    "artisans_thanks": 6,
    "artisans_withdrawal": 5,
    "auth_group": 5,
    "background_job": 8,
    "catalog_collection": 5,
    "catalog_craft": 6,
    "catalog_product": 7,
    "catalog_variant": 7,
    "exchange_import": 5,
    "orders_bag": 5,
    "orders_deliverymethod": 5,
    "orders_hold": 6,
    "orders_holiday": 6,
    "orders_invoice": 6,
    "orders_order": 6,
    "orders_providerevent": 5,
    "orders_reconciliation": 5,
    "orders_refund": 5,
    "orders_return": 7,
    "pages_page": 5,
}
# With what this person may do, and for which branch.
QUERIES_OF_BRANCH_STAFF = {
    "artisans_artisan": 9,
    "artisans_artisanprivate": 11,
    "artisans_branch": 8,
    "artisans_consent": 9,
    "artisans_consentform": 9,
    "artisans_thanks": 9,
    "artisans_withdrawal": 8,
    "catalog_craft": 8,
    "catalog_product": 11,
    "catalog_variant": 10,
    "exchange_import": 7,
    "orders_hold": 9,
    "orders_holiday": 9,
    "orders_invoice": 9,
    "orders_order": 9,
    "orders_return": 10,
}


def make(number: int) -> None:
    variant = piece(craft=CraftFactory.create(parent=CraftFactory.create()))
    made_by(variant.product, ArtisanFactory.create())
    thanks_for(ArtisanFactory.create(), ArtisanFactory.create())
    PhotoFactory.create(product=variant.product)
    CollectionFactory.create()
    Page.objects.create(slug=f"page-{number}", title="Səhifə")
    ProviderEvent.objects.create(event_id=f"evt_{number}", type="checkout.session.completed", payload={})
    Group.objects.create(name=f"group {number}")
    Membership.objects.create(user=UserFactory.create(), role=Role.CENTRE_STAFF)
    delivery_method()
    order_of(variant, provider="branch")
    paid = order_of(piece(), provider="branch")
    payments.mark_paid(paid.pk, actor=worker())
    hand_out(paid)
    [returned] = returns.ask(paid.pk, units={paid.lines.get().pk: 1}, reason="damaged")
    returns.accept(returned.pk, actor=worker())
    returns.refund(returned.pk, actor=worker())
    make_the_rest(number)


def make_the_rest(number: int) -> None:
    artisan = ArtisanFactory.create()
    withdrawals.withdraw(ArtisanFactory.create().pk)
    HolidayFactory.create(branch=artisan.branch)
    Reconciliation.objects.create()
    job(status="failed", attempts=12)
    Payout.objects.create(artisan=artisan, amount=1, method=Payout.Method.CASH, approved_by=worker())
    day = date(2100 + number, 1, 1)
    EarningsRule.objects.bulk_create([EarningsRule(valid_from=day, makers=70, centre=20, materials=10)])
    month = StatementMonth.objects.create(month=day, up_to=0, issued_by=worker())
    Statement.objects.create(month=month, artisan=artisan, branch=artisan.branch, opening=0, closing=0, content={})
    PityWord.objects.create(language="az", word=f"söz{number}")


def list_url(name: str) -> str:
    return reverse(f"admin:{name}_changelist")


def queries_of(client: Client, names: Iterable[str]) -> dict[str, int]:
    counted = {}
    for name in names:
        with CaptureQueriesContext(connection) as queries:
            assert client.get(list_url(name)).status_code == 200
        counted[name] = len(queries)
    return counted


def test_no_list_grows_with_its_rows(administrator: Client) -> None:
    for number in range(3):
        make(number)
    branch_staff = of(Role.BRANCH_STAFF)
    assert queries_of(administrator, QUERIES) == QUERIES
    assert queries_of(branch_staff, QUERIES_OF_BRANCH_STAFF) == QUERIES_OF_BRANCH_STAFF
    for number in range(3, 30):
        make(number)
    assert queries_of(administrator, QUERIES) == QUERIES
    assert queries_of(branch_staff, QUERIES_OF_BRANCH_STAFF) == QUERIES_OF_BRANCH_STAFF


def test_every_list_has_its_number_of_queries_and_pages() -> None:
    lists = {f"{model._meta.app_label}_{model._meta.model_name}": page for model, page in admin.site._registry.items()}
    assert set(QUERIES) == set(MAY_OPEN) == set(lists)
    assert set(QUERIES_OF_BRANCH_STAFF) == {name for name, roles in MAY_OPEN.items() if Role.BRANCH_STAFF in roles}
    assert max(*QUERIES.values(), *QUERIES_OF_BRANCH_STAFF.values()) <= 12
    # One page at the most, “show all” too.
    assert {(page.list_per_page, page.list_max_show_all) for page in lists.values()} == {(50, 200)}


def found(client: Client, name: str, **query: str) -> set[str]:
    return {str(row) for row in client.get(list_url(name), query).context["cl"].result_list}


def titled(name: str, **fields: Any) -> Variant:
    variant = piece(name_az=name, **fields)
    PhotoFactory.create(product=variant.product)
    return variant


def test_products_by_stock(administrator: Client) -> None:
    titled("free")
    titled("sold", on_hand=0)
    titled("made to order", on_hand=0, kind=Product.Kind.MADE_TO_ORDER, lead_time_days=9)
    stock.hold(bag_with(titled("held")))
    assert found(administrator, "catalog_product", stock="available") == {"free", "made to order"}
    assert found(administrator, "catalog_product", stock="held") == {"held"}
    assert found(administrator, "catalog_product", stock="sold") == {"sold"}
    assert len(found(administrator, "catalog_product", stock="nonsense")) == 4


def test_products_by_what_they_lack(administrator: Client) -> None:
    made_by(titled("whole").product, ArtisanFactory.create())
    made_by(piece(name_az="no photo").product, ArtisanFactory.create())
    silent = titled("no alternative text").product
    silent.photos.update(alt="")
    made_by(silent, ArtisanFactory.create())
    titled("no maker")
    product = ProductFactory.create(name_az="no price")
    PhotoFactory.create(product=product)
    made_by(product, ArtisanFactory.create())
    assert found(administrator, "catalog_product", missing="photo") == {"no photo"}
    assert found(administrator, "catalog_product", missing="alt") == {"no alternative text"}
    assert found(administrator, "catalog_product", missing="maker") == {"no maker"}
    assert found(administrator, "catalog_product", missing="price") == {"no price"}
    assert len(found(administrator, "catalog_product", missing="nonsense")) == 5


def test_products_by_missing_translation(administrator: Client) -> None:
    titled("both", name_ru="Обе", name_en="Both")
    titled("no Russian", name_ru="", name_en="No Russian")
    titled("no English description", name_ru="Да", name_en="Yes", description_en="")
    assert found(administrator, "catalog_product", untranslated="ru") == {"no Russian"}
    assert found(administrator, "catalog_product", untranslated="en") == {"no English description"}
    assert len(found(administrator, "catalog_product", untranslated="az")) == 3


def test_products_are_found_by_a_name_in_any_language_a_code_and_a_stock_number(administrator: Client) -> None:
    variant = titled("Badyə", name_ru="Чаша", name_en="Bowl")
    titled("Xalça", name_ru="Ковёр", name_en="Carpet")
    for words in ("Badyə", "чаша", "bowl", variant.sku, variant.product.code.lower()):
        assert found(administrator, "catalog_product", q=words) == {"Badyə"}, words


def at_branch(**details: Any) -> Order:
    return order_of(piece(), provider="branch", **details)


def test_orders_by_what_is_to_be_done(administrator: Client) -> None:
    actor = worker()
    by_card = order_of(piece())
    to_prepare = at_branch()
    ready = at_branch()
    fulfilment.mark_ready(ready.fulfilments.get().pk, actor=actor)
    done = at_branch()
    payments.mark_paid(done.pk, actor=actor)
    hand_out(done)
    cancelling.cancel(at_branch().pk, actor=actor)
    assert found(administrator, "orders_order", work="unpaid") == {by_card.code, to_prepare.code, ready.code}
    assert found(administrator, "orders_order", work="prepare") == {to_prepare.code}
    assert found(administrator, "orders_order", work="ready") == {ready.code}
    assert len(found(administrator, "orders_order", work="nonsense")) == 5


def test_the_list_says_the_next_step_in_a_word(administrator: Client) -> None:
    actor = worker()
    order = at_branch()

    def said() -> str:
        page = administrator.get(english("orders_order_changelist")).content.decode()
        cell = page[page.index("field-next_step") :]
        return strip_tags(cell[cell.index(">") + 1 : cell.index("</td>")]).strip()

    assert said() == "prepare"
    fulfilment.mark_ready(order.fulfilments.get().pk, actor=actor)
    assert said() == "ready, not paid"
    payments.mark_paid(order.pk, actor=actor)
    assert said() == "hand over"
    hand_out(order)
    assert said() == "-"


def test_orders_by_branch_and_way_of_paying(administrator: Client) -> None:
    by_card = order_of(piece(branch__slug="barda"))
    at_counter = at_branch()
    baku, barda = Branch.objects.get(slug="baku"), Branch.objects.get(slug="barda")
    assert found(administrator, "orders_order", branch=str(barda.pk)) == {by_card.code}
    # It is prepared in Bərdə and picked up in Baku.
    assert found(administrator, "orders_order", branch=str(baku.pk)) == {by_card.code, at_counter.code}
    assert found(administrator, "orders_order", branch="nonsense") == {by_card.code, at_counter.code}
    assert found(administrator, "orders_order", provider="stripe") == {by_card.code}
    assert found(administrator, "orders_order", provider="branch") == {at_counter.code}


def test_orders_are_found_by_code_address_and_name(administrator: Client) -> None:
    wanted = at_branch(email="nigar@example.com", name="Nigar Həsənova")
    at_branch(email="other@example.com", name="Başqa Adam")
    for words in (wanted.code, "nigar@", "Həsənova"):
        assert found(administrator, "orders_order", q=words) == {wanted.code}, words


def test_orders_by_day(administrator: Client) -> None:
    old, new = at_branch(), at_branch()
    Order.objects.filter(pk=old.pk).update(placed_at=timezone.now() - timedelta(days=9))
    today = timezone.localtime().replace(hour=0, minute=0, second=0, microsecond=0)
    assert found(administrator, "orders_order", placed_at__gte=str(today)) == {new.code}


def test_stock_and_holds_of_now(administrator: Client) -> None:
    titled("free")
    titled("sold", on_hand=0)
    titled("made to order", on_hand=0, kind=Product.Kind.MADE_TO_ORDER, lead_time_days=9)
    stock.hold(bag_with(titled("held")))
    stock.hold(bag_with(titled("held once")))
    Hold.objects.filter(variant__product__name_az="held once").update(expires_at=timezone.now())
    assert found(administrator, "catalog_variant") == {"free", "sold", "held", "held once"}
    assert found(administrator, "catalog_variant", stock="available") == {"free", "held once"}
    assert found(administrator, "catalog_variant", stock="held") == {"held"}
    assert found(administrator, "catalog_variant", stock="sold") == {"sold"}
    now = administrator.get(list_url("orders_hold"), {"hold": "now"}).context["cl"].result_list
    over = administrator.get(list_url("orders_hold"), {"hold": "over"}).context["cl"].result_list
    assert [hold.variant.product.name for hold in now] == ["held"]
    assert [hold.variant.product.name for hold in over] == ["held once"]


def test_stripe_events_by_outcome(administrator: Client) -> None:
    ProviderEvent.objects.create(event_id="failed", type="x", payload={}, error="no")
    ProviderEvent.objects.create(event_id="waiting", type="x", payload={})
    ProviderEvent.objects.create(event_id="done", type="x", payload={}, handled_at=timezone.now())
    for outcome, name in {"error": "failed", "waiting": "waiting", "handled": "done"}.items():
        assert found(administrator, "orders_providerevent", outcome=outcome) == {f"x {name}"}


def test_bags_by_order(administrator: Client) -> None:
    order = at_branch()
    open_bag = bag_with(piece())
    assert found(administrator, "orders_bag", ordered="no") == {str(open_bag)}
    assert found(administrator, "orders_bag", ordered="yes") == {str(order.bag)}


def test_crafts_by_the_craft_they_are_part_of(administrator: Client) -> None:
    weaving = CraftFactory.create(name_az="Toxuculuq")
    CraftFactory.create(name_az="Cecim", parent=weaving)
    assert found(administrator, "catalog_craft", parent__id__exact=str(weaving.pk)) == {"Cecim"}
