"""Taking back consents in the admin: what will happen, the action, its report and the slip; by role."""

from collections.abc import Sequence
from io import BytesIO
from typing import Any
from unittest.mock import Mock

import pytest
from django.core.files.storage import default_storage
from django.test import Client
from django.urls import reverse
from django.utils.translation import gettext
from pypdf import PdfReader
from pytest_django import DjangoAssertNumQueries

from artisans.models import Artisan, ArtisanPhoto, Channel, Consent, Scope, Withdrawal
from catalog import mentions, tasks, withdrawals
from catalog.models import Collection, Product
from dostshop.accounts.models import Role
from dostshop.background.models import Job
from tests.admin.conftest import english, signed_in, staff
from tests.admin.test_products import picture
from tests.factories import ArtisanFactory, BranchFactory, CollectionFactory, PhotoFactory, consent, piece
from tests.residue import residue

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("own_storage")]

RIGHTS = ("view_artisan", "view_withdrawal", "add_withdrawal")


@pytest.fixture
def maker() -> Artisan:
    artisan: Artisan = ArtisanFactory.create(display_name_az="Qızılquş", story_az="Sözlər", agreed=())
    consent(artisan, Scope.NAME, Scope.STORY)
    return artisan


@pytest.fixture
def centre() -> Client:
    return signed_in(staff(Role.CENTRE_STAFF, *RIGHTS))


def page_of(artisan: Artisan) -> str:
    return reverse("admin:artisans_artisan_withdraw", args=[artisan.pk])


def preview(client: Client, artisan: Artisan, *scopes: str, channels: Sequence[str] = ("site",)) -> Any:
    """The page that says what will happen."""
    return client.get(page_of(artisan), {"scopes": scopes, "channels": channels, "step": "show"})


def take_back(client: Client, artisan: Artisan, *scopes: str, channels: Sequence[str] = ("site",)) -> Any:
    """As the button below the preview does it."""
    seal = preview(client, artisan, *scopes, channels=channels).context["seal"]
    sent = {"scopes": scopes, "channels": channels, "seal": seal}
    return client.post(page_of(artisan), sent, follow=True)


def test_first_it_says_what_will_happen_and_changes_nothing(centre: Client, maker: Artisan) -> None:
    said = preview(centre, maker, "name", "story")
    assert said.context["effects"].consents == 2
    assert 'type="checkbox"' not in said.content.decode()
    assert not Withdrawal.objects.exists()
    maker.refresh_from_db()
    assert maker.display_name == "Qızılquş"


def test_then_it_is_done_and_reported(centre: Client, maker: Artisan) -> None:
    report = take_back(centre, maker, "name", "story")
    withdrawal = Withdrawal.objects.get()
    assert report.redirect_chain[-1][0] == reverse("admin:artisans_withdrawal_change", args=[withdrawal.pk])
    assert withdrawal.scopes == ["name", "story"]
    assert withdrawal.recorded_by is not None
    assert "Qızılquş" not in report.content.decode()
    maker.refresh_from_db()
    assert (maker.display_name, maker.story) == ("", "")


@pytest.mark.parametrize("scopes", [[], ["diagnosis"]])
def test_what_is_not_chosen_well_takes_nothing_back(centre: Client, maker: Artisan, scopes: list[str]) -> None:
    assert centre.post(page_of(maker), {"scopes": scopes, "channels": ["site"]}).status_code == 200
    assert centre.post(page_of(maker), {"scopes": ["name"], "channels": scopes}).status_code == 200
    assert not Withdrawal.objects.exists()


@pytest.mark.parametrize("left_out", [("scopes",), ("channels",), ("scopes", "channels")])
def test_no_tick_is_no_choice(centre: Client, maker: Artisan, left_out: tuple[str, ...]) -> None:
    chosen = {"scopes": ["name"], "channels": ["site"], "step": "show"}
    page = centre.get(page_of(maker), {name: value for name, value in chosen.items() if name not in left_out})
    assert "effects" not in page.context
    assert set(page.context["form"].errors) == set(left_out)


