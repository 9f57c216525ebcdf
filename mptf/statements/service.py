"""Issue statements and keep the documents contributors find beside them; `by` is the Viewer who does it."""

import secrets
from dataclasses import replace
from datetime import UTC, date, datetime

from mptf.core import audit, clock, search
from mptf.core.db import db
from mptf.core.errors import N_, RuleBroken
from mptf.core.facts import needed
from mptf.core.files import StoredFile
from mptf.fund.models import Fund
from mptf.fund.service import lock
from mptf.ledger import stamps
from mptf.organisations.models import Organisation
from mptf.people import notices
from mptf.people.notices import Notice
from mptf.policy import Permission, Role, Viewer, require
from mptf.statements import freezing, queries
from mptf.statements.drawing import draw
from mptf.statements.figures import Drawn, Period, Seen
from mptf.statements.models import CODE_LENGTH, ContributionStatement, ContributorDocument, DocumentKind
from mptf.statements.queries import ISSUED, Contributor

audit.tell(
    {
        "contribution_statement.issued": N_("issued the statement {number} to {donor}"),
        "contributor_document.uploaded": N_("uploaded a document for contributors: {kind} {year}"),
        "contributor_document.withdrawn": N_("withdrew a document for contributors: {kind} {year}"),
    },
    names={"contributor_document": N_("document for contributors"), "known_at": N_("as known at")},
    values={"contributor_document.year": str},
)

notices.offer(
    Notice(ISSUED, N_("A contribution statement was issued to my organisation"), frozenset({Role.DONOR_VIEWER}))
)
# Letters and digits nobody takes for one another: 59 bits that cannot be guessed and can be read out.
ALPHABET = "23456789ABCDEFGHJKMNPQRSTVWXYZ"
NO_MOMENT = datetime(2000, 1, 1, tzinfo=UTC)


def check_period(fund: Fund, period: Period) -> None:
    """Refuse a period that ends before it begins, or has not ended."""
    today = clock.today(fund)
    if period.until > today:
        raise RuleBroken(N_("This day is still to come; today is {today}."), today=today, field="until")
    if period.since is not None and period.since > period.until:
        raise RuleBroken(N_("The period begins after its end, {until}."), until=period.until, field="since")


def fingerprint(drawn: Drawn) -> str:
    """Return a digest of the figures whatever the moment they were drawn at: the same as long as nothing changed."""
    return freezing.digest(freezing.frozen(replace(drawn, known_at=NO_MOMENT, drawn_on=NO_MOMENT.date())))


def issue(contributor: Contributor, period: Period, *, by: Viewer, seen: Seen | None = None) -> ContributionStatement:
    """Issue the statement of a contributor for a period, and tell who looks after it.

    Where the books changed since somebody looked at the draft, or another was issued meanwhile, it is refused. A
    statement issued before for the same period is superseded and stays readable.
    """
    require(by, Permission.STATEMENTS_ISSUE, contributor)
    fund, donor = contributor.fund, contributor.donor
    check_period(fund, period)
    lock(fund.id)  # what is recorded later is recorded after this moment
    drawn = draw(fund, donor, period, stamps.moment(fund.id))
    _worth_issuing(drawn)
    before = queries.find_in_force(contributor, period)
    if seen:
        _still_as_seen(seen, drawn, before)
    statement = _frozen(contributor, drawn, before, by)
    audit.record(
        "contribution_statement.issued", statement, by=by, fund_id=fund.id, number=statement.number,
        donor=donor.short_name, sha256=statement.sha256,
    )  # fmt: skip
    words = f"{statement.number}, {donor.short_name}\n{donor.official_name} {statement.contributed.decimal}"
    search.index(statement.__tablename__, statement.public_id, fund_id=fund.id, words=words)
    told = (person.id for person in queries.recipients(contributor))
    notices.post(ISSUED, told, subject_id=statement.public_id, fund_id=fund.id)
    return statement


def draw_again(statement: ContributionStatement, fund: Fund) -> Drawn:
    """Draw an issued statement from the books of today as they were known when it was issued (MON-7)."""
    return draw(fund, statement.donor, statement.period, statement.known_at, again=statement.drawn)


