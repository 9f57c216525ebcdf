"""Calls come through as calls for proposals; the way back shows no invitation to anybody it was kept from."""

import pytest
from sqlalchemy import text

from mptf.calls.kinds import CallKind
from mptf.cli import migrations
from mptf.core import schema
from mptf.core.db import db
from mptf.fund.models import Fund
from mptf.organisations.models import Office, Organisation
from mptf.policy import Role, Viewer
from mptf.questions import service as asking
from mptf.questions.facts import Reply
from tests.factories import Make
from tests.support.calls import published

BEFORE = "0027"
ROWS = "SELECT status, reference, title FROM call ORDER BY id"


def rows(of: str = ROWS) -> list[tuple[object, ...]]:
    with db.engine.connect() as connection:
        return [tuple(row) for row in connection.execute(text(of))]


@pytest.fixture
def sent(make: Make, fund: Fund, undp: Organisation, head: Viewer) -> None:
    """Publish a call and send an invitation, each with an answered question."""
    office = make.office(undp, "UNDP Albania")
    asker = make.viewer(Role.PUNO_OFFICER, fund, office=office)
    here, to = db.session.get_one(Fund, fund.id), db.session.get_one(Office, office.id)
    for kind in CallKind:
        call = published(here, [to], by=head, title=kind.label, kind=kind)
        asking.answer(asking.ask(call, "Both?", by=asker), Reply("Both?", "Yes."), by=head)
    db.session.commit()
    db.session.remove()


def test_an_invitation_is_taken_back_by_nobody_unawares(sent: None) -> None:
    before = rows()
    with pytest.raises(schema.Damage, match=r"Invitations \(1\) would be calls that every role of the fund reads"):
        migrations.downgrade(BEFORE)
    assert rows() == before


def test_who_insists_has_a_draft_and_calls_come_through(sent: None) -> None:
    (call, invitation) = rows()
    migrations.downgrade(BEFORE, lose=True)
    assert rows() == [call, ("draft", None, invitation[2])]
    assert rows("SELECT count(*) FROM call_question") == rows("SELECT count(*) FROM call_answer") == [(1,)]
    migrations.upgrade()
    assert rows("SELECT kind, why_outside FROM call ORDER BY id") == [("open", "")] * 2
