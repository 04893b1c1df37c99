"""The pages at /studio/, as an instructor on a phone without scripts has them."""

import json
import re
from collections.abc import Iterator
from decimal import Decimal
from io import BytesIO
from typing import Any

import pytest
from allauth.account.models import EmailAddress
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client
from django.utils import translation
from PIL import Image
from pytest_django import DjangoAssertNumQueries

from artisans.models import Branch
from catalog import publishing
from catalog.models import Photo, Product, ProductEvent, Proposal
from catalog.studio_forms import measured
from dostshop.accounts.models import Role, User
from tests.admin.conftest import signed_in
from tests.catalog.test_studio_rights import member
from tests.factories import (
    ArtisanFactory,
    CraftFactory,
    PhotoFactory,
    ProductFactory,
    UserFactory,
    VariantFactory,
    made_by,
    worker,
)

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def _in_english() -> Iterator[None]:
    with translation.override("en"):
        yield


@pytest.fixture
def instructor() -> User:
    return member(Role.INSTRUCTOR, "baku")


@pytest.fixture
def client(instructor: User) -> Client:
    return signed_in(instructor)


@pytest.fixture
def draft(instructor: User) -> Product:
    product: Product = ProductFactory.create(
        state=Product.State.DRAFT, published_at=None, name_az="", name_ru="", name_en="", weight_g=0
    )
    Proposal.objects.create(product=product, instructor=instructor)
    return product


def url_of(product: Product, *rest: object) -> str:
    return "/".join(["/en/studio", product.code.lower(), *map(str, rest), ""])


def typed(**fields: Any) -> dict[str, Any]:
    """The piece's part of the page; nothing else changes."""
    values = {"here": "1", "craft": "", "pieces": "1", **fields}
    return {f"piece-{name}": value for name, value in values.items()}


def of_photo(photo: Photo, **fields: Any) -> dict[str, Any]:
    values = {"here": "1", "cut_left": "0", "cut_right": "0", "cut_top": "0", "cut_bottom": "0", **fields}
    return {f"photo-{photo.pk}-{name}": value for name, value in values.items()}


def picture(name: str = "IMG_0001.jpg") -> SimpleUploadedFile:
    content = BytesIO()
    Image.new("RGB", (640, 480), "teal").save(content, "JPEG")
    return SimpleUploadedFile(name, content.getvalue(), content_type="image/jpeg")


def test_the_list_has_what_waits_for_me_on_top(client: Client, draft: Product) -> None:
    shop = ProductFactory.create(name_en="Turquoise bowl")
    asked = ProductFactory.create(state=Product.State.SUBMITTED, name_en="Blue jug")
    publishing.ask_changes(asked.pk, actor=worker(), reason="The handle is not to be seen.")
    ProductFactory.create(branch__slug="barda", name_en="Not ours")
    page = client.get("/en/studio/").content.decode()
    places = [
        page.index(text)
        for text in (
            "Changes asked",
            "Blue jug",
            "The handle is not to be seen.",
            "Drafts",
            draft.code,
            "Approved, and in the shop",
        )
    ]
    assert places == sorted(places)
    assert "Not ours" not in page
    assert shop.code.lower() in page


def test_one_tap_begins_a_piece(client: Client, instructor: User) -> None:
    pottery, weaving = CraftFactory.create(), CraftFactory.create(name_en="Weaving")
    assert "Weaving" in client.get("/en/studio/new/").content.decode()
    answer = client.post("/en/studio/new/", {"craft": weaving.pk})
    product = Product.objects.get()
    assert answer["Location"] == url_of(product)
    assert (product.state, product.craft, product.branch.slug) == ("draft", weaving, "baku")
    assert product.proposal.instructor == instructor
    # The craft of the last piece is the first to be tapped.
    page = client.get("/en/studio/new/").content.decode()
    assert page.index(f'value="{weaving.pk}"') < page.index(f'value="{pottery.pk}"')


def test_looking_at_the_page_begins_nothing(client: Client) -> None:
    CraftFactory.create()
    client.get("/en/studio/new/")
    assert "Choose a craft." in client.post("/en/studio/new/", {"craft": ""}).content.decode()
    assert not Product.objects.exists()