def _worth_issuing(drawn: Drawn) -> None:
    if not (drawn.agreements or drawn.in_all.deposits or drawn.refunds):
        raise RuleBroken(
            N_("Until {until} there is no agreement and no confirmed deposit of {donor} to state."),
            until=drawn.period.until,
            donor=drawn.donor.code,
        )


def _still_as_seen(seen: Seen, drawn: Drawn, before: ContributionStatement | None) -> None:
    if before and before.number != seen.latest:
        raise RuleBroken(
            N_(
                "{number} was issued for this period since you opened this draft. Look at both, then issue yours again."
            ),
            number=before.number,
        )
    if seen.fingerprint != fingerprint(drawn):
        raise RuleBroken(N_("The books changed since you opened this draft. Look at it once more, then issue it."))


def _frozen(
    contributor: Contributor, drawn: Drawn, before: ContributionStatement | None, by: Viewer
) -> ContributionStatement:
    """Write the figures down under a number and a code."""
    fund, text = contributor.fund, freezing.frozen(drawn)
    year = drawn.drawn_on.year
    sequence = queries.next_in(fund, year)
    statement = ContributionStatement(
        fund_id=fund.id,
        organisation_id=contributor.organisation_id,
        year=year,
        sequence=sequence,
        number=f"{fund.code}/CS/{year}/{sequence:03}",
        code="".join(secrets.choice(ALPHABET) for _ in range(CODE_LENGTH)),
        since_on=drawn.period.since,
        until_on=drawn.period.until,
        known_at=drawn.known_at,
        issued_on=drawn.drawn_on,
        contributed=drawn.contributed,
        layout=drawn.layout,
        frozen=text,
        sha256=freezing.digest(text),
        supersedes_id=before.id if before else None,
        by_id=by.id,
        is_demo=drawn.is_demo,
    )
    db.session.add(statement)
    db.session.flush()
    return statement


def upload_document(
    fund: Fund, file: StoredFile, *, kind: DocumentKind, year: int, donor: Organisation | None, by: Viewer
) -> ContributorDocument:
    """Keep a document for one contributor, or for all."""
    require(by, Permission.STATEMENT_DOCUMENTS_KEEP, fund)
    _year(fund, year)
    if kind.of_one and donor is None:
        raise RuleBroken(N_("Choose the contributor it was certified for."), field="donor")
    if not kind.of_one and donor is not None:
        raise RuleBroken(N_("An annual report is for all contributors; choose none."), field="donor")
    document = ContributorDocument(
        fund_id=fund.id, organisation_id=donor.id if donor else None, kind=kind, year=year, file_id=file.id,
        by_id=by.id, is_demo=fund.is_demo,
    )  # fmt: skip
    db.session.add(document)
    db.session.flush()
    audit.record(
        "contributor_document.uploaded", document, by=by, fund_id=fund.id, kind=kind, year=year,
        donor=donor.short_name if donor else None, sha256=file.sha256,
    )  # fmt: skip
    return document


def withdraw_document(document: ContributorDocument, *, because: str, by: Viewer) -> None:
    """Take a document away from contributors; it stays on record with the reason."""
    require(by, Permission.STATEMENT_DOCUMENTS_KEEP, document)
    needed(because, "because", N_("Say why it is withdrawn."))
    if document.withdrawn_at is not None:
        raise RuleBroken(N_("This document is withdrawn already."))
    document.withdrawn_at, document.withdrawn_by_id, document.because = clock.now(), by.id, because
    audit.record(
        "contributor_document.withdrawn", document, by=by, fund_id=document.fund_id, kind=document.kind,
        year=document.year, reason=because,
    )  # fmt: skip


def _year(fund: Fund, year: int) -> None:
    first = fund.established_on or date(1990, 1, 1)
    if not first.year <= year <= clock.today(fund).year:
        raise RuleBroken(N_("Give a year from {first} to this one."), first=first.year, field="year")
