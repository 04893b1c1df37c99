"""That ``make check`` finds what it is there to find."""

from pathlib import Path

import polib
import pytest

from tests import check


def entry(msgid: str, msgstr: str = "", **fields: object) -> polib.POEntry:
    return polib.POEntry(msgid=msgid, msgstr=msgstr, **fields)


@pytest.mark.parametrize(
    ("found", "fault"),
    [
        (entry("Bag", "Səbət"), ""),
        (entry("Bag"), "untranslated"),
        (entry("Bag", "Səbət", flags=["fuzzy"]), "fuzzy"),
        (entry("Bag", "Səbət", obsolete=True), "no longer used"),
        (entry("Until %(time)s", "%(time)s-dək"), ""),
        (entry("Until %(time)s", "Vaxta qədər"), "a placeholder is lost"),
        (entry("Until %(time)s", "%(vaxt)s-dək"), "a placeholder that the English text does not have"),
        (entry("%(n)s piece", msgid_plural="%(n)s pieces", msgstr_plural={0: "%(n)s parça", 1: "%(n)s parça"}), ""),
        (entry("One piece", msgid_plural="%(n)s pieces", msgstr_plural={0: "Bir parça", 1: "%(n)s parça"}), ""),
        (entry("%(n)s piece", msgid_plural="%(n)s pieces", msgstr_plural={0: "%(n)s parça", 1: ""}), "untranslated"),
        (
            entry("%(n)s piece", msgid_plural="%(n)s pieces", msgstr_plural={0: "%(n)s parça", 1: "%(say)s parça"}),
            "a placeholder that the English text does not have",
        ),
    ],
)
def test_a_translation_is_complete_or_its_fault_is_named(found: polib.POEntry, fault: str) -> None:
    assert check.fault_of(found) == fault


@pytest.fixture
def tree(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A small project of files that all count as tracked."""
    monkeypatch.setattr(check, "ROOT", tmp_path)
    monkeypatch.setattr(check, "tracked_files", lambda: sorted(path.name for path in tmp_path.iterdir()))
    return tmp_path


@pytest.mark.parametrize(
    "line",
    [
        "resolved https://" + "registry.npmjs.org/x.tgz",
        "--extra-" + "index-url http://localhost:1234/simple",
        "wheel @ https://files." + "pythonhosted.org/x.whl",
        "see /" + "home/anna/shop/README.md",
        'open("/' + 'root/.ssh")',
    ],
)
def test_a_stray_address_is_found(tree: Path, line: str) -> None:
    (tree / "notes.md").write_text(f"first\n{line}\n")
    (tree / "picture.jpg").write_bytes(b"\xff\xd8\xff\x00" + line.encode())
    (found,) = check.stray_addresses()
    assert found.startswith("notes.md:2: ")


@pytest.mark.parametrize("line", ["https://example.org/home/anna", "path('work/<slug>/')", "../root/x", "{VAR}/opt/x"])
def test_an_ordinary_address_is_left_alone(tree: Path, line: str) -> None:
    (tree / "notes.md").write_text(line)
    assert list(check.stray_addresses()) == []


def test_a_missing_file_of_translations_is_named(tree: Path) -> None:
    assert list(check.incomplete_translations()) == [
        "locale/az/LC_MESSAGES/django.po is missing; `make messages` writes it.",
        "locale/ru/LC_MESSAGES/django.po is missing; `make messages` writes it.",
    ]


def test_a_text_that_nobody_collected_is_named(tree: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(check, "texts_in_use", lambda: {("", "Bag", ""), ("", "Order", "")})
    monkeypatch.setattr("shutil.which", lambda name: name)
    for language in check.TRANSLATED:
        path = check.translation_file(language)
        path.parent.mkdir(parents=True)
        path.write_text('msgid "Bag"\nmsgstr "Səbət"\n')
    assert list(check.uncollected_texts()) == [
        "locale/az/LC_MESSAGES/django.po lacks 1 texts; run `make messages`: “Order” …",
        "locale/ru/LC_MESSAGES/django.po lacks 1 texts; run `make messages`: “Order” …",
    ]


def test_without_gettext_ci_fails_and_a_person_is_told(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr("shutil.which", lambda name: None)
    monkeypatch.setenv("CI", "true")
    assert list(check.uncollected_texts()) == [check.GETTEXT_MISSING]
    monkeypatch.delenv("CI")
    assert list(check.uncollected_texts()) == []
    assert check.GETTEXT_MISSING in capsys.readouterr().err
