"""medimg's own folder."""

import stat

import pytest

from medimg.errors import ConfigError
from medimg.io.home import cache_dir, home


def test_home_is_where_the_environment_says_and_private(tmp_path, monkeypatch):
    monkeypatch.setenv("MEDIMG_HOME", str(tmp_path / "a" / "b"))
    assert home() == tmp_path / "a" / "b"
    assert cache_dir("images").parent.parent == home()
    assert stat.S_IMODE(home().stat().st_mode) == 0o700


def test_a_home_that_cannot_be_made_is_a_fault_of_the_configuration(tmp_path, monkeypatch):
    (tmp_path / "file").write_text("")
    monkeypatch.setenv("MEDIMG_HOME", str(tmp_path / "file" / "home"))
    with pytest.raises(ConfigError, match="Set MEDIMG_HOME"):
        home()
