"""Forms of the room: shape only."""

from mptf.reported.table import MOST_FIGURES
from mptf.web.uploads import UploadForm


class FiguresForm(UploadForm):
    """A table of reported figures; the longest one has some 100 characters a row."""

    limit = MOST_FIGURES * 200
