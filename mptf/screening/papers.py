"""A letter on paper, from its frozen words alone: drawn again it is the same bytes."""

from datetime import datetime

from mptf.core.errors import N_
from mptf.core.sentences import day
from mptf.paper.pdf import Document, write_pdf
from mptf.paper.values import written
from mptf.screening.letters import Letter

TEMPLATE = "letter.typ"
TITLE = N_("Letter to the applicant")
SUBJECT = N_("Your proposal is not admitted to technical review")
SUBJECT_OF_A_CONCEPT = N_("The full proposal is not invited after your concept note")
SIGNED = N_("For the Secretariat of {fund}")
DIGEST = N_("SHA-256 of what this letter says: {digest}")
DEMO = N_("Demonstration data: this letter was issued in a demonstration and is no document of the fund.")


def pdf(letter: Letter, *, sha256: str, made_at: datetime) -> bytes:
    """Return an issued letter as a PDF file."""
    document = Document(
        fund=letter.fund,
        code=letter.code,
        title=TITLE,
        number=letter.number,
        foot=f"{letter.number} · {letter.proposal}",
        facts=[
            (N_("To"), f"{letter.office}, {letter.organisation}"),
            (N_("Concept note") if letter.concept else N_("Proposal"), f"{letter.proposal} {letter.title}"),
            (N_("Call"), letter.call),
            (N_("Version"), str(letter.version)),
            (N_("Date"), day(letter.issued_on)),
            (N_("Reasons"), "; ".join(letter.reasons)),
        ],
        notes=[written(DIGEST, digest=sha256)],
        demo=DEMO if letter.is_demo else "",
        more={"subject": subject(letter), "text": letter.text, "signed": written(SIGNED, fund=letter.fund)},
    )
    return write_pdf(document, made_at=made_at, template=TEMPLATE)


def subject(letter: Letter) -> str:
    """Return what a letter is about."""
    return SUBJECT_OF_A_CONCEPT if letter.concept else SUBJECT


def file_name(letter: Letter) -> str:
    """Return the name under which a letter is saved."""
    return f"{letter.number.replace('/', '-')}.pdf"