def test_the_button_takes_back_what_was_shown_and_nothing_else(centre: Client, maker: Artisan) -> None:
    seal = preview(centre, maker, "story").context["seal"]
    said = []
    for scopes, sent in ((["name", "story"], seal), (["name"], seal), (["story"], ""), (["story"], "é")):
        answer = centre.post(page_of(maker), {"scopes": scopes, "channels": ["site"], "seal": sent})
        said += [str(message) for message in answer.context["messages"]]
        assert answer.context["form"].cleaned_data["scopes"] == scopes
    assert said == [gettext("Nothing was taken back: read first what will happen, then decide.")] * 4
    assert not Withdrawal.objects.exists()
    take_back(centre, maker, "story")
    assert [one.scope for one in maker.consents.filter(withdrawn_at=None)] == [Scope.NAME]
    maker.refresh_from_db()
    assert (maker.display_name, maker.story) == ("Qızılquş", "")


def test_what_came_after_the_page_was_read_is_shown_before_it_is_taken_back(centre: Client, maker: Artisan) -> None:
    seal = preview(centre, maker, "name").context["seal"]
    consent(maker, Scope.NAME)
    sent = {"scopes": ["name"], "channels": ["site"], "seal": seal}
    assert centre.post(page_of(maker), sent).context["effects"].consents == 2
    assert not Withdrawal.objects.exists()


def test_the_choice_is_kept_when_it_is_to_be_changed(centre: Client, maker: Artisan) -> None:
    address = preview(centre, maker, "story", channels=("site", "press")).context["choose_again"]
    form = centre.get(page_of(maker) + address).context["form"]
    assert (form["scopes"].value(), form["channels"].value()) == (["story"], ["site", "press"])


def test_what_nobody_agreed_to_is_said_so(centre: Client) -> None:
    artisan = ArtisanFactory.create(display_name_az="", story_az="", agreed=())
    answer = take_back(centre, artisan, "name")
    assert [str(one) for one in answer.context["messages"]] == [
        gettext("Nothing of this is agreed to, and nothing of it is kept.")
    ]
    assert not Withdrawal.objects.exists()


def test_a_storage_that_does_not_answer_loses_nothing(
    centre: Client, maker: Artisan, monkeypatch: pytest.MonkeyPatch
) -> None:
    ArtisanPhoto.objects.create(artisan=maker, original=picture())
    with monkeypatch.context() as away:
        for call in ("exists", "save", "delete", "listdir"):
            away.setattr(default_storage, call, Mock(side_effect=OSError("no route to the storage")))
        report = take_back(centre, maker, "name", "face")
        withdrawal = Withdrawal.objects.get()
        assert report.redirect_chain[-1][0] == reverse("admin:artisans_withdrawal_change", args=[withdrawal.pk])
        said = [str(message) for message in report.context["messages"]]
        assert said[1:] == [gettext("The storage does not answer. The files are deleted as soon as it does.")]
        with pytest.raises(OSError, match="no route"):
            withdrawals.clear_away(**Job.objects.get(task_name=withdrawals.clear_away.name).args)
    maker.refresh_from_db()
    assert maker.display_name == ""
    assert not Consent.objects.filter(withdrawn_at=None, scope=Scope.NAME).exists()
    withdrawal.refresh_from_db()
    assert (withdrawal.files_gone_at, bool(withdrawal.files)) == (None, True)

    withdrawals.clear_away(withdrawal_pk=withdrawal.pk)
    assert default_storage.listdir("withdrawals")[1] == [f"{withdrawal.key}.json"]
    assert default_storage.listdir("originals")[1] == []
    withdrawal.refresh_from_db()
    assert withdrawal.files_gone_at is not None


def test_makers_of_another_branch_and_without_the_right_are_out_of_reach(maker: Artisan) -> None:
    elsewhere = signed_in(staff(Role.BRANCH_STAFF, *RIGHTS, branch=BranchFactory.create(slug="barda")))
    without = signed_in(staff(Role.ACCOUNTANT, "view_artisan"))
    for client in (elsewhere, without, Client()):
        for method in (client.get, client.post):
            assert method(page_of(maker), {"scopes": ["name"], "channels": ["site"]}).status_code in {302, 403, 404}
    assert not Withdrawal.objects.exists()


