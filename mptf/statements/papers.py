"""A statement on paper, from its figures alone: as a PDF file and as a workbook."""

import io
from collections.abc import Iterable, Iterator, Sequence
from datetime import date
from decimal import Decimal

from mptf.agreements.wording import state
from mptf.core.errors import N_
from mptf.core.money import Money
from mptf.core.sentences import day
from mptf.paper.pdf import Bar, Check, Document, Keys, Line, Section, figure, write_pdf
from mptf.paper.values import NOT_COMPUTABLE, Column, Kind, Value, moment_text, percent_text, written
from mptf.paper.workbook import NotesSheet, TableSheet, write_workbook
from mptf.statements import wording
from mptf.statements.figures import AgreementFigures, Drawn, InstalmentFigures, Paper, Received, Use, UseKind

TEMPLATE = "statement.typ"
TITLE = N_("Contribution statement")
DEMO = N_("Demonstration data: this statement was issued in a demonstration and is no document of the fund.")
DEMO_DRAFT = N_("Demonstration data: this draft is no document of the fund.")
BEGINNING = N_("from the beginning")
NOT_STATED = N_("not stated")
DELIVERY = N_("Cumulative delivery")
DIGEST = N_("SHA-256 of the figures")
PRO_RATA = N_("Pro-rata, not attributed")
DEPOSITED = N_("Deposited, less refunds")
SHARE = N_("Share of all contributions")
ISSUED_BY, REMARK = N_("Issued by"), N_("Remark")


def pdf(paper: Paper, *, check_at: str) -> bytes:
    """Return a statement as a PDF file; `check_at` is the address where anybody can check its code."""
    drawn = paper.drawn
    document = Document(
        fund=drawn.fund.name,
        code=f"{drawn.fund.code} · {wording.ON_BEHALF}",
        title=TITLE,
        number=paper.number or wording.AS_OF_NOW,
        foot=f"{paper.number or wording.AS_OF_NOW} · {drawn.donor.code}",
        facts=_facts(paper),
        figures=[
            (DEPOSITED if drawn.refunds else N_("Deposited"), f"{drawn.currency} {figure(drawn.contributed)}"),
            (SHARE, percent_text(drawn.share)),
        ],
        sections=[_agreements(drawn), _deposits(drawn), _uses(drawn)],
        remarks=[(PRO_RATA, wording.PRO_RATA)],
        notes=[*wording.explained(drawn), wording.MANAGEMENT],
        check=_check(paper, check_at),
        demo=" ".join(_standing(paper)),
    )
    return write_pdf(document, made_at=drawn.known_at, template=TEMPLATE)


def workbook(paper: Paper) -> bytes:
    """Return a statement as a workbook, its numbers as numbers."""
    drawn, out = paper.drawn, io.BytesIO()
    title = f"{TITLE} {paper.number}" if paper.number else f"{TITLE}. {wording.AS_OF_NOW}"
    said = filter(None, (wording.MANAGEMENT, wording.remarks(drawn)))
    sheets: list[TableSheet | NotesSheet] = [
        NotesSheet("Statement", _notes(paper)),
        TableSheet("Agreements", _agreement_columns(), _agreement_rows(drawn), intro=[title, wording.counted(drawn)]),
        TableSheet("Deposits", _deposit_columns(drawn), _deposit_rows(drawn), _deposit_total(drawn),
                   intro=[title, wording.deposits(drawn)]),
        TableSheet("Pooled money", [*_use_columns(drawn), Column(N_("Rate"), Kind.PERCENT)], _use_sheet(drawn),
                   intro=[title, *said]),
    ]  # fmt: skip
    write_workbook(out, sheets, title=title, source=wording.MANAGEMENT, made_at=drawn.known_at)
    return out.getvalue()


def file_name(paper: Paper, ending: str) -> str:
    """Return the name under which a statement is saved."""
    drawn = paper.drawn
    draft = f"{drawn.fund.code}-{drawn.donor.code}-{drawn.period.until}-not-issued"
    return f"{(paper.number or draft).replace('/', '-')}.{ending}"


