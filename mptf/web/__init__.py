"""What every view uses: permissions, one commit, refusals, attachments, text and headers."""

from flask import Flask

from mptf.web import access, asked, pages, text
from mptf.web.access import ensure, find_viewer, load_fund, place, public, requires, the_role, the_viewer
from mptf.web.forms import ActionForm, AmountField, DayField, Filter, Form, TextAreaField, TextField
from mptf.web.pages import (
    checked,
    commit,
    commit_answer,
    commit_page,
    config,
    foreseen,
    not_found,
    once,
    page_with,
    send_attachment,
    send_calendar,
    send_csv,
    send_made,
    send_workbook,
    store,
    tried,
)  # fmt: skip

__all__ = [
    "ActionForm", "AmountField", "DayField", "Filter", "Form", "TextAreaField", "TextField", "asked", "checked",
    "commit", "commit_answer", "commit_page", "config", "ensure", "find_viewer", "foreseen", "init_app", "load_fund",
    "not_found", "once", "page_with", "place", "public", "requires", "send_attachment", "send_calendar", "send_csv",
    "send_made", "send_workbook", "store", "the_role", "the_viewer", "tried",
]  # fmt: skip


def init_app(app: Flask) -> None:
    """Teach the application what every page shares."""
    access.init_app(app)
    text.init_app(app)
    pages.init_app(app)
