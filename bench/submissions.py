"""The last minutes before a deadline: 300 applicants attach five files each and submit, over several real workers.

Some come up to the closing second, some finish in the grace period, some come too late. Each is stored whole with every
file, or told in words why not. And how long `submit` and a save of a part take alone.
"""

import os
import random
import signal
import statistics
import subprocess
import sys
import tempfile
import time
import urllib.request
from collections.abc import Callable, Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import cache, partial
from io import BytesIO
from pathlib import Path

from flask import Flask
from sqlalchemy import event, insert, select, update
from sqlalchemy.orm import Session

from bench.applicants import FILES, LONGEST, Applicant, Told, come
from bench.measure import Measurement
from mptf.attachments import service as attachments
from mptf.calls import service as calls
from mptf.calls.facts import Papers, Wanted
from mptf.calls.models import Call
from mptf.core import clock, files, ids
from mptf.core.db import db, transactions, unit_of_work
from mptf.core.files import Store
from mptf.drafting import queries as drafting
from mptf.drafting.content import packed
from mptf.drafting.models import PartVersion
from mptf.organisations.models import Office, OrganisationKind
from mptf.people.models import Person
from mptf.policy import Role, Viewer
from mptf.proposals.models import May, PartKind, Proposal, ProposalPerson, Stage
from mptf.proposals.queries import get_proposal
from mptf.submissions import service
from mptf.submissions.models import Submission
from mptf.submissions.snapshot import hashed, unpacked
from tests.factories import Make
from tests.support import postgres, scope
from tests.support.calls import open_for, published
from tests.support.desk import ROOT, clean, free_port
from tests.support.migrated import empty_database, installation
from tests.support.signing import cookie_for
from tests.support.whole import contents

ENGINES = ("sqlite", "postgresql")
SEED = 20260430
WORKERS = 4
APPLICANTS, OFFICES = 300, 30
WRITING, RUSH = 240.0, 60.0  # seconds before the closing from which they attach, and in which they begin to submit
GRACE = timedelta(minutes=1)
IN_GRACE, OVER, LATE = 30, 5, 30  # so many finish in the grace period, after its end, or begin after the closing
DOCUMENTS = tuple(f"Document {number}" for number in range(1, FILES + 1))
TIMES = 20


@dataclass(frozen=True)
class Awaited:
    """An installation with a call that asks for five documents, and the drafts of those who answer it."""

    app: Flask
    url: str
    folder: Path
    call: int
    people: Sequence[Viewer]
    drafts: Sequence[str]


@contextmanager
def _awaited(engine: str, count: int) -> Iterator[Awaited]:
    """Give an installation with so many whole drafts, of an engine that is there inside the block."""
    postgres.begin_run()
    event.remove(Session, "do_orm_execute", scope.check)  # a test looks at statements, a desk sends them
    try:
        with tempfile.TemporaryDirectory() as name:
            folder, url = Path(name), empty_database(engine, Path(name), "submissions")
            with installation(url, folder) as app:
                yield _filled(app, url, folder, count)
    finally:
        event.listen(Session, "do_orm_execute", scope.check)
        postgres.stop()
        os.environ.pop(postgres.RUN, None)


def _filled(app: Flask, url: str, folder: Path, count: int) -> Awaited:
    make = Make(app)
    fund = make.fund()
    head, _officer = (make.viewer(role, fund) for role in (Role.SECRETARIAT_HEAD, Role.SECRETARIAT_OFFICER))
    puno = make.organisation("UNDP", OrganisationKind.PUNO)
    offices = [make.office(puno, f"UNDP Office {number:02}") for number in range(OFFICES)]
    people = [make.viewer(Role.PUNO_OFFICER, fund, office=offices[number % OFFICES]) for number in range(count)]
    with app.app_context():
        call = published(fund, offices, by=head, dates=open_for(5))
        calls.write(call, Papers(tuple(Wanted(name) for name in DOCUMENTS)), by=head, reason="As the call says.")
        rows = [_draft(call, offices[number % OFFICES], by.id, number) for number, by in enumerate(people)]
        db.session.execute(insert(Proposal), rows)
        _write(call, people)
        db.session.commit()
        key = call.id
        db.session.remove()
    return Awaited(app, url, folder, key, people, [str(row["public_id"]) for row in rows])


