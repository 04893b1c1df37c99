"""What collectstatic makes: the shop's own files, and a small tree where the bundle can be read whole."""

import gzip
import json
import re
from pathlib import Path

import pytest
from django.contrib.staticfiles.finders import find
from django.contrib.staticfiles.storage import staticfiles_storage
from django.core.management import call_command
from django.test import Client
from pytest_django import Settings

BUDGET_CSS = 15_000


@pytest.fixture
def collected(settings: Settings, tmp_path: Path) -> Path:
    root = tmp_path / "collected"
    settings.STATIC_ROOT = root
    # The shop's files; not the admin's hundreds, which take ten seconds.
    settings.STATICFILES_FINDERS = ["django.contrib.staticfiles.finders.FileSystemFinder"]
    settings.STORAGES = {
        **settings.STORAGES,
        "staticfiles": {"BACKEND": "dostshop.staticfiles.BundledStaticFilesStorage"},
    }
    return root


def collect() -> None:
    call_command("collectstatic", interactive=False, verbosity=0)


def served(root: Path, name: str) -> Path:
    manifest: dict[str, dict[str, str]] = json.loads((root / "staticfiles.json").read_text())
    return root / manifest["paths"][name]


@pytest.fixture
def small_tree(settings: Settings, tmp_path: Path) -> Path:
    source = tmp_path / "source"
    (source / "css" / "components").mkdir(parents=True)
    (source / "img").mkdir()
    (source / "img" / "mark.svg").write_text("<svg/>")
    (source / "css" / "shop.css").write_text(
        "/* How the parts stack. */\n@layer base, components;\n"
        '@import url("base.css") layer(base);\n@import url("components/card.css") layer(components);\n'
    )
    (source / "css" / "base.css").write_text('body { background: url("../img/mark.svg"); width: calc(1px + 2px) }\n')
    (source / "css" / "components" / "card.css").write_text(".card { color: red }\n")
    settings.STATICFILES_DIRS = [source]
    return source


def test_the_style_sheets_become_one_in_the_order_of_their_layers(collected: Path, small_tree: Path) -> None:
    collect()
    css = served(collected, "css/shop.css").read_text()

    assert re.fullmatch(
        r"@layer base,components;@layer base\{body\{background:url\(\"\.\./img/mark\.[0-9a-f]{12}\.svg\"\);"
        r"width:calc\(1px \+ 2px\)\}\}@layer components\{\.card\{color:red\}\}",
        css,
    )


def test_a_changed_part_changes_the_address_of_the_whole(collected: Path, small_tree: Path) -> None:
    collect()
    first = served(collected, "css/shop.css")
    collect()
    assert served(collected, "css/shop.css") == first

    (small_tree / "css" / "components" / "card.css").write_text(".card { color: blue }\n")
    collect()
    second = served(collected, "css/shop.css")
    assert second != first
    assert ".card{color:blue}" in second.read_text()


def test_a_part_that_is_not_there_stops_the_collecting(collected: Path, small_tree: Path) -> None:
    (small_tree / "css" / "components" / "card.css").unlink()
    with pytest.raises(KeyError, match=r"components/card\.css"):
        collect()


def test_the_shops_own_style_sheet_is_one_small_request(collected: Path) -> None:
    collect()
    path = served(collected, "css/shop.css")
    css = path.read_text()

    assert "@import" not in css
    assert gzip.decompress(path.with_suffix(".css.gz").read_bytes()).decode() == css
    assert path.with_suffix(".css.br").stat().st_size <= BUDGET_CSS
    for address in re.findall(r"url\([\"']?([^\"')]+)", css):
        assert (path.parent / address).exists(), address
    assert staticfiles_storage.url("css/shop.css") == f"/static/css/{path.name}"


def test_a_descendant_that_is_named_by_a_pseudo_class_stays_a_descendant(collected: Path, small_tree: Path) -> None:
    (small_tree / "css" / "components" / "card.css").write_text(
        ".card :is(th, td) { color: red }\n.card:hover :focus-visible { color: blue }\n"
        ".card::after { content: ' :x' }\n"
    )

    collect()

    css = served(collected, "css/shop.css").read_text()
    assert ".card *:is(th,td){" in css
    assert ".card:hover *:focus-visible{" in css
    assert ".card::after{" in css


def test_the_icon_is_where_browsers_guess_it(client: Client) -> None:
    assert client.get("/favicon.ico").headers["Location"] == "/static/img/mark.svg"
    assert find("img/mark.svg")
