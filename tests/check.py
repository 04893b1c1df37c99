"""The part of ``make check`` that no tool does: complete translations, and files free of stray addresses.

Prints one line for each problem and ends with status 1 where there is any.
"""

import os
import re
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path

import polib

ROOT = Path(__file__).resolve().parent.parent
# Message ids are English, so English needs no file but for allauth's, whose own test looks at it.
TRANSLATED = ("az", "ru")
GETTEXT_MISSING = "Whether every text is collected for translation is not known: install gettext to see it."

_PLACEHOLDER = re.compile(r"%\(\w+\)[sd]|%[sd]|\{\w*\}")
_STRAY_ADDRESSES = {
    "the address of a package index": re.compile(
        r"https?://[^\s/]*\b(?:pypi|pythonhosted|npmjs|yarnpkg)\b|--(?:extra-)?index-url|--find-links"
    ),
    "a path of one machine": re.compile(r"(?<![\w.~/$}-])/(?:home|root|work|tmp|Users|builds|opt)/[\w.]"),
}
# The check itself, its test, and the recipe that keeps such addresses out.
_MAY_NAME_THEM = {"tests/check.py", "tests/test_check.py", "Makefile"}


def main() -> None:
    problems = [*stray_addresses(), *incomplete_translations(), *uncollected_texts()]
    if problems:
        sys.exit("\n".join(problems))


def stray_addresses() -> Iterator[str]:
    for name in tracked_files():
        try:
            text = (ROOT / name).read_text()
        except (UnicodeDecodeError, FileNotFoundError):
            continue
        for number, line in enumerate(text.splitlines(), start=1):
            for what, pattern in _STRAY_ADDRESSES.items():
                if pattern.search(line) and name not in _MAY_NAME_THEM:
                    yield f"{name}:{number}: {what}: {line.strip()[:100]}"


def incomplete_translations() -> Iterator[str]:
    for language in TRANSLATED:
        path = translation_file(language)
        if not path.exists():
            yield f"{path.relative_to(ROOT)} is missing; `make messages` writes it."
            continue
        for entry in polib.pofile(str(path)):
            if fault := fault_of(entry):
                yield f"{path.relative_to(ROOT)}:{entry.linenum}: {fault}: {entry.msgid[:80]}"


def fault_of(entry: polib.POEntry) -> str:
    """What is wrong with the translation of one text, or nothing."""
    if entry.obsolete:
        return "no longer used"
    if entry.fuzzy:
        return "fuzzy"
    if not entry.translated():
        return "untranslated"
    wanted = set(_PLACEHOLDER.findall(entry.msgid + entry.msgid_plural))
    for text in (entry.msgstr, *entry.msgstr_plural.values()):
        if text and not set(_PLACEHOLDER.findall(text)) <= wanted:
            return "a placeholder that the English text does not have"
    if entry.msgstr and set(_PLACEHOLDER.findall(entry.msgstr)) != wanted:
        return "a placeholder is lost"
    return ""


def uncollected_texts() -> Iterator[str]:
    """Texts of code and templates that ``make messages`` would add to the files for translators."""
    if not shutil.which("msgmerge"):
        if os.environ.get("CI"):
            yield GETTEXT_MISSING
        else:
            sys.stderr.write(f"{GETTEXT_MISSING}\n")
        return
    used = texts_in_use()
    for language in TRANSLATED:
        path = translation_file(language)
        known = {_identity(entry) for entry in polib.pofile(str(path))} if path.exists() else set()
        if missing := sorted(text for _context, text, _plural in used - known):
            some = "”, “".join(missing[:3])
            yield f"{path.relative_to(ROOT)} lacks {len(missing)} texts; run `make messages`: “{some}” …"


def texts_in_use() -> set[tuple[str, str, str]]:
    """Collected in a copy of the sources, for makemessages writes beside what it reads."""
    with tempfile.TemporaryDirectory() as folder:
        copy = Path(folder)
        for name in tracked_files():
            if name.endswith((".py", ".html", ".txt")) and not name.startswith("tests/") and (ROOT / name).exists():
                (copy / name).parent.mkdir(parents=True, exist_ok=True)
                shutil.copy(ROOT / name, copy / name)
        (copy / "locale").mkdir(exist_ok=True)
        subprocess.run(
            [sys.executable, "manage.py", "makemessages", "--locale", "az", "--keep-pot", "--verbosity", "0"],
            cwd=copy,
            env={**os.environ, "DEMO": "1", "VAR_DIR": str(ROOT / "var")},
            check=True,
        )
        return {_identity(entry) for entry in polib.pofile(str(copy / "locale" / "django.pot"))}


def _identity(entry: polib.POEntry) -> tuple[str, str, str]:
    return entry.msgctxt or "", entry.msgid, entry.msgid_plural


def translation_file(language: str) -> Path:
    return ROOT / "locale" / language / "LC_MESSAGES" / "django.po"


def tracked_files() -> list[str]:
    listing = subprocess.run(
        ["git", "ls-files", "-z", "--cached", "--others", "--exclude-standard"],
        cwd=ROOT,
        check=True,
        capture_output=True,
        text=True,
    )
    return sorted(name for name in listing.stdout.split("\0") if name)


if __name__ == "__main__":
    main()
