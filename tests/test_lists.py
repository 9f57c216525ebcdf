"""Views of lists: kept, replaced, renamed and removed by their own person, and what a view is when its list changed."""

from typing import Any

import pytest
from flask import Flask
from sqlalchemy import delete, func, select

from mptf.core.audit import AuditEvent
from mptf.core.db import db
from mptf.core.errors import NotAllowed, NotFound, RuleBroken
from mptf.fund.models import Fund
from mptf.lists import queries, service
from mptf.lists.kinds import TABLE, Listed, offer
from mptf.lists.models import LONGEST_NAME, SavedView
from mptf.people.queries import viewer_of
from mptf.policy import Permission, Role, Viewer
from tests.factories import Make

ASKED = {"status": "submitted"}


@pytest.fixture
def fund(make: Make) -> Fund:
    return make.fund()


@pytest.fixture
def officer(make: Make, fund: Fund) -> Viewer:
    return make.viewer(Role.SECRETARIAT_OFFICER, fund)


def kept(fund: Fund, by: Viewer, name: str = "Mine", *, replace: bool = False, **asked: str) -> SavedView:
    return service.keep(fund, TABLE["proposals"], name, asked or ASKED, by=by, replace=replace)


def names(fund: Fund, by: Viewer, key: str = "proposals") -> list[str]:
    return [view.name for view in queries.views_of(by, fund, key)]


def told(fund: Fund) -> list[str]:
    mine = select(AuditEvent.action).where(AuditEvent.fund_id == fund.id, AuditEvent.action.startswith("saved_view."))
    return list(db.session.scalars(mine.order_by(AuditEvent.seq)))


def test_views_are_kept_by_name_and_each_change_is_on_record_without_a_word_of_it(
    app: Flask, fund: Fund, officer: Viewer
) -> None:
    with app.app_context():
        view = kept(fund, officer, "  Beta ")
        kept(fund, officer, "alpha")
        assert names(fund, officer) == ["alpha", "Beta"]
        service.rename(fund, view, "Gamma", by=officer)
        service.rename(fund, view, "Gamma", by=officer)
        kept(fund, officer, "GAMMA", replace=True, words="storage")
        kept(fund, officer, "GAMMA", replace=True, words="storage")
        assert (view.name, view.asked) == ("GAMMA", {"words": "storage"})
        service.remove(fund, view, by=officer)
        db.session.commit()
        assert names(fund, officer) == ["alpha"]
        assert told(fund) == [f"saved_view.{done}" for done in ("added", "added", "renamed", "replaced", "removed")]
        bodies = " ".join(str(event.detail.body) for event in db.session.scalars(select(AuditEvent)))
        assert "Gamma" not in bodies
        assert "storage" not in bodies


def test_a_name_that_stands_is_replaced_only_when_that_is_asked_for(app: Flask, fund: Fund, officer: Viewer) -> None:
    with app.app_context():
        kept(fund, officer, "Mine")
        other = kept(fund, officer, "Other")
        with pytest.raises(RuleBroken, match="already") as refused:
            kept(fund, officer, "mine", words="storage")
        assert refused.value.field == "name"
        with pytest.raises(RuleBroken, match="another view called “Mine”"):
            service.rename(fund, other, "MINE", by=officer)
        service.rename(fund, other, "OTHER", by=officer)
        assert names(fund, officer) == ["Mine", "OTHER"]
        assert {view.name: view.asked for view in queries.views_of(officer, fund, "proposals")}["Mine"] == ASKED


@pytest.mark.parametrize(
    "name, told",
    [("", "Write a name"), (" ", "Write a name"), ("a\nb", "cannot be shown"), ("x" * (LONGEST_NAME + 1), "at most")],
)
def test_names_that_are_none_are_refused(app: Flask, fund: Fund, officer: Viewer, name: str, told: str) -> None:
    with app.app_context():
        with pytest.raises(RuleBroken, match=told):
            kept(fund, officer, name)
        view = kept(fund, officer)
        with pytest.raises(RuleBroken, match=told):
            service.rename(fund, view, name, by=officer)


