"""Refusals: sentences for people, produced once where the rule stands."""

from collections.abc import Mapping
from typing import Any

from mptf.core.sentences import filled


def N_(sentence: str) -> str:
    """Mark a sentence for translation; it is translated where it is shown."""
    return sentence


class DomainError(Exception):
    """A refusal: a template, its values, and the form field it concerns, if any."""

    def __init__(self, template: str, /, *, field: str | None = None, **values: Any) -> None:
        self.template = template
        self.values: Mapping[str, Any] = values
        self.field = field
        super().__init__(template)

    def __str__(self) -> str:
        return filled(self.template, self.values)


class RuleBroken(DomainError):
    """What was asked breaks a rule; the sentence says which and what to do."""

    def at(self, field: str) -> "RuleBroken":
        """Return the same refusal at a field of the form."""
        return RuleBroken(self.template, field=field, **self.values)


class KnownAlready(RuleBroken):
    """What was brought is here already; `page` is the endpoint that shows it, and its public id."""

    def __init__(self, template: str, /, *, page: tuple[str, str], **values: Any) -> None:
        self.page = page
        super().__init__(template, **values)


class TooOften(RuleBroken):
    """What was asked was asked too many times; later it may work."""


class NotAllowed(DomainError):
    """This person may not do this."""

    def __init__(self, template: str = N_("You may not do this."), /, **values: Any) -> None:
        super().__init__(template, **values)


class NotFound(DomainError):
    """There is no such thing, or none this person may know of."""

    def __init__(self, template: str = N_("There is no such page."), /, **values: Any) -> None:
        super().__init__(template, **values)


class Stale(RuleBroken):
    """The object changed since the form was opened."""

    def __init__(self, template: str = N_("This was changed since you opened it."), /, **values: Any) -> None:
        super().__init__(template, **values)
