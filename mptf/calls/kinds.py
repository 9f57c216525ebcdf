"""The kinds of a call, with the words of each: the one place where an invitation is called otherwise than a call."""

import enum

from mptf.core.errors import N_


class CallKind(enum.StrEnum):
    """How offices come to submit: a call is read by everybody in the fund, an invitation by those invited alone.

    `word` is what sentences call it, `sending` the act that lets it go out, `out` its status from then on. `series`
    stands before its number, which each kind counts for itself: how many invitations there are is told by no number
    of a call. `indexed` is its kind in the index of words.
    """

    OPEN = "open", N_("Call for proposals"), N_("call"), N_("Publish the call"), N_("Published"), "", "call"
    INVITATION = (
        "invitation", N_("Invitation to submit"), N_("invitation"), N_("Send the invitation"), N_("Sent"), "D",
        "call_invitation",
    )  # fmt: skip

    label: str
    word: str
    sending: str
    out: str
    series: str
    indexed: str

    def __new__(
        cls, value: str, label: str, word: str, sending: str, out: str, series: str, indexed: str
    ) -> "CallKind":
        """Make a member from its stored value and its words."""
        member = str.__new__(cls, value)
        member._value_ = value
        member.label, member.word, member.sending, member.out = label, word, sending, out
        member.series, member.indexed = series, indexed
        return member

    def reference(self, code: str, year: int, number: int) -> str:
        """Write the number of one that goes out, such as SLW00/2022/D1."""
        return f"{code}/{year}/{self.series}{number}"
