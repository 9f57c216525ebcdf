"""The second factor: one-time codes that work once, and recovery codes for a lost telephone."""

import base64
import secrets

from pyotp import TOTP
from sqlalchemy import func, select, update

from mptf.core import audit, clock, mail
from mptf.core.db import db
from mptf.core.errors import N_, RuleBroken
from mptf.people import service as people
from mptf.people.models import Person
from mptf.policy import Permission, Viewer, require
from mptf.signin import passwords
from mptf.signin.keys import Keys
from mptf.signin.models import FactorKind, RecoveryCode, TotpSecret
from mptf.signin.queries import Signed
from mptf.signin.service import end_all_sessions, own_or_administrator

STEP = 30
DIGITS = 6
DRIFT = 1
RECOVERY_CODES = 10


audit.tell(
    {
        "second_factor.set_up": N_("set up a second factor for {person}"),
        "second_factor.removed": N_("removed the second factor of {person}"),
        "recovery_codes.made": N_("made new recovery codes for {person}"),
    },
    names={"totp_secret": N_("second factor")},
)


def seed_for(keys: Keys, person: Person, session_id: str) -> str:
    """Return the seed a person would set up now: the same until it is confirmed, so a page may be read again."""
    last = db.session.scalar(select(func.max(TotpSecret.id)).where(TotpSecret.person_id == person.id)) or 0
    return keys.name("totp seed", session_id, str(last))


def find_factor(person_id: int) -> TotpSecret | None:
    """Return the second factor in force."""
    return db.session.scalars(
        select(TotpSecret).where(TotpSecret.person_id == person_id, TotpSecret.ended_at.is_(None))
    ).first()


def set_up(person: Person, *, keys: Keys, seed: str, code: str, by: Viewer | Person) -> list[str]:
    """Put a second factor in force once a code proves that it works; return new recovery codes."""
    own_or_administrator(person.id, by)
    step = _step_of(keys, seed, code)
    if step is None:
        raise RuleBroken(
            N_("This code does not fit. Check the clock of your telephone and type the code it shows now."),
            field="code",
        )
    people.lock(person.id)
    _end(person)
    factor = TotpSecret(person_id=person.id, seed=seed, last_step=step)
    db.session.add(factor)
    db.session.flush()
    audit.record("second_factor.set_up", factor, by=by, person=person.name)
    return _new_recovery_codes(person, keys, by)


def renew(person: Person, *, keys: Keys, seed: str, code: str) -> list[str]:
    """Let somebody signed in set up a second factor or another one, and write to them; return new recovery codes."""
    codes = set_up(person, keys=keys, seed=seed, code=code, by=person)
    _tell(person)
    return codes


def renew_codes(person: Person, *, keys: Keys) -> list[str]:
    """Replace somebody's own recovery codes, and write to them; the new ones are shown once and kept nowhere."""
    people.lock(person.id)
    codes = _new_recovery_codes(person, keys, person)
    _tell(person)
    return codes


def why_kept(signed: Signed) -> RuleBroken | None:
    """Return why somebody's second factor has to stay, or None."""
    if signed.rights.second_factor_needed:
        return RuleBroken(N_("Your role asks for a second factor. You can set up another one instead."))
    if signed.short_password:
        return RuleBroken(
            N_("Your password is shorter than {least} characters. Choose a longer one first."),
            least=passwords.LEAST_ALONE,
        )
    return None


def remove_own(signed: Signed) -> None:
    """Remove somebody's own second factor, where neither role nor password asks for one, and write to them."""
    if refusal := why_kept(signed):
        raise refusal
    person = db.session.get_one(Person, signed.session.person_id)
    _remove(person, person)


def remove_lost(person: Person, *, by: Viewer) -> None:
    """Remove a second factor somebody lost, end their sessions, and write to them; only another person does it."""
    require(by, Permission.PEOPLE_EDIT)
    if person.id == by.id:
        raise RuleBroken(N_("Use the page Security and sessions for your own account."))
    _remove(person, by)
    end_all_sessions(person, by=by)


def _remove(person: Person, by: Viewer | Person) -> None:
    if factor := _end(person):
        audit.record("second_factor.removed", factor, by=by, person=person.name)
        _tell(person)


