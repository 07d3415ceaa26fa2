"""The report in a real browser: nothing is asked for, nothing is complained about."""

import json
import shutil
import subprocess

import pytest

CHROMIUM = shutil.which("chromium") or shutil.which("chromium-browser") or shutil.which("google-chrome")


def visit(address, folder):
    """What Chromium has loaded, said on its console, and asked for on behalf of the page (not for itself), with every host blocked."""
    command = [CHROMIUM, "--headless", "--no-sandbox", "--disable-gpu", "--disable-background-networking", "--disable-component-update"]
    command += ["--disable-sync", "--no-first-run", f"--user-data-dir={folder / 'profile'}", "--host-resolver-rules=MAP * ~NOTFOUND"]
    command += ["--enable-logging=stderr", f"--log-net-log={folder / 'net.json'}", "--dump-dom", address]
    done = subprocess.run(command, capture_output=True, text=True, timeout=120)
    events = [event.get("params", {}) for event in json.loads((folder / "net.json").read_text())["events"]]
    asked = {event["url"] for event in events if "url" in event and event.get("initiator", "not an origin") != "not an origin"}
    console = [line for line in done.stderr.splitlines() if "CONSOLE" in line]
    return done.stdout, console, {url for url in asked if not url.startswith(("data:", "file:"))}


@pytest.mark.browser
@pytest.mark.skipif(not CHROMIUM, reason="needs Chromium")
class TestInABrowser:
    @pytest.mark.parametrize("kind", ["binary", "external"])
    def test_it_loads_without_a_request_or_a_complaint(self, runs, pages, tmp_path, kind):
        shown, console, asked = visit(f"file://{runs[kind] / 'report.html'}", tmp_path)
        assert "CLAIM" in shown
        assert not console
        assert not asked

    def test_a_request_would_have_been_seen(self, tmp_path):
        page = tmp_path / "page.html"
        page.write_text("<img src='http://elsewhere.invalid/a.png'><script>console.error('loud')</script>")
        _, console, asked = visit(f"file://{page}", tmp_path)
        assert console
        assert asked == {"http://elsewhere.invalid/a.png"}
