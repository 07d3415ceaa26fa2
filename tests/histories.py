"""A labelling project of three rounds whose every number is known: who read what, what the model had said, what was repeated."""

import numpy as np
import rooms

from medimg.room.store import Item, Meta, Proposal, Round, Store

CLASSES = rooms.CLASSES
TRUTH = {f"i{k}": CLASSES[int(k % 3 == 0)] for k in range(120)}
SCORED = {"max_entropy": 0.61, "high_entropy": 0.55, "open": 60, "stop": []}


def project(folder):
    """Ann and Bo read 40 images of 30 patients together, then Ann 20 more and 5 repeats, then Bo 20 with the model shown after."""
    store = Store.create(folder / "labels.sqlite", Meta("project", CLASSES, "f" * 64))
    roles = ["val" if k < 10 else "pool" for k in range(120)]
    store.add_items([Item(f"i{k}", f"t{k}", f"p{k % 30}", pixel_sha256=f"{k:064x}", role=roles[k]) for k in range(120)])
    ann, bo, machine = store.add_reader("Ann"), store.add_reader("Bo"), store.add_reader("medimg", "machine")
    first = [Proposal(f"i{k}", k, "init") for k in range(40)]
    store.begin_round(Round(0, "typical", seed=7), first, [(f"i{k}", r.id, k) for k in range(40) for r in (ann, bo)])
    store.move(0, "labelling")
    for k in range(40):
        rooms.Hand(store, "Ann").label(f"i{k}", TRUTH[f"i{k}"], dwell_ms=1000 * (k % 4 + 1))
        if k % 8 < 7:
            wrong = CLASSES[1 - CLASSES.index(TRUTH[f"i{k}"])]
            rooms.Hand(store, "Bo").label(f"i{k}", wrong if k % 10 == 3 else TRUTH[f"i{k}"], dwell_ms=4000)
        else:
            rooms.Hand(store, "Bo").skip(f"i{k}", "not_decidable" if k == 7 else "poor_quality")
    end(store, 0, 0.81, 40)

    repeats = [Proposal(f"i{k}", 100 + k, "repeat") for k in range(10, 15)]
    chosen = [said(k, k - 40, "random" if k < 48 else "strategy") for k in range(40, 60)]
    everything = [*chosen, *repeats]
    store.begin_round(Round(1, "entropy", seed=8, model="round 0"), everything, [(p.item, ann.id, n) for n, p in enumerate(everything)])
    store.move(1, "labelling")
    hand = rooms.Hand(store, "Ann", 1)
    for k in range(40, 60):
        hand.label(f"i{k}", TRUTH[f"i{k}"], dwell_ms=90_000 if k == 40 else 2000)
    for k in range(10, 15):
        hand.label(f"i{k}", CLASSES[1] if k == 10 else TRUTH[f"i{k}"])
    store.write(rooms.Event("out", machine.id, "i119", 1, "exclude", reason="corrupt"))
    end(store, 1, 0.88, 60)

    shown = [said(k, k - 60, "strategy") for k in range(60, 80)]
    store.begin_round(Round(2, "entropy", seed=9, model="round 1"), shown, [(p.item, bo.id, n) for n, p in enumerate(shown)])
    store.move(2, "labelling")
    hand = rooms.Hand(store, "Bo", 2)
    for k in range(60, 80):
        seen = k % 2 == 0
        hand.label(f"i{k}", TRUTH[f"i{k}"], reveal="after" if seen else "hidden", dwell_ms=3000)
        if seen:
            hand.act("reveal", f"i{k}", reveal="after", shown_prob=shown[k - 60].probabilities)
        if k == 66:
            hand.act("revise_after_reveal", f"i{k}", CLASSES[1 - CLASSES.index(TRUTH[f"i{k}"])])
    rooms.Hand(store, "Ann", 0).label("i39", CLASSES[0])
    return store


def said(k, rank, reason):
    """What the model says of image k: right, but of every tenth image surely wrong."""
    p = 0.95 if (TRUTH[f"i{k}"] == CLASSES[1]) != (k % 10 == 5) else 0.05
    chance = 0.25 if reason == "random" else None
    return Proposal(f"i{k}", rank, reason, score=0.2, inclusion=chance, probabilities=(round(1 - p, 2), p))


def end(store, number, auroc, labels):
    """Close, train and score a round as a project does."""
    store.move(number, "closed", {"labels_sha256": f"{number}" * 64, "snapshot_event": int(store.events()["seq"].max())})
    val = {"auroc": auroc, "images": 10}
    trained = {"labels": labels, "patients": 30, "seconds_train": 12.0, "weights_sha256": "a" * 64, "val": val, "test": None}
    store.move(number, "trained", trained)
    store.move(number, "scored", SCORED | {"max_entropy": 0.6 - number / 10, "stop": ["stable", "max_entropy"] if number else []})


def truth(items):
    """The right class of each item."""
    return np.array([TRUTH[item] for item in items])
