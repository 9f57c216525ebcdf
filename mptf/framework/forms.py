"""Forms of the room: shape only; the rules stand in the service."""

from typing import Any

from mptf.framework.table import LONGEST_TEXT, MOST_TEXTS
from mptf.fund.forms import WholeField
from mptf.web import Form, TextField
from mptf.web.forms import Needed
from mptf.web.uploads import UploadForm


class FrameworkForm(Form):
    """A framework as it was adopted."""

    title = TextField("Title", longest=300, validators=[Needed("Write the title.")])
    first_year = WholeField("First year", validators=[Needed("Write the year it begins.")])
    last_year = WholeField("Last year", validators=[Needed("Write the year it ends.")])
    goals = WholeField("How many goals", validators=[Needed("Write how many goals it has, 0 for none.")])
    kpis = WholeField("How many KPIs", validators=[Needed("Write how many KPIs it has, 0 for none.")])
    source = TextField(
        "Source", longest=300, description="The document in which it was adopted, and where it is found."
    )

    def values(self) -> dict[str, Any]:
        """What was adopted, as the service takes it."""
        return {
            "title": self.title.data or "",
            "first_year": self.first_year.data,
            "last_year": self.last_year.data,
            "goals": self.goals.data,
            "kpis": self.kpis.data,
            "source": self.source.data or "",
        }


class TextsForm(UploadForm):
    """A table of official texts."""

    limit = MOST_TEXTS * (LONGEST_TEXT + 700)
