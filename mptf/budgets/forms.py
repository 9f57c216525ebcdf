"""The form that brings a workbook back."""

from wtforms import BooleanField

from mptf.core.errors import N_
from mptf.web.uploads import UploadForm


class WorkbookForm(UploadForm):
    """A workbook, looked at first; `confirmed` once somebody saw what it changes."""

    limit = 5_000_000
    takes = N_("The workbook taken from this page (.xlsx), at most {megabytes} MB.")
    confirmed = BooleanField()
