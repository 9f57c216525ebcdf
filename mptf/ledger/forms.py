"""Forms of the room: which part of the books to show; asked by address, so that a view can be kept."""

from wtforms import SelectField

from mptf.web import DayField, Filter


class JournalFilter(Filter):
    """An account and a span of value dates; anything left empty asks for all."""

    account = SelectField("Account", validate_choice=False)
    since = DayField("Value date from")
    until = DayField("Value date to")


class BalanceFilter(Filter):
    """The two days a balance has: of the facts, and of our knowing them."""

    as_at = DayField("As at value date")
    known_on = DayField("As known at the end of")