def test_who_works_for_two_branches_says_which(instructor: User) -> None:
    craft = CraftFactory.create()
    client = signed_in(member(Role.INSTRUCTOR, "baku", "barda"))
    assert "Say at which branch" in client.post("/en/studio/new/", {"craft": craft.pk}).content.decode()
    barda, ismayilli = (Branch.objects.get(slug=slug) for slug in ("barda", "ismayilli"))
    client.post("/en/studio/new/", {"craft": craft.pk, "branch": barda.pk})
    assert Product.objects.get().branch == barda
    assert (
        "Choose one of your branches"
        in client.post("/en/studio/new/", {"craft": craft.pk, "branch": ismayilli.pk}).content.decode()
    )


def test_saving_writes_what_was_typed(client: Client, draft: Product) -> None:
    craft = CraftFactory.create()
    nar, gul, leyla = (ArtisanFactory.create() for _number in range(3))
    fields = {
        "craft": craft.pk,
        "makers": [nar.pk, gul.pk, leyla.pk],
        "size": "24 x 12,5 sm",
        "price": "1 250,50 ₼",
        "pieces": "3",
        "words": "İpək,\r\nəl ilə",
    }
    answer = client.post(url_of(draft), typed(**fields), follow=True)
    assert "Saved." in answer.content.decode()
    draft.refresh_from_db()
    assert (draft.craft, draft.width_mm, draft.height_mm, draft.depth_mm) == (craft, 240, 125, None)
    assert (draft.proposal.price, draft.proposal.pieces) == (Decimal("1250.50"), 3)
    assert draft.proposal.words == "İpək,\nəl ilə"
    assert list(draft.makers.values_list("share", flat=True)) == [
        Decimal("33.34"),
        Decimal("33.33"),
        Decimal("33.33"),
    ]


@pytest.mark.parametrize(
    ("text", "sides"),
    [
        ("24 × 12,5 × 3 cm", [240, 125, 30]),
        ("24x12", [240, 120, None]),
        ("120 mm", [120, None, None]),
        ("2 м х 1,5 м", []),
        ("1,5 х 2 м", [1500, 2000, None]),
        ("böyük", []),
        ("", []),
        ("24 см", [240, None, None]),
        ("0", [None, None, None]),
    ],
)
def test_a_size_is_measured_or_told(text: str, sides: list[int | None]) -> None:
    assert measured(text) == sides


def test_a_size_in_words_is_kept_as_words(client: Client, draft: Any) -> None:
    client.post(url_of(draft), typed(craft=draft.craft_id, size="for a child of ten"))
    draft.refresh_from_db()
    assert (draft.size_note_en, draft.width_mm) == ("for a child of ten", None)
    client.post(url_of(draft), typed(craft=draft.craft_id, size="24 × 12"))
    draft.refresh_from_db()
    assert (draft.size_note_en, draft.width_mm) == ("", 240)


def test_what_is_valid_is_saved_and_what_is_not_stays_as_typed(client: Client, draft: Product) -> None:
    photo = PhotoFactory.create(product=draft, alt_en="")
    fields = typed(craft=draft.craft_id, price="a lot", pieces="2", words="Blue") | of_photo(photo, alt="x" * 251)
    page = client.post(url_of(draft), fields).content.decode()
    assert "Give the price as a number" in page
    assert 'value="a lot"' in page
    assert "x" * 251 in page
    assert "Everything else is saved." in page
    proposal = Proposal.objects.get()
    assert (proposal.price, proposal.pieces, proposal.words) == (None, 2, "Blue")


def test_a_form_that_was_not_on_the_page_empties_nothing(client: Client, draft: Product) -> None:
    photo = PhotoFactory.create(product=draft, alt_en="A bowl")
    Proposal.objects.update(words="Blue")
    client.post(url_of(draft, "photos", "add"), {"photos": [picture()]})
    with translation.override("en"):
        photo = Photo.objects.get(pk=photo.pk)
        assert (Proposal.objects.get().words, photo.alt, draft.photos.count()) == ("Blue", "A bowl", 2)


def test_shares_that_staff_set_stay_while_the_makers_do(client: Client, draft: Product) -> None:
    nar, gul = ArtisanFactory.create_batch(2)
    draft.makers.create(artisan=nar, share=70)
    draft.makers.create(artisan=gul, share=30)
    client.post(url_of(draft), typed(craft=draft.craft_id, makers=[nar.pk, gul.pk], words="Blue"))
    assert list(draft.makers.values_list("share", flat=True)) == [70, 30]


def test_makers_of_another_branch_are_refused(client: Client, draft: Product) -> None:
    other = ArtisanFactory.create(branch__slug="barda")
    page = client.post(url_of(draft), typed(craft=draft.craft_id, makers=[other.pk])).content.decode()
    assert "Choose makers of your own branch." in page
    assert not draft.makers.exists()


