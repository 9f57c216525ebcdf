"""Pages of the room."""

from flask import Blueprint

bp = Blueprint("people", __name__)
