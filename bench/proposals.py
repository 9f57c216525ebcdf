"""Lists of what was submitted, one of it, and files of all: milliseconds with 1,000 and 10,000, on both engines."""

import gc
import os
import statistics
import tempfile
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from functools import cache, partial
from pathlib import Path

from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import event, insert, select, text
from sqlalchemy.orm import Session

from bench.measure import Measurement
from mptf.calls.models import Call
from mptf.core import ids
from mptf.core.db import db
from mptf.organisations.models import Office, OrganisationKind
from mptf.policy import Role
from mptf.proposals.models import Proposal, ProposalStatus
from mptf.proposals.queries import PROPOSAL
from mptf.submissions.models import Submission, SubmissionPlace
from mptf.submissions.snapshot import hashed
from tests.factories import Make
from tests.support import postgres, scope
from tests.support.migrated import empty_database, installation
from tests.support.proposing import call_out
from tests.support.statements import statements

ENGINES = ("sqlite", "postgresql")
SIZES: Mapping[int, float] = {1_000: 15.0, 10_000: 30.0}
TIMES = 15
OFFICES = 12
MOST_QUERIES = 8 + 3  # of the page, and of the shell around it
FIRST = datetime(2026, 3, 2, 8, tzinfo=UTC)
# The list whole, narrowed in each way, and far from its beginning.
PAGES: Mapping[str, str] = {
    "whole": "",
    "far": "?page=15",
    "words": "?words=storage+77",
    "status": "?status=withdrawn",
    "nothing": "?words=nowhere",
}
# The lists of one call, as the Secretariat works with them.
OF_CALL: Mapping[str, str] = {
    "screening": "screening",
    "screening-words": "screening?words=storage+77",
    "opinions": "opinions/",
    "opinions-missing": "opinions/?missing=any",
}
# All of it as a file, while somebody waits.
FILES: Mapping[str, str] = {"xlsx": "submitted.xlsx", "csv": "submitted.csv"}
LONGEST_OF_A_FILE = 1_000.0
ONE = "one"
QUERIES = "queries"


@dataclass(frozen=True)
class Submitted:
    """An installation with a call of so many submitted proposals: an officer who is signed in, and one of them."""

    app: Flask
    client: FlaskClient
    call: str
    one: str


@contextmanager
def submitted(engine: str, size: int) -> Iterator[Submitted]:
    """Give such an installation, of an engine that is there inside the block."""
    postgres.begin_run()
    event.remove(Session, "do_orm_execute", scope.check)  # a test looks at statements, a desk sends them
    try:
        with (
            tempfile.TemporaryDirectory() as folder,
            installation(empty_database(engine, Path(folder), f"proposals{size}"), Path(folder)) as app,
        ):
            yield _fill(app, size)
    finally:
        event.listen(Session, "do_orm_execute", scope.check)
        postgres.stop()
        os.environ.pop(postgres.RUN, None)


