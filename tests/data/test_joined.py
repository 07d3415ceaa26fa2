import numpy as np

from medimg.data.joined import Drawn, Joined


def drawn(count, first, labels):
    pictures = np.arange(first, first + count, dtype=np.float32)[:, None, None] * np.ones((1, 4, 4), np.float32)
    return Drawn(pictures, np.asarray(labels, np.float32), [f"p{first + k}" for k in range(count)])


def test_a_batch_across_sets_comes_in_the_order_asked_for():
    joined = Joined([drawn(3, 0, [[1, 0]] * 3), drawn(0, 3, np.zeros((0, 2))), drawn(4, 3, [[0, 1]] * 4)])
    assert len(joined) == 7
    asked = [6, 0, 3, 2, 5]
    batch = joined.__getitems__(asked)
    assert batch["id"] == [f"p{k}" for k in asked]
    assert batch["image"][:, 0, 0, 0].tolist() == asked
    assert batch["label"].argmax(dim=1).tolist() == [1, 0, 1, 0, 1]
    assert joined.labels.shape == (7, 2)


def test_channels_repeat_the_one_picture():
    pictures = Drawn(np.random.default_rng(0).random((2, 4, 4), np.float32), np.ones((2, 1), np.float32), ["a", "b"], channels=3)
    image = pictures[1]["image"]
    assert image.shape == (1, 3, 4, 4)
    assert (image[:, 0] == image[:, 2]).all()
