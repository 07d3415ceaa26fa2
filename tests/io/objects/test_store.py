from collections import Counter

import pytest

from medimg.io.objects import Peer, send, store

pytest.importorskip("highdicom", reason="highdicom (medimg[dicom]) is not installed")
pynetdicom = pytest.importorskip("pynetdicom", reason="pynetdicom (medimg[dicom]) is not installed")


pytestmark = pytest.mark.usefixtures("no_waiting")


@pytest.fixture
def archive():
    """An archive that answers with the statuses it is told, then with success: (peer, what it got, statuses by UID, its server)."""
    got, answers = Counter(), {}
    entity = pynetdicom.AE(ae_title="ARCHIVE")
    entity.supported_contexts = pynetdicom.AllStoragePresentationContexts

    def take(event):
        uid = event.request.AffectedSOPInstanceUID
        got[uid] += 1
        told = answers.get(uid, [])
        answer = told.pop(0) if told else 0x0000
        if answer == "abort":
            event.assoc.abort()
            return 0x0000
        return answer

    server = entity.start_server(("127.0.0.1", 0), block=False, evt_handlers=[(pynetdicom.evt.EVT_C_STORE, take)])
    yield Peer("127.0.0.1", server.socket.getsockname()[1], "ARCHIVE", timeout_s=20), got, answers, server
    server.shutdown()


def sop(path):
    return store._meta(path)[1]


def test_every_object_arrives_once(objects, archive):
    to, got, _, _ = archive
    sent = send(objects, to)
    assert [(one.path, one.sop, one.state, one.status, one.tries) for one in sent] == [
        (path, sop(path), "stored", "0x0000", 1) for path in objects
    ]
    assert got == {sop(path): 1 for path in objects}


@pytest.mark.parametrize(
    ("status", "state", "tries"),
    [(0xB000, "stored", 1), (0x0111, "stored", 1), (0xA900, "refused", 1), (0xC123, "refused", 1), (0x0124, "refused", 1)],
)
def test_a_status_is_for_its_object_only(objects, archive, status, state, tries):
    to, _, answers, _ = archive
    answers[sop(objects[1])] = [status] * 9
    sent = send(objects, to)
    assert [one.state for one in sent] == ["stored", state, "stored", "stored"]
    assert (sent[1].status, sent[1].tries) == (f"0x{status:04X}", tries)


def test_a_peer_out_of_resources_is_tried_again(objects, archive):
    to, got, answers, _ = archive
    answers[sop(objects[0])] = [0xA700, 0xA702]
    sent = send(objects, to)
    assert [(one.state, one.tries) for one in sent] == [("stored", 3), ("stored", 1), ("stored", 1), ("stored", 1)]
    assert got[sop(objects[0])] == 3


def test_a_lost_association_is_made_again(objects, archive):
    to, got, answers, _ = archive
    answers[sop(objects[2])] = ["abort"]
    sent = send(objects, to)
    assert [(one.state, one.tries) for one in sent] == [("stored", 1), ("stored", 1), ("stored", 2), ("stored", 1)]
    assert got[sop(objects[2])] == 2


def test_an_object_that_ends_every_association_does_not_hold_up_the_rest(objects, archive):
    to, _, answers, _ = archive
    answers[sop(objects[1])] = ["abort"] * 9
    assert [(one.state, one.tries) for one in send(objects, to)] == [
        ("stored", 1), ("unreachable", 3), ("stored", 1), ("stored", 1),
    ]  # fmt: skip


def test_after_all_tries_the_rest_is_not_tried(objects, archive):
    to, got, answers, _ = archive
    answers[sop(objects[1])] = [0xA700] * 9
    sent = send(objects, to)
    assert [(one.state, one.tries) for one in sent] == [("stored", 1), ("unreachable", 3), ("unreachable", 0), ("unreachable", 0)]
    assert set(got) == {sop(path) for path in objects[:2]}


def test_what_a_peer_does_not_take_is_refused_and_the_rest_stored(objects, archive):
    to, _, _, server = archive
    server.contexts = [one for one in server.contexts if "Segmentation" not in one.abstract_syntax.name]
    sent = send(objects, to)
    assert [one.state for one in sent] == ["stored", "refused", "stored", "stored"]
    assert "Segmentation" in sent[1].detail


def test_a_peer_that_knows_us_not_says_so(objects, archive):
    to, got, _, server = archive
    server.ae.require_called_aet = True
    sent = send(objects, Peer(to.host, to.port, "OTHER", timeout_s=20))
    assert {one.state for one in sent} == {"refused"}
    assert "rejects the association" in sent[0].detail
    assert not got