@pytest.mark.parametrize("language", ["az", "ru", "en"])
def test_the_slip_says_what_is_gone_and_names_nobody(centre: Client, maker: Artisan, language: str) -> None:
    withdrawal = withdrawals.withdraw(maker.pk)
    address = reverse("admin:artisans_withdrawal_slip", args=[withdrawal.pk])
    slip = centre.get(address, {"language": language})
    assert slip.headers["Content-Type"] == "application/pdf"
    assert slip.headers["Content-Language"] == language
    [page] = PdfReader(BytesIO(slip.content)).pages
    text = page.extract_text()
    assert maker.code in text
    assert "Qızılquş" not in text
    assert centre.get(address, {"language": "xx"}).status_code == 404


def test_the_slip_is_about_this_maker_and_leaves_staff_their_errands(centre: Client, maker: Artisan) -> None:
    mentioned = piece(name_en="Bowl", description_en="As Qızılquş made it").product
    ArtisanPhoto.objects.all().delete()
    consent(maker, Scope.PLACE, Scope.FACE)
    withdrawal = withdrawals.withdraw(maker.pk)
    report = centre.get(reverse("admin:artisans_withdrawal_change", args=[withdrawal.pk]))
    assert str(mentioned) in report.content.decode()
    slip = centre.get(reverse("admin:artisans_withdrawal_slip", args=[withdrawal.pk]), {"language": "en"})
    text = " ".join(PdfReader(BytesIO(slip.content)).pages[0].extract_text().split())
    assert mentioned.code not in text
    assert "Your name, in every language" in text
    assert "Your words" in text
    for nothing_there in ("pictures", "Where you are from", "the maker"):
        assert nothing_there not in text.split("What stays with us")[0]


def report_of(withdrawal: Withdrawal, client: Client) -> str:
    shown = client.get(english("artisans_withdrawal_change", withdrawal.pk)).content.decode()
    return " ".join(shown.split())


def test_texts_with_the_name_are_shown_as_they_are_and_until_they_are_changed(maker: Artisan) -> None:
    centre = signed_in(staff(Role.CENTRE_STAFF, *RIGHTS, "view_product", "change_product", "change_collection"))
    product = piece(name_en="Bowl", description_en="Thrown <b>as</b> Qızılquşun müəllimi did").product
    of_photo = piece(name_en="Jug").product
    PhotoFactory.create(product=of_photo, alt_ru="Чаша Кызылкуша")
    other = ArtisanFactory.create(display_name_en="Qızılquş", story_en="I learnt from qizilqus’s mother")
    collection = CollectionFactory.create(name_en="By Qızılquş")
    fields: dict[str, Any] = {"display_name_ru": "Кызылкуш"}
    Artisan.objects.filter(pk=maker.pk).update(**fields)

    withdrawal = withdrawals.withdraw(maker.pk)

    shown = report_of(withdrawal, centre)
    for row in (product, of_photo, other, collection):
        name = f"{row._meta.app_label}_{row._meta.model_name}_change"
        assert shown.count(f'href="{english(name, row.pk)}"') == 1, row
    assert "Thrown &lt;b&gt;as&lt;/b&gt; <mark>Qızılquşun</mark> müəllimi did" in shown
    assert "Чаша <mark>Кызылкуша</mark>" in shown
    assert "learnt from <mark>qizilqus</mark>’s mother" in shown
    assert ">Bowl</a> · description [en]" in shown
    assert "alternative text [ru]" in shown
    # It is read then and there: the report keeps none of it.
    assert not [found for found in (*residue("Qızılquş"), *residue("ызылкуш")) if "withdrawal" in found]

    Product.objects.filter(pk=product.pk).update(description_en="Thrown by hand")  # type: ignore[misc]
    Collection.objects.filter(pk=collection.pk).update(name_en="By Qızılquşcan")  # type: ignore[misc]
    shown = report_of(withdrawal, centre)
    assert english("catalog_product_change", product.pk) not in shown
    assert english("catalog_collection_change", collection.pk) not in shown
    assert english("catalog_product_change", of_photo.pk) in shown


def test_texts_on_pages_that_the_reader_may_not_open_lead_nowhere(maker: Artisan) -> None:
    branch = signed_in(staff(Role.BRANCH_STAFF, *RIGHTS, "view_product", branch=maker.branch))
    elsewhere = piece(name_en="Jug", description_en="As Qızılquş says it", branch=BranchFactory.create(slug="barda"))
    own = piece(name_en="Bowl", description_en="As Qızılquş does it", branch=maker.branch)
    collection = CollectionFactory.create(text_en="Of Qızılquş and others")
    named = CollectionFactory.create(name_az="Qızılquşun işləri")
    shown = report_of(withdrawals.withdraw(maker.pk), branch)
    assert f'href="{english("catalog_product_change", own.product.pk)}"' in shown
    assert "As <mark>Qızılquş</mark> does it" in shown
    for hidden in (english("catalog_product_change", elsewhere.product.pk), "says it", "and others"):
        assert hidden not in shown
    assert "Jug" in shown
    assert str(collection) in shown
    assert str(named) not in shown
    assert shown.count("Ask the Centre to change it.") == 3


