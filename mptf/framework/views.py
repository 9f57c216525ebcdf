"""Pages of the strategic framework: the list, one framework with its texts, the versions of a text, and the import."""

from flask import Blueprint, render_template, url_for
from flask.typing import ResponseReturnValue

from mptf.framework import queries, service
from mptf.framework.forms import FrameworkForm, TextsForm
from mptf.framework.models import Framework
from mptf.framework.service import TEXTS, Strategy
from mptf.framework.table import HEADINGS
from mptf.fund.current import the_fund
from mptf.imports.pages import Pages
from mptf.policy import Permission, can
from mptf.web import Form, checked, commit, page_with, requires, the_viewer

bp = Blueprint("framework", __name__, url_prefix="/f/<code>/framework")


@bp.get("/")
@requires(Permission.FRAMEWORK_VIEW)
def frameworks(code: str) -> ResponseReturnValue:
    """List the frameworks of the fund."""
    return _list(FrameworkForm())


@bp.post("/")
@requires(Permission.FRAMEWORK_EDIT)
def add_framework(code: str) -> ResponseReturnValue:
    """Add a framework with its numbered goals and KPIs."""
    fund, form = the_fund(), FrameworkForm()

    def add() -> Framework:
        return service.add_framework(fund, Strategy(**form.values()), by=the_viewer())

    if done := checked(form, add):
        return commit(url_for(".framework", code=code, public_id=done.result.public_id), "The framework is added.")
    return _list(form)


@bp.get("/<public_id>")
@requires(Permission.FRAMEWORK_VIEW)
def framework(code: str, public_id: str) -> ResponseReturnValue:
    """Show the goals and KPIs of a framework with their official texts."""
    fund = the_fund()
    found = queries.get_framework(fund, public_id)
    return render_template(
        "framework/framework.html",
        framework=found,
        numbered=queries.numbered(fund, found),
        may_edit=_may_edit(),
    )


@bp.get("/items/<public_id>")
@requires(Permission.FRAMEWORK_VIEW)
def item(code: str, public_id: str) -> ResponseReturnValue:
    """Show every version of the text of a goal or KPI."""
    fund = the_fund()
    found = queries.get_item(fund, public_id)
    return render_template(
        "framework/item.html", item=found, versions=queries.versions(fund, found), may_edit=_may_edit()
    )


def _list(form: Form) -> ResponseReturnValue:
    return page_with(
        "framework/frameworks.html", form, frameworks=queries.frameworks(the_fund()), may_edit=_may_edit()
    )  # fmt: skip


def _may_edit() -> bool:
    return can(the_viewer(), Permission.FRAMEWORK_EDIT, the_fund())


PAGES = Pages(
    TEXTS,
    TextsForm,
    "framework/upload.html",
    "framework/preview.html",
    heads=[(heading.head, False) for heading in HEADINGS],
)
PAGES.put_on(bp, "/import", "/import/<public_id>")
