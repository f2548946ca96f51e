"""The pictures of the page's screens: one for each, and plain words where none can be made."""

from collections import Counter
from pathlib import Path

import pytest

from tests import picture, screens
from tests.agent.page.scenes import SCENES
from tests.screens import IN_THE_DARK, shots


def test_every_screen_has_its_pictures() -> None:
    """Both languages in both widths, no two in one file, and the dark ones beside them."""
    names = Counter(shot.name for shot in shots())
    light = {
        f"{scene}-{locale}-{width}.png"
        for scene in SCENES
        for locale in ("en", "ja")
        for width in (390, 1280)
    }
    assert light <= names.keys()
    assert set(names.values()) == {1}
    dark = {name.split("-")[0] for name in names.keys() - light}
    assert dark == set(IN_THE_DARK)


@pytest.mark.parametrize("main", [screens.main, picture.main])
def test_without_a_browser_it_is_said_what_is_needed(
    main: object, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """And nothing is written."""
    assert callable(main)
    assert main([str(tmp_path / "there")], None) == 2
    assert "apt install chromium" in capsys.readouterr().err
    assert not (tmp_path / "there").exists()