def period_text(drawn: Drawn) -> str:
    """Write the period: `1 Jan 2026 to 31 Oct 2026`."""
    since = drawn.period.since
    return written(N_("{since} to {until}"), since=day(since) if since else BEGINNING, until=drawn.period.until)


def _facts(paper: Paper) -> list[tuple[str, str]]:
    drawn = paper.drawn
    facts = [
        (N_("Contributor"), drawn.donor.name),
        (N_("Period"), period_text(drawn)),
        (N_("Figures as known at"), moment_text(drawn.known_at, paper.zone)),
    ]
    return [*facts, (N_("Supersedes"), paper.supersedes)] if paper.supersedes else facts


def _standing(paper: Paper) -> list[str]:
    """Say what a statement is not: issued, or a document of the fund."""
    demo = (DEMO if paper.number else DEMO_DRAFT) if paper.drawn.is_demo else ""
    return [said for said in ("" if paper.number else wording.NOT_ISSUED, demo) if said]


def _check(paper: Paper, check_at: str) -> Check:
    if not paper.number:
        return Check()
    where = written(N_("Check this statement at {address}"), address=check_at)
    return Check(paper.code, where, DIGEST, paper.sha256, ISSUED_BY, _issued_by(paper))


def _issued_by(paper: Paper) -> str:
    return f"{paper.issued_by}, {day(paper.drawn.drawn_on)}"


def _notes(paper: Paper) -> list[tuple[str, str | Money | Decimal]]:
    """Return what stands on the first sheet of the workbook."""
    drawn = paper.drawn
    remarks = wording.remarks(drawn)
    issued = [(N_("Number"), paper.number), (ISSUED_BY, _issued_by(paper)), (N_("Code"), paper.code),
              (DIGEST, paper.sha256)]  # fmt: skip
    return [
        *((N_("Note"), said) for said in _standing(paper)), *_facts(paper),
        (f"{DEPOSITED}, {drawn.currency}", drawn.contributed),
        (SHARE, _rate(drawn.share)),
        (DELIVERY, _delivery(drawn)), (N_("Delivery is"), wording.delivery_basis(drawn)),
        *([(REMARK, remarks)] if remarks else []),
        (N_("What counts"), wording.counted(drawn)), (PRO_RATA, wording.PRO_RATA),
        *((N_("Deposit"), said) for said in wording.explained(drawn)),
        *(issued if paper.number else []), (N_("Note"), wording.MANAGEMENT),
    ]  # fmt: skip


def _rate(value: Decimal | None) -> Decimal | str:
    return NOT_COMPUTABLE if value is None else value


def _delivery(drawn: Drawn) -> Decimal | str:
    """Return the delivery; a word where nothing is reported, or nothing was funded."""
    spent = drawn.use(UseKind.SPENT)
    return spent.kind.absent if spent.whole is None else _rate(drawn.delivery)


def _agreement_columns() -> list[Column]:
    what = [Column(N_("Agreement")), Column(N_("Instalment")), Column(N_("Due on"), Kind.DAY), Column(N_("Cur."))]
    heads = (N_("Amount"), N_("Received"), N_("Advised, not yet confirmed"), N_("Outstanding"))
    return [*what, *(Column(head, Kind.MONEY) for head in heads), Column(N_("Status"))]


def _agreement_rows(drawn: Drawn) -> list[list[Value]]:
    """Return a row for each instalment, and one for each agreement in all."""
    return [row for agreement in drawn.agreements for row in (*_instalments(agreement), _in_all(agreement))]


def _instalments(agreement: AgreementFigures) -> Iterator[list[Value]]:
    for line in agreement.instalments:
        yield [
            agreement.reference, _place(agreement, line), line.due_on, line.amount.currency, line.amount, line.received,
            line.advised, line.outstanding, state(line),
        ]  # fmt: skip