def test_photos_are_added_and_the_ninth_is_refused(own_storage: Any, client: Client, draft: Product) -> None:
    client.post(url_of(draft, "photos", "add"), {"photos": [picture() for _number in range(8)]})
    assert list(draft.photos.values_list("position", flat=True)) == list(range(8))
    page = client.post(url_of(draft, "photos", "add"), {"photos": [picture()]}, follow=True).content.decode()
    assert "at most 8 photos" in page
    assert draft.photos.count() == 8


def test_a_file_that_is_no_photo_is_refused_and_the_others_are_taken(
    own_storage: Any, client: Client, draft: Product
) -> None:
    files = [SimpleUploadedFile("list.pdf", b"%PDF-1.7"), picture()]
    page = client.post(
        url_of(draft, "photos", "add"), typed(craft=draft.craft_id, words="Blue") | {"photos": files}
    ).content.decode()
    assert "This is not a picture" in page
    assert (draft.photos.count(), Proposal.objects.get().words) == (1, "Blue")


def test_without_a_file_it_says_so(client: Client, draft: Product) -> None:
    for address, sentence in (("photos/add", "Choose photos first."), ("voice-note/add", "Choose a recording first.")):
        page = client.post(url_of(draft, address), typed(craft=draft.craft_id), follow=True)
        assert sentence in page.content.decode()


def test_a_photo_is_turned_with_what_is_cut_away(client: Client, draft: Product) -> None:
    photo = PhotoFactory.create(product=draft, cut_left=10, cut_top=20)
    client.post(url_of(draft, "photos", photo.pk, "right"))
    photo = Photo.objects.get(pk=photo.pk)
    # What was on the left is above now, and what was above is on the right.
    assert (photo.turn, photo.cut_top, photo.cut_right, photo.cut_left, photo.cut_bottom) == (90, 10, 20, 0, 0)
    client.post(url_of(draft, "photos", photo.pk, "left"))
    photo = Photo.objects.get(pk=photo.pk)
    assert (photo.turn, photo.cut_left, photo.cut_top) == (0, 10, 20)


def test_a_photo_is_moved_without_dragging(client: Client, draft: Product) -> None:
    first, second, third = PhotoFactory.create_batch(3, product=draft)
    client.post(url_of(draft, "photos", third.pk, "earlier"))
    assert list(draft.photos.all()) == [first, third, second]
    client.post(url_of(draft, "photos", first.pk, "later"))
    assert list(draft.photos.all()) == [third, first, second]
    # There is nothing before the first.
    client.post(url_of(draft, "photos", third.pk, "earlier"))
    assert list(draft.photos.all()) == [third, first, second]


def test_every_button_of_a_photo_saves_what_was_typed(client: Client, draft: Product) -> None:
    photo, other = PhotoFactory.create_batch(2, product=draft, alt_en="")
    fields = typed(craft=draft.craft_id, words="Blue") | of_photo(photo, alt="A bowl") | of_photo(other, person="yes")
    client.post(url_of(draft, "photos", photo.pk, "remove"), fields)
    other = Photo.objects.get(pk=other.pk)
    assert (Proposal.objects.get().words, list(draft.photos.all()), other.shows_person) == ("Blue", [other], True)


def test_who_is_visible_is_said_of_each_photo(client: Client, draft: Product) -> None:
    maker = ArtisanFactory.create()
    photo = PhotoFactory.create(product=draft, shows_person=None)
    client.post(url_of(draft), of_photo(photo, person="yes", people=[maker.pk]))
    photo = Photo.objects.get(pk=photo.pk)
    assert (photo.shows_person, list(photo.people.all())) == (True, [maker])
    client.post(url_of(draft), of_photo(photo, person="no", people=[maker.pk]))
    photo = Photo.objects.get(pk=photo.pk)
    assert (photo.shows_person, list(photo.people.all())) == (False, [])


def test_the_question_has_no_answer_of_its_own(client: Client, draft: Product) -> None:
    photo = PhotoFactory.create(product=draft, shows_person=None)
    page = client.get(url_of(draft)).content.decode()
    assert len(re.findall(r'<input type="radio"', page)) == 2
    assert re.findall(r'<input type="radio"[^>]*checked', page) == []
    client.post(url_of(draft), of_photo(photo, alt="A bowl"))
    photo = Photo.objects.get(pk=photo.pk)
    assert photo.shows_person is None


