"""Histories: everything that may happen, in any order, held against a plain model of it."""

from flask import Flask
from hypothesis import HealthCheck, Phase, settings
from hypothesis.stateful import RuleBasedStateMachine, run_state_machine_as_test

from tests.factories import Make


def run_histories(kind: type[RuleBasedStateMachine], app: Flask, make: Make) -> None:
    """Run a few long histories, the same ones each time; the machine finds `app` and `make` on itself."""
    here = type("HistoryHere", (kind,), {"app": app, "make": make})
    with app.app_context():
        run_state_machine_as_test(
            here,
            settings=settings(
                max_examples=4,
                stateful_step_count=40,
                deadline=None,
                derandomize=True,
                phases=[Phase.generate],
                suppress_health_check=list(HealthCheck),
            ),
        )
