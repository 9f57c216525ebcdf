"""The demonstration fund: dated acts of invented people, done through the services; never in production."""

from demo.load import load
from demo.people import sign_ins

__all__ = ["load", "sign_ins"]
