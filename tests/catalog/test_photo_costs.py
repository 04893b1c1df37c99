"""What a photo of twelve megapixels takes: of whoever sends it, and of a process of its own, as the worker's is."""

import os
import subprocess
import sys
from pathlib import Path
from time import perf_counter, process_time

import pytest
from PIL import Image

from catalog import photos  # noqa: F401  Pillow writes HEIF once this is imported.
from tests.catalog.phones import Phone, draft, instructor
from tests.catalog.test_photos import as_bytes
from tests.processes import ROOT

SECONDS = 6
MEGABYTES = 300
# Every rendition of the file named, in a process that has loaded what the worker has; processor and clock seconds, and
# the most memory that the process ever had, in kB. What the kernel tells parents of children counts the parent's too.
RENDERS = """
import sys, time
from pathlib import Path
import django
django.setup()
from catalog import photos
from catalog.tasks import render_picture
original = Path(sys.argv[1]).read_bytes()
processor, clock = time.process_time(), time.perf_counter()
assert len(photos.encode(original)) == 11
used = time.process_time() - processor, time.perf_counter() - clock
peak = next(line.split()[1] for line in Path("/proc/self/status").read_text().splitlines() if line.startswith("VmHWM"))
print(*used, peak)
"""

READS_PROC = pytest.mark.skipif(not Path("/proc/self/status").exists(), reason="a process's memory is read from /proc")


@pytest.fixture(scope="module")
def twelve_megapixels() -> Image.Image:
    """Slow changes and grain, as in a photograph."""
    coarse = [Image.effect_noise((1000, 750), 60) for _ in range(3)]
    return Image.merge("RGB", coarse).resize((4000, 3000), Image.Resampling.BICUBIC)


@READS_PROC
@pytest.mark.parametrize(
    ("picture_format", "mode"), [("JPEG", "RGB"), ("HEIF", "RGB"), ("PNG", "RGB"), ("PNG", "RGBA"), ("JPEG", "CMYK")]
)
def test_twelve_megapixels_take_six_seconds_of_one_core_and_300_megabytes_at_the_most(
    twelve_megapixels: Image.Image, tmp_path: Path, picture_format: str, mode: str, pytestconfig: pytest.Config
) -> None:
    original = tmp_path / "original"
    twelve_megapixels.convert(mode).save(original, picture_format, quality=90, compress_level=1)

    ran = subprocess.run(
        [sys.executable, "-c", RENDERS, str(original)],
        cwd=ROOT,
        env={"PATH": os.environ["PATH"], "DJANGO_SETTINGS_MODULE": "tests.settings"},
        capture_output=True,
        text=True,
        check=False,
    )
    assert ran.returncode == 0, ran.stderr
    processor, clock, peak = map(float, ran.stdout.split())

    assert processor < SECONDS
    assert peak / 1000 < MEGABYTES
    if pytestconfig.getoption("quiet_machine"):
        assert clock < SECONDS


@pytest.mark.django_db
@pytest.mark.usefixtures("own_storage")
@pytest.mark.parametrize("picture_format", ["JPEG", "HEIF", "PNG"])
def test_an_upload_is_answered_within_a_second_of_the_last_byte(
    twelve_megapixels: Image.Image, picture_format: str, pytestconfig: pytest.Config
) -> None:
    content = as_bytes(twelve_megapixels, picture_format, quality=80)
    phone = Phone(instructor(), draft())
    phone.begin(len(content))
    parts = range(0, len(content), 512 * 1024)
    for offset in parts[:-1]:
        phone.send(content[offset : offset + parts.step], offset=offset)
    used, began = process_time(), perf_counter()
    last = phone.send(content[parts[-1] :], offset=parts[-1])
    used, took = process_time() - used, perf_counter() - began
    assert last.status_code == 204
    assert used < 1
    if pytestconfig.getoption("quiet_machine"):
        assert took < 1
