"""Documents of the demonstration, which say of themselves that they are invented."""

import io

from demo.people import SLW
from mptf.core import clock, files
from mptf.core.files import StoredFile
from mptf.fund.models import Fund
from mptf.paper.pdf import PDF_MEDIA_TYPE, Document, write_pdf
from mptf.policy import Viewer
from mptf.web import store

DEMO = "Demonstration data: invented for this demonstration, and no document of the fund."


def paper(fund: Fund, title: str, *, by: Viewer, notes: tuple[str, ...] = ()) -> StoredFile:
    """Keep a document of this title."""
    document = Document(
        fund=fund.name, code=fund.code, title=title, number=SLW, foot=f"{SLW} · {title}", notes=[*notes, DEMO],
        demo=DEMO,
    )  # fmt: skip
    blob = store().keep(io.BytesIO(write_pdf(document, made_at=clock.now())), limit=1 << 20)
    return files.add(blob, name=f"{title}.pdf", media_type=PDF_MEDIA_TYPE, by=by, fund_id=fund.id)
