"""Forms of the room: shape only; the rules stand in the service."""

from collections.abc import Collection, Mapping

from wtforms import BooleanField, Field

from mptf.proposals.models import PartKind
from mptf.submissions.models import LONGEST_REMARK
from mptf.web import Form, TextAreaField
from mptf.web.forms import Needed, NeededDay


class SubmitForm(Form):
    """That a proposal is sent, knowing that it cannot be changed afterwards; `version` is what was looked at of it."""

    remark = TextAreaField(
        "Remark to the Secretariat",
        longest=LONGEST_REMARK,
        description="What was changed in the parts that were returned, or why one stays as it is.",
    )
    sure = BooleanField(
        "I send this for the office, and know that it cannot be changed afterwards",
        validators=[Needed("Tick this box to submit.")],
    )

    def look_again(self, stands: str) -> None:
        """Let it be sent once what stands now was looked at."""
        self.version.data, self.sure.data = stands, False


class UntilForm(Form):
    """Until the end of which day something is to be answered."""

    until = NeededDay("To be answered by", description="Until the end of this day.")


class ReturnForm(UntilForm):
    """What is to be changed in each part; a part of which nothing is said stays closed."""

    def offer(self, kinds: Collection[PartKind]) -> None:
        """Let these parts be returned, and no other."""
        for kind in PartKind:
            if kind not in kinds:
                del self[kind.value]

    @property
    def asked(self) -> list[Field]:
        """The fields of the parts that can be returned, in their order."""
        return [self[kind.value] for kind in PartKind if kind.value in self]

    @property
    def reasons(self) -> Mapping[PartKind, str]:
        """What was written of each part of which anything was."""
        texts = {kind: self[kind.value].data or "" for kind in PartKind if kind.value in self}
        return {kind: text for kind, text in texts.items() if text.strip()}


for kind in PartKind:
    setattr(ReturnForm, kind.value, TextAreaField(kind.label, longest=LONGEST_REMARK))


class WithdrawForm(Form):
    """Why a proposal is withdrawn."""

    reason = TextAreaField(
        "Reason",
        longest=LONGEST_REMARK,
        validators=[Needed("Say why the proposal is withdrawn; the Secretariat reads it.")],
        description="The Secretariat reads it. It stays on record with what was submitted.",
    )