def test_a_list_has_so_many_views_and_a_view_asks_for_something(app: Flask, fund: Fund, officer: Viewer) -> None:
    with app.app_context():
        with pytest.raises(RuleBroken, match="Choose a filter"):
            service.keep(fund, TABLE["proposals"], "Mine", {}, by=officer)
        for number in range(service.MOST_VIEWS):
            kept(fund, officer, f"View {number}")
        with pytest.raises(RuleBroken, match="Remove one first"):
            kept(fund, officer, "One more")
        kept(fund, officer, "View 1", replace=True, words="storage")
        service.keep(fund, TABLE["journal"], "One more", {"kind": "deposit"}, by=officer)
        assert (len(names(fund, officer)), names(fund, officer, "journal")) == (service.MOST_VIEWS, ["One more"])


def test_a_view_is_one_persons_in_one_fund(app: Flask, make: Make, fund: Fund, officer: Viewer) -> None:
    other = make.fund("OTHER")
    head = make.viewer(Role.SECRETARIAT_HEAD, fund)
    person = make.person()
    make.grant(person, Role.SECRETARIAT_OFFICER, other)
    with app.app_context():
        view = kept(fund, officer)
        assert names(fund, head) == []
        assert kept(fund, head).id != view.id
        with pytest.raises(NotFound):
            queries.get_view(head, fund, view.public_id)
        with pytest.raises(NotFound):
            queries.get_view(officer, other, view.public_id)
        assert queries.get_view(officer, fund, view.public_id) is view
        for act in (service.remove, lambda fund, view, by: service.rename(fund, view, "x", by=by)):
            with pytest.raises(NotAllowed):
                act(fund, view, by=head)
            with pytest.raises(NotAllowed):
                act(other, view, by=officer)
        with pytest.raises(NotAllowed):
            kept(fund, viewer_of(person.id))


@pytest.mark.parametrize(
    "role, lists",
    [
        (Role.SECRETARIAT_HEAD, {"proposals", "journal", "cash"}),
        (Role.AUDITOR, {"journal", "cash"}),
        (Role.PUNO_OFFICER, set()),
        (Role.ADMINISTRATOR, set()),
    ],
)
def test_views_are_kept_of_the_lists_a_person_reads(
    app: Flask, make: Make, fund: Fund, role: Role, lists: set[str]
) -> None:
    viewer = make.viewer(role, None if role.of_installation else fund)
    with app.app_context():
        kept_of = set()
        for key, listed in TABLE.items():
            try:
                service.keep(fund, listed, "Mine", ASKED, by=viewer)
            except NotAllowed:
                continue
            kept_of.add(key)
        assert kept_of == lists


def test_a_list_is_offered_once() -> None:
    there: Listed[Any] = TABLE["proposals"]
    with pytest.raises(ValueError, match="offered twice"):
        offer(there)
    assert there.permission is Permission.PROPOSALS_VIEW


@pytest.mark.both_engines
def test_a_view_that_was_removed_a_moment_ago_is_absent(app: Flask, fund: Fund, officer: Viewer) -> None:
    with app.app_context():
        view = kept(fund, officer)
        db.session.commit()
        with db.engine.begin() as another:
            another.execute(delete(SavedView).where(SavedView.fund_id == fund.id))
        with pytest.raises(NotFound):
            service.rename(fund, view, "Other", by=officer)
        with pytest.raises(NotFound):
            service.remove(fund, view, by=officer)


@pytest.mark.both_engines
def test_two_at_once_do_not_keep_one_name_twice(app: Flask, fund: Fund, officer: Viewer) -> None:
    with app.app_context():
        kept(fund, officer)
        db.session.commit()
        twice = SavedView(fund_id=fund.id, person_id=officer.id, list_key="proposals", name="Mine", asked=ASKED)
        db.session.add(twice)
        with pytest.raises(Exception, match=r"(?i)unique"):
            db.session.flush()
        db.session.rollback()
        count = select(func.count()).select_from(SavedView).where(SavedView.fund_id == fund.id)
        assert db.session.scalar(count) == 1
