"""Every page says who may use it; a new one without it fails here by name (ACL-1)."""

import pytest
from flask import Flask

from mptf.policy import GRANTS, Permission

pytestmark = pytest.mark.one_engine

# Pages for everybody: the world's pages, the way in and out, and what a load balancer asks.
OPEN = {
    "static",
    "public.index", "public.fund", "public.calendar", "public.check", "public.checked",
    "signin.sign_in", "signin.sign_in_as", "signin.second_factor", "signin.set_up", "signin.sign_out",
    "signin.accept", "signin.ask_reset", "signin.reset_sent", "signin.choose_password",
    "health.alive", "health.ready",
}  # fmt: skip


def test_every_endpoint_declares_its_permission(app: Flask) -> None:
    undeclared = [
        name for name, view in app.view_functions.items() if name not in OPEN and not hasattr(view, "permission")
    ]
    assert not undeclared, f"decorate with @requires or @public: {undeclared}"


def test_only_listed_endpoints_are_open(app: Flask) -> None:
    opened = {name for name, view in app.view_functions.items() if getattr(view, "permission", "") is None}
    assert opened - OPEN == set(), "list a page for everybody in OPEN, or ask for a permission"


@pytest.mark.parametrize("permission", Permission)
def test_every_permission_has_a_sentence_and_a_row(permission: Permission) -> None:
    assert permission.value[0].isupper()
    assert permission in GRANTS
    assert GRANTS[permission] or permission is Permission.OWN_ACCOUNT
