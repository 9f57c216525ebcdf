"""What every view uses: permissions, one commit, refusals, attachments, text and headers."""

from flask import Flask

from mptf.web import access, pages, text
from mptf.web.access import ensure, find_fund, find_viewer, load_fund, public, requires, the_fund, the_viewer
from mptf.web.forms import AmountField, DayField, Form, TextAreaField, TextField
from mptf.web.pages import checked, commit, config, not_found, once, page_asked, send_attachment

__all__ = [
    "AmountField", "DayField", "Form", "TextAreaField", "TextField", "checked", "commit", "config", "ensure",
    "find_fund", "find_viewer", "init_app", "load_fund", "not_found", "once", "page_asked", "public",
    "requires", "send_attachment", "the_fund", "the_viewer",
]  # fmt: skip


def init_app(app: Flask) -> None:
    """Teach the application what every page shares."""
    access.init_app(app)
    text.init_app(app)
    pages.init_app(app)
