"""A list as it is asked for: its filters, and the views somebody keeps of it; every such list begins its page here.

A filter that names what cannot be chosen any more is left out, and the page says so: a view outlives an organisation.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Generic
from urllib.parse import parse_qsl, urlencode

from flask import request, url_for
from werkzeug.datastructures import MultiDict

from mptf.core import audit, clock
from mptf.fund.current import the_fund
from mptf.lists import queries
from mptf.lists.forms import LONGEST_ASKED
from mptf.lists.kinds import FilterForm, Filters, Listed
from mptf.lists.models import SavedView
from mptf.lists.taken import Row, Taken
from mptf.web import the_viewer
from mptf.web.access import looked_at

MOST_FIELDS = 50


@dataclass(frozen=True)
class Standing(Generic[FilterForm]):
    """What stands of a list: its form, the fields that were left out, one's views, and which of them this is."""

    listed: Listed[FilterForm]
    form: FilterForm
    gone: Sequence[str]
    views: Sequence[SavedView]
    current: SavedView | None

    @property
    def tabs(self) -> list[tuple[str, str, bool]]:
        """The views as links: name, address, and whether it is this one."""
        return [(view.name, address_of(self.listed, view), view is self.current) for view in self.views]

    @property
    def all_address(self) -> str:
        """The list without any filter."""
        return url_for(self.listed.endpoint, code=the_fund().code)

    @property
    def is_whole(self) -> bool:
        """Whether nothing is asked for."""
        return not self.form.address() and not self.gone

    @property
    def keep_address(self) -> str:
        """Where the filters that stand are kept; empty where none stand, one is not right, or this is a view."""
        asked = self.form.address()
        if not asked or self.form.errors or (self.current and not self.gone):
            return ""
        return url_for("lists.keep", code=the_fund().code, of=self.listed.key, asked=urlencode(asked))


def standing(listed: Listed[FilterForm]) -> Standing[FilterForm]:
    """Return what this address asks for of a list, with the views this person keeps of it."""
    form = listed.form(request.args)
    before = form.address()
    gone = form.drop_gone()
    views = queries.views_of(the_viewer(), the_fund(), listed.key)
    current = next((view for view in views if view.asked == before), None)
    return Standing(listed, form, gone, views, current)


def asked_of(listed: Listed[FilterForm]) -> FilterForm:
    """Return the filters of this address as the page of the list takes them, for what is taken away of it."""
    form = listed.form(request.args)
    form.drop_gone()
    return form


def take(rows: Sequence[Row], form: Filters, *, of: audit.Subject, written_as: str) -> Taken[Row]:
    """Return the rows of a list that are taken away as a file, and note who takes them (EXP-2)."""
    fund = the_fund()
    looked_at(of, what="export", fund_id=fund.id, written_as=written_as, filter=form.in_words(), rows=len(rows))
    return Taken(fund, rows, form.told(), the_viewer().name, clock.now())


def read(listed: Listed[FilterForm], asked: str) -> FilterForm:
    """Return the filters an address says, without those that name what cannot be chosen."""
    try:
        pairs = parse_qsl(asked[:LONGEST_ASKED], max_num_fields=MOST_FIELDS)
    except ValueError:
        pairs = []
    form = listed.form(MultiDict(pairs))
    form.drop_gone()
    return form


def address_of(listed: Listed[FilterForm], view: SavedView) -> str:
    """Return where a view is open: the list, narrowed as it was kept."""
    return f"{url_for(listed.endpoint, code=the_fund().code)}?{urlencode(view.asked)}"
