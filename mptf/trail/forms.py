"""Forms of the room: shape only."""

from collections.abc import Sequence

from wtforms import HiddenField, SelectField, StringField
from wtforms.validators import Optional

from mptf.core import ids
from mptf.trail.queries import Wanted
from mptf.trail.wording import in_words
from mptf.web import DayField, Filter
from mptf.web.forms import AtMost, choices, plain_text
from mptf.web.text import say

_ASKED = ("who", "action", "kind", "subject", "from_on", "until_on")


class LogFilter(Filter):
    """Which events of the audit log somebody looks for; read from the address."""

    who = StringField("Person, or a word of the detail", validators=[AtMost(100), plain_text])
    action = SelectField("Change", validators=[plain_text], validate_choice=False)
    kind = SelectField("Object", validators=[plain_text], validate_choice=False)
    subject = HiddenField(validators=[AtMost(40), plain_text])
    from_on = DayField("From", validators=[Optional()])
    until_on = DayField("Until", validators=[Optional()])

    def offer(self, actions: Sequence[str], kinds: Sequence[str]) -> None:
        """Offer the changes and objects there are."""
        self._known = {"action": actions, "kind": kinds}
        self.action.choices = choices(((name, in_words(name)) for name in actions), nothing=say("Everything"))
        self.kind.choices = choices(((name, in_words(name)) for name in kinds), nothing=say("Every object"))

    def wanted(self) -> Wanted:
        """Return what was asked for."""
        return Wanted(
            who=self.who.data or "",
            action=self.action.data or "",
            kind=self.kind.data or "",
            subject=self.subject.data or "",
            from_on=self.from_on.data,
            until_on=self.until_on.data,
        )

    def chosen(self) -> dict[str, str]:
        """Return which of the changes and objects there are was chosen, and which days, for the record."""
        known = {name: self[name].data for name, offered in self._known.items() if self[name].data in offered}
        days = {name: self[name].data.isoformat() for name in ("from_on", "until_on") if self[name].data}
        subject = {"subject": self.subject.data} if ids.is_one(self.subject.data or "") else {}
        return {**known, **subject, **days}

    def typed(self) -> dict[str, str]:
        """Return what was typed, for the links of the page."""
        fields = {name: self[name] for name in _ASKED}
        return {name: field.raw_data[0] for name, field in fields.items() if field.raw_data and field.raw_data[0]}
