"""A statement on paper, from its frozen figures alone: as a PDF file and as a workbook."""

import io
from collections.abc import Iterator, Sequence
from datetime import datetime

from mptf.core.errors import N_
from mptf.core.money import Money
from mptf.core.sentences import day
from mptf.paper.pdf import Check, Document, Line, Section, figure, write_pdf
from mptf.paper.values import NOT_COMPUTABLE, Column, Kind, Value, written
from mptf.paper.workbook import NotesSheet, TableSheet, write_workbook
from mptf.statements.figures import CONFIRMED_ONLY, MANAGEMENT, PRO_RATA, AgreementFigures, Drawn, Paper, Use, UseKind

TITLE = N_("Contribution statement")
DEMO = N_("Demonstration data: this statement was issued in a demonstration and is no document of the fund.")
BEGINNING = N_("from the beginning")
NOT_STATED = N_("not stated")
NOT_REPORTED = N_("not reported")
DELIVERY = N_("Cumulative delivery (expenditure ÷ net funded)")
DIGEST = N_("SHA-256 of the figures")


def pdf(paper: Paper, *, check_at: str) -> bytes:
    """Return an issued statement as a PDF file; `check_at` is the address where anybody can check its code."""
    drawn = paper.drawn
    document = Document(
        fund=drawn.fund.name,
        code=drawn.fund.code,
        title=TITLE,
        number=paper.number,
        foot=f"{paper.number} · {drawn.donor.code}",
        facts=[*_facts(drawn), *_superseding(paper)],
        figures=_figures(drawn),
        sections=[*_agreements(drawn), _deposits(drawn), _uses(drawn)],
        remarks=[(N_("Pro-rata, not attributed"), PRO_RATA)],
        notes=[*drawn.notes, MANAGEMENT],
        check=Check(
            paper.code, written(N_("Check this statement at {address}"), address=check_at), DIGEST,
            paper.sha256,
        ),
        demo=DEMO if drawn.is_demo else "",
    )  # fmt: skip
    return write_pdf(document, made_at=drawn.known_at)


def workbook(paper: Paper) -> bytes:
    """Return an issued statement as a workbook, its numbers as numbers."""
    drawn, out = paper.drawn, io.BytesIO()
    notes = [
        *_facts(drawn), *_superseding(paper), *_figures(drawn), (N_("Number"), paper.number),
        (N_("Code"), paper.code), (DIGEST, paper.sha256), (N_("Pro-rata, not attributed"), PRO_RATA),
        (N_("What counts"), CONFIRMED_ONLY), *((N_("Contributor"), note) for note in drawn.notes),
        (N_("Note"), MANAGEMENT), *([(N_("Demonstration"), DEMO)] if drawn.is_demo else []),
    ]  # fmt: skip
    title = f"{TITLE} {paper.number}"
    sheets: list[TableSheet | NotesSheet] = [
        NotesSheet("Statement", notes),
        TableSheet("Agreements", _agreement_columns(), _agreement_rows(drawn), intro=[title]),
        TableSheet("Deposits", _deposit_columns(drawn), _deposit_rows(drawn), _deposit_total(drawn), intro=[title]),
        TableSheet("Pooled money", _use_columns(drawn), _use_rows(drawn), intro=[title, MANAGEMENT]),
    ]
    write_workbook(out, sheets, title=title, source=MANAGEMENT, made_at=drawn.known_at)
    return out.getvalue()


def file_name(paper: Paper, ending: str) -> str:
    """Return the name under which a statement is saved."""
    return f"{paper.number.replace('/', '-')}.{ending}"


def period_text(drawn: Drawn) -> str:
    """Write the period: `1 Jan 2026 to 31 Oct 2026`."""
    since = drawn.period.since
    return written(N_("{since} to {until}"), since=day(since) if since else BEGINNING, until=drawn.period.until)


def moment_text(moment: datetime) -> str:
    """Write the moment of knowledge to the second, in UTC, as it is compared."""
    return f"{day(moment.date())}, {moment:%H:%M:%S} UTC"


