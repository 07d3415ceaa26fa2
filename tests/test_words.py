from medimg.words import plural


def test_one_is_singular_and_nothing_is_many():
    assert [plural(amount, "patient") for amount in (0, 1, 2)] == ["0 patients", "1 patient", "2 patients"]
    assert plural(12345, "image") == "12,345 images"
