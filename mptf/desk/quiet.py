"""What Home says to each role when nothing waits: what is true, why, and what comes next."""

from dataclasses import dataclass

from mptf.core.errors import N_
from mptf.policy import Role


@dataclass(frozen=True)
class Quiet:
    """The words of an empty Home."""

    title: str
    text: str


# What each room lets wait for these roles stands in `desk.queries.WAITING`: their words name all of it.
_OFFICER = Quiet(
    N_("Nothing waits for you"),
    N_(
        "No instalment is overdue, no deposit or cash document is flagged, no difference with the Administrative Agent "
        "is open, no upload waits to be imported or discarded, no question on a call waits for an answer, and no "
        "submitted proposal waits to be screened. What comes next appears here."
    ),
)
_HEAD = Quiet(
    N_("Nothing waits for you"),
    N_(
        "No instalment is overdue, no deposit or cash document is flagged, no difference with the Administrative Agent "
        "is open, no upload waits to be imported or discarded, no draft of a call waits to be published, no "
        "question on a call waits for an answer, no submitted proposal waits to be screened, and nobody asks you to "
        "approve a reversal or a closing. What comes next appears here."
    ),
)
_AGENT = Quiet(
    N_("Nothing waits for you"),
    N_(
        "No deposit, cash document or reversal waits for you to confirm it, nobody asks you to approve a reversal or a "
        "closing, and no list of cash documents waits to be imported or discarded. What comes next appears here."
    ),
)
_COMMITTEE = Quiet(
    N_("Nothing waits for the committee"),
    N_(
        "The Secretariat has sent no papers and opened no written procedure. "
        "What it sends appears here, with the day by which the committee answers."
    ),
)

_WORDS = {
    Role.SECRETARIAT_OFFICER: _OFFICER,
    Role.SECRETARIAT_HEAD: _HEAD,
    Role.ADMINISTRATIVE_AGENT: _AGENT,
    Role.COMMITTEE_MEMBER: _COMMITTEE,
    Role.COMMITTEE_CHAIR: _COMMITTEE,
    Role.TECHNICAL_REVIEWER: Quiet(
        N_("Nothing to review now"),
        N_("No proposal is assigned to you. One that the Secretariat assigns appears here, with its deadline."),
    ),
    Role.PUNO_OFFICER: Quiet(
        N_("Nothing waits for you"),
        N_(
            "No call closes within a week for which you write a draft, and nothing that was returned to you waits for "
            "an answer. The calls your office may answer stand under Calls, what it writes under My proposals."
        ),
    ),
    Role.PUNO_CERTIFIER: Quiet(
        N_("Nothing to certify now"),
        N_("No report of your organisation is due. One that needs your certification appears here, with its deadline."),
    ),
    Role.DONOR_VIEWER: Quiet(
        N_("Nothing is recorded of your organisation yet"),
        N_(
            "What it signs and deposits appears here as soon as the Secretariat has recorded it, with its share of the "
            "fund, what is due, and its statements."
        ),
    ),
    Role.AUDITOR: Quiet(
        N_("Nothing waits for you"),
        N_("Auditors read everything of the fund and decide nothing. Start with the ledger."),
    ),
    Role.ADMINISTRATOR: Quiet(
        N_("Nothing waits for you in this fund"),
        N_(
            "Administrators keep people, organisations and settings. "
            "What the fund decides and spends waits for the people who hold a role in it."
        ),
    ),
}


def words_for(role: Role) -> Quiet:
    """Return what Home says to a role when nothing waits."""
    return _WORDS[role]
