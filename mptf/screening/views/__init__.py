"""Pages of the room: the proposals of a call, its checklist, the screening of a proposal, its outcome and letter."""

from mptf.screening.views import answers, checklist, letters, listed, outcomes
from mptf.screening.views.shared import bp

__all__ = ["answers", "bp", "checklist", "letters", "listed", "outcomes"]
