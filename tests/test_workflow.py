"""Every status is labelled, reachable, and final or has a way out; guards are bound; diagrams are current."""

import importlib
import pkgutil
import sys
from types import SimpleNamespace

import pytest

import mptf
from mptf.core.errors import N_, NotAllowed, RuleBroken
from mptf.core.status import Status
from mptf.policy import HeldRole, Permission, Role, Viewer
from mptf.workflow import Flow, step

TONES = {"open", "info", "step", "good", "warn", "bad", "flat"}


def flows() -> list[Flow]:
    """Find every flow of the application."""
    for module in pkgutil.walk_packages(mptf.__path__, "mptf."):
        importlib.import_module(module.name)
    named = [
        value for name, module in sys.modules.items() if name.startswith("mptf.") for value in vars(module).values()
    ]
    return sorted({value for value in named if isinstance(value, Flow)}, key=lambda flow: flow.kind)


@pytest.mark.parametrize("flow", flows(), ids=lambda flow: flow.kind)
def test_every_status_is_reachable_labelled_and_leads_somewhere(flow: Flow) -> None:
    statuses = set(type(flow.first))
    reached = {flow.first} | {row.target for row in flow.steps.values()}
    left = {source for row in flow.steps.values() for source in row.sources}
    assert reached == statuses
    assert {status for status in statuses if not status.final} <= left
    assert not {status for status in statuses if status.final} & left
    assert all(status.label and status.icon and status.tone in TONES for status in statuses)


@pytest.mark.parametrize("flow", flows(), ids=lambda flow: flow.kind)
def test_every_guard_is_bound(flow: Flow) -> None:
    assert {name for name, row in flow.steps.items() if row.guarded} == set(flow.guards)


class Lamp(Status):
    """A status for these tests."""

    OFF = "off", N_("Off"), "open", "pencil"
    ON = "on", N_("On"), "good", "check"
    BROKEN = "broken", N_("Broken"), "bad", "x", True


LAMP = Flow(
    "lamp",
    Lamp.OFF,
    step("light", N_("Switch on"), [Lamp.OFF], Lamp.ON, Permission.CONTRIBUTIONS_RECORD, done="lit", guarded=True),
    step("burst", N_("Burst"), [Lamp.OFF, Lamp.ON], Lamp.BROKEN, done="burst"),
)


@LAMP.guard("light")
def _has_power(lamp: SimpleNamespace, by: Viewer | None) -> None:
    if not lamp.power:
        raise RuleBroken(N_("Plug the lamp in first."))
    if by and by.id == lamp.plugged_in_by:
        raise RuleBroken(N_("You plugged it in; somebody else switches it on."))


def officer(role: Role = Role.SECRETARIAT_OFFICER) -> Viewer:
    held = HeldRole("g", role, 1)
    return Viewer(1, "p", "Demo Officer 1", (held,), held)


def lamp(power: bool = True, status: Lamp = Lamp.OFF, plugged_in_by: int = 0) -> SimpleNamespace:
    return SimpleNamespace(
        status=status, fund_id=1, power=power, plugged_in_by=plugged_in_by, public_id="x", __tablename__="lamp"
    )


def test_a_guard_refuses_in_words_and_the_button_says_why() -> None:
    dark = lamp(power=False)
    with pytest.raises(RuleBroken, match="Plug the lamp in first"):
        LAMP.fire(dark, "light", by=officer())
    (choice,) = LAMP.choices(dark, officer())
    assert (choice.step.name, str(choice.refusal)) == ("light", "Plug the lamp in first.")


def test_a_guard_knows_who_asks() -> None:
    me = officer()
    mine = lamp(plugged_in_by=me.id)
    (choice,) = LAMP.choices(mine, me)
    assert str(choice.refusal) == "You plugged it in; somebody else switches it on."
    with pytest.raises(RuleBroken, match="somebody else"):
        LAMP.fire(mine, "light", by=me)


def test_a_step_from_the_wrong_status_is_refused() -> None:
    with pytest.raises(RuleBroken, match="“Switch on” is not possible while this is “Broken”"):
        LAMP.fire(lamp(status=Lamp.BROKEN), "light", by=officer())


def test_a_step_needs_its_permission() -> None:
    with pytest.raises(NotAllowed):
        LAMP.fire(lamp(), "light", by=officer(Role.AUDITOR))
    assert LAMP.choices(lamp(), officer(Role.AUDITOR)) == []


def test_the_diagram_shows_every_step() -> None:
    assert LAMP.diagram().splitlines() == [
        "stateDiagram-v2",
        "    [*] --> off",
        "    off --> on: Switch on",
        "    off --> broken: Burst",
        "    on --> broken: Burst",
        "    broken --> [*]",
    ]
