"""How far a permission reaches, and that what says nothing of its owner is nobody's."""

from dataclasses import dataclass

import pytest

from mptf.policy import Everything, HeldRole, Nothing, Own, Permission, Reach, Realm, Role, Viewer, can, reach

VIEW = Permission.CONTRIBUTIONS_VIEW


@dataclass
class Place(Realm):
    """A fund as policy knows one."""

    fund_id: int = 1


@dataclass
class Record:
    """An object of a fund that belongs to an organisation."""

    organisation_id: int | None
    fund_id: int = 1


@dataclass
class Loose:
    """An object of a fund that does not say whose it is."""

    fund_id: int = 1


def viewer(role: Role, organisation_id: int | None = None) -> Viewer:
    return Viewer(1, "a", "Demo", (HeldRole("g", role, 1, organisation_id),))


@pytest.mark.parametrize(
    "role, organisation_id, expected",
    [
        (Role.SECRETARIAT_OFFICER, None, Everything()),
        (Role.DONOR_VIEWER, 7, Own(7)),
        (Role.DONOR_VIEWER, None, Nothing()),
        (Role.TECHNICAL_REVIEWER, None, Nothing()),
    ],
)
def test_a_permission_reaches_everything_ones_own_or_nothing(
    role: Role, organisation_id: int | None, expected: Reach
) -> None:
    who = viewer(role, organisation_id)
    assert reach(who, VIEW, 1) == expected
    assert reach(who, VIEW, 2) == Nothing()
    assert can(who, VIEW, Place()) is (expected != Nothing())


@pytest.mark.parametrize(
    "on, seen", [(Record(7), True), (Record(8), False), (Record(None), False), (Loose(), False), (Record(7, 2), False)]
)
def test_a_donor_sees_what_is_its_own_and_nothing_that_does_not_say_so(on: object, seen: bool) -> None:
    assert can(viewer(Role.DONOR_VIEWER, 7), VIEW, on) is seen