def test_the_alternative_text_is_in_the_language_of_the_page(client: Client, draft: Product) -> None:
    photo = PhotoFactory.create(product=draft, alt_en="", alt_az="Badyə", alt_ru="")
    client.post(url_of(draft), of_photo(photo, alt="A bowl"))
    photo = Photo.objects.get(pk=photo.pk)
    assert [getattr(photo, f"alt_{language}") for language in ("en", "az", "ru")] == ["A bowl", "Badyə", ""]


def test_what_is_missing_is_a_list_of_links(client: Client, draft: Product) -> None:
    page = client.post(url_of(draft, "send"), typed(craft=draft.craft_id, words="Blue")).content.decode()
    assert "Add a photo." in page
    assert "Say who made it." in page
    photo = PhotoFactory.create(product=draft, shows_person=None)
    page = client.post(url_of(draft, "send"), typed(craft=draft.craft_id)).content.decode()
    assert f'href="#id_photo-{photo.pk}-person"' in page
    assert f'id="id_photo-{photo.pk}-person"' in page
    draft.refresh_from_db()
    assert (draft.state, Proposal.objects.get().words) == ("draft", "")


def whole(draft: Product) -> Product:
    PhotoFactory.create(product=draft)
    made_by(draft, ArtisanFactory.create())
    return draft


def test_from_a_draft_to_the_review_and_back(client: Client, instructor: User, draft: Product) -> None:
    whole(draft)
    [maker] = draft.makers.all()
    fields = typed(craft=draft.craft_id, makers=[maker.artisan_id], words="Blue")
    page = client.post(url_of(draft, "send"), fields, follow=True).content.decode()
    assert "Sent for review." in page
    draft.refresh_from_db()
    assert (draft.state, Proposal.objects.get().words) == ("submitted", "Blue")
    page = client.get(url_of(draft)).content.decode()
    assert "sent for review, Aynur Əliyeva" in page
    assert 'name="piece-words"' not in page
    client.post(url_of(draft, "take-back"))
    draft.refresh_from_db()
    assert draft.state == Product.State.DRAFT
    assert [event.actor for event in ProductEvent.objects.all()] == [instructor, instructor]


def test_what_is_in_the_shop_is_not_taken_back(client: Client) -> None:
    product = whole(VariantFactory.create().product)
    page = client.post(url_of(product, "take-back"), follow=True).content.decode()
    assert "The review is over." in page
    product.refresh_from_db()
    assert product.state == Product.State.PUBLISHED


def test_what_was_sent_meanwhile_is_kept_and_not_written(client: Client, draft: Product) -> None:
    publishing.submit(whole(draft).pk, actor=worker())
    page = client.post(url_of(draft), typed(craft=draft.craft_id, words="Late words")).content.decode()
    assert "This piece was sent meanwhile." in page
    assert Proposal.objects.get().words == ""
    client.post(url_of(draft, "take-back"))
    assert "Late words" in client.get(url_of(draft)).content.decode()


def test_a_draft_that_nobody_saw_is_deleted_with_its_files(own_storage: Any, client: Client, draft: Product) -> None:
    client.post(url_of(draft, "photos", "add"), {"photos": [picture()]})
    client.post(url_of(draft, "delete"))
    assert not Product.objects.exists()


def test_a_piece_that_was_sent_is_not_deleted(client: Client, draft: Product) -> None:
    publishing.submit(whole(draft).pk, actor=worker())
    publishing.ask_changes(draft.pk, actor=worker(), reason="Light")
    page = client.post(url_of(draft, "delete"), follow=True).content.decode()
    assert "Others have seen this piece." in page
    assert Product.objects.exists()


def test_what_was_typed_outlives_the_session(client: Client, instructor: User, draft: Product) -> None:
    EmailAddress.objects.create(user=instructor, email=instructor.email, verified=True, primary=True)
    client.logout()
    answer = client.post(url_of(draft), typed(craft=draft.craft_id, words="Very blue", price="a lot"))
    assert answer["Location"] == f"/en/accounts/login/?next={url_of(draft)}"
    assert Proposal.objects.get().words == ""
    client.post(answer["Location"], {"login": instructor.email, "password": "a long password"})
    page = client.get(url_of(draft)).content.decode()
    assert "Very blue" in page
    assert "a lot" in page
    client.post(url_of(draft), typed(craft=draft.craft_id, words="Very blue"))
    assert Proposal.objects.get().words == "Very blue"
    assert "What you typed before" not in client.get(url_of(draft)).content.decode()


