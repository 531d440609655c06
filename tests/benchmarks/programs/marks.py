"""What is read off while an experiment runs."""


class Marks:
    """A callback that keeps what `look` returns when the n-th trial has ended, for each number."""

    def __init__(self, look, *numbers):
        self.ended, self.look, self.numbers, self.found = 0, look, numbers, []

    def on_trial_end(self, trial):
        """Count it."""
        self.ended += 1
        if self.ended in self.numbers:
            self.found.append(self.look())
