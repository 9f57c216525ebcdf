"""Pages of the room."""

from flask import Blueprint

bp = Blueprint("gateway", __name__)
