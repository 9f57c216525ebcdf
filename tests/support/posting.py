"""Forms as a browser sends them: opened, filled in, posted with their hidden fields."""

import re

from flask.testing import FlaskClient
from werkzeug.test import TestResponse


def hidden(page: TestResponse) -> dict[str, str]:
    """Return the hidden fields of the first form of a page that is posted once."""
    form = next((form for form in page.text.split("<form") if 'name="token"' in form), "")
    fields = re.findall(r'<input[^>]*type="hidden"[^>]*>', form)
    found = {}
    for field in fields:
        name, value = re.search(r'name="([^"]*)"', field), re.search(r'value="([^"]*)"', field)
        assert name
        found[name[1]] = value[1] if value else ""
    return found


def post(client: FlaskClient, url: str, opened: TestResponse | None = None, /, **values: object) -> TestResponse:
    """Open a form, fill it in and send it; `opened` is the page when it was opened earlier."""
    return client.post(url, data={**hidden(opened or client.get(url)), **values})