def _draft(call: Call, office: Office, by_id: int, number: int) -> dict[str, object]:
    return {
        "public_id": ids.new(), "fund_id": call.fund_id, "call_id": call.id, "organisation_id": office.organisation_id,
        "office_id": office.id, "title": f"Safe storage of small arms {number}", "by_id": by_id, "reopened": [],
    }  # fmt: skip


def _write(call: Call, people: Sequence[Viewer]) -> None:
    """Let each draft have its writer, and every part but its files."""
    versions, written = [], select(Proposal).where(Proposal.fund_id == call.fund_id).order_by(Proposal.id)
    for proposal, by in zip(db.session.scalars(written).all(), people, strict=True):
        keys = {"proposal_id": proposal.id, "fund_id": proposal.fund_id, "by_id": by.id}
        db.session.add(ProposalPerson(**keys, person_id=by.id, may=May.WRITE))
        versions += [
            {**keys, "public_id": ids.new(), "part": kind, "number": 1, "content": packed(content), "explicit": True}
            for kind, content in contents(proposal, drafting.frame_of(proposal)).items()
        ]
    db.session.execute(insert(PartVersion), versions)


# ---- the rush


@contextmanager
def _served(office: Awaited) -> Iterator[str]:
    """Serve an installation with several workers, as an installation does; give its address."""
    port = free_port()
    url = f"http://127.0.0.1:{port}"
    environment = {
        **clean(), "MPTF_ENV": "test", "SECRET_KEY": str(office.app.secret_key), "DATABASE_URL": office.url,
        "MPTF_DATA": str(office.folder), "BASE_URL": url, "WEB_WORKERS": str(WORKERS),
    }  # fmt: skip
    command = ["-m", "gunicorn", "--config", "deploy/gunicorn.conf.py", "--log-level", "warning"]
    with (office.folder / "web.log").open("wb") as log:
        process = subprocess.Popen(
            [sys.executable, *command, "--bind", f"127.0.0.1:{port}", "wsgi:app"], cwd=ROOT, env=environment,
            stdout=log, stderr=log, start_new_session=True,
        )  # fmt: skip
    try:
        _until_it_answers(f"{url}/healthz")
        yield url
    finally:
        os.killpg(process.pid, signal.SIGTERM)
        process.wait(30)


def _until_it_answers(address: str) -> None:
    deadline = time.monotonic() + 60
    while time.monotonic() < deadline:
        try:
            with urllib.request.urlopen(address, timeout=5):  # noqa: S310 - our own desk
                return
        except OSError:
            time.sleep(0.05)
    raise TimeoutError("the desk does not answer")


def _applicants(office: Awaited) -> list[Applicant]:
    """Choose when everybody comes, the same at every measurement."""
    chance = random.Random(SEED)
    with office.app.app_context():
        asked = tuple(one.public_id for one in db.session.get_one(Call, office.call).documents)
        people = [db.session.get_one(Person, by.id) for by in office.people]
        db.session.remove()
    found = []
    for number, (person, draft) in enumerate(zip(people, office.drafts, strict=True)):
        begins, sends = -chance.uniform(0.2, RUSH), 0.0
        if number < LATE:
            begins = chance.uniform(0.0, 10.0)
        elif number < LATE + IN_GRACE:
            sends = chance.uniform(1.0, GRACE.total_seconds() - 20)
        elif number < LATE + IN_GRACE + OVER:
            sends = GRACE.total_seconds() + chance.uniform(0.5, 5.0)
        attaches = -chance.uniform(RUSH, WRITING)
        cookie = cookie_for(office.app, person)
        found.append(Applicant(number, draft, cookie, asked, attaches, begins, sends or begins))
    return found


