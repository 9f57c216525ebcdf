"""Every recorded action is a noun and what was done to it, and has a sentence on the audit page."""

import ast
import re
from collections.abc import Iterator
from datetime import date
from pathlib import Path

from flask import Flask

import mptf
from mptf.core import audit
from mptf.core.db import db
from mptf.core.money import Money
from mptf.pledges.service import Announcement, announce_pledge
from mptf.policy import Role
from mptf.trail import queries as trail
from mptf.trail.wording import shown
from tests.factories import Make
from tests.test_workflow import flows

SOURCE = Path(mptf.__file__).parent
LOOKS = {"page", "file", "export"}
IRREGULAR = ("begun", "brought_back", "chosen", "made", "given", "set_up", "withdrawn", "written")
PASSED_ON = {"core/changes.py", "workflow.py"}  # their callers name the action


def recorded() -> Iterator[str]:
    """Find the actions the source names where it records or changes something."""
    for path in SOURCE.rglob("*.py"):
        for call in ast.walk(ast.parse(path.read_text())):
            if not isinstance(call, ast.Call) or ast.unparse(call.func) not in ("audit.record", "change"):
                continue
            named = [
                str(part.value)
                for part in ast.walk(call.args[0])
                if isinstance(part, ast.Constant) and re.search(r"\w\.\w", str(part.value))
            ]
            assert named or str(path.relative_to(SOURCE)) in PASSED_ON, f"{path}:{call.lineno} records what?"
            yield from named


def every_action() -> set[str]:
    """Return what is recorded, by name or by a step of a flow."""
    return set(recorded()) | {f"{flow.kind}.{row.done}" for flow in flows() for row in flow.steps.values()}


def test_every_recorded_action_has_a_sentence_and_no_sentence_is_of_nothing(app: Flask) -> None:
    assert len(every_action()) > 30
    assert every_action() == audit.SENTENCES.keys() - LOOKS


def test_every_action_says_what_was_done() -> None:
    for action in every_action():
        assert re.fullmatch(r"[a-z_]+\.[a-z_]+", action), action
        assert action.endswith(("ed", *IRREGULAR)), action


def test_an_event_of_money_is_read_as_a_sentence(ctx: Flask, make: Make) -> None:
    fund, donor = make.fund(), make.organisation("Donorland")
    officer = make.viewer(Role.SECRETARIAT_OFFICER, fund)
    what = Announcement(donor, Money(600_000_000, "SEK"), date(2026, 3, 15))
    announce_pledge(fund, what, by=officer)
    db.session.commit()
    event = trail.page_of(trail.CHANGES, trail.Wanted(), fund=fund).items[0]
    assert shown(event, {}).sentence == f"recorded a pledge of {what.amount} from Donorland"
