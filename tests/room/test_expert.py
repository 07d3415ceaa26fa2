"""From no label to three models, unattended: an expert who sees only what the page sees, and the curve that was promised."""

import json
import os
import re
import secrets
import subprocess
import sys
import threading
import urllib.error
import urllib.request
from http.cookiejar import CookieJar
from pathlib import Path

import numpy as np
import pytest
from command import medimg
from projects import answered, cohort, project_in, words

LINK = re.compile(r"http://127\.0\.0\.1:\d+/login\?t=\S+")


class Expert(threading.Thread):
    """Reads at the address of a link until nobody answers there: a bright disc on the right is class a, on the left class b."""

    def __init__(self, link):
        super().__init__(daemon=True)
        self.origin, self.tab = link.partition("/login")[0], secrets.token_hex(8)
        self.open = urllib.request.build_opener(urllib.request.HTTPCookieProcessor(CookieJar())).open
        self.ask(link)
        self.csrf = json.loads(self.ask(f"{self.origin}/api/state").read())["csrf"]
        self.read = 0

    def ask(self, address, told=None):
        headers = {"Origin": self.origin, "Sec-Fetch-Site": "same-origin", "Content-Type": "application/json"}
        data = None if told is None else json.dumps(told).encode()
        return self.open(urllib.request.Request(address, data, headers | ({"X-CSRF": self.csrf} if data else {})), timeout=60)

    def run(self):
        try:
            while True:
                place = json.loads(self.ask(f"{self.origin}/api/state").read())["place"]
                if place["current"]:
                    self.answer(place["current"])
                else:
                    threading.Event().wait(0.2)
        except (urllib.error.URLError, ConnectionError):
            return  # the room is closed

    def answer(self, current):
        image = self.ask(f"{self.origin}/api/pixels/{current['token']}")
        shape = [int(n) for n in image.headers["X-Shape"].split(",")]
        pixels = np.frombuffer(image.read(), {"uint16": "<u2", "int16": "<i2", "float32": "<f4"}[image.headers["X-Type"]]).reshape(shape)
        half = shape[1] // 2
        told = {"item": current["token"], "round": current["round"], "tab": self.tab}
        label = "a" if pixels[:, half:].mean() > pixels[:, :half].mean() else "b"
        for kind, value in (("view_open", ""), ("label", label)):
            self.ask(f"{self.origin}/api/event", told | {"client_key": secrets.token_hex(16), "kind": kind, "value": value})
        self.read += 1


@pytest.mark.slow
def test_three_rounds_through_the_page_give_the_curve_of_the_simulation(tmp_path):
    manifest, truth = cohort(tmp_path / "cohort")
    flags = ["--strategy", "entropy", "--max-rounds", "2", "--no-browser", "--reader", "Dr A"]
    command = [sys.executable, "-m", "medimg", "active-label", *words(manifest, tmp_path / "runs", "active.test=true"), *flags]
    labelling = subprocess.Popen(command, env={**os.environ}, stderr=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
    link = next(found[0] for line in labelling.stderr if (found := LINK.search(line)))
    expert = Expert(link)
    expert.start()
    told = labelling.communicate(timeout=1500)
    assert labelling.returncode == 0, told
    assert "stop recommended because of max_rounds" in told[0]
    expert.join(60)
    own, more = project_in(tmp_path / "runs"), ["active.rounds=2", "active.repeats=1", "active.compare=[entropy]"]
    assert medimg("active-label", "--simulate", *words(answered(manifest, truth), tmp_path / "sim", *more)).code == 0
    sim = Path(next((tmp_path / "sim").rglob("simulation.json"))).parent / "sim"
    for number, unit in enumerate(("initial_n00", "entropy_n01", "entropy_n02")):
        assert own.round(number).cases("test").read_text() == (sim / f"r0_f0_{unit}.csv").read_text()
    assert expert.read == sum(1 for _ in own.round(2).labels.open()) - 1
    assert (own.report / "report.html").is_file()
