from medimg.cli.flags import LABEL, switch, takes
from medimg.cli.parser import EVERY


def test_a_flag_is_what_argparse_takes():
    assert takes("a number", int, "N", dest="x") == {"help": "a number", "type": int, "metavar": "N", "dest": "x"}
    assert switch("yes")["action"] == "store_true"


def test_every_flag_says_what_it_is_for_and_none_is_one_of_every_verb():
    assert all(len(options["help"]) > 4 for options in LABEL.values())
    assert not {*LABEL} & {*EVERY}