def test_a_script_hears_in_words(client: Client, draft: Product) -> None:
    headers = {"Accept": "application/json"}
    answer = client.post(url_of(draft), typed(craft=draft.craft_id, words="Blue", price="x"), headers=headers)
    assert answer.json() == {"problems": ["Suggested price, ₼: Give the price as a number, such as 25 or 12,50."]}
    assert Proposal.objects.get().words == "Blue"
    publishing.submit(whole(draft).pk, actor=worker())
    answer = client.post(url_of(draft), typed(craft=draft.craft_id, words="Late"), headers=headers)
    assert (answer.status_code, len(answer.json()["problems"])) == (409, 1)
    client.logout()
    answer = client.post(url_of(draft), typed(craft=draft.craft_id, words="Late"), headers=headers)
    assert (answer.status_code, answer.content.decode()) == (401, "Sign in again: what you typed is kept.")


def test_pages_have_a_number_of_queries(
    client: Client, draft: Product, django_assert_num_queries: DjangoAssertNumQueries
) -> None:
    for _number in range(3):
        whole(ProductFactory.create())
    PhotoFactory.create_batch(8, product=draft)
    made_by(draft, *ArtisanFactory.create_batch(5))
    with django_assert_num_queries(6):
        client.get("/en/studio/")
    with django_assert_num_queries(13):
        client.get(url_of(draft))
    CraftFactory.create_batch(3)
    with django_assert_num_queries(5):
        client.get("/en/studio/new/")
    with django_assert_num_queries(3):
        client.get("/en/studio/guide/")


def test_a_page_of_the_list_is_not_endless(client: Client, draft: Product) -> None:
    ProductFactory.create_batch(30)
    page = client.get("/en/studio/").content.decode()
    assert len(re.findall(r'class="line"', page)) == 24
    assert 'href="?page=2"' in page


def test_the_studio_of_another_branch_is_no_page(draft: Product) -> None:
    photo = PhotoFactory.create(product=draft)
    getting = ["", "photos", f"photos/{photo.pk}", "voice-note"]
    posting = [
        *("", "send", "take-back", "delete", "photos/add", f"photos/{photo.pk}/left", f"photos/{photo.pk}/remove"),
        *("voice-note/add", "voice-note/remove"),
    ]
    for user in (
        member(Role.INSTRUCTOR, "barda"),
        member(Role.BRANCH_STAFF, "baku"),
        member(Role.ACCOUNTANT),
        UserFactory.create(),
    ):
        client = signed_in(user)
        assert {client.get(url_of(draft, rest) if rest else url_of(draft)).status_code for rest in getting} == {404}
        for rest in posting:
            assert client.post(url_of(draft, rest) if rest else url_of(draft), typed(words="x")).status_code == 404
    assert Product.objects.get().photos.get().turn == 0
    for user in (member(Role.CENTRE_STAFF), worker()):
        assert signed_in(user).get(url_of(draft)).status_code == 200


def test_strangers_are_asked_to_sign_in(draft: Product) -> None:
    stranger = Client()
    for address in ("/en/studio/", url_of(draft)):
        assert stranger.get(address)["Location"] == f"/en/accounts/login/?next={address}"


def test_instructors_land_in_the_studio_and_find_it_in_their_account(instructor: User) -> None:
    EmailAddress.objects.create(user=instructor, email=instructor.email, verified=True, primary=True)
    client = Client()
    answer = client.post("/en/accounts/login/", {"login": instructor.email, "password": "a long password"})
    assert answer["Location"] == "/en/studio/"
    assert 'href="/en/studio/"' in client.get("/en/orders/mine/").content.decode()
    shopper = signed_in(UserFactory.create())
    assert 'href="/en/studio/"' not in shopper.get("/en/orders/mine/").content.decode()


@pytest.mark.shared
def test_naughty_strings_are_kept_as_typed_or_refused_in_words(client: Client, draft: Product, shared: Any) -> None:
    photo = PhotoFactory.create(product=draft)
    naughty = json.loads((shared / "test-data" / "naughty-strings.json").read_text())
    for text in [*naughty, "x" * 5000, "a\0b", "1e999", "NaN", "9" * 400]:
        fields = typed(craft=text, makers=[text], size=text, price=text, pieces=text, words=text)
        of_it = of_photo(photo, alt=text, person=text, people=[text], cut_left=text)
        assert client.post(url_of(draft), fields | of_it).status_code == 200
    assert Product.objects.get().craft_id == draft.craft_id
    for address in ("new/", f"{draft.code}/photos/{photo.pk}/sideways/", "zzzzzz/"):
        assert client.post(f"/en/studio/{address}", {"craft": "\0", "branch": "x"}).status_code in {200, 404}