def _place(agreement: AgreementFigures, line: InstalmentFigures) -> str:
    place = written(N_("{number} of {count}"), number=line.number, count=len(agreement.instalments))
    return f"{place}, {line.condition}" if line.condition else place


def _in_all(agreement: AgreementFigures) -> list[Value]:
    signed = written(N_("in all, signed {day}"), day=agreement.signed_on)
    return [
        agreement.reference, signed, None, agreement.committed.currency, agreement.committed, agreement.received,
        agreement.advised, agreement.outstanding, _ages(agreement),
    ]  # fmt: skip


def _ages(agreement: AgreementFigures) -> str:
    return "; ".join(f"{age}: {amount}" for age, amount in agreement.ages)


def _deposit_columns(drawn: Drawn) -> list[Column]:
    return [
        Column(N_("Value date"), Kind.DAY), Column(N_("Agreement")), Column(N_("Original"), Kind.MONEY),
        Column(N_("Currency")), Column(written(N_("Rate per {currency}"), currency=drawn.currency), Kind.RATE),
        Column(N_("Received"), Kind.MONEY, drawn.currency), Column(N_("AA fee"), Kind.MONEY, drawn.currency),
        Column(REMARK),
    ]  # fmt: skip


def _deposit_rows(drawn: Drawn) -> list[list[Value]]:
    before: list[list[Value]] = []
    if drawn.period.since is not None:
        before = [_sums(wording.before(drawn), drawn.before)]
    return before + [
        [
            row.value_on, row.agreement, row.original if row.original is not None else NOT_STATED,
            row.original.currency if row.original else "", row.rate, row.received,
            row.fee if row.fee is not None else NOT_STATED, wording.unlike(row),
        ]
        for row in drawn.deposits
    ]  # fmt: skip


def _deposit_total(drawn: Drawn) -> list[Value]:
    return _sums(N_("Total deposits"), drawn.in_all)


def _sums(what: str, of: Received) -> list[Value]:
    """Return a row of sums, with a remark where the fee of some deposit is missing in them."""
    lacking = wording.not_stated(of)
    remark = written(N_("Fee: {lacking}"), lacking=lacking) if lacking else ""
    return [what, "", None, "", None, of.received, _fee(of.fee, of.fees_not_stated), remark]


def _fee(fee: Money, not_stated: int) -> Money | str:
    """Return a sum of fees; where none of them is stated there is none."""
    return NOT_STATED if not_stated and not fee else fee


def _use_columns(drawn: Drawn) -> list[Column]:
    part = written(N_("Pro-rata {share}"), share=percent_text(drawn.share))
    whole, own = (Column(title, Kind.MONEY, drawn.currency) for title in (N_("Whole fund"), part))
    return [Column(written(N_("Cumulative to {until}"), until=drawn.period.until)), whole, own]


def _use_rows(drawn: Drawn) -> list[list[Value]]:
    first: list[Value] = [N_("Contributions, all contributors"), drawn.everybody, drawn.contributed]
    return [first, *(_use_row(use, drawn) for use in drawn.uses)]


def _use_row(use: Use, drawn: Drawn) -> list[Value]:
    if use.whole is None:
        return [use.kind.label, use.kind.absent, ""]
    return [_use_label(use, drawn), use.whole, use.part if use.part is not None else NOT_COMPUTABLE]


def _use_label(use: Use, drawn: Drawn) -> str:
    certified = drawn.certification if use.kind is UseKind.SPENT else ""
    return f"{use.kind.label} ({certified})" if certified else use.kind.label


def _use_sheet(drawn: Drawn) -> list[list[Value]]:
    """Return the rows of the workbook: amounts, and the delivery as a number under a head of its own."""
    flagged = "".join(f", {one.label}" for one in drawn.unusual)
    delivery: list[Value] = [f"{DELIVERY} ({wording.delivery_basis(drawn)}){flagged}", None, None, _delivery(drawn)]
    return [*([*row, None] for row in _use_rows(drawn)), delivery]


