from medimg.room.folder import Folder


def test_a_project_is_there_when_its_store_is(tmp_path):
    own = Folder(tmp_path)
    assert not own.there()
    own.active.mkdir()
    own.store.touch()
    assert own.there()


def test_a_round_forgets_its_network_and_keeps_what_it_was_trained_on(tmp_path):
    one = Folder(tmp_path).round(7)
    assert one.path.name == "007"
    one.train.mkdir(parents=True)
    (one.train / "state.npz").touch()
    one.labels.touch()
    one.forget()
    one.forget()
    assert [path.name for path in one.path.iterdir()] == ["labels.csv"]
