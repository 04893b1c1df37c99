"""Pictures of the shop for its guides, which fail a test when the shop no longer looks like them."""

import re
from dataclasses import dataclass
from io import BytesIO
from pathlib import Path

from django.utils.dates import MONTHS
from django.utils.translation import override
from PIL import Image, ImageChops, ImageStat
from playwright.sync_api import Locator, Page

PICTURES = Path(__file__).parents[2] / "static" / "screenshots"
# What stands in each picture, word by word.
WORDS = Path(__file__).parent / "screenshots"
QUALITY = 72
# Of 255, between the two pictures at the size of a stamp: room for another date or code, not for another page.
MOST_DIFFERENT = 5.0
STAMP = (50, 60)

_IN_SIGHT = """() => {
  const words = [];
  const walker = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
  const range = document.createRange();
  while (walker.nextNode()) {
    range.selectNodeContents(walker.currentNode);
    const box = range.getBoundingClientRect();
    const isSeen = walker.currentNode.parentElement.checkVisibility({visibilityProperty: true});
    const isInside = box.width > 1 && box.bottom > 0 && box.top < innerHeight && box.right > 0 && box.left < innerWidth;
    if (isSeen && isInside) words.push(walker.currentNode.textContent.trim().replace(/\\s+/g, " "));
  }
  return words.filter(Boolean);
}"""
_IS_READY = """async () => {
  document.querySelectorAll("img").forEach((image) => { image.loading = "eager"; });
  await document.fonts.ready;
  await Promise.all([...document.images].map((image) => image.decode().catch(() => null)));
}"""


@dataclass(frozen=True)
class Camera:
    page: Page
    language: str
    # Takes the pictures anew, instead of comparing.
    is_taking: bool

    def take(self, name: str, *, at: Locator | None = None) -> None:
        """What is in sight, with ``at`` on top."""
        if at is not None:
            at.evaluate("element => scrollTo(0, element.getBoundingClientRect().top + scrollY - 12)")
        self.page.evaluate(_IS_READY)
        words = self._plain("\n".join(self.page.evaluate(_IN_SIGHT)))
        seen = Image.open(BytesIO(self.page.screenshot(animations="disabled"))).convert("RGB")
        picture, written = PICTURES / self.language / f"{name}.webp", WORDS / self.language / f"{name}.txt"
        if self.is_taking:
            for path in (picture, written):
                path.parent.mkdir(parents=True, exist_ok=True)
            seen.save(picture, "WEBP", quality=QUALITY, method=6)
            written.write_text(f"{words}\n", encoding="utf-8")
            return
        advice = f"The guide's picture “{name}” ({self.language}) no longer shows the shop: run “make screenshots”."
        assert words == written.read_text(encoding="utf-8").rstrip("\n"), advice
        assert _difference(seen, Image.open(picture).convert("RGB")) < MOST_DIFFERENT, advice

    def _plain(self, words: str) -> str:
        """Without what is another each time: dates, numbers and codes."""
        with override(self.language):
            months = "|".join(map(re.escape, map(str, MONTHS.values())))
        return re.sub(r"\w*\d\w*|\b[A-Z]{5,}\b", "0", re.sub(months, "–", words, flags=re.IGNORECASE))


def _difference(one: Image.Image, other: Image.Image) -> float:
    assert one.size == other.size
    stamps = [each.convert("L").resize(STAMP, Image.Resampling.BOX) for each in (one, other)]
    mean: float = ImageStat.Stat(ImageChops.difference(*stamps)).mean[0]
    return mean
