"""What tests of the catalogue share."""

from pathlib import Path

import pytest
from pytest_django import Settings


@pytest.fixture
def own_storage(settings: Settings, tmp_path: Path) -> Path:
    """Files of one test only, so that one that is left can be seen: in ``default`` and ``renditions``."""
    settings.STORAGES = {
        name: {**storage, "OPTIONS": {**storage["OPTIONS"], "location": tmp_path / name}}
        if name in {"default", "renditions"}
        else storage
        for name, storage in settings.STORAGES.items()
    }
    return tmp_path
