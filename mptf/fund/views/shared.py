"""What the pages of the room share."""

from flask import Blueprint

bp = Blueprint("fund", __name__)
