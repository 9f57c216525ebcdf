"""What the installation does by the clock: compares files, sweeps, prints the anchor, forgets what is over."""

import io
import os
from datetime import UTC, datetime, timedelta

import pytest
from flask import Flask
from sqlalchemy import select, text

from mptf.core import audit, clock, files
from mptf.core.audit import AuditAnchor
from mptf.core.db import db, unit_of_work
from mptf.core.files import Store
from mptf.core.ids import new
from mptf.core.once import FormToken
from mptf.jobs import chores, schedule, table
from mptf.jobs.models import JobRun
from mptf.signin import service
from mptf.signin.models import PasswordReset, SigninSession
from tests.factories import Make

NOW = datetime(2026, 11, 23, 3, 0, tzinfo=UTC)


def keep(store: Store, make: Make, content: bytes) -> str:
    """Store a file with a row that names it."""
    person, blob = make.person(), store.keep(io.BytesIO(content), limit=1000)
    with unit_of_work():
        files.add(blob, name="paper.pdf", media_type="application/pdf", by=person, fund_id=None)
    return blob.sha256


def test_a_changed_file_fails_the_nightly_check_by_name(ctx: Flask, store: Store, make: Make) -> None:
    keep(store, make, b"whole")
    changed = keep(store, make, b"as it was")
    assert chores.check_files() == "every stored file has its hash"
    db.session.remove()
    store.path(changed).write_bytes(b"as it is not")
    (job,) = (job for job in table.JOBS if job.run is chores.check_files)
    assert schedule.fire(ctx, job, leader=new())
    (error,) = db.session.scalars(select(JobRun.error)).all()
    assert changed in (error or "")


def test_only_what_no_row_named_for_a_day_is_swept(ctx: Flask, store: Store, make: Make) -> None:
    named = keep(store, make, b"named")
    old, fresh = (store.keep(io.BytesIO(words), limit=100).sha256 for words in (b"old", b"fresh"))
    two_days_ago = (datetime.now(UTC) - timedelta(days=2)).timestamp()
    for sha256 in (named, old):
        os.utime(store.path(sha256), (two_days_ago, two_days_ago))
    assert chores.sweep_files() == "1 loose files removed"
    assert {path.name for path in store.blobs()} == {named, fresh}


def test_the_anchor_of_a_day_is_printed_kept_and_never_rewritten(
    ctx: Flask, make: Make, capfd: pytest.CaptureFixture[str]
) -> None:
    fund = make.fund()
    with unit_of_work():
        audit.record("fund.touched", fund, by=None)
    with clock.at(NOW):
        printed = chores.print_anchor()
        with unit_of_work():
            audit.record("fund.touched", fund, by=None)
        assert chores.print_anchor() != printed, "the log has every anchor"
    anchor = db.session.get_one(AuditAnchor, NOW.date())
    assert f"{anchor.seq}:{anchor.hash}" == printed, "the row keeps the first of its day"
    assert anchor.hash in capfd.readouterr().out
    db.session.remove()
    with pytest.raises(Exception, match="never changed"), db.engine.begin() as connection:
        connection.execute(text("UPDATE audit_anchor SET seq = 0"))


def test_what_is_over_is_forgotten_and_nothing_else(ctx: Flask, make: Make) -> None:
    person = make.person()
    half_a_year, yesterday = NOW - timedelta(days=180), NOW - timedelta(days=1)
    for moment in (half_a_year, yesterday):
        with clock.at(moment), unit_of_work():
            service.open_session(person, lasts=timedelta(hours=12))
            db.session.add(FormToken(token=new(), person_id=person.id))
            db.session.add(JobRun(job="test", slot=moment, leader=new()))
            db.session.add(PasswordReset(person_id=person.id, nonce=new(), expires_at=moment + timedelta(hours=1)))
    with clock.at(NOW):
        said = chores.forget()
    assert said.startswith("1 job runs, 1 form tokens, 0 sign-in attempts, 1 sessions and 1 reset links")
    for model in (SigninSession, FormToken, JobRun, PasswordReset):
        assert len(db.session.scalars(select(model)).all()) == 1, model
