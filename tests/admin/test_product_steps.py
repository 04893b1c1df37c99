"""The steps of a product's page: which there are, for whom, with what they ask; and what an instructor said."""

import re
from datetime import timedelta
from typing import Any

import pytest
from django.core.files.base import ContentFile
from django.test import Client
from django.utils import timezone
from django.utils.html import strip_tags

from catalog import publishing
from catalog.admin.product_steps import REMEDIES
from catalog.models import Product, ProductEvent, Proposal
from dostshop.accounts.models import Role
from orders import stock
from tests.admin.conftest import english
from tests.admin.test_rights import BRANCH, CENTRE, of
from tests.factories import ArtisanFactory, PhotoFactory, ProductFactory, UserFactory, VariantFactory, made_by, piece

pytestmark = pytest.mark.django_db

STEPS = ("approve", "ask_changes", "publish", "publish_at", "take_back", "archive")
State = Product.State


@pytest.fixture
def product() -> Product:
    """With all that publishing needs, sent by an instructor."""
    made = piece(state=State.DRAFT, published_at=None).product
    PhotoFactory.create(product=made)
    made_by(made, ArtisanFactory.create())
    publishing.submit(made.pk, actor=UserFactory.create(name="Aynur Əliyeva"))
    made.refresh_from_db()
    return made


def page_of(client: Client, product: Product) -> str:
    return client.get(english("catalog_product_change", product.pk)).content.decode()


def offered(client: Client, product: Product) -> set[str]:
    page = page_of(client, product)
    return {step for step in STEPS if english(f"catalog_product_{step}", product.pk) in page}


def take(client: Client, product: Product, step: str, **typed: Any) -> Any:
    url = english(f"catalog_product_{step}", product.pk)
    typed.setdefault("seen", publishing.version(product.pk))
    answer = client.post(url, {"_form_submitted": "on", **typed}, follow=True)
    product.refresh_from_db()
    return answer


def in_days(days: int) -> str:
    return (timezone.localtime() + timedelta(days=days)).strftime("%Y-%m-%dT%H:%M")


@pytest.mark.parametrize(
    ("state", "missing"),
    [
        (State.DRAFT, {"ask_changes", "take_back"}),
        (State.SUBMITTED, set()),
        (State.CHANGES_ASKED, {"ask_changes", "take_back"}),
        (State.APPROVED, {"approve"}),
        (State.PUBLISHED, {"approve", "ask_changes", "publish", "publish_at"}),
        (State.ARCHIVED, {"approve", "ask_changes", "archive"}),
    ],
)
def test_a_page_offers_the_steps_that_follow(
    administrator: Client, product: Product, state: str, missing: set[str]
) -> None:
    Product.objects.update(state=state, published_at=timezone.now())
    assert offered(administrator, product) == set(STEPS) - missing


def seen_by(client: Client, product: Product) -> str:
    """The version that the page shows, and with it each dialog that it opens."""
    page = page_of(client, product)
    [version] = re.findall(r'id="seen" name="seen" value="(\w+)"', page)
    assert page.count('hx-include="#seen"') == len({"approve", "ask_changes", "publish", "publish_at"})
    dialog = client.get(english("catalog_product_approve", product.pk), {"seen": version}).content.decode()
    assert f'name="seen" value="{version}"' in dialog
    return str(version)


@pytest.mark.parametrize("step", ["approve", "ask_changes", "publish", "publish_at"])
def test_nobody_decides_on_what_was_changed_since_they_looked(product: Product, step: str) -> None:
    centre = of(CENTRE)
    version = seen_by(centre, product)
    typed = {"reason": "Take the photo by day.", "at": in_days(1)}
    VariantFactory.create(product=product)
    page = take(centre, product, step, seen=version, **typed).content.decode()
    assert "It was changed after you opened its page. Look at it again" in page
    assert (product.state, product.events.count()) == (State.SUBMITTED, 1)
    take(centre, product, step, seen=seen_by(centre, product), **typed)
    assert product.events.count() == 2


