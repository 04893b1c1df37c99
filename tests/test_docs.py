"""The documentation names what there is."""

import re
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parent.parent
PAGES = [ROOT / "README.md", *sorted((ROOT / "docs").rglob("*.md"))]
READ = re.compile(r"env\.\w+\(\s*\"(\w+)\"")


def test_every_variable_that_the_shop_reads_is_explained() -> None:
    sources = [path.read_text() for path in (ROOT / "dostshop").glob("*.py")]
    read = {name for source in sources for name in READ.findall(source)}
    table = (ROOT / "docs" / "operations.md").read_text()
    explained = {
        name for row in re.findall(r"^\| (`.*?) \|", table, re.MULTILINE) for name in re.findall(r"`(\w+)`", row)
    }

    assert "STRIPE_SECRET_KEY" in read
    assert read - explained == set()
    assert explained - read - {"PORT", "WEB_WORKERS", "WEB_THREADS", "FORWARDED_ALLOW_IPS"} == set()


@pytest.mark.parametrize("document", PAGES, ids=lambda path: str(path.relative_to(ROOT)))
def test_every_link_leads_to_a_file(document: Path) -> None:
    for link in re.findall(r"\]\(([^)#:]+)(?:#[^)]*)?\)", document.read_text()):
        assert (document.parent / link).exists(), link


@pytest.mark.parametrize("document", PAGES, ids=lambda path: str(path.relative_to(ROOT)))
def test_every_file_and_command_that_is_named_exists(document: Path) -> None:
    text = document.read_text()
    targets = set(re.findall(r"^([a-z]+):", (ROOT / "Makefile").read_text(), re.MULTILINE))
    assert set(re.findall(r"\bmake ([a-z]+)\b(?= *(?:`|#))", text)) <= targets
    for path in re.findall(r"`((?:dostshop|artisans|catalog|orders|tests|static|templates|\.ci)/[\w./-]+\w)`", text):
        assert (ROOT / path).exists(), path
