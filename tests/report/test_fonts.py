"""A font is chosen by the letters it has."""

from fonts import chinese_font, only_matplotlibs

from medimg.report import fonts


def test_matplotlibs_own_font_comes_first_and_no_font_of_boxes_is_among_them():
    assert fonts.font_with("goitre, Kröpfe, зоб").family == fonts.OWN
    assert fonts.machine()[0].family == fonts.OWN
    assert not [font for font in fonts.machine() if "Resort" in font.family]


def test_letters_that_no_font_has_have_none(monkeypatch):
    only_matplotlibs(monkeypatch)
    assert fonts.font_with("甲状腺") is None


def test_a_font_of_the_machine_is_taken_for_the_letters_it_has(tmp_path, monkeypatch):
    chinese_font(tmp_path / "c.ttf", monkeypatch)
    assert fonts.font_with("甲状腺 (FLAIR)").family == "Tiny Chinese"
    assert fonts.font_with("甲状腺肿") is None


def test_a_file_that_is_no_font_has_no_letters(tmp_path):
    (tmp_path / "x.ttf").write_bytes(b"no font")
    assert fonts.letters(str(tmp_path / "x.ttf")) == frozenset()
