"""Forms of the room: shape only."""

from wtforms import HiddenField

from mptf.reports.models import ExportFormat
from mptf.web import Form


class ExportForm(Form):
    """What a report is about, and the kind of file; the button that was pressed names the kind."""

    subject = HiddenField()
    format = HiddenField()

    @property
    def kind(self) -> ExportFormat:
        """The kind of file; a workbook unless CSV was asked for."""
        return ExportFormat.CSV if self.format.data == ExportFormat.CSV else ExportFormat.XLSX
