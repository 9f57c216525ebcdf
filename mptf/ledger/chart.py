"""The chart of accounts, and which account each document debits and credits (DOMAIN 2: The ledger).

Pledges, agreements and what organisations report as spent are not booked: only cash is.
"""

from dataclasses import dataclass

from mptf.core.errors import N_
from mptf.core.status import Labelled


class AccountKind(Labelled):
    """Which side of the fund's books an account stands on."""

    ASSET = "asset", N_("Balance")
    SOURCE = "source", N_("Source of funds")
    USE = "use", N_("Use of funds")


@dataclass(frozen=True)
class ChartLine:
    """A line of every fund's chart; one `of_parties` has an account for each organisation, and each reference of it.

    A reference is what tells accounts of one organisation apart, such as the number of a project, as text.
    """

    code: str
    name: str
    kind: AccountKind
    of_parties: bool = False


CASH = ChartLine("1000", N_("Cash with the Administrative Agent"), AccountKind.ASSET)
CONTRIBUTIONS = ChartLine("4000", N_("Contributions"), AccountKind.SOURCE, of_parties=True)
CONTRIBUTOR_REFUNDS = ChartLine("4050", N_("Refunds to contributors"), AccountKind.SOURCE, of_parties=True)
FUND_INTEREST = ChartLine("4100", N_("Interest and investment income of the fund"), AccountKind.SOURCE)
PUNO_INTEREST = ChartLine("4200", N_("Interest income of participating organisations"), AccountKind.SOURCE, True)
OTHER_INCOME = ChartLine("4300", N_("Other income"), AccountKind.SOURCE)
AA_FEE = ChartLine("5000", N_("Administrative Agent fee"), AccountKind.USE)
TRANSFERS = ChartLine("5100", N_("Transfers to participating organisations"), AccountKind.USE, of_parties=True)
PUNO_REFUNDS = ChartLine("5150", N_("Refunds from participating organisations"), AccountKind.USE, of_parties=True)
FUND_TRANSFERS = ChartLine("5200", N_("Transfers to other funds"), AccountKind.USE)
DIRECT_COST = ChartLine("5300", N_("Direct cost"), AccountKind.USE, of_parties=True)
DIRECT_COST_REFUNDS = ChartLine("5350", N_("Refunds of direct cost"), AccountKind.USE, of_parties=True)
BANK_CHARGES = ChartLine("5400", N_("Bank charges"), AccountKind.USE)

CHART = (
    CASH,
    CONTRIBUTIONS, CONTRIBUTOR_REFUNDS, FUND_INTEREST, PUNO_INTEREST, OTHER_INCOME,
    AA_FEE, TRANSFERS, PUNO_REFUNDS, FUND_TRANSFERS, DIRECT_COST, DIRECT_COST_REFUNDS, BANK_CHARGES,
)  # fmt: skip


class EntryKind(Labelled):
    """Which document an entry posts: its name, the account it debits and the one it credits with its amount."""

    DEPOSIT = "deposit", N_("Deposit"), CASH, CONTRIBUTIONS
    AA_FEE = "aa_fee", N_("Administrative Agent fee"), AA_FEE, CASH
    CONTRIBUTOR_REFUND = "contributor_refund", N_("Refund to a contributor"), CONTRIBUTOR_REFUNDS, CASH
    FUND_INTEREST = "fund_interest", N_("Interest of the fund"), CASH, FUND_INTEREST
    PUNO_INTEREST = "puno_interest", N_("Interest of a participating organisation"), CASH, PUNO_INTEREST
    OTHER_INCOME = "other_income", N_("Other income"), CASH, OTHER_INCOME
    TRANSFER = "transfer", N_("Transfer to a participating organisation"), TRANSFERS, CASH
    PUNO_REFUND = "puno_refund", N_("Refund from a participating organisation"), CASH, PUNO_REFUNDS
    FUND_TRANSFER = "fund_transfer", N_("Transfer to another fund"), FUND_TRANSFERS, CASH
    DIRECT_COST = "direct_cost", N_("Direct cost"), DIRECT_COST, CASH
    DIRECT_COST_REFUND = "direct_cost_refund", N_("Refund of direct cost"), CASH, DIRECT_COST_REFUNDS
    BANK_CHARGE = "bank_charge", N_("Bank charge"), BANK_CHARGES, CASH

    debit: ChartLine
    credit: ChartLine

    def __new__(cls, value: str, label: str = "", debit: ChartLine = CASH, credit: ChartLine = CASH) -> "EntryKind":
        """Make a member from its stored value, its name and its accounts."""
        member = str.__new__(cls, value)
        member._value_ = value
        member.label, member.debit, member.credit = label, debit, credit
        return member

    @property
    def of_party(self) -> bool:
        """Whether the document is about an organisation, and so are its account and its reference."""
        return self.debit.of_parties or self.credit.of_parties
