"""Forms of the room: shape only."""

import re
from collections.abc import Iterable, Mapping, Sequence
from datetime import date
from typing import Any, Self

from wtforms import EmailField as WtformsEmailField
from wtforms import Field, SelectField
from wtforms.validators import Optional, ValidationError

from mptf.core import clock
from mptf.core.clock import Installation
from mptf.fund.models import Fund
from mptf.organisations.models import Office, Organisation
from mptf.people.models import AskedRole
from mptf.people.notices import Notice
from mptf.policy import Role
from mptf.web import DayField, Form, TextField
from mptf.web.forms import AtMost, Checkboxes, Needed, NeededDay, choices, choices_of, plain_text
from mptf.web.text import NOTHING, say

LONGEST_ADDRESS = 254
_ADDRESS = re.compile(r"[A-Za-z0-9.!#$%&'*+/=?^_`{|}~-]+@[A-Za-z0-9-]+(\.[A-Za-z0-9-]+)+")


def mail_address(_form: Any, field: Field) -> None:
    """Refuse what no mail server takes as an address."""
    if not _ADDRESS.fullmatch(field.data or "") or ".." in field.data:
        raise ValidationError(say("Write the address like name@example.org."))


class EmailField(WtformsEmailField):
    """An e-mail address; upper and lower case are the same."""

    def __init__(self, label: str, *, autocomplete: str = "off", **kwargs: Any) -> None:
        checks = [Needed("Type the address."), AtMost(LONGEST_ADDRESS), plain_text, mail_address]
        super().__init__(label, checks, filters=[_lower], render_kw={"autocomplete": autocomplete}, **kwargs)


def _lower(text: str | None) -> str | None:
    return text.strip().lower() if text else text


def _today() -> date:
    return clock.today(Installation())


class RoleForm(Form):
    """A role in one fund, from a day until a day."""

    role = SelectField("Role", choices=choices_of(Role, nothing="Choose a role"), validators=[Needed("Choose a role.")])
    fund = SelectField("Fund", description="Not asked for the administrator, who works for all funds.")
    organisation = SelectField(
        "Organisation",
        description="Asked for committee, certifier, donor and Administrative Agent roles.",
    )
    office = SelectField("Office", description="Asked for the PUNO officer, who works for one office.")
    from_on = NeededDay("First day", told="Type the first day.", default=_today)
    until_on = DayField("Last day", validators=[Optional()], description="Empty: until somebody ends the role.")

    def offer(self, funds: Sequence[Fund], organisations: Sequence[Organisation], offices: Sequence[Office]) -> None:
        """Offer the funds, organisations and offices there are."""
        self._funds = {fund.code: fund for fund in funds}
        self._organisations = {row.public_id: row for row in organisations}
        self._offices = {row.public_id: row for row in offices}
        self.fund.choices = choices(((fund.code, f"{fund.code} {fund.short_name}") for fund in funds), nothing=NOTHING)
        self.organisation.choices = choices(((row.public_id, row.short_name) for row in organisations), nothing=NOTHING)
        self.office.choices = choices(((row.public_id, row.name) for row in offices), nothing=NOTHING)

    def asked(self) -> AskedRole:
        """Return the role that was asked for."""
        return AskedRole(
            role=Role(self.role.data),
            fund=self._funds.get(self.fund.data),
            organisation=self._organisations.get(self.organisation.data),
            office=self._offices.get(self.office.data),
            from_on=self.from_on.day,
            until_on=self.until_on.data,
        )


class InviteForm(RoleForm):
    """Who is invited, and the role that waits for them."""

    name = TextField("Name", validators=[Needed("Type the name.")])
    email = EmailField("E-mail")


class NameForm(Form):
    """The name a person is shown by."""

    name = TextField("Name", validators=[Needed("Type the name.")])


class NoticesForm(Form):
    """Which notices come by mail."""

    kinds = Checkboxes("Come to me by mail")

    @classmethod
    def of(cls, offered: Iterable[Notice], chosen: Mapping[str, bool]) -> Self:
        """Return the form with what is offered, ticked where it is wanted."""
        told = {notice.kind: notice.told for notice in offered}
        form = cls(data={"kinds": [kind for kind in told if chosen.get(kind, True)]})
        form.kinds.choices = choices((kind, say(sentence)) for kind, sentence in told.items())
        return form
