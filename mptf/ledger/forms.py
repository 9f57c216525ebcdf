"""Forms of the room: which part of the books to show; asked by address, so that a view can be kept."""

from wtforms import Form, SelectField

from mptf.core.errors import N_
from mptf.web import DayField


class JournalFilter(Form):
    """An account and a span of value dates; anything left empty asks for all."""

    account = SelectField(N_("Account"), validate_choice=False)
    since = DayField(N_("Value date from"))
    until = DayField(N_("Value date to"))


class BalanceFilter(Form):
    """The two days a balance has: of the facts, and of our knowing them."""

    as_at = DayField(N_("As at value date"))
    known_on = DayField(N_("As known at the end of"))
