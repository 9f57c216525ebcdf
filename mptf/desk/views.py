"""Pages of the room."""

from flask import Blueprint

bp = Blueprint("desk", __name__)
