"""The pages every import has, and their addresses on the blueprint of the room that imports.

The endpoints are called `imports` (list and upload), `table` (what the import would do), `start_import`,
`discard_import`, `import_progress` and `import_file`, so that the shared templates find them.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any, Generic

from flask import Blueprint, render_template, url_for
from flask.typing import ResponseReturnValue

from mptf.fund.current import the_fund
from mptf.fund.models import Fund
from mptf.imports import queries, service
from mptf.imports.kinds import Row, TableKind
from mptf.imports.models import ImportState, TableImport
from mptf.paper.problems import refused_rows
from mptf.paper.shape import Comparison
from mptf.policy import Permission
from mptf.web import ActionForm, Form, checked, commit, page_with, requires, send_attachment, the_viewer
from mptf.web.access import looked_at
from mptf.web.uploads import Taken, UploadForm, read_again, take_in

SHOWN = 50
PROBLEMS_SHOWN = 50


@dataclass(frozen=True)
class Pages(Generic[Row]):
    """The pages of one kind of table: its form, the templates of upload and preview, and the heads the preview shows.

    `heads` are pairs of a head of the table and whether it holds numbers; `more` tells whether an import does
    something although no row is new, such as confirming what is known; `reads` who sees a table and takes its file,
    if not only those who import; `flagged` how many rows an import added are flagged now, where the list its rows stand
    in is narrowed to those by `flagged=yes`.
    """

    kind: TableKind[Row]
    form: Callable[[], UploadForm]
    upload_template: str
    preview_template: str
    heads: Sequence[tuple[str, bool]]
    more: Callable[[Comparison[Row]], bool] | None = None
    reads: Permission | None = None
    flagged: Callable[[Fund, TableImport], int] | None = None

    def put_on(self, bp: Blueprint, upload: str, table: str) -> None:
        """Put the addresses on a room's blueprint, from those of the upload and of one table (`<public_id>`)."""
        own, reads = self.kind.permission, self.reads or self.kind.permission
        for endpoint, rule, methods, permission, view in (
            ("imports", upload, ("GET", "POST"), own, self.upload),
            ("table", table, ("GET",), reads, self.show),
            ("start_import", f"{table}/import", ("POST",), own, self.start),
            ("discard_import", f"{table}/discard", ("POST",), own, self.discard),
            ("import_progress", f"{table}/progress", ("GET",), own, self.progress),
            ("import_file", f"{table}/file", ("GET",), reads, self.file),
        ):
            bp.add_url_rule(rule, endpoint, requires(permission)(view), methods=methods)

    def beside(self, found: TableImport | None) -> dict[str, Any]:
        """Return what the templates of this kind show besides, at the upload (None) and of one table."""
        return {}

    def upload(self, code: str) -> ResponseReturnValue:
        """Take in a table, to be looked at before anything is imported, and list the latest ones."""
        form = self.form()
        taken = take_in(form, self.kind.check, lambda taken: self.keep(taken, form))
        if taken:
            return commit(self._address(taken.result))
        latest = queries.latest(the_fund(), self.kind)
        return page_with(self.upload_template, form, kind=self.kind, latest=latest, **self.beside(None))

    def keep(self, taken: Taken[Any], form: UploadForm) -> TableImport:
        """Keep a table that was taken in."""
        return service.upload(the_fund(), self.kind, taken.stored(), by=the_viewer())

    def show(self, code: str, public_id: str) -> ResponseReturnValue:
        """Show what an import would do, how far it is, or what came of it."""
        found = self._get(public_id)
        looked_at(found, fund_id=found.fund_id)
        return self._page(found, ActionForm())

    def start(self, code: str, public_id: str) -> ResponseReturnValue:
        """Import a table that was looked at."""
        found, form = self._get(public_id), ActionForm()
        if checked(form, lambda: service.start(found, self.kind, by=the_viewer())):
            return commit(self._address(found))
        return self._page(found, form)

    def discard(self, code: str, public_id: str) -> ResponseReturnValue:
        """Give up a table that was not imported."""
        found, form = self._get(public_id), ActionForm()
        if checked(form, lambda: service.discard(found, self.kind, by=the_viewer())):
            return commit(url_for(".imports", code=code), "The table was discarded.")
        return self._page(found, form)

    def progress(self, code: str, public_id: str) -> ResponseReturnValue:
        """Say how far the work is; when it has ended, let the page load itself anew."""
        found = self._get(public_id)
        headers = {} if found.state is ImportState.IMPORTING else {"HX-Refresh": "true"}
        return render_template("imports/_progress.html", table=found), 200, headers

    def file(self, code: str, public_id: str) -> ResponseReturnValue:
        """Send the file as it was uploaded."""
        found = self._get(public_id)
        looked_at(found, what="file", fund_id=found.fund_id, name=found.file.name)
        return send_attachment(found.file)

    def _get(self, public_id: str) -> TableImport:
        return queries.get_import(the_fund(), self.kind, public_id)

    def _page(self, found: TableImport, form: Form) -> ResponseReturnValue:
        if found.state in (ImportState.IMPORTING, ImportState.IMPORTED, ImportState.DISCARDED):
            flagged = self.flagged(the_fund(), found) if self.flagged and found.added else 0
            return page_with("imports/ended.html", form, table=found, kind=self.kind, flagged=flagged)
        content = read_again(found.file, self.kind.read)
        would = self.kind.compare(the_fund(), content, the_viewer())
        problems = would.problems.in_order()
        return page_with(
            self.preview_template,
            form,
            table=found,
            kind=self.kind,
            would=would,
            problems=problems[:PROBLEMS_SHOWN],
            refused=refused_rows(problems),
            more=self.more(would) if self.more else False,
            heads=self.heads,
            rows=would.first(SHOWN),
            **self.beside(found),
        )

    def _address(self, found: TableImport) -> str:
        return url_for(self.kind.endpoint, code=the_fund().code, public_id=found.public_id)
