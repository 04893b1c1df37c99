"""What may be wrong with a photo, seen in its numbers: advice for who took it, never a refusal.

The thresholds lie between the shop's own photos and the same photos made blurred or dark, with room on either side.
"""

from itertools import accumulate

from PIL import Image, ImageFilter

from catalog.models import Hint

# Pixels of the longer side at which a photo is looked at: what is not sharp at this size is not sharp on a phone.
SIDE = 800
# A photo is as sharp as its sharpest parts, since behind a piece there may be nothing but paper.
PARTS = 16
SHARP_PARTS = 13
# Mean square of the Laplacian in the least sharp of them.
BLURRED_BELOW = 16
# The photo is called by its lights, not by its mean: a dark vase on dark wood is well lit where something shines.
LIGHTS = 0.95
DARK_BELOW = 105
# What a dark photo is lifted to before its sharpness is looked at.
LIGHT = 200
# Pixels of the shorter side: fewer are not sharp over the whole width of a phone.
SMALL_BELOW = 900

_LAPLACIAN = ImageFilter.Kernel((3, 3), (0, 1, 0, 1, -4, 1, 0, 1, 0), scale=1, offset=128)
_SQUARES = [min(255, (value - 128) ** 2) for value in range(256)]


def hints(photo: Image.Image, *, width: int, height: int) -> list[Hint]:
    """Of a photo that was opened, at any size, and has the given size in its file."""
    grey = _looked_at(photo)
    light = _light(grey)
    noticed = {
        Hint.BLURRED: _sharpness(grey, light=light) < BLURRED_BELOW,
        Hint.DARK: light < DARK_BELOW,
        Hint.SMALL: min(width, height) < SMALL_BELOW,
    }
    return [hint for hint, is_so in noticed.items() if is_so]


def _looked_at(photo: Image.Image) -> Image.Image:
    grey = photo.convert("L")
    grey.thumbnail((SIDE, SIDE), Image.Resampling.BOX, reducing_gap=None)
    return grey


def _light(grey: Image.Image) -> int:
    """How bright it is where it is bright, of 255."""
    upto = accumulate(grey.histogram())
    return next(value for value, pixels in enumerate(upto) if pixels >= LIGHTS * grey.width * grey.height)


def _sharpness(grey: Image.Image, *, light: int) -> int:
    if light < DARK_BELOW:
        grey = grey.point([min(255, round(value * LIGHT / max(light, 1))) for value in range(256)])
    squares = grey.filter(_LAPLACIAN).point(_SQUARES)
    # Pillow leaves the edge as it was.
    inner = squares.crop((1, 1, grey.width - 1, grey.height - 1)) if min(grey.size) > PARTS else squares
    parts = inner.resize((PARTS, PARTS), Image.Resampling.BOX).tobytes()
    return sorted(parts, reverse=True)[SHARP_PARTS - 1]
