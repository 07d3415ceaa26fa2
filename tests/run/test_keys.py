"""Keys as a person reads them."""

from medimg.run.keys import every_key
from medimg.settings import Settings
from medimg.validate import known_keys, plain


def test_every_key_is_listed_with_what_it_may_be():
    keys = every_key(plain(Settings()))
    assert [key.name for key in keys] == known_keys()
    assert all(key.wanted for key in keys)


def test_the_comment_beside_a_key_is_its_purpose():
    found = {key.name: key for key in every_key(plain(Settings()))}
    assert found["data.folds"].purpose == "1: one hold-out"
    assert found["task.freeze"].purpose == "encoder: all but the classifier; a number: the first layers"
    assert found["task.optimizer"].wanted == "one of adam, adamw, sgd"
