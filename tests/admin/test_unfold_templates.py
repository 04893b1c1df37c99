"""The templates that the shop took over from Unfold: each is compared again when Unfold's own has changed."""

from hashlib import sha256
from pathlib import Path

import pytest
import unfold

OURS = Path(__file__).resolve().parent.parent.parent / "templates"
THEIRS = Path(unfold.__file__).parent / "templates"

# The beginning of the digest of Unfold's file, as it was when ours was last compared with it.
COMPARED = {
    "admin/base.html": "7428a8411d69ed8180178d888e37eaf0",
    "admin/submit_line.html": "b973d6e6ba0f875dce9f2daa2d92ccff",
    "unfold/helpers/change_list_filter_button.html": "f5492043bcfa9373f53ecf4ce06cd86f",
    "unfold/helpers/dialog.html": "695471a2c53d357d59e360bf24f0032d",
    "unfold/helpers/language_switch.html": "f3ad5b63f6f9908b4717967820f6e187",
    "unfold/helpers/pagination_default.html": "fad73d3c053476ef02975f5967f82c38",
    "unfold/helpers/welcomemsg.html": "91ac76169f4c93b57e54cdd03af5aac3",
}


@pytest.mark.parametrize("name", COMPARED)
def test_what_was_taken_over_has_not_changed_since(name: str) -> None:
    digest = sha256((THEIRS / name).read_bytes()).hexdigest()[:32]
    assert digest == COMPARED[name], (
        f"Unfold has changed {name}. Look again: take over what is new into templates/{name}, then write {digest} here."
    )


def test_every_template_taken_over_is_watched() -> None:
    """All that stand in the place of one of Unfold's, but for those that extend the page they are on."""
    shadowing = {path.relative_to(OURS).as_posix() for path in OURS.rglob("*.html")}
    taken_over = {name for name in shadowing if (THEIRS / name).is_file()}
    extending = {name for name in taken_over if '{% extends "admin/base_site.html" %}' in (OURS / name).read_text()}
    assert extending == {"admin/index.html"}
    assert taken_over - extending == set(COMPARED)