def _agreements(drawn: Drawn) -> Section:
    """Lay out every agreement with its instalments and how late what is outstanding is."""
    columns = [column for at, column in enumerate(_agreement_columns()) if at not in (0, _ADVISED)]
    lines = [line for agreement in drawn.agreements for line in _agreement(agreement)]
    nothing = "" if drawn.agreements else N_("No agreement is recorded.")
    return Section(N_("1 Agreements and instalments"), columns, lines, nothing, wide=(0, len(columns) - 1))


_ADVISED = 6  # its column in the workbook; on paper the status says it


def _agreement(agreement: AgreementFigures) -> Iterator[Line]:
    head = written(
        N_("{reference}, {kind}, signed {day}"), reference=agreement.reference, kind=agreement.kind,
        day=agreement.signed_on,
    )  # fmt: skip
    yield Line([head], "group")
    yield from _lines([*row[1:_ADVISED], *row[_ADVISED + 1 :]] for row in _instalments(agreement))
    in_all = _in_all(agreement)
    yield from _lines([[N_("Agreed in all"), *in_all[2:_ADVISED], in_all[_ADVISED + 1], ""]], "subtotal")
    if ages := _ages(agreement):
        yield Line([written(N_("Outstanding: {ages}"), ages=ages)])


def _deposits(drawn: Drawn) -> Section:
    """Lay out the deposits; what the workbook remarks of one stands under its day, of the sums below the table."""
    rows = [*_lines(map(_with_remark, _deposit_rows(drawn))), *_lines([_deposit_total(drawn)[:-1]], "total")]
    if drawn.refunds:
        refunds, net = -drawn.refunds, drawn.contributed
        rows += _lines([[N_("Refunded to the contributor"), "", None, "", None, refunds, ""]])
        rows += _lines([[DEPOSITED, "", None, "", None, net, ""]], "total")
    return Section(N_("2 Deposits received"), _deposit_columns(drawn)[:-1], rows, wording.deposits(drawn))


def _with_remark(row: list[Value]) -> list[Value]:
    """Return a deposit as its table on paper has it."""
    what, *figures, remark = row
    return [f"{_cell(what)}, {remark}" if remark and isinstance(what, date) else what, *figures]


def _uses(drawn: Drawn) -> Section:
    """Lay out what the fund did, each figure with a bar of its share of all contributions."""
    amounts = [(drawn.everybody, drawn.contributed), *((use.whole, use.part) for use in drawn.uses)]
    bars = [Bar(drawn.bar(part), drawn.bar(whole)) for whole, part in amounts]
    lines = [Line([*map(_cell, row), bar]) for row, bar in zip(_use_rows(drawn), bars, strict=True)]
    lines.append(Line([*_delivery_cells(drawn), Keys(N_("pro-rata"), N_("others"))], "total"))
    note = " ".join(filter(None, (f"{DELIVERY}: {wording.delivery_basis(drawn)}.", wording.remarks(drawn))))
    columns = [*_use_columns(drawn), Column(N_("Share of all contributions"))]
    return Section(N_("3 What the fund did with the pooled money"), columns, lines, note, wide=(0, len(columns) - 1))


def _delivery_cells(drawn: Drawn) -> tuple[str, str, str]:
    rate = _delivery(drawn)
    if isinstance(rate, str):
        return DELIVERY, rate, ""
    flagged = ", ".join(one.label for one in drawn.unusual)
    return DELIVERY, f"{percent_text(rate)} ({flagged})" if flagged else percent_text(rate), N_("same")


def _lines(rows: Iterable[Sequence[Value]], look: str = "item") -> Iterator[Line]:
    for row in rows:
        yield Line([_cell(value) for value in row], look)


def _cell(value: Value) -> str:
    if isinstance(value, Money):
        return figure(value)
    if value is None or isinstance(value, str):
        return value or ""
    return str(value) if isinstance(value, int | Decimal) else day(value)