def test_a_dialog_opened_without_the_page_is_about_what_there_is_now(product: Product) -> None:
    dialog = of(CENTRE).get(english("catalog_product_approve", product.pk)).content.decode()
    assert f'name="seen" value="{publishing.version(product.pk)}"' in dialog
    take(of(CENTRE), product, "approve", seen="")
    assert product.state == State.SUBMITTED


def test_who_does_not_decide_is_shown_no_version(product: Product) -> None:
    assert 'id="seen"' not in page_of(of(BRANCH), product)


def test_what_is_to_come_can_come_sooner_or_later(administrator: Client, product: Product) -> None:
    Product.objects.update(state=State.PUBLISHED, published_at=timezone.now() + timedelta(days=2))
    assert offered(administrator, product) == {"publish", "publish_at", "take_back", "archive"}


def test_the_centre_decides_and_a_branch_looks(product: Product) -> None:
    branch, centre = of(BRANCH), of(CENTRE)
    assert offered(branch, product) == set()
    for step in STEPS:
        assert take(branch, product, step, reason="Bulanıq", at=in_days(1)).status_code == 403, step
    for action in ("publish_chosen", "take_back_chosen", "archive_chosen"):
        data = {"action": action, "_selected_action": [product.pk], "seal": "as shown"}
        branch.post(english("catalog_product_changelist"), data)
    product.refresh_from_db()
    assert (product.state, product.events.count()) == (State.SUBMITTED, 1)
    assert offered(centre, product) == set(STEPS)
    take(centre, product, "approve")
    assert product.state == State.APPROVED
    assert of(Role.ACCOUNTANT).post(english("catalog_product_publish", product.pk)).status_code == 403


def test_changes_are_asked_with_a_reason(product: Product) -> None:
    centre = of(CENTRE)
    page = take(centre, product, "ask_changes", reason="  ").content.decode()
    assert "This field is required." in page
    assert product.state == State.SUBMITTED
    take(centre, product, "ask_changes", reason="Take the photo by day.")
    assert product.state == State.CHANGES_ASKED
    last = product.events.last()
    assert last is not None
    assert last.reason == "Take the photo by day."
    shown = page_of(centre, product)
    assert "Take the photo by day." in shown
    assert "Aynur Əliyeva" in shown


def test_a_step_that_no_longer_follows_is_refused_and_what_was_typed_is_not_sent(product: Product) -> None:
    Product.objects.update(state=State.DRAFT)
    page = take(of(CENTRE), product, "ask_changes", reason="By day").content.decode()
    assert "cannot become" in page
    assert product.state == State.DRAFT
    assert product.events.count() == 1


def test_a_day_for_publishing_lies_ahead(product: Product) -> None:
    centre = of(CENTRE)
    for typed in (in_days(-1), "", "tomorrow"):
        assert take(centre, product, "publish_at", at=typed).context["form"].errors["at"]
        assert product.state == State.SUBMITTED
    take(centre, product, "publish_at", at="2099-01-02T09:30")
    assert product.is_to_come
    assert product.published_at is not None
    # In Baku it is four hours later.
    assert product.published_at.isoformat() == "2099-01-02T05:30:00+00:00"
    last = product.events.last()
    assert last is not None
    assert last.kind == ProductEvent.Kind.SCHEDULED
    listed = centre.get(english("catalog_product_changelist")).content.decode()
    assert "to be published on 2 January 2099, 09:30" in strip_tags(listed)


def test_what_is_in_the_shop_is_not_put_off(product: Product) -> None:
    publishing.publish(product.pk)
    page = take(of(CENTRE), product, "publish_at", at=in_days(1)).content.decode()
    assert "It is in the shop already." in page
    assert product.is_in_shop


def test_the_page_says_what_is_missing_and_what_to_do(administrator: Client, product: Product) -> None:
    assert "Nothing is missing." in page_of(administrator, product)
    bare = ProductFactory.create(state=State.DRAFT, published_at=None, name_az=None, weight_g=0)
    page = page_of(administrator, bare)
    for place in ("id_name_az", "photos-group", "variants-group", "id_weight_g", "makers-group"):
        assert f'href="#{place}"' in page
        assert f'id="{place}"' in page
    assert "Weigh the piece as it is packed" in page
    assert set(publishing.Gap) == set(REMEDIES)


