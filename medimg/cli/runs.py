"""The verbs that make runs or use them."""

import json
import logging
import sys
from dataclasses import asdict
from pathlib import Path

from rich.markup import escape

from medimg.cli.parser import Command
from medimg.errors import ConfigError
from medimg.recipes.parts.crew import is_worker
from medimg.run.folder import rank, stored_settings, trained_run
from medimg.run.resume import refuse_outlining, refuse_simulated
from medimg.run.start import Outcome
from medimg.run.start import judge as judge_run
from medimg.run.start import train as train_run
from medimg.words import plural

LOG = logging.getLogger("medimg")


def train(command: Command) -> int:
    """medimg train."""
    speak(command)
    if command.multirun:
        return _sweep(command)
    return tell(train_run(command.overrides, command.names[0] if command.names else None), command)


def _sweep(command: Command) -> int:
    """Every combination is a run of its own; the table of their headlines at the end. Exit code: the gravest of the jobs."""
    from medimg.run.sweep import sweep

    if command.names:
        raise ConfigError(f"a sweep starts new runs and cannot go on with '{command.names[0]}'. Leave out -m, or the run.")
    jobs = sweep(command.overrides)
    failed = [job.exit_code for job in jobs if job.exit_code not in (0, 3, 4)]
    code = max(failed) if failed else 3 if any(job.exit_code == 3 for job in jobs) else 0
    if command.json:
        print(json.dumps({"jobs": [asdict(job) for job in jobs], "exit_code": code}))
        return code
    from rich.table import Table

    from medimg.cli.screen import console

    table = Table(
        "Job",
        "Settings",
        "Val. loss",
        "Test",
        "Run",
        title="Sweep: choose by the loss on validation, not by the test",
        title_justify="left",
    )
    same = set.intersection(*(set(job.words) for job in jobs)) if len(jobs) > 1 else set()
    for job in jobs:
        result = job.headline.partition(" (too few")[0] if job.exit_code in (0, 3, 4) else f"failed, exit code {job.exit_code}"
        words = " ".join(word for word in job.words if word not in same)
        loss = "" if job.val_loss is None else f"{job.val_loss:.4f}"
        table.add_row(str(job.number), escape(words), loss, escape(result or "no result"), Path(job.run).name)
    console().print(table)
    return code


def judge(command: Command) -> int:
    """medimg eval."""
    speak(command)
    return tell(judge_run(command.overrides, command.names[0] if command.names else None), command)


def predict(command: Command) -> int:
    """medimg predict: a CSV of probabilities, and a reason for each file that was refused (exit code 3)."""
    run = trained_run(command.names[0])
    settings, sources = stored_settings(run), [Path(name) for name in command.names[1:]]
    refuse_simulated(run, settings)
    refuse_outlining(run, settings)
    out = Path(command.out) if command.out else None
    if out is not None and not out.absolute().parent.is_dir():
        raise ConfigError(f"--out {out}: there is no folder {out.absolute().parent}. Make it, or name another file.")
    if settings.data.fuse:
        from medimg.recipes.predict_places import predict_places as score
    else:
        from medimg.recipes.predict import predict as score

    table, refused = score(settings, run, sources)
    if command.json:
        print(json.dumps({"run": str(run), "images": table.to_dict("records"), "refused": refused, "exit_code": 3 if refused else 0}))
    elif out is None:
        table.to_csv(sys.stdout, index=False, float_format="%.6g")
    if out is not None:
        table.to_csv(out, index=False, float_format="%.9g")
        print(f"{plural(len(table), 'image')}: {out}", file=sys.stderr)
    for reason in refused if not command.json else ():
        print(f"refused: {reason}", file=sys.stderr)
    return 3 if refused else 0


def speak(command: Command) -> None:
    """Messages go to stderr: what happens, or warnings only where a machine reads. Warnings of libraries go to the run's log."""
    handler = logging.StreamHandler(sys.stderr)
    handler.setFormatter(logging.Formatter("%(message)s"))
    handler.setLevel(logging.DEBUG if command.debug else logging.WARNING if command.json and not is_worker() else logging.INFO)
    handler.addFilter(lambda record: not getattr(record, "file_only", False))
    LOG.handlers[:] = [handler]
    LOG.setLevel(logging.DEBUG if command.debug else logging.INFO)
    LOG.propagate = False
    if not command.debug:
        logging.captureWarnings(True)
        warnings = logging.getLogger("py.warnings")
        warnings.handlers[:] = [logging.NullHandler()]
        warnings.propagate = False


def tell(outcome: Outcome, command: Command) -> int:
    """Print what a run leaves behind; returns the exit code."""
    if rank():  # the first process speaks for all
        return 0
    report = outcome.run / "report.html"
    if command.json:
        told = {"run": str(outcome.run), "headline": outcome.headline, "refused": outcome.refused, "exit_code": outcome.exit_code}
        print(json.dumps({**told, "report": str(report) if report.is_file() else None}))
        return outcome.exit_code
    if outcome.headline:
        from medimg.cli.screen import console
        from medimg.report.terminal import results_table

        console().print(results_table(outcome.run))
    elif (outcome.run / "learning.json").is_file():
        from medimg.cli.screen import console
        from medimg.report.simulating.terminal import simulation_table

        console().print(simulation_table(outcome.run))
    print(f"Report: {report}" if report.is_file() else f"Run: {outcome.run}")
    if outcome.refused:
        print(f"{plural(outcome.refused, 'image')} refused; why stands in {outcome.run / 'refused.csv'} (exit code 3).", file=sys.stderr)
    return outcome.exit_code
