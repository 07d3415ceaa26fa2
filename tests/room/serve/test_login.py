"""Links and sessions."""

import pytest

from medimg.room.serve.guard import Refused
from medimg.room.serve.login import Logins, check_csrf


def test_a_link_has_256_bits_and_is_another_each_time():
    links = {Logins().link("anna") for _ in range(50)}
    assert len(links) == 50
    assert min(map(len, links)) >= 43


def test_a_used_link_is_replaced_and_told():
    told = []
    logins = Logins(announce=lambda reader, token: told.append((reader, token)))
    logins.enter(logins.link("anna"))
    assert [reader for reader, _ in told] == ["anna"]
    assert logins.session(logins.enter(told[0][1])).reader == "anna"


def test_nothing_that_lets_anybody_in_is_kept_as_it_is():
    logins = Logins()
    link = logins.link("anna")
    cookie = logins.enter(link)
    assert link not in str(vars(logins))
    assert cookie not in str(vars(logins))


def test_a_session_ends_when_it_was_not_used_for_hours(monkeypatch):
    import time

    logins = Logins(hours=1)
    cookie, now = logins.enter(logins.link("anna")), time.monotonic()
    for after in (0.9, 1.8, 2.7):
        monkeypatch.setattr(time, "monotonic", lambda after=after: now + 3600 * after)
        logins.session(cookie)
    monkeypatch.setattr(time, "monotonic", lambda: now + 3600 * 3.8)
    with pytest.raises(Refused, match="session"):
        logins.session(cookie)


def test_each_session_has_a_csrf_token_of_its_own():
    logins = Logins()
    one, two = (logins.session(logins.enter(logins.link("anna"))) for _ in range(2))
    check_csrf(one, one.csrf)
    with pytest.raises(Refused, match="csrf"):
        check_csrf(one, two.csrf)
