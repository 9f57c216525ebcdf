"""Signing in without the pages: a real session, as the sign-in pages would have opened it."""

from flask import Flask, current_app
from flask.sessions import SecureCookieSessionInterface
from flask.testing import FlaskClient

from mptf.core.db import db, transactions, unit_of_work
from mptf.people.models import Person
from mptf.signin.service import open_session
from mptf.web.access import COOKIE_KEY


def open_for(person: Person, *, second_factor: bool = True) -> str:
    """Open and commit a session; return the token of its cookie. Needs an application context."""
    lasts = current_app.extensions["config"].session_lasts
    with transactions("write"), unit_of_work():
        _row, token = open_session(person, lasts=lasts, second_factor=second_factor)
    return token


def sign_in(client: FlaskClient, person: Person, *, second_factor: bool = True) -> FlaskClient:
    """Give a test client the cookie of a session with every factor passed (or the password alone)."""
    with client.application.app_context():
        token = open_for(db.session.get_one(Person, person.id), second_factor=second_factor)
    return carry(client, token)


def carry(client: FlaskClient, token: str) -> FlaskClient:
    """Give a test client the cookie of an open session; nothing of an earlier one stays in it."""
    client.set_cookie(*_cookie(client.application, token))
    return client


def cookie_for(app: Flask, person: Person, *, second_factor: bool = True) -> dict[str, str]:
    """Return the cookie of a session as a browser context takes it, without its address."""
    with app.app_context():
        token = open_for(db.session.get_one(Person, person.id), second_factor=second_factor)
    name, value = _cookie(app, token)
    return {"name": name, "value": value}


def _cookie(app: Flask, token: str) -> tuple[str, str]:
    signer = SecureCookieSessionInterface().get_signing_serializer(app)
    assert signer is not None
    return app.config["SESSION_COOKIE_NAME"], str(signer.dumps({COOKIE_KEY: token}))
