"""Sentences, amounts, days and moments as people read them."""

import re
from datetime import date, datetime, timedelta
from decimal import Decimal
from zoneinfo import ZoneInfo

from flask import Flask, Response, g, has_app_context
from flask_babel import get_translations
from markupsafe import Markup, escape

from mptf.core import clock, sentences
from mptf.core.errors import DomainError
from mptf.core.kosovo import with_asterisk
from mptf.core.money import MINUS, Money, amount_text
from mptf.paper.values import KOSOVO_FOOTNOTE, mentions_kosovo, percent_text

FOOTNOTE_PLACE = "<!--footnote-->"
NOTHING = "–"
SOON = 7
_TAG = re.compile(r"<[^>]*>")


def translated(text: str) -> str:
    """Return a text in the reader's language; its catalogue is found once for a page, which has one language."""
    if not has_app_context():
        return text
    if "catalogue" not in g:
        g.catalogue = get_translations()
    return str(g.catalogue.gettext(text))


def say(template: str, /, **values: object) -> str:
    """Write a template with its values in the reader's language; moments are those of this page's clock."""
    return sentences.filled(translated(template), {name: _local(value) for name, value in values.items()})


def _local(value: object) -> object:
    return clock.local(value, _place()) if isinstance(value, datetime) else value


def sentence(refusal: DomainError | None) -> str:
    """Write a refusal in the reader's language; nothing where there is none."""
    return say(refusal.template, **refusal.values) if refusal else ""


def money(value: Money | None, *, cents: bool = False) -> str:
    """Write an amount with its currency: `USD 1,661,314`."""
    return NOTHING if value is None else f"{value.currency}\N{NO-BREAK SPACE}{amount_text(value, cents=cents)}"


def amount(value: Money | None, *, cents: bool = False) -> str:
    """Write an amount whose currency stands in the head of its column."""
    return NOTHING if value is None else amount_text(value, cents=cents)


def whole(value: int | None) -> str:
    """Write a count."""
    return NOTHING if value is None else f"{value:,}".replace("-", MINUS)


def counted(count: int, one: str, many: str) -> str:
    """Write a count with what is counted: `1 deposit`, `1,204 deposits`."""
    return f"{whole(count)} {say(one if count == 1 else many)}"


def percent(value: Decimal | None) -> str:
    """Write a rate in percent with two decimals; one that cannot be computed is `n/a`."""
    return percent_text(value)


def day(value: date | None) -> str:
    """Write a day as `23 Nov 2026`."""
    return NOTHING if value is None else sentences.day(value)


def month(value: date) -> str:
    """Write a month as `November 2026`."""
    return f"{value:%B %Y}"


def moment(value: datetime | None, zone: str = "") -> str:
    """Write a moment with weekday, time and zone, the page's or another: `Thu 26 Nov 2026, 17:00 Europe/Belgrade`."""
    if value is None:
        return NOTHING
    zone = zone or _place().zone
    return sentences.moment(value.astimezone(ZoneInfo(zone)), zone)


def stamp(value: datetime | None) -> str:
    """Write a moment in a row of a list, below whose page the zone stands: `26 Nov 2026, 17:00`."""
    if value is None:
        return NOTHING
    local = clock.local(value, _place())
    return f"{day(local)}, {local:%H:%M}"


def weekday(value: date) -> str:
    """Write the name of a day of the week."""
    return f"{value:%A}"


def due_words(value: date) -> str:
    """Say how far off a day is: `in 4 days`, `today`, `9 days late`."""
    away = (value - clock.today(_place())).days
    if away == 0:
        return say("today")
    if away < 0:
        return say("{days} days late", days=-away) if away < -1 else say("1 day late")
    return say("in {days} days", days=away) if away > 1 else say("tomorrow")


def due_tone(value: date) -> str:
    """Return how much a day presses: `late`, `soon` within a week, else nothing."""
    away = (value - clock.today(_place())).days
    return "late" if away < 0 else "soon" if away < SOON else ""


def ago(value: datetime | None) -> str:
    """Say how long a moment is past: `3 minutes ago`."""
    if value is None:
        return say("never")
    past = clock.now() - value
    for size, one, many in _SPANS:
        count = past // size
        if count:
            return say(one if count == 1 else many, count=count)
    return say("just now")


_SPANS = (
    (timedelta(days=1), "yesterday", "{count} days ago"),
    (timedelta(hours=1), "an hour ago", "{count} hours ago"),
    (timedelta(minutes=1), "a minute ago", "{count} minutes ago"),
)


def kosovo_footnote(response: Response) -> Response:
    """Print the footnote once on every page whose words mention Kosovo*."""
    if response.mimetype != "text/html" or response.direct_passthrough:
        return response
    page = response.get_data(as_text=True)
    if FOOTNOTE_PLACE in page:
        mentioned = mentions_kosovo(_TAG.sub("", page))
        response.set_data(page.replace(FOOTNOTE_PLACE, _footnote() if mentioned else "", 1))
    return response


def _footnote() -> str:
    return str(Markup("<p>{}</p>").format(escape(KOSOVO_FOOTNOTE)))


def _place() -> clock.HasZone:
    return g.get("fund") or clock.Installation()


def zone() -> str:
    """Return the name of the zone in which this page writes its times."""
    return _place().zone


def init_app(app: Flask) -> None:
    """Give the templates their filters, and every page its footnote."""
    for written in (
        say, money, amount, whole, counted, percent, day, month, moment, stamp, weekday, due_words, due_tone, ago,
        with_asterisk,
    ):  # fmt: skip
        app.add_template_filter(written)
    app.add_template_global(zone)
    app.after_request(kosovo_footnote)