@dataclass(frozen=True)
class Row:
    """What was stored of a proposal: its one submission, and the SHA-256 of every file in it."""

    sha256: str
    files: frozenset[str]
    whole: bool


def _stored(office: Awaited) -> Mapping[str, list[Row]]:
    """Return what stands in the database of each draft, and refuse a store that lost a file."""
    with office.app.app_context(), transactions("read"):
        store: Store = office.app.extensions["files"]
        if lost := files.damaged(store):
            raise OSError(f"{len(lost)} files are damaged")
        rows = db.session.execute(
            select(Proposal.public_id, Submission)
            .outerjoin(Submission, (Submission.proposal_id == Proposal.id) & (Submission.fund_id == Proposal.fund_id))
            .where(Proposal.fund_id == db.session.get_one(Call, office.call).fund_id)
        )
        found: dict[str, list[Row]] = {}
        for public_id, sent in rows.all():
            found.setdefault(public_id, []).extend(map(_row, filter(None, [sent])))
        db.session.remove()
    return found


def _row(sent: Submission) -> Row:
    said = unpacked(sent.content)
    whole = sent.sha256 == hashed(sent.content) and said.parts.keys() == Stage.FULL.asks
    whole = whole and all(part.read.complete for part in said.parts.values())
    attached = frozenset(file.sha256 for file in said.frame.files.values())
    return Row(sent.sha256, attached, whole)


@cache
def _rushed(engine: str) -> Mapping[str, float]:
    """Let everybody come, and return what is counted and measured."""
    with _awaited(engine, APPLICANTS) as office:
        coming = _applicants(office)
        closes = clock.now().replace(microsecond=0) + timedelta(seconds=WRITING + 10)
        with office.app.app_context(), unit_of_work():
            minutes, call = int(GRACE.total_seconds()) // 60, db.session.get_one(Call, office.call)
            mine = update(Call).where(Call.fund_id == call.fund_id, Call.id == call.id)
            db.session.execute(mine.values(closes_at=closes, grace_minutes=minutes))
        with _served(office) as url, ThreadPoolExecutor(APPLICANTS) as crowd:
            told = list(crowd.map(lambda one: come(url, one, closes.timestamp()), coming))
        return _counted(coming, told, _stored(office), closes)


def _counted(
    coming: Sequence[Applicant], told: Sequence[Told], stored: Mapping[str, list[Row]], closes: datetime
) -> Mapping[str, float]:
    """Hold what everybody was told against what is stored."""
    over, closing = (closes + GRACE).timestamp(), closes.timestamp()
    pairs = [(one, stored[applicant.public_id]) for applicant, one in zip(coming, told, strict=True)]
    for wrong in {wrong for one in told for wrong in one.wrong}:
        sys.stderr.write(f"{wrong}\n")
    late = [one for one, rows in pairs if rows and (one.begun_at >= closing or one.sent_at >= over)]
    refused = [one for one in told if one.refusal]
    answers = [seconds * 1000 for one in told for seconds in one.seconds]
    return {
        "stored": sum(len(rows) for rows in stored.values()),
        "refused": len(refused),
        "astray": sum(not _accounted(one, rows) for one, rows in pairs),
        "wrong": sum(len(one.wrong) for one in told),
        "late": len(late),
        "waited": sum(one.begun_at < closing and (one.sent_at or closing) < over for one in refused),
        "median": statistics.median(answers),
        "slowest": max(answers),
    }


def _accounted(told: Told, rows: Sequence[Row]) -> bool:
    """Tell whether somebody holds the receipt of what is stored whole, or was refused in words and nothing is."""
    if told.refusal and not told.receipt:
        return not rows
    return (
        len(rows) == 1 and rows[0].whole and rows[0].sha256 == told.receipt
        and rows[0].files == told.attached and len(told.attached) == FILES
    )  # fmt: skip


# ---- one at a time


