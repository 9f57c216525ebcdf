"""Which status follows which: a table of steps beside each status, and the only code that moves one."""

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Any, Protocol

from mptf.core import audit
from mptf.core.errors import N_, DomainError, RuleBroken
from mptf.core.status import Status
from mptf.policy import Permission, Viewer, can, require


class HasStatus(audit.Subject, Protocol):
    """An object of a fund with a status."""

    status: Any
    fund_id: Any


Guard = Callable[[Any, Viewer | None], None]


@dataclass(frozen=True)
class Step:
    """One way from a status to another; without a permission only the clock or a job takes it.

    `done` is what the audit log says was done to the object.
    """

    name: str
    label: str
    done: str
    sources: frozenset[Status]
    target: Status
    permission: Permission | None
    guarded: bool = False


@dataclass(frozen=True)
class Choice:
    """A step a person may take now, or the sentence that says why not yet."""

    step: Step
    refusal: DomainError | None


def step(
    name: str,
    label: str,
    sources: Iterable[Status],
    target: Status,
    permission: Permission | None = None,
    *,
    done: str,
    guarded: bool = False,
) -> Step:
    """Write one row of a flow's table."""
    return Step(name, label, done, frozenset(sources), target, permission, guarded)


class Flow:
    """The steps of one kind of object."""

    def __init__(self, kind: str, first: Status, *steps: Step) -> None:
        self.kind = kind
        self.first = first
        self.steps = {row.name: row for row in steps}
        self.guards: dict[str, Guard] = {}

    def guard(self, name: str) -> Callable[[Guard], Guard]:
        """Bind the rule of a guarded step: a function of the object and the person that raises RuleBroken."""
        if not self.steps[name].guarded:
            raise ValueError(f"{self.kind}: step {name} is not marked as guarded")

        def bind(rule: Guard) -> Guard:
            self.guards[name] = rule
            return rule

        return bind

    def fire(self, subject: HasStatus, name: str, *, by: Viewer | None, **detail: Any) -> None:
        """Take a step: permission, source, guard, then the status and its audit event."""
        row = self.steps[name]
        if row.permission is not None:
            require(by, row.permission, subject)
        self._check(subject, row, by)
        before, subject.status = subject.status, row.target
        audit.record(
            f"{self.kind}.{row.done}",
            subject,
            by=by,
            fund_id=subject.fund_id,
            before=before,
            after=row.target,
            **detail,
        )

    def choices(self, subject: HasStatus, viewer: Viewer) -> list[Choice]:
        """Return the steps from here that this person may take, with the reason where one must wait."""
        return [
            Choice(row, self._refusal(subject, row, viewer))
            for row in self.steps.values()
            if subject.status in row.sources and row.permission and can(viewer, row.permission, subject)
        ]

    def diagram(self) -> str:
        """Draw the flow as a Mermaid state diagram."""
        lines = ["stateDiagram-v2", f"    [*] --> {self.first.value}"]
        for row in self.steps.values():
            lines += [f"    {source.value} --> {row.target.value}: {row.label}" for source in sorted(row.sources)]
        return "\n".join(lines + [f"    {s.value} --> [*]" for s in type(self.first) if s.final]) + "\n"

    def _check(self, subject: HasStatus, row: Step, by: Viewer | None) -> None:
        if subject.status not in row.sources:
            raise RuleBroken(
                N_("“{step}” is not possible while this is “{status}”."),
                step=row.label,
                status=subject.status.label,
            )
        if row.guarded:
            self.guards[row.name](subject, by)

    def _refusal(self, subject: HasStatus, row: Step, by: Viewer) -> DomainError | None:
        try:
            self._check(subject, row, by)
        except RuleBroken as refusal:
            return refusal
        return None