def _facts(drawn: Drawn) -> list[tuple[str, str]]:
    return [
        (N_("Contributor"), drawn.donor.name),
        (N_("Period"), period_text(drawn)),
        (N_("Statement as at"), day(drawn.period.until)),
        (N_("Figures as known at"), moment_text(drawn.known_at)),
    ]


def _superseding(paper: Paper) -> list[tuple[str, str]]:
    return [(N_("Supersedes"), paper.supersedes)] if paper.supersedes else []


def _figures(drawn: Drawn) -> list[tuple[str, str]]:
    return [
        (N_("Deposited, less refunds"), f"{drawn.currency} {figure(drawn.contributed)}"),
        (N_("Share of all contributions"), percent(drawn)),
    ]


def percent(drawn: Drawn) -> str:
    """Write the share."""
    return NOT_COMPUTABLE if drawn.share is None else f"{drawn.share:.2f}%"


def _agreement_columns() -> list[Column]:
    what = [Column(N_("Agreement")), Column(N_("Instalment")), Column(N_("Due on"), Kind.DAY), Column(N_("Currency"))]
    money = [Column(title, Kind.MONEY) for title in (N_("Amount"), N_("Received"), N_("Outstanding"))]
    return [*what, *money, Column(N_("Status"))]


def _agreement_rows(drawn: Drawn) -> list[list[Value]]:
    """Return a row for each instalment, and one for each agreement in all."""
    return [row for agreement in drawn.agreements for row in (*_instalments(agreement), _in_all(agreement))]


def _instalments(agreement: AgreementFigures) -> Iterator[list[Value]]:
    count = len(agreement.instalments)
    for line in agreement.instalments:
        place = written(N_("{number} of {count}"), number=line.number, count=count)
        place = f"{place}, {line.condition}" if line.condition else place
        late = written(N_("{state}, {days} days late"), state=line.state.label, days=line.days_late)
        yield [
            agreement.reference, place, line.due_on, line.amount.currency, line.amount, line.received, line.outstanding,
            late if line.days_late else line.state.label,
        ]  # fmt: skip


def _in_all(agreement: AgreementFigures) -> list[Value]:
    ages = "; ".join(f"{age}: {amount}" for age, amount in agreement.ages)
    signed = written(N_("in all, signed {day}"), day=agreement.signed_on)
    return [
        agreement.reference, signed, None, agreement.committed.currency, agreement.committed, agreement.received,
        agreement.outstanding, ages,
    ]  # fmt: skip


def _deposit_columns(drawn: Drawn) -> list[Column]:
    return [
        Column(N_("Value date"), Kind.DAY), Column(N_("Agreement")), Column(N_("Original"), Kind.MONEY),
        Column(N_("Currency")), Column(written(N_("Rate per {currency}"), currency=drawn.currency)),
        Column(N_("Received"), Kind.MONEY, drawn.currency), Column(N_("AA fee"), Kind.MONEY, drawn.currency),
    ]  # fmt: skip


def _deposit_rows(drawn: Drawn) -> list[list[Value]]:
    before: list[list[Value]] = []
    if drawn.period.since is not None:
        what = written(N_("Before {since}"), since=drawn.period.since)
        before = [[what, "", None, "", "", drawn.before.received, _fee(drawn.before.fee, drawn.before.fees_not_stated)]]
    return before + [
        [
            row.value_on, row.agreement, row.original if row.original is not None else NOT_STATED,
            row.original.currency if row.original else "", str(row.rate) if row.rate is not None else "", row.received,
            row.fee if row.fee is not None else NOT_STATED,
        ]
        for row in drawn.deposits
    ]  # fmt: skip


def _deposit_total(drawn: Drawn) -> list[Value]:
    whole = drawn.in_all
    return [N_("Total deposits"), "", None, "", "", whole.received, _fee(whole.fee, whole.fees_not_stated)]


def _fee(fee: Money, not_stated: int) -> Money | str:
    """Return a sum of fees; where none of them is stated there is none."""
    return NOT_STATED if not_stated and not fee else fee


