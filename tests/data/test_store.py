from medimg.data.store import RowStore


def rows(store, name):
    length = store.files[name]
    data = (store.folder / name).read_bytes()
    return [data[k * length : (k + 1) * length] for k in range(len(store.known()))]


def test_rows_of_all_files_are_found_by_id(tmp_path):
    store = RowStore(tmp_path / "store", {"a": 2, "b": 1})
    store.append(["x", "y"], {"a": b"aabb", "b": b"12"})
    store.append(["z"], {"a": b"cc", "b": b"3"})
    assert RowStore(tmp_path / "store", {"a": 2, "b": 1}).known() == {"x": 0, "y": 1, "z": 2}
    assert (rows(store, "a"), rows(store, "b")) == ([b"aa", b"bb", b"cc"], [b"1", b"2", b"3"])


def test_what_a_killed_process_left_does_not_count_and_is_written_over(tmp_path):
    store = RowStore(tmp_path / "store", {"a": 2})
    store.append(["x"], {"a": b"aa"})
    for name, left in (("a", b"???"), ("ids.txt", b"half")):
        with open(store.folder / name, "ab") as file:
            file.write(left)
    assert store.known() == {"x": 0}
    store.append(["y"], {"a": b"bb"})
    assert store.known() == {"x": 0, "y": 1}
    assert (store.folder / "a").read_bytes() == b"aabb"


def test_nothing_to_add_writes_nothing(tmp_path):
    store = RowStore(tmp_path / "store", {"a": 2})
    store.append([], {"a": b""})
    assert not [*store.folder.iterdir()]
