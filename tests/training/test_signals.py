import signal

import pytest

from medimg.training.signals import SIGNALS, StopWish


@pytest.fixture
def wish():
    wish = StopWish()
    wish.listen()
    yield wish
    wish.release()


@pytest.mark.parametrize("number", SIGNALS)
def test_a_signal_becomes_a_wish(number, wish):
    assert wish.number == 0
    signal.raise_signal(number)
    assert wish.number == number


def test_the_first_signal_decides(wish):
    signal.raise_signal(signal.SIGINT)
    signal.raise_signal(signal.SIGTERM)
    assert wish.number == signal.SIGINT


def test_an_interrupt_after_a_wish_does_not_wait(wish):
    signal.raise_signal(signal.SIGTERM)
    with pytest.raises(KeyboardInterrupt):
        signal.raise_signal(signal.SIGINT)


def test_released_signals_go_to_those_who_had_them():
    before = [signal.getsignal(number) for number in SIGNALS]
    wish = StopWish()
    wish.listen()
    assert [signal.getsignal(number) for number in SIGNALS] != before
    wish.release()
    assert [signal.getsignal(number) for number in SIGNALS] == before
    wish.release()
    assert [signal.getsignal(number) for number in SIGNALS] == before


def test_listening_twice_still_gives_the_first_handlers_back():
    before = [signal.getsignal(number) for number in SIGNALS]
    wish = StopWish()
    wish.listen()
    wish.listen()
    wish.release()
    assert [signal.getsignal(number) for number in SIGNALS] == before