def _use_columns(drawn: Drawn) -> list[Column]:
    part = written(N_("Pro-rata {share}"), share=percent(drawn))
    whole, own = (Column(title, Kind.MONEY, drawn.currency) for title in (N_("Whole fund"), part))
    return [Column(N_("Cumulative")), whole, own]


def _use_rows(drawn: Drawn) -> list[list[Value]]:
    first: list[Value] = [N_("Contributions, all contributors"), drawn.everybody, drawn.contributed]
    return [first, *(_use_row(use, drawn) for use in drawn.uses), [DELIVERY, *_delivery(drawn)]]


def _use_row(use: Use, drawn: Drawn) -> list[Value]:
    if use.whole is None:
        return [use.kind.label, NOT_REPORTED, NOT_REPORTED]
    return [_use_label(use, drawn), use.whole, use.part if use.part is not None else NOT_COMPUTABLE]


def _use_label(use: Use, drawn: Drawn) -> str:
    certified = drawn.certification if use.kind is UseKind.SPENT else ""
    return f"{use.kind.label} ({certified})" if certified else use.kind.label


def _delivery(drawn: Drawn) -> list[str]:
    if drawn.uses[-1].whole is None:
        return [NOT_REPORTED, NOT_REPORTED]
    rate = NOT_COMPUTABLE if drawn.delivery is None else f"{drawn.delivery:.2f}%"
    return [rate, N_("same")]


def _agreements(drawn: Drawn) -> list[Section]:
    """Lay each agreement out in a table of its own, with how late what is outstanding is below it."""
    if not drawn.agreements:
        return [Section(N_("1 Agreements"), _agreement_columns()[1:], [], N_("No agreement is recorded."))]
    return [_agreement(number, agreement) for number, agreement in enumerate(drawn.agreements, start=1)]


def _agreement(number: int, agreement: AgreementFigures) -> Section:
    title = N_("1.{number} Agreement {reference}, {kind}, signed {day}")
    head = written(title, number=number, reference=agreement.reference, kind=agreement.kind, day=agreement.signed_on)
    in_all: list[Value] = [N_("In all"), *_in_all(agreement)[2:-1], ""]
    lines = [*_lines([row[1:] for row in _instalments(agreement)]), *_lines([in_all], "total")]
    ages = "; ".join(f"{age}: {amount}" for age, amount in agreement.ages)
    return Section(
        head, _agreement_columns()[1:], lines, written(N_("Outstanding: {ages}."), ages=ages) if ages else ""
    )


def _deposits(drawn: Drawn) -> Section:
    rows = [*_lines(_deposit_rows(drawn)), *_lines([_deposit_total(drawn)], "total")]
    if drawn.refunds:
        refunds, net = -drawn.refunds, drawn.contributed
        rows += _lines([[N_("Refunded to the contributor"), "", None, "", "", refunds, ""]])
        rows += _lines([[N_("Deposited, less refunds"), "", None, "", "", net, ""]], "total")
    return Section(N_("2 Deposits received"), _deposit_columns(drawn), rows, counted_text(drawn))


def counted_text(drawn: Drawn) -> str:
    """Say what counts, and what is on its way and does not."""
    said = CONFIRMED_ONLY
    if drawn.advised:
        waiting = N_("{advised} more is recorded and not confirmed yet.")
        said = f"{said} {written(waiting, advised=drawn.advised)}"
    return said


def _uses(drawn: Drawn) -> Section:
    rows = _use_rows(drawn)
    lines = [*_lines(rows[:-1]), *_lines(rows[-1:], "total")]
    return Section(N_("3 What the fund did with the pooled money"), _use_columns(drawn), lines)


def _lines(rows: Sequence[Sequence[Value]], look: str = "item") -> Iterator[Line]:
    for row in rows:
        yield Line([_cell(value) for value in row], look)


def _cell(value: Value) -> str:
    if isinstance(value, Money):
        return figure(value)
    if value is None or isinstance(value, str):
        return value or ""
    return str(value) if isinstance(value, int) else day(value)  # type: ignore[arg-type]