@pytest.mark.parametrize(
    ("name", "text"),
    [
        ("Ağ Çiçək", "Ağ çiçəyin işi"),
        ("Ağ Çiçək", "AĞ-ÇİÇƏK"),
        ("Yazıq M.", "usta Yazığın, yəni yazıq m. tərəfindən"),
        ("O’Nar", "by (O’Nar’s) hands"),
        ("Роза", "Соткано Розой."),
    ],
)
def test_a_name_is_known_again_as_it_was_found(maker: Artisan, name: str, text: str) -> None:
    before: dict[str, Any] = {"display_name_az": name, "display_name_ru": "", "display_name_en": ""}
    Artisan.objects.filter(pk=maker.pk).update(**before)
    product = piece(care_en=text).product
    found = withdrawals.withdraw(maker.pk)
    assert found.report["mentioned_in"] == [product.code]
    assert [one.page for one in mentions.standing(found)] == [product]


def test_a_report_from_before_has_the_codes_alone(centre: Client, maker: Artisan) -> None:
    withdrawal = withdrawals.withdraw(maker.pk)
    old = {**withdrawal.report, "mentioned_in": ["K7M2QX"]}
    Withdrawal.objects.update(report={key: old[key] for key in old.keys() - {"mentioned_rows", "name_marks"}})
    assert "K7M2QX" in report_of(withdrawal, centre)


def test_the_report_query_count(
    centre: Client, maker: Artisan, django_assert_num_queries: DjangoAssertNumQueries
) -> None:
    withdrawal = withdrawals.withdraw(maker.pk)
    # Kinds of rows, once for each process.
    centre.get(reverse("admin:artisans_withdrawal_change", args=[withdrawal.pk]))
    with django_assert_num_queries(7):
        centre.get(reverse("admin:artisans_withdrawal_change", args=[withdrawal.pk]))


def test_the_report_query_count_where_the_name_still_stands(
    maker: Artisan, django_assert_num_queries: DjangoAssertNumQueries
) -> None:
    centre = signed_in(staff(Role.CENTRE_STAFF, *RIGHTS, "view_product"))
    for _ in range(3):
        PhotoFactory.create(product=piece(name_en="By Qızılquş").product, alt_az="Qızılquş")
    withdrawal = withdrawals.withdraw(maker.pk)
    report_of(withdrawal, centre)
    # Pieces, their photos, of which branches whoever reads may open them, and which these are.
    with django_assert_num_queries(11):
        assert report_of(withdrawal, centre).count("<mark>") == 6


def test_it_opens_with_everything_chosen_wherever_one_comes_from(centre: Client, maker: Artisan) -> None:
    form = centre.get(page_of(maker), {"_changelist_filters": "is_public=1"}).context["form"]
    assert (form["scopes"].value(), form["channels"].value()) == (Scope.values, Channel.values)
    assert not form.errors


def test_it_can_go_off_the_site_and_stay_in_print(centre: Client, maker: Artisan) -> None:
    consent(maker, Scope.NAME, channel=Channel.PRINT)
    assert preview(centre, maker, "name").context["effects"].consents == 1
    take_back(centre, maker, "name")
    assert Withdrawal.objects.get().channels == ["site"]
    assert [*Consent.objects.filter(withdrawn_at=None, scope=Scope.NAME).values_list("channel", flat=True)] == ["print"]
    maker.refresh_from_db()
    assert maker.display_name == "Qızılquş"


def form_of(client: Client, artisan: Artisan) -> dict[str, Any]:
    """As a browser would send the page of the maker that it shows now."""
    return form_at(client, reverse("admin:artisans_artisan_change", args=[artisan.pk]))