def _end(person: Person) -> TotpSecret | None:
    """End a person's second factor with its recovery codes; return what was ended."""
    factor = find_factor(person.id)
    if factor is not None:
        factor.ended_at = clock.now()
        _end_recovery_codes(person)
        db.session.flush()
    return factor


def _tell(person: Person) -> None:
    """Write to a person about a changed second factor."""
    mail.post("second_factor_changed", subject_id=person.public_id, to_person_id=person.id)


def _new_recovery_codes(person: Person, keys: Keys, by: Viewer | Person) -> list[str]:
    _end_recovery_codes(person)
    codes = [_new_code() for _ in range(RECOVERY_CODES)]
    db.session.add_all(RecoveryCode(person_id=person.id, digest=_digest(keys, person, code)) for code in codes)
    audit.record("recovery_codes.made", person, by=by, person=person.name)
    return codes


def taken(person: Person, *, keys: Keys, typed: str) -> FactorKind | None:
    """Take a one-time or a recovery code and say which it was; each works once, also sent twice at the same time."""
    code = "".join(typed.split()).replace("-", "").lower()
    if len(code) == DIGITS and code.isdecimal() and code.isascii():
        return FactorKind.APP if _take_code(person, keys, code) else None
    return FactorKind.RECOVERY_CODE if _take_recovery_code(person, keys, code) else None


def recovery_codes_left(person_id: int) -> int:
    """Count the recovery codes not used yet."""
    unused = select(func.count()).where(
        RecoveryCode.person_id == person_id, RecoveryCode.used_at.is_(None), RecoveryCode.replaced_at.is_(None)
    )
    return db.session.scalar(unused) or 0


def provisioning_uri(keys: Keys, seed: str, *, account: str, issuer: str) -> str:
    """Return what the QR code of a new second factor says."""
    return TOTP(keys.totp_secret(seed)).provisioning_uri(name=account, issuer_name=issuer)


def code_now(keys: Keys, factor: TotpSecret) -> str:
    """Return the code a telephone would show now; the demonstration has no telephones."""
    return TOTP(keys.totp_secret(factor.seed)).at(clock.now())


def _take_code(person: Person, keys: Keys, code: str) -> bool:
    factor = find_factor(person.id)
    step = _step_of(keys, factor.seed, code) if factor else None
    if factor is None or step is None:
        return False
    once = update(TotpSecret).where(TotpSecret.id == factor.id, TotpSecret.last_step < step).values(last_step=step)
    return db.session.execute(once.returning(TotpSecret.id)).first() is not None


def _take_recovery_code(person: Person, keys: Keys, code: str) -> bool:
    once = (
        update(RecoveryCode)
        .where(
            RecoveryCode.digest == _digest(keys, person, code),
            RecoveryCode.used_at.is_(None),
            RecoveryCode.replaced_at.is_(None),
        )
        .values(used_at=clock.now())
    )
    return db.session.execute(once.returning(RecoveryCode.id)).first() is not None


def _step_of(keys: Keys, seed: str, code: str) -> int | None:
    """Return the time step a code belongs to, one step of drift allowed either way."""
    totp = TOTP(keys.totp_secret(seed))
    now = int(clock.now().timestamp()) // STEP
    fitting = [
        step for step in range(now - DRIFT, now + DRIFT + 1) if secrets.compare_digest(totp.generate_otp(step), code)
    ]
    return fitting[-1] if fitting else None


def _end_recovery_codes(person: Person) -> None:
    db.session.execute(
        update(RecoveryCode)
        .where(RecoveryCode.person_id == person.id, RecoveryCode.replaced_at.is_(None))
        .values(replaced_at=clock.now())
    )


def _new_code() -> str:
    """Return 60 random bits as `abcd-efgh-ijkl`."""
    letters = base64.b32encode(secrets.token_bytes(8)).decode().lower()[:12]
    return "-".join(letters[at : at + 4] for at in (0, 4, 8))


def _digest(keys: Keys, person: Person, code: str) -> str:
    return keys.name("recovery code", person.public_id, code.replace("-", ""))
