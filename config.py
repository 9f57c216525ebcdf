"""Settings of one installation, read once from the environment; a wrong one stops the start."""

import enum
import os
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import timedelta
from pathlib import Path
from zoneinfo import available_timezones

HERE = Path(__file__).resolve().parent
SHORTEST_SECRET = 32
SAMPLE_SECRETS = (
    "change", "secret", "development", "sample", "example", "password", "replace", "placeholder", "random",
)  # fmt: skip
DRIVERS = ("sqlite", "postgresql", "postgresql+psycopg")
HIGHEST_PORT = 65_535
FEWEST_SIGNS = 10  # 64 hexadecimal digits by chance have fewer different ones less than once in a billion times


class BadConfiguration(Exception):
    """The process must not start; the sentence says which setting and what to do."""


class Environment(enum.StrEnum):
    """What the installation is for."""

    PRODUCTION = "production"
    DEMO = "demo"
    TEST = "test"


@dataclass(frozen=True)
class Mail:
    """Where mail is handed over."""

    host: str = ""
    port: int = 25
    user: str = ""
    password: str = field(default="", repr=False)
    starttls: bool = False
    sender: str = "Trust Fund Desk <no-reply@localhost>"


@dataclass(frozen=True)
class Config:
    """What an installation sets (`from_environment`), and what every one has in common."""

    environment: Environment
    secret_key: str = field(repr=False)
    database_url: str
    data_folder: Path
    base_url: str
    mail: Mail = Mail()
    debug: bool = False
    largest_upload: int = 50_000_000
    idle_after: timedelta = timedelta(minutes=30)
    session_lasts: timedelta = timedelta(hours=12)
    trusted_proxies: int = 0
    zone: str = "Europe/Belgrade"

    @property
    def demo(self) -> bool:
        """Whether this is the demonstration installation."""
        return self.environment is Environment.DEMO

    @property
    def secure(self) -> bool:
        """Whether people reach the installation over TLS."""
        return self.base_url.startswith("https://")

    @property
    def files_folder(self) -> Path:
        """Where the content store stands."""
        return self.data_folder / "files"

    def check(self) -> None:
        """Refuse a configuration that would put people's money or names at risk (AUTH-5)."""
        secret = self.secret_key
        poor = len(secret) < SHORTEST_SECRET or len(set(secret)) < FEWEST_SIGNS
        if poor or any(word in secret.lower() for word in SAMPLE_SECRETS):
            raise BadConfiguration(
                "SECRET_KEY is missing, short or a sample. Set it to the output of "
                "`python -c 'import secrets; print(secrets.token_hex(32))'`."
            )
        if self.trusted_proxies < 0:
            raise BadConfiguration(
                "TRUSTED_PROXIES is the number of proxies in front of the web server: 0 without one, 1 behind nginx."
            )
        if not 0 < self.mail.port <= HIGHEST_PORT:
            raise BadConfiguration("SMTP_PORT is no port. Use 25 or 587.")
        _check_database(self.database_url)
        if self.zone not in available_timezones():
            raise BadConfiguration("MPTF_ZONE is no time zone. Use a name such as Europe/Belgrade or UTC.")
        if self.environment is Environment.PRODUCTION:
            self._check_production()

    def _check_production(self) -> None:
        if self.debug:
            raise BadConfiguration("FLASK_DEBUG is on. Switch it off in production.")
        if not self.secure:
            raise BadConfiguration("BASE_URL must begin with https:// in production.")
        if not self.mail.host:
            raise BadConfiguration("SMTP_HOST is missing: invitations and resets go by mail.")
        if self.mail.user and not self.mail.starttls:
            raise BadConfiguration(
                "SMTP_USER is set without SMTP_STARTTLS=1: its password would cross the network in the clear."
            )


def from_environment(env: Mapping[str, str] | None = None) -> Config:
    """Read the settings; without `MPTF_ENV` the installation is a production one."""
    env = os.environ if env is None else env
    data = Path(env.get("MPTF_DATA") or HERE / "instance").resolve()
    try:
        environment = Environment(env.get("MPTF_ENV", "production"))
        mail = Mail(
            host=env.get("SMTP_HOST", ""),
            port=int(env.get("SMTP_PORT", "25")),
            user=env.get("SMTP_USER", ""),
            password=env.get("SMTP_PASSWORD", ""),
            starttls=env.get("SMTP_STARTTLS", "") == "1",
            sender=env.get("MAIL_SENDER", Mail.sender),
        )
        proxies = int(env.get("TRUSTED_PROXIES", "0"))
    except ValueError as error:
        raise BadConfiguration(f"A setting cannot be read: {error}.") from error
    config = Config(
        environment=environment,
        secret_key=env.get("SECRET_KEY", ""),
        database_url=_database_url(env.get("DATABASE_URL") or f"sqlite:///{data / 'mptf.db'}"),
        data_folder=data,
        base_url=env.get("BASE_URL", "http://127.0.0.1:8000").rstrip("/"),
        mail=mail,
        debug=env.get("FLASK_DEBUG", "") not in ("", "0"),
        trusted_proxies=proxies,
        zone=env.get("MPTF_ZONE") or Config.zone,
    )
    config.check()
    return config


def _database_url(url: str) -> str:
    """Accept the short name of PostgreSQL that hosting panels hand out."""
    return "postgresql://" + url.removeprefix("postgres://") if url.startswith("postgres://") else url


def _check_database(url: str) -> None:
    """Refuse an address nothing can be opened at; it is not repeated, as it may hold a password."""
    from sqlalchemy import make_url  # here, as what only reads settings does not need it
    from sqlalchemy.exc import ArgumentError

    try:
        driver = make_url(url).drivername
    except (ArgumentError, ValueError):
        driver = ""
    if driver not in DRIVERS:
        raise BadConfiguration(
            "DATABASE_URL is no address of a database. Use postgresql://USER:PASSWORD@HOST/NAME, or leave it out "
            "for a file in MPTF_DATA."
        )
