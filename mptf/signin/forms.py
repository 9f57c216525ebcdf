"""Forms of the room: shape only."""

from wtforms import PasswordField, StringField

from mptf.people.forms import EmailField
from mptf.web import Form
from mptf.web.forms import AtMost, Needed, plain_text
from mptf.web.text import say

LONGEST_TYPED = 1000  # what is longer is no password of anybody; refused before it is hashed


def _secret(label: str, autocomplete: str) -> PasswordField:
    checks = [Needed("Type the password."), AtMost(LONGEST_TYPED), plain_text]
    return PasswordField(label, checks, render_kw={"autocomplete": autocomplete})


def _code(label: str) -> StringField:
    checks = [Needed("Type the code."), AtMost(40), plain_text]
    return StringField(label, checks, render_kw={"autocomplete": "one-time-code", "spellcheck": "false"})


class SignInForm(Form):
    """The password step."""

    email = EmailField("E-mail", autocomplete="username")
    password = _secret("Password", "current-password")


class CodeForm(Form):
    """The second factor step."""

    code = _code("Code")


class SetUpForm(Form):
    """The proof that a new second factor works."""

    code = _code("Code from the app")


class ConfirmedSetUpForm(SetUpForm):
    """The same by somebody signed in already, who types the password again."""

    current = _secret("Your password", "current-password")


class PasswordAgainForm(Form):
    """Something about one's own account that asks for the password again."""

    current = _secret("Your password", "current-password")


class ResetForm(Form):
    """Where the way back goes."""

    email = EmailField("E-mail", autocomplete="username")


class NewPasswordForm(Form):
    """A password chosen through a mailed link."""

    password = _secret("New password", "new-password")
    again = _secret("New password again", "new-password")

    def validate(self, extra_validators: object = None) -> bool:
        """Ask that the same password was typed twice."""
        return bool(super().validate(extra_validators)) and self._same()

    def _same(self) -> bool:
        if self.password.data == self.again.data:
            return True
        self.again.errors = [say("The two passwords are not the same.")]
        return False


class ChangePasswordForm(NewPasswordForm):
    """A password changed by its owner."""

    current = _secret("Current password", "current-password")