def form_at(client: Client, address: str) -> dict[str, Any]:
    page = client.get(address)
    forms = [page.context["adminform"].form]
    for formset in page.context["inline_admin_formsets"]:
        forms += [formset.formset.management_form, *formset.formset.initial_forms]
    fields = {bound.html_name: bound.value() for form in forms for bound in form}
    return {name: value for name, value in fields.items() if value is not None and value is not False}


@pytest.fixture
def editor() -> Client:
    return signed_in(staff(Role.CENTRE_STAFF, *RIGHTS, "change_artisan", "view_branch"))


def test_a_page_opened_before_writes_nothing_back(editor: Client, maker: Artisan) -> None:
    stale = form_of(editor, maker)
    withdrawals.withdraw(maker.pk)
    address = reverse("admin:artisans_artisan_change", args=[maker.pk])
    answer = editor.post(address, stale)
    assert answer.status_code == 200
    assert answer.context["adminform"].form.non_field_errors()
    maker.refresh_from_db()
    assert (maker.display_name, maker.story, maker.slug) == ("", "", maker.code.lower())
    assert not [found for found in residue("Qızılquş") if "session" not in found]
    assert editor.post(address, {**form_of(editor, maker), "place_az": "Şəki"}).status_code == 302
    maker.refresh_from_db()
    assert maker.place_az == "Şəki"  # type: ignore[attr-defined]


def test_the_code_of_another_maker_is_no_address(editor: Client, maker: Artisan) -> None:
    other = ArtisanFactory.create(slug="serce")
    address = reverse("admin:artisans_artisan_change", args=[maker.pk])
    answer = editor.post(address, {**form_of(editor, maker), "slug": other.code.lower()})
    assert "slug" in answer.context["adminform"].form.errors
    withdrawals.withdraw(other.pk)


def test_an_address_that_was_changed_is_gone_too(editor: Client, maker: Artisan, client: Client) -> None:
    before = maker.slug
    address = reverse("admin:artisans_artisan_change", args=[maker.pk])
    assert editor.post(address, {**form_of(editor, maker), "slug": "qizilqus-usta"}).status_code == 302
    withdrawals.withdraw(maker.pk)
    for slug in (before, "qizilqus-usta"):
        assert client.get(f"/artisans/{slug}/").status_code == 410


def test_files_of_a_portrait_go_with_it_and_with_its_successor(maker: Artisan) -> None:
    editor = signed_in(staff(Role.CENTRE_STAFF, *RIGHTS, "change_artisan", "view_branch", "view_consent"))
    portrait = ArtisanPhoto.objects.create(artisan=maker, original=picture())
    former = str(portrait.original.name)
    address = reverse("admin:artisans_artisan_change", args=[maker.pk])
    of_page = form_of(editor, maker) | {"photo-0-id": portrait.pk, "photo-0-artisan": maker.pk}
    of_page.pop("photo-0-original", None)
    assert editor.post(address, {**of_page, "photo-0-original": picture()}).status_code == 302
    assert Job.objects.get(task_name=tasks.discard_files.name).args == {"files": [["default", former]]}
    portrait.refresh_from_db()
    assert editor.post(address, {**of_page, "photo-0-DELETE": "on"}).status_code == 302
    assert not ArtisanPhoto.objects.exists()
    job = Job.objects.filter(task_name=tasks.discard_files.name).latest("pk")
    tasks.discard_files(**job.args)
    for file in (former, str(portrait.original.name)):
        assert not default_storage.exists(file)


def test_a_portrait_nobody_agreed_to_is_said_to_be_hidden(maker: Artisan) -> None:
    editor = signed_in(staff(Role.CENTRE_STAFF, *RIGHTS, "change_artisan", "view_branch", "view_consent"))
    portrait = ArtisanPhoto.objects.create(artisan=maker, original=picture())
    address = reverse("admin:artisans_artisan_change", args=[maker.pk])
    of_page = form_of(editor, maker) | {"photo-0-id": portrait.pk, "photo-0-artisan": maker.pk}
    of_page.pop("photo-0-original", None)
    consents = reverse("admin:artisans_artisan_record_consent", args=[maker.pk])

    def warned(**changed: Any) -> bool:
        answer = editor.post(address, {**of_page, **changed}, follow=True)
        return any(consents in str(message) for message in answer.context["messages"])

    assert warned(**{"photo-0-original": picture()})
    assert not warned()
    consent(maker, Scope.FACE)
    assert not warned(**{"photo-0-original": picture()})
