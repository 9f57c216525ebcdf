"""The standard letter that declares a proposal ineligible: its proposed words, and the bytes it is frozen in."""

import hashlib
import json
from collections.abc import Collection, Mapping, Sequence
from dataclasses import asdict, dataclass
from datetime import date

from mptf.calls.wording import moment_text, money
from mptf.core.errors import N_
from mptf.core.sentences import filled
from mptf.proposals.models import Stage
from mptf.screening.facts import Known, amounts_text, months_text
from mptf.screening.models import Ground

LAYOUT = 2  # of the paper and its bytes; the first one calls a concept note a proposal, and is read beside it

THANKS = N_("Thank you for the {what} {number} “{title}”, which {office} submitted under the call {call} on {came}.")
LOOKED_AT = {
    Stage.CONCEPT: N_("The Secretariat has looked at whether the full proposal can be invited after it."),
    Stage.FULL: N_("The Secretariat has looked at whether it can be admitted to technical review."),
}
ONE, SEVERAL = N_("It cannot, for this reason:"), N_("It cannot, for these reasons:")
CLOSING = N_(
    "This says nothing of the merits of the project. The {what} stays on record as it was submitted; its texts can "
    "be copied into another call that is open to your office."
)
SENTENCES: Mapping[Ground, str] = {
    Ground.LATE: N_("It was submitted {came}. The call closed {closed}."),
    Ground.OFFICE: N_("The call is not open to {office}."),
    Ground.UNSIGNED: N_("It is not signed by the authorised officer of {office}."),
    Ground.DOCUMENT: N_("A document the call asks for is missing or not valid{lacking}."),
    Ground.AMOUNT: N_("It asks for {requested}. The call gives {amounts}."),
    Ground.DURATION: N_("It takes {months} months. The call gives {limits}."),
    Ground.PLACE: N_("It works outside the jurisdictions the call reaches."),
    Ground.SCOPE: N_("The project does not serve the goals and KPIs of the call."),
    Ground.DUPLICATE: N_("The same project was proposed or funded before."),
    Ground.OTHER: N_("It does not meet another condition of the call."),
}
OF_A_CONCEPT: Mapping[Ground, str] = {
    **SENTENCES,
    Ground.LATE: N_("It was submitted {came}. Concept notes were taken until {closed}."),
    Ground.AMOUNT: N_("It expects to ask for {requested}. The call gives {amounts}."),
}


@dataclass(frozen=True)
class Letter:
    """All that a letter says; `reasons` are the names of its grounds, `text` its body as it was issued.

    `concept` tells that it is about a concept note.
    """

    layout: int
    fund: str
    code: str
    zone: str
    number: str
    issued_on: date
    office: str
    organisation: str
    call: str
    proposal: str
    title: str
    version: int
    reasons: tuple[str, ...]
    text: str
    is_demo: bool
    concept: bool = False


def proposed_text(known: Known, grounds: Collection[Ground]) -> str:
    """Write the body of a letter from what is known of the submission; the Secretariat edits it before it is issued."""
    chosen = [ground for ground in Ground if ground in grounds]
    values, stage = _values(known), known.sent.stage
    sentences = OF_A_CONCEPT if stage is Stage.CONCEPT else SENTENCES
    told = [f"- {filled(sentences[ground], values)}" for ground in chosen]
    opening = f"{LOOKED_AT[stage]} {ONE if len(chosen) == 1 else SEVERAL}"
    return "\n\n".join([filled(THANKS, values), opening, "\n".join(told), filled(CLOSING, values)])


def _values(known: Known) -> dict[str, object]:
    call, sent = known.call, known.sent
    _, lacking = known.attached
    return {
        "what": sent.stage.word, "number": sent.number, "title": sent.title, "office": sent.office,
        "call": call.reference,
        "came": moment_text(known.submitted_at, call.zone), "closed": moment_text(known.closes_at, call.zone),
        "requested": money(known.requested), "amounts": amounts_text(known) or N_("no such amount"),
        "months": known.project.months or "", "limits": months_text(known) or N_("no such duration"),
        "lacking": f": {', '.join(lacking)}" if lacking else "",
    }  # fmt: skip


def frozen(letter: Letter) -> str:
    """Write a letter as canonical JSON; its bytes in UTF-8 are what the hash is of."""
    plain = {**asdict(letter), "issued_on": letter.issued_on.isoformat()}
    return json.dumps(plain, sort_keys=True, ensure_ascii=False, separators=(",", ":"))


def thawed(text: str) -> Letter:
    """Read a letter from what it was frozen in."""
    said = json.loads(text)
    reasons: Sequence[str] = said.pop("reasons")
    return Letter(**{**said, "issued_on": date.fromisoformat(said["issued_on"]), "reasons": tuple(reasons)})


def digest(text: str) -> str:
    """Return the SHA-256 of a letter as it was frozen."""
    return hashlib.sha256(text.encode()).hexdigest()
