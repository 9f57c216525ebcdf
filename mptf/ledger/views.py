"""Pages of the room."""

from flask import Blueprint

bp = Blueprint("ledger", __name__)
