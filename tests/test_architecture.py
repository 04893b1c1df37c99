"""The house's own rules that no linter knows: which way imports run, what a module may be called, how long it is."""

import ast
import re
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parent.parent
# Each app may import from those before it.
LAYERS = ("dostshop", "artisans", "catalog", "orders")
# The one that joins the apps, and the one that fills them with something to look at.
ABOVE_ALL = ("dostshop/urls.py", "dostshop/demo/")
UNWANTED_NAMES = re.compile(r"(?:^|_)(?:utils?|helpers?|services?|common|core|misc|signals)$")
MAX_LINES = 500
# Decision 11.
LOADED_FROM_ABOVE = {("catalog/promises.html", "delivery"), ("catalog/shares.html", "sharing")}


def modules() -> Iterator[str]:
    for folder in (*LAYERS, "tests"):
        yield from (str(path.relative_to(ROOT)) for path in sorted((ROOT / folder).rglob("*.py")))


SHOP_MODULES = [name for name in modules() if not name.startswith("tests/")]


def imported(name: str) -> Iterator[str]:
    """The first part of every name that the module imports, within functions too."""
    for node in ast.walk(ast.parse((ROOT / name).read_text())):
        if isinstance(node, ast.Import):
            yield from (alias.name.split(".")[0] for alias in node.names)
        elif isinstance(node, ast.ImportFrom) and not node.level:
            yield (node.module or "").split(".")[0]


def test_there_is_something_to_look_at() -> None:
    assert {name.split("/")[0] for name in SHOP_MODULES} == set(LAYERS)
    assert "orders" in set(imported("orders/models/__init__.py"))


@pytest.mark.parametrize("name", [name for name in SHOP_MODULES if not name.startswith(ABOVE_ALL)])
def test_imports_run_one_way(name: str) -> None:
    above = LAYERS[LAYERS.index(name.split("/", maxsplit=1)[0]) + 1 :]
    assert set(imported(name)) & {*above, "tests"} == set()


def test_templates_load_one_way() -> None:
    """A tag library is an import that Python does not see."""
    layer_of = {path.stem: path.parts[-3] for app in LAYERS for path in (ROOT / app).glob("**/templatetags/*.py")}
    found = set()
    for path in (ROOT / "templates").rglob("*.html"):
        template = path.relative_to(ROOT / "templates")
        # What belongs to no app, such as mails, anybody may have written.
        above = LAYERS[LAYERS.index(template.parts[0]) + 1 :] if template.parts[0] in LAYERS else ()
        loaded = " ".join(re.findall(r"{% load (.*?) %}", path.read_text())).split()
        found |= {(template.as_posix(), library) for library in loaded if layer_of.get(library) in above}
    assert found == LOADED_FROM_ABOVE


@pytest.mark.parametrize("name", SHOP_MODULES)
def test_a_module_is_named_after_what_the_shop_does(name: str) -> None:
    parts = Path(name).with_suffix("").parts
    assert [part for part in parts if UNWANTED_NAMES.search(part)] == []


@pytest.mark.parametrize("name", [name for name in modules() if "/migrations/" not in name])
def test_a_module_holds_one_idea(name: str) -> None:
    assert len((ROOT / name).read_text().splitlines()) <= MAX_LINES
