"""What holds for both ways of sending, and what real archives make of the objects."""

import json
import socket
import subprocess
import time
import urllib.request
from pathlib import Path
from shutil import which

import pydicom
import pytest
from film_objects import result, write_film

from medimg.errors import ConfigError
from medimg.io.objects import Peer, WebPeer, send, store, stow, write_objects

pytest.importorskip("highdicom", reason="highdicom (medimg[dicom]) is not installed")
pytest.importorskip("pynetdicom", reason="pynetdicom (medimg[dicom]) is not installed")
PLUGINS = [Path(folder) / "libOrthancDicomWeb.so" for folder in ("/usr/share/orthanc/plugins", "/usr/lib/orthanc/plugins")]


@pytest.fixture(autouse=True)
def no_waiting(monkeypatch):
    monkeypatch.setattr(store, "WAIT_S", 0.0)
    monkeypatch.setattr(stow, "WAIT_S", 0.0)


@pytest.fixture
def objects(tmp_path):
    return write_objects(write_film(tmp_path / "film.dcm"), result(), tmp_path / "out")


def free_port():
    with socket.socket() as one:
        one.bind(("127.0.0.1", 0))
        return one.getsockname()[1]


@pytest.mark.parametrize("way", ["c-store", "stow"])
def test_a_peer_that_is_not_there_is_told_of_each_file_after_the_tries_of_the_first(objects, way):
    port = free_port()
    sent = send(objects, Peer("127.0.0.1", port, "X", tries=2) if way == "c-store" else WebPeer(f"http://127.0.0.1:{port}", tries=2))
    assert [(one.path, one.state, one.tries) for one in sent] == [(path, "unreachable", 0 if i else 2) for i, path in enumerate(objects)]
    assert all(one.detail and not one.ok for one in sent)


@pytest.mark.parametrize("to", [Peer("127.0.0.1", 1, "X", tries=1), WebPeer("http://127.0.0.1:1", tries=1)])
def test_a_file_that_is_none_is_unreadable(tmp_path, to):
    (tmp_path / "note.txt").write_text("no DICOM")
    assert [one.state for one in send([tmp_path / "note.txt", tmp_path / "gone.dcm"], to)] == ["unreadable", "unreadable"]
    assert send([], to) == []


def test_what_is_no_address_is_refused():
    with pytest.raises(ConfigError, match="is no address of a DICOMweb service"):
        send([], WebPeer("archive/dicom-web"))


def test_headers_of_a_service_are_not_printed():
    assert "secret" not in repr(WebPeer("https://archive", {"Authorization": "secret"}))


@pytest.mark.peer
@pytest.mark.skipif(which("storescp") is None, reason="storescp (dcmtk) is not installed")
def test_storescp_takes_every_object(tmp_path, objects):
    port = free_port()
    (tmp_path / "got").mkdir()
    with subprocess.Popen(["storescp", "-od", str(tmp_path / "got"), str(port)]) as server:
        try:
            wait_for(port)
            sent = send(objects, Peer("127.0.0.1", port, "STORESCP"))
        finally:
            server.terminate()
    assert all(one.ok for one in sent), sent
    assert uids((tmp_path / "got").iterdir()) == uids(objects)


@pytest.mark.peer
@pytest.mark.skipif(which("storescu") is None or which("storescp") is None, reason="storescu (dcmtk) is not installed")
def test_storescu_sends_every_object(tmp_path, objects):
    port = free_port()
    (tmp_path / "got").mkdir()
    with subprocess.Popen(["storescp", "-od", str(tmp_path / "got"), str(port)]) as server:
        try:
            wait_for(port)
            subprocess.run(["storescu", "-R", "127.0.0.1", str(port), *map(str, objects)], check=True, capture_output=True)
        finally:
            server.terminate()
    assert uids((tmp_path / "got").iterdir()) == uids(objects)


@pytest.mark.peer
@pytest.mark.skipif(which("Orthanc") is None, reason="Orthanc is not installed")
@pytest.mark.parametrize("way", ["c-store", "stow"])
def test_orthanc_gives_back_what_it_was_sent_once_or_twice(tmp_path, objects, way):
    plugin = next((path for path in PLUGINS if path.exists()), None)
    if way == "stow" and plugin is None:
        pytest.skip("the DICOMweb plugin of Orthanc (orthanc-dicomweb) is not installed")
    web, dicom = free_port(), free_port()
    settings = {
        "HttpPort": web, "DicomPort": dicom, "DicomAet": "ORTHANC", "StorageDirectory": str(tmp_path / "db"), "OverwriteInstances": True,
        "IndexDirectory": str(tmp_path / "db"), "RemoteAccessAllowed": False, "Plugins": [str(plugin)] if plugin else [],
        "DicomAlwaysAllowStore": True, "DicomCheckCalledAet": False,
    }  # fmt: skip
    (tmp_path / "orthanc.json").write_text(json.dumps(settings))
    root = f"http://127.0.0.1:{web}"
    to = Peer("127.0.0.1", dicom, "ORTHANC") if way == "c-store" else WebPeer(f"{root}/dicom-web")
    film = tmp_path / "film.dcm"
    with subprocess.Popen(["Orthanc", str(tmp_path / "orthanc.json")], stderr=subprocess.DEVNULL) as server:
        try:
            wait_for(web, seconds=120)
            sent = send([film, *objects], to) + send(objects, to)
            assert all(one.ok for one in sent), sent
            instances = [get(f"{root}/instances/{name}/file") for name in json.loads(get(f"{root}/instances"))]
            studies, series = json.loads(get(f"{root}/studies")), json.loads(get(f"{root}/series"))
        finally:
            server.terminate()
    assert (len(studies), len(series), len(instances)) == (1, 5, 5)
    back = {}
    for data in instances:
        (tmp_path / "back.dcm").write_bytes(data)
        one = pydicom.dcmread(tmp_path / "back.dcm")
        back[one.SOPInstanceUID] = one
    for path in objects:
        made = pydicom.dcmread(path)
        assert back[made.SOPInstanceUID] == made


def get(url):
    with urllib.request.urlopen(url, timeout=30) as answer:
        return answer.read()


def wait_for(port, seconds=60):
    until = time.monotonic() + seconds
    while time.monotonic() < until:
        try:
            socket.create_connection(("127.0.0.1", port), timeout=1).close()
            return
        except OSError:
            time.sleep(0.2)
    raise AssertionError(f"nothing listens on port {port} after {seconds} s")


def uids(paths):
    return {pydicom.dcmread(path).SOPInstanceUID for path in paths}
