"""Words are sorted into choices and values, and each that cannot be is told with the way out."""

import shlex

import pytest

from medimg.run.words import read_words


def test_words_are_sorted():
    said = read_words(["model=resnet50", "trainer.epochs=3", "~data.where.site", "experiment=null", "data.classes=[a,'b c']"])
    assert not said.faults
    assert said.choices == {"model": "resnet50", "experiment": None}
    assert said.values == {"trainer.epochs": 3, "data.classes": ["a", "b c"]}
    assert said.removed == ["data.where.site"]


@pytest.mark.parametrize(
    ("word", "told"),
    [
        ("task.lr=1,2", "needs -m"), ("task.lr=range(1,4)", "needs -m"), ("data.classes=a,b", "data.classes=[a,b]"),
        ("modle=resnet18", "Did you mean model?"), ("model=../../etc/x", "no path"), ("model=/etc/x", "no path"),
        ("model=resnet19", "Did you mean resnet18?"), ("data={a:1}", "data.KEY=VALUE"), ("data=null", "no data file"),
        ("hydra.run.dir=x", "needs -m"), ("title=Brain, FLAIR", """: 'title="Brain, FLAIR"'."""),
        ("title=脑, 六", """: 'title="脑, 六"'."""),
        ("data.label=a,b", """: 'data.label="a,b"'."""), ("title=a (b), c", """: 'title="a (b), c"'."""),
        ("data.classes=[脑炎,胶质瘤 (a)]", """Quote it in full: 'data.classes=["脑炎","胶质瘤 (a)"]'."""),
        ("hydra/launcher=x", "needs -m"), ("data@x=brain", "packages"), ("a/b=c", "no group"), ("x={a:1", "Quote it"),
        ("title=${oc.env:HOME}", "not allowed"), ("data._target_=os.system", "not allowed"), ("data.where={_target_:x}", "not allowed"),
        ("title='${oc.decode:${a}}'", "not allowed"),
    ],
)  # fmt: skip
def test_a_word_that_means_nothing_is_told(word, told):
    said = read_words([word])
    assert len(said.faults) == 1
    assert told in said.faults[0]
    assert not said.values


@pytest.mark.parametrize("value", ["Brain, FLAIR", "the ward's, cut", 'the "new", cut', "甲状腺, 六类", "a (b), c"])
def test_the_way_out_of_a_text_with_a_comma_works_as_it_is_told(value):
    (fault,) = read_words([f"title={value}"]).faults
    (word,) = [word for word in shlex.split(fault[fault.index("quote" if "quoted" in fault else "Quote") :]) if word.startswith("title=")]
    assert read_words([word.removesuffix(".")]).values == {"title": value}


def test_the_same_key_with_two_values_is_refused_and_with_one_is_fine():
    assert "twice" in read_words(["seed=1", "seed=2"]).faults[0]
    assert "twice" in read_words(["model=resnet18", "model=resnet50"]).faults[0]
    assert not read_words(["seed=1", "seed=1"]).faults