@cache
def _alone(engine: str) -> Mapping[str, float]:
    """Return the milliseconds of `submit` with its commit, for a whole proposal of five files, nobody else there."""
    times = []
    with _awaited(engine, TIMES + 1) as office, office.app.app_context():
        asked = [one.public_id for one in db.session.get_one(Call, office.call).documents]
        for number, (by, public_id) in enumerate(zip(office.people, office.drafts, strict=True)):
            db.session.remove()
            proposal = _proposal(office, by, public_id)
            for place, document in enumerate(asked):
                attachments.attach(proposal, _file(office, by, number, place), document=document, by=by)
            db.session.commit()
            db.session.remove()
            proposal = _proposal(office, by, public_id)
            began = time.perf_counter()
            service.submit(proposal, by=by)
            db.session.commit()
            times.append((time.perf_counter() - began) * 1000)
        db.session.remove()
    return {"submit": statistics.median(times[1:])}


@cache
def _saved(engine: str) -> Mapping[str, float]:
    """Return the milliseconds of an answer to a page that saves the part Narrative by itself."""
    times = []
    with _awaited(engine, 1) as office:
        office.app.config["WTF_CSRF_ENABLED"] = False
        with office.app.app_context():
            person = db.session.get_one(Person, office.people[0].id)
            proposal = _proposal(office, office.people[0], office.drafts[0])
            typed = contents(proposal, drafting.frame_of(proposal))[PartKind.NARRATIVE]
            db.session.remove()
        client, page = Make(office.app).client_of(person), f"/f/SLW00/proposals/{office.drafts[0]}/parts/narrative"
        for number in range(1, TIMES + 2):
            form = {**typed, "summary": f"Summary {number}.", "version": str(number), "alone": "y", "do": "autosave"}
            began = time.perf_counter()
            answer = client.post(page, data=form)
            times.append((time.perf_counter() - began) * 1000)
            if answer.status_code != 200 or (answer.json or {}).get("version") != number + 1:
                raise OSError(f"{page} answers {answer.status_code}")
    return {"autosave": statistics.median(times[1:])}


def _proposal(office: Awaited, by: Viewer, public_id: str) -> Proposal:
    return get_proposal(by, db.session.get_one(Call, office.call).fund, public_id)


def _file(office: Awaited, by: Viewer, number: int, place: int) -> files.StoredFile:
    store: Store = office.app.extensions["files"]
    blob = store.keep(BytesIO(f"%PDF-1.7 {number} {place}".encode()), limit=1_000)
    fund_id = db.session.get_one(Call, office.call).fund_id
    return files.add(blob, name=f"file-{place}.pdf", media_type="application/pdf", by=by, fund_id=fund_id)


def _measurements() -> Iterator[tuple[str, Measurement]]:
    for engine in ENGINES:
        for name, (limit, unit) in COUNTED.items():
            measure = partial(_figure, _rushed, engine, name)
            yield f"deadline-{name}-{engine}", Measurement(measure, limit, unit, engine, SEED)
        yield f"submit-{engine}", Measurement(partial(_figure, _alone, engine, "submit"), 100.0, "ms", engine)
        yield f"autosave-{engine}", Measurement(partial(_figure, _saved, engine, "autosave"), 20.0, "ms", engine)


def _figure(taken: Callable[[str], Mapping[str, float]], engine: str, name: str) -> float:
    return taken(engine)[name]


# What is counted, with the most it may be: nobody is left without either, and none who came late is let in.
COUNTED: Mapping[str, tuple[float, str]] = {
    "stored": (APPLICANTS - LATE - OVER, "submissions"),
    "refused": (APPLICANTS, "applicants"),
    "astray": (0, "applicants"),
    "wrong": (0, "answers"),
    "late": (0, "submissions"),
    "waited": (0, "applicants"),
    "median": (2_000.0, "ms"),
    "slowest": (LONGEST * 1000, "ms"),
}

MEASUREMENTS = dict(_measurements())
