"""A small application that shows the shell and its macros with sample values, to look at and to test."""

from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from flask import Flask, Response, flash, g, render_template, url_for
from flask_babel import Babel
from flask_wtf import CSRFProtect
from jinja2 import ChoiceLoader, FileSystemLoader, StrictUndefined
from werkzeug.datastructures import MultiDict
from wtforms import (
    BooleanField,
    EmailField,
    IntegerField,
    PasswordField,
    RadioField,
    SelectField,
    SelectMultipleField,
)
from wtforms.widgets import CheckboxInput, ListWidget

from mptf.core import clock
from mptf.web import AmountField, DayField, Form, TextAreaField, TextField, text
from mptf.web.forms import Needed, new_token
from mptf.web.pages import POLICY
from mptf.web.uploads import UploadField

ROOT = Path(__file__).parents[2]
NOW = datetime(2026, 11, 23, 16, 0, tzinfo=UTC)
PAGES = ("form", "refused", "empty", "parts")


@dataclass(frozen=True)
class Fund:
    """A fund as the layouts see it."""

    code: str
    name: str
    short_name: str
    is_demo: bool = False
    zone: str = "Europe/Belgrade"


@dataclass(frozen=True)
class RoleChoice:
    """A line of the role switcher."""

    key: str
    label: str
    current: bool


@dataclass(frozen=True)
class Viewer:
    """Somebody signed in as the layouts see them."""

    name: str = "Demo Officer 1"
    public_id: str = "demo-officer-1"
    initials: str = "DO"
    role_label: str = "Secretariat officer"
    roles: tuple[RoleChoice, ...] = (
        RoleChoice("1", "Secretariat officer, SLW00", True),
        RoleChoice("2", "Administrator", False),
    )


@dataclass(frozen=True)
class Item:
    """A line of the side navigation."""

    label: str
    icon: str
    url: str
    current: bool = False


@dataclass(frozen=True)
class Group:
    """Lines under one heading."""

    label: str | None
    items: list[Item]


@dataclass(frozen=True)
class Status:
    """A status as the macro sees it: tone, icon and label stand on the enum."""

    tone: str
    icon: str
    label: str


@dataclass(frozen=True)
class Slice:
    """One page of a list."""

    page: int = 2
    pages: int = 6
    total: int = 119
    first: int = 21
    last: int = 40


FUNDS = (
    Fund(
        "SLW00", "Western Balkans Small Arms and Light Weapons Control Roadmap", "Western Balkans SALW Control Roadmap"
    ),
    Fund("DEM00", "Demonstration Trust Fund", "Demonstration Trust Fund", is_demo=True),
)
NAVIGATION = [
    Group(None, [Item("Parts", "home", "/parts", current=True)]),
    Group("Money", [Item("Contributions", "coins", "#"), Item("Fund ledger", "book-2", "#")]),
    Group("Output", [Item("Form", "report-analytics", "/form"), Item("Empty", "world", "/empty")]),
    Group("Fund", [Item("People and seats", "users", "#"), Item("Settings", "settings", "#")]),
]


class Checkboxes(SelectMultipleField):
    """Several choices, each with a box."""

    widget = ListWidget(prefix_label=False)
    option_widget = CheckboxInput()


class SampleForm(Form):
    """A field of every kind."""

    name = TextField("Name of the pledge", validators=[Needed("Write a name.")])
    email = EmailField("E-mail", description="Only the Secretariat sees it.")
    password = PasswordField("Password", validators=[Needed("Write your password.")])
    donor = SelectField("Contributor", choices={"": "Choose a contributor", "de": "Germany", "se": "Sweden"})
    kind = RadioField(
        "Kind of agreement",
        choices={"saa": "Standard Administrative Arrangement", "eu": "EU contribution agreement"},
    )
    parts = Checkboxes("Windows", choices={"1": "Unearmarked", "2": "Window 2"})
    signed_on = DayField("Signed on")
    usd = AmountField("Value in US dollars", currency="USD")
    original = AmountField("Original amount", currency_field="currency")
    currency = SelectField("Currency", choices={"EUR": "EUR", "SEK": "SEK"})
    instalments = IntegerField("Instalments")
    document = UploadField("Signed agreement", description="PDF, at most 20 MB.")
    remarks = TextAreaField("Remarks", longest=500)
    confirmed = BooleanField("The bank has advised this amount")


@dataclass
class Gallery:
    """What the pages share; tests set `signed_in` and `fund` as they need."""

    fund: Fund | None = FUNDS[0]
    viewer: Viewer | None = field(default_factory=Viewer)


def _asset(name: str) -> str:
    return url_for("static", filename=name)


def _endpoints(app: Flask) -> None:
    """Name the addresses the layouts link to."""
    for endpoint, rule, methods in (
        ("public.fund", "/public/<code>", ["GET"]),
        ("desk.home", "/f/<code>/", ["GET"]),
        ("desk.search", "/f/<code>/search", ["GET"]),
        ("people.own_notices", "/account/notices", ["GET"]),
        ("signin.sign_in", "/sign-in", ["GET"]),
        ("signin.security", "/security", ["GET"]),
        ("signin.sign_out", "/sign-out", ["POST"]),
        ("signin.switch_role", "/role", ["POST"]),
    ):
        app.add_url_rule(rule, endpoint, lambda **_: "done", methods=methods)


def _values(name: str) -> dict[str, Any]:
    form: Form | None = None
    if name == "refused":
        form = SampleForm(MultiDict({"usd": "1.000,00", "signed_on": "31 Feb 2026", "currency": "EUR"}))
        form.validate()
        form.form_errors.append("This deposit is already recorded: 12 Nov 2026, USD 576,000.")
    elif name == "form":
        form = SampleForm()
    return {
        "form": form,
        "slice": Slice(),
        "today": NOW.date(),
        "earlier": NOW - timedelta(hours=2),
        "ready": Status("good", "circle-check", "Ready"),
        "navigation": NAVIGATION,
    }


def create_gallery() -> Flask:
    """Make the application of the sample pages; it answers `/<page>` for each of `PAGES`."""
    app = Flask(__name__, static_folder=ROOT / "static", template_folder=None)
    app.config.update(SECRET_KEY="a key for samples", TESTING=True)
    app.jinja_loader = ChoiceLoader(
        [
            FileSystemLoader(ROOT / "templates"),
            FileSystemLoader(Path(__file__).parent / "templates"),
        ]
    )
    app.jinja_env.undefined = StrictUndefined
    app.jinja_env.trim_blocks = app.jinja_env.lstrip_blocks = True
    app.jinja_env.globals["asset"] = _asset
    app.jinja_env.globals["new_token"] = new_token
    Babel(app)
    CSRFProtect(app)
    text.init_app(app)
    _endpoints(app)
    gallery = Gallery()

    @app.context_processor
    def _shared() -> dict[str, Any]:
        return {
            "fund": gallery.fund,
            "worked_in": gallery.fund,
            "funds": list(FUNDS),
            "viewer": gallery.viewer,
            "installation": {"name": "Trust Fund Desk", "demo": True},
        }

    @app.get("/<page>")
    def show(page: str) -> str:
        g.fund = gallery.fund
        if page == "parts":
            flash("The pledge of Sweden was recorded.")
        with clock.at(NOW):
            return render_template(f"gallery/{page}.html", **_values(page))

    @app.after_request
    def _policy(response: Response) -> Response:
        response.headers["Content-Security-Policy"] = POLICY
        return response

    return app