def _fill(app: Flask, size: int) -> Submitted:
    make = Make(app)
    fund = make.fund()
    officer = make.viewer(Role.SECRETARIAT_OFFICER, fund)
    puno = make.organisation("UNDP", OrganisationKind.PUNO)
    offices = [make.office(puno, f"UNDP Office {number:02}") for number in range(OFFICES)]
    rows = [
        {
            "public_id": ids.new(), "fund_id": fund.id, "organisation_id": puno.id,
            "office_id": offices[number % OFFICES].id, "title": f"Safe storage of small arms {number}",
            "status": ProposalStatus.WITHDRAWN if number % 20 == 0 else ProposalStatus.SUBMITTED,
            "number": f"P{number}", "submitted_at": FIRST + timedelta(minutes=number), "by_id": officer.id,
            "requested_minor": 500_000_00, "requested_currency": "USD", "reopened": [],
        }
        for number in range(size)
    ]  # fmt: skip
    with app.app_context():
        call = call_out(fund, officer.id, *offices)
        db.session.execute(insert(Proposal), [{**row, "call_id": call.id} for row in rows])
        _send(call)
        public_id = call.public_id
        db.session.commit()
        db.session.remove()
        if db.engine.dialect.name == "postgresql":  # as its own daemon does while a real office works
            with db.engine.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
                connection.execute(text("VACUUM ANALYZE"))
    client = make.client(Role.SECRETARIAT_OFFICER, fund)
    return Submitted(app, client, public_id, str(rows[size // 2]["public_id"]))


def _send(call: Call) -> None:
    """Let each proposal have been sent once, to work in the place of its office."""
    mine = select(PROPOSAL.id, PROPOSAL.submitted_at, PROPOSAL.by_id, Office.jurisdiction_id).join(
        Office, Office.id == PROPOSAL.office_id
    )
    proposals = db.session.execute(mine.where(PROPOSAL.fund_id == call.fund_id, PROPOSAL.call_id == call.id)).all()
    sent = [
        {
            "id": row.id, "public_id": ids.new(), "proposal_id": row.id, "fund_id": call.fund_id, "number": 1,
            "content": "{}", "sha256": hashed("{}"), "requested_minor": 500_000_00, "requested_currency": "USD",
            "submitted_at": row.submitted_at, "by_id": row.by_id,
        }
        for row in proposals
    ]  # fmt: skip
    places = [
        {"submission_id": row.id, "fund_id": call.fund_id, "jurisdiction_id": row.jurisdiction_id} for row in proposals
    ]
    db.session.execute(insert(Submission), sent)
    db.session.execute(insert(SubmissionPlace), places)


@cache
def _taken(engine: str, size: int) -> Mapping[str, float]:
    """Return the milliseconds of each page, and how many queries lists send at most."""
    with submitted(engine, size) as office:
        gc.collect()
        gc.freeze()
        pages = {name: f"/f/SLW00/proposals/{query}" for name, query in PAGES.items()}
        pages |= {name: f"/f/SLW00/calls/{office.call}/{page}" for name, page in OF_CALL.items()}
        lists = list(pages.values())
        pages[ONE] = f"/f/SLW00/proposals/{office.one}"
        times = {name: _median(office, page) for name, page in pages.items()}
        for name, page in FILES.items():
            times[name] = _median(office, f"/f/SLW00/proposals/{page}", times=5)
        return {**times, QUERIES: float(max(_sent(office, page) for page in lists))}


def _median(office: Submitted, page: str, *, times: int = TIMES) -> float:
    taken = []
    for _ in range(times + 1):
        began = time.perf_counter()
        _open(office, page)
        taken.append((time.perf_counter() - began) * 1000)
    return statistics.median(taken[1:])


def _sent(office: Submitted, page: str) -> int:
    with statements(office.app) as sent:
        _open(office, page)
    return len(sent)


def _open(office: Submitted, page: str) -> None:
    answer = office.client.get(page)
    if answer.status_code != 200:
        raise OSError(f"{page} answers {answer.status_code}")


def _figure(engine: str, size: int, name: str) -> float:
    return _taken(engine, size)[name]


def _measurements() -> Iterator[tuple[str, Measurement]]:
    for engine in ENGINES:
        for size, limit in SIZES.items():
            for name in (*PAGES, *OF_CALL, ONE):
                yield (
                    f"PERF-2-proposals-{name}-{size}-{engine}",
                    Measurement(partial(_figure, engine, size, name), limit, "ms", engine),
                )
            for name in FILES:
                yield (
                    f"PERF-2-proposals-{name}-{size}-{engine}",
                    Measurement(partial(_figure, engine, size, name), LONGEST_OF_A_FILE, "ms", engine),
                )
            yield (
                f"PERF-1-proposals-{size}-{engine}",
                Measurement(partial(_figure, engine, size, QUERIES), MOST_QUERIES, "queries", engine),
            )


MEASUREMENTS = dict(_measurements())
