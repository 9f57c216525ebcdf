"""The funding status of a fund: where its money came from, went to and stands (DOMAIN 2, "Funding status").

Both blocks are drawn from the same totals. The Administrative Agent's is the same in both layouts: direct cost is
net of its refunds there, so that the balance is the cash. The layout says what counts as sent to, and as sent back
by, the participating organisations.
"""

import enum
from dataclasses import dataclass
from decimal import Decimal

from mptf.core.errors import N_
from mptf.core.money import Money


class Layout(enum.IntEnum):
    """What the block of the participating organisations counts; a dated setting of the fund."""

    PROJECTS = 1
    ALL_TRANSFERS = 2


class Weight(enum.Enum):
    """What a line is in its block: added up, a sum, or what remains."""

    ITEM = "item"
    SUBTOTAL = "subtotal"
    TOTAL = "total"
    BALANCE = "balance"


@dataclass(frozen=True)
class Totals:
    """What the books of a fund come to at the end of a day, and what was reported as spent by then.

    An amount is positive when it is what its name says: a refund is money that came back.
    """

    contributions: Money
    fund_interest: Money
    puno_interest: Money
    other_income: Money
    refunds_to_contributors: Money
    transfers_to_punos: Money
    transfers_to_funds: Money
    refunds_from_punos: Money
    aa_fee: Money
    direct_cost: Money
    direct_cost_refunds: Money
    bank_charges: Money
    expenditure: Money


@dataclass(frozen=True, slots=True)
class Line:
    """One line of a block; an amount marked `less` is taken off what stands around it, not added.

    `of` names the totals it is drawn from; a sum has none of its own.
    """

    label: str
    amount: Money
    weight: Weight = Weight.ITEM
    less: bool = False
    of: tuple[str, ...] = ()


@dataclass(frozen=True)
class Block:
    """Lines under one heading, the last of them the balance, and that balance in percent; None of nothing."""

    title: str
    lines: tuple[Line, ...]
    share_label: str
    share: Decimal | None

    @property
    def balance(self) -> Money:
        """What remains."""
        return self.lines[-1].amount


@dataclass(frozen=True)
class FundingStatus:
    """The two blocks, and the total of their balances as a third."""

    agent: Block
    organisations: Block
    fund: Block

    @property
    def blocks(self) -> tuple[Block, Block, Block]:
        """The blocks in the order they are read."""
        return self.agent, self.organisations, self.fund


_OF_DEPOSITS = N_("As a percentage of deposits")


def funding_status(totals: Totals, layout: Layout) -> FundingStatus:
    """Lay the totals of a fund out as its funding status."""
    agent, organisations = _agent(totals), _organisations(totals, layout)
    balance = agent.balance + organisations.balance
    fund = Block(
        N_("Total"),
        (Line(N_("Total balance of funds"), balance, Weight.BALANCE),),
        _OF_DEPOSITS,
        balance.percent_of(totals.contributions),
    )
    return FundingStatus(agent, organisations, fund)


def _agent(totals: Totals) -> Block:
    sources = _added_up(
        Line(N_("Contributions"), totals.contributions, of=("contributions",)),
        Line(N_("Interest and investment income (fund)"), totals.fund_interest, of=("fund_interest",)),
        Line(N_("Interest (participating organisations)"), totals.puno_interest, of=("puno_interest",)),
        Line(N_("Other income"), totals.other_income, of=("other_income",)),
        Line(N_("Refunds to contributors"), totals.refunds_to_contributors, less=True, of=("refunds_to_contributors",)),
        total=N_("Total source of funds"),
    )
    transfers = _added_up(
        Line(N_("Transferred to participating organisations"), totals.transfers_to_punos, of=("transfers_to_punos",)),
        Line(N_("Transfers to other funds"), totals.transfers_to_funds, of=("transfers_to_funds",)),
        total=N_("Sub-total transfers"),
        weight=Weight.SUBTOTAL,
    )
    uses = _added_up(
        *transfers,
        Line(
            N_("Refunds from participating organisations"),
            totals.refunds_from_punos,
            less=True,
            of=("refunds_from_punos",),
        ),
        Line(N_("Fee of the Administrative Agent"), totals.aa_fee, of=("aa_fee",)),
        Line(
            N_("Direct cost, net of refunds"),
            totals.direct_cost - totals.direct_cost_refunds,
            of=("direct_cost", "direct_cost_refunds"),
        ),
        Line(N_("Bank charges"), totals.bank_charges, of=("bank_charges",)),
        total=N_("Total use of funds"),
    )
    balance = sources[-1].amount - uses[-1].amount
    return Block(
        N_("Funds with the Administrative Agent"),
        (*sources, *uses, Line(N_("Balance with the Administrative Agent"), balance, Weight.BALANCE)),
        _OF_DEPOSITS,
        balance.percent_of(totals.contributions),
    )


def _organisations(totals: Totals, layout: Layout) -> Block:
    sent, sent_back = _all_transfers(totals) if layout is Layout.ALL_TRANSFERS else _of_projects(totals)
    resources = _added_up(sent, total=N_("Total resources"))
    expenses = _added_up(
        Line(N_("Expenditure of participating organisations"), totals.expenditure, of=("expenditure",)),
        sent_back,
        total=N_("Total expenses"),
    )
    balance = resources[-1].amount - expenses[-1].amount
    return Block(
        N_("Funds with participating organisations"),
        (*resources, *expenses, Line(N_("Balance with participating organisations"), balance, Weight.BALANCE)),
        N_("As a percentage of transfers"),
        balance.percent_of(sent.amount),
    )


def _of_projects(totals: Totals) -> tuple[Line, Line]:
    """Return what was sent to the organisations and sent back, without direct cost and other funds."""
    return (
        Line(N_("Transfers to participating organisations"), totals.transfers_to_punos, of=("transfers_to_punos",)),
        Line(N_("Refunds from participating organisations"), totals.refunds_from_punos, of=("refunds_from_punos",)),
    )


def _all_transfers(totals: Totals) -> tuple[Line, Line]:
    """Return the same with direct cost and its refunds, and with what was sent to other funds."""
    return (
        Line(
            N_("Transfers, with direct cost and transfers to other funds"),
            totals.transfers_to_punos + totals.transfers_to_funds + totals.direct_cost,
            of=("transfers_to_punos", "transfers_to_funds", "direct_cost"),
        ),
        Line(
            N_("Refunds, with those of direct cost"),
            totals.refunds_from_punos + totals.direct_cost_refunds,
            of=("refunds_from_punos", "direct_cost_refunds"),
        ),
    )


def _added_up(*lines: Line, total: str, weight: Weight = Weight.TOTAL) -> tuple[Line, ...]:
    """Return lines with the sum of the items among them below."""
    items = [-line.amount if line.less else line.amount for line in lines if line.weight is Weight.ITEM]
    return (*lines, Line(total, sum(items[1:], items[0]), weight))
