"""The whole application: every room, its pages, its commands, and the settings of an installation."""

from pathlib import Path

from flask import Flask
from flask_babel import Babel
from flask_wtf import CSRFProtect
from jinja2 import StrictUndefined
from werkzeug.middleware.proxy_fix import ProxyFix

from config import Config, from_environment
from mptf import cli, web
from mptf.agreements.views import bp as agreements
from mptf.attachments.copying import FILES
from mptf.attachments.views import bp as attachments
from mptf.budgets.views import bp as budgets
from mptf.calls.views import bp as calls
from mptf.cash.views import bp as cash
from mptf.claims.views import bp as claims
from mptf.contributions.views import bp as contributions
from mptf.controls.views import bp as controls
from mptf.core import clock, db
from mptf.core.files import Store
from mptf.deposits.views import bp as deposits
from mptf.desk.navigation import init_app as navigation
from mptf.desk.queries import DOCUMENTS
from mptf.desk.views import bp as desk
from mptf.dossiers.views import bp as dossiers
from mptf.drafting.copying import TYPED
from mptf.drafting.views import bp as drafting
from mptf.framework.views import bp as framework
from mptf.fund.views import bp as fund
from mptf.funding_status.views import bp as funding_status
from mptf.gateway.views import bp as gateway
from mptf.ledger.views import bp as ledger
from mptf.ledger.views import init_app as journal
from mptf.lists.views import bp as lists
from mptf.opinions.pages import CARD as OPINIONS
from mptf.opinions.views import bp as opinions
from mptf.organisations.views import bp as organisations
from mptf.people.views import bp as people
from mptf.pledges.views import bp as pledges
from mptf.proposals import beside, contents
from mptf.proposals.views import bp as proposals
from mptf.public.views import bp as public
from mptf.public.views import publishing
from mptf.questions.views import bp as questions
from mptf.rates.views import bp as rates
from mptf.reconciliation.views import bp as reconciliation
from mptf.reported.views import bp as reported
from mptf.reports.views import bp as reports
from mptf.screening.pages import CARD as SCREENING
from mptf.screening.views import bp as screening
from mptf.signin.current import find_open_fund
from mptf.signin.views import bp as signin
from mptf.signin.views import init_app as sessions
from mptf.statements.views import bp as statements
from mptf.submissions.keeping import SENT
from mptf.submissions.pages import CARD as SUBMISSION
from mptf.submissions.pages import RETURNED_NOTE
from mptf.submissions.views import bp as submissions
from mptf.trail.views import bp as trail
from mptf.web.health import bp as health

HERE = Path(__file__).resolve().parent.parent
MONEY = (
    contributions, agreements, deposits, pledges, cash, claims, funding_status, reported, controls, ledger, rates,
    reconciliation, statements,
)  # fmt: skip
ROOMS = (
    public, publishing, desk, reports, gateway, screening, opinions, dossiers, submissions, attachments, budgets,
    drafting, questions, proposals, calls, *MONEY, framework, lists, signin, trail, people, fund, organisations, health,
)  # fmt: skip


def assembled(config: Config | None = None) -> Flask:
    """Put the application together; see `mptf.create_app`."""
    app = Flask("mptf", template_folder=str(HERE / "templates"), static_folder=str(HERE / "static"))
    configure(app, config or from_environment())
    db.init_app(app)
    Babel(app)
    CSRFProtect(app)
    web.init_app(app)
    sessions(app)
    app.before_request(web.load_fund(find_open_fund))
    for room in ROOMS:
        app.register_blueprint(room)
    journal(app, DOCUMENTS)
    contents.put("drafting", TYPED)
    contents.put("attachments", FILES)
    contents.put("submissions", SENT)
    beside.put("submissions", SUBMISSION)
    beside.put("screening", SCREENING)
    beside.put("opinions", OPINIONS)
    beside.put_note("submissions", RETURNED_NOTE)
    navigation(app)
    cli.init_app(app)
    return app


def configure(app: Flask, config: Config) -> None:
    """Hand the installation's settings to Flask and its extensions."""
    config.check()
    app.config.update(
        SECRET_KEY=config.secret_key,
        SQLALCHEMY_DATABASE_URI=config.database_url,
        SQLALCHEMY_ENGINE_OPTIONS=db.engine_options(config.database_url),
        MAX_CONTENT_LENGTH=config.largest_upload,
        MAX_FORM_MEMORY_SIZE=2_000_000,
        PERMANENT_SESSION_LIFETIME=config.session_lasts,
        SESSION_COOKIE_NAME="__Host-session" if config.secure else "session",
        SESSION_COOKIE_SECURE=config.secure,
        SESSION_COOKIE_HTTPONLY=True,
        SESSION_COOKIE_SAMESITE="Lax",
        WTF_CSRF_TIME_LIMIT=None,
        WTF_I18N_ENABLED=False,  # the sentences of our fields are our own; theirs would be read anew for every form
        BABEL_DEFAULT_LOCALE="en",
    )
    app.jinja_env.undefined = StrictUndefined
    app.jinja_env.trim_blocks = app.jinja_env.lstrip_blocks = True
    app.extensions["config"] = config
    clock.Installation.zone = config.zone
    app.extensions["files"] = Store(config.files_folder)
    if config.trusted_proxies:
        count = config.trusted_proxies
        app.wsgi_app = ProxyFix(app.wsgi_app, x_for=count, x_proto=count, x_host=0)  # type: ignore[method-assign]
