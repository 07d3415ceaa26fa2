"""Callbacks with which tests stop a training and see how much of it was done."""

import signal

import pytorch_lightning as pl


class StopAt(pl.Callback):
    """Sends a real signal before an optimiser step."""

    def __init__(self, step, number=signal.SIGTERM):
        self.step, self.number = step, number

    def on_train_batch_start(self, trainer, *_):
        if trainer.global_step == self.step - 1:
            signal.raise_signal(self.number)


class Count(pl.Callback):
    """Counts the batches trained, so that a run begun again from nothing is not taken for one continued."""

    batches = 0

    def on_train_batch_end(self, *_):
        self.batches += 1