def test_an_empty_shelf_is_told_and_stops_nobody(product: Product) -> None:
    centre, told = of(CENTRE), "a piece on the shelf"
    assert told not in page_of(centre, product)
    variant = product.variants.get()
    stock.write_off(variant.pk, quantity=1)
    assert told in page_of(centre, product)
    take(centre, product, "publish")
    assert product.is_in_shop
    assert told not in page_of(centre, product)


def test_pieces_are_received_from_the_page_as_many_as_the_instructor_said(product: Product) -> None:
    Proposal.objects.create(product=product, pieces=3)
    variant = product.variants.get()
    address = english("catalog_variant_receive", variant.pk)
    centre = of(CENTRE)
    # One is there already.
    assert f'href="{address}?quantity=1"' in page_of(centre, product)
    stock.write_off(variant.pk, quantity=1)
    assert f'href="{address}?quantity=3"' in page_of(centre, product)
    dialog = centre.get(address, {"quantity": "3"}).context["form"]
    assert dialog["quantity"].value() == 3
    assert centre.get(address, {"quantity": "many"}).context["form"]["quantity"].value() == 1
    centre.post(f"{address}?quantity=3", {"_form_submitted": "on", "quantity": "3"})
    assert variant.stock.on_hand == 3
    assert address not in page_of(of(Role.ACCOUNTANT), product)
    Product.objects.update(kind=Product.Kind.MADE_TO_ORDER, lead_time_days=5)
    assert address not in page_of(centre, product)


def test_an_instructors_words_stand_beside_the_fields(product: Product, own_storage: Any) -> None:
    note = ContentFile(b"OggS sound", name="my phone.ogg")
    Proposal.objects.create(
        product=product,
        instructor=UserFactory.create(name="Aynur"),
        words="Made of <wool>",
        price="45.50",
        pieces=3,
        voice_note=note,
    )
    page = page_of(of(BRANCH), product)
    assert "Made of &lt;wool&gt;" in page
    assert "45.50" in page.replace(",", ".")
    assert "Aynur" in page
    address = english("catalog_product_voice_note", product.pk)
    assert f'src="{address}"' in page
    played = of(BRANCH).get(address)
    assert b"".join(played) == b"OggS sound"
    assert played["Content-Type"] == "audio/ogg"
    assert "no-store" in played["Cache-Control"]
    for other in (of(BRANCH, "barda"), of(Role.INSTRUCTOR), Client()):
        assert other.get(address).status_code in {302, 403, 404}


def test_a_piece_without_an_instructor_has_no_words(administrator: Client, product: Product) -> None:
    assert "From the studio" not in page_of(administrator, product)
    assert administrator.get(english("catalog_product_voice_note", product.pk)).status_code == 404


def found(client: Client, **query: str) -> set[int]:
    return {row.pk for row in client.get(english("catalog_product_changelist"), query).context["cl"].result_list}


def test_the_list_is_narrowed_by_state(administrator: Client, product: Product) -> None:
    shown = piece().product
    later = piece(published_at=timezone.now() + timedelta(days=1)).product
    assert found(administrator, state="submitted") == {product.pk}
    assert found(administrator, state="published") == {shown.pk}
    assert found(administrator, state="to_come") == {later.pk}
    assert found(administrator, state="archived") == set()
    assert found(administrator, state="no such") == {product.pk, shown.pk, later.pk}


def test_the_first_page_counts_what_waits_for_review(administrator: Client, product: Product) -> None:
    def told(client: Client) -> dict[str, tuple[int, str]]:
        waiting = client.get(english("index")).context["waiting"]
        return {str(one.title): (one.count, one.link) for one in waiting}

    count, link = told(of(CENTRE))["Pieces to review"]
    assert count == 1
    assert {row.pk for row in administrator.get(link).context["cl"].result_list} == {product.pk}
    assert "Pieces to review" not in told(of(BRANCH))
    publishing.approve(product.pk, actor=UserFactory.create())
    assert "Pieces to review" not in told(of(CENTRE))
