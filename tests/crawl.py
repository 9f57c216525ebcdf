"""Read everything a person can reach: follow every link of every page, and fetch every file behind one."""

import re
from collections import Counter, deque
from html import unescape
from urllib.parse import urljoin, urlsplit

from flask.testing import FlaskClient

LINK = re.compile(r"""(?:href|hx-get|src)=["']([^"']+)["']""")
TOKEN = re.compile(r"""(name="(?:csrf_token|token|version)"[^>]*value=")[^"]*""")
MOST = 400
MOST_QUERIES = 3  # of one path: filters and sort orders show the same rows in other orders


def crawl(client: FlaskClient, start: str = "/home") -> dict[str, str]:
    """Return what stands at every address reachable from the first page, without tokens, addresses in order."""
    found: dict[str, str] = {}
    asked: Counter[str] = Counter()
    waiting = deque(["/", start])
    while waiting:
        assert len(found) < MOST, "the crawl does not end"
        address = waiting.popleft()
        path = address.partition("?")[0]
        if address in found or asked[path] > MOST_QUERIES:
            continue
        asked[path] += 1
        response = client.get(address)
        assert response.status_code < 500, f"{address}: {response.status}"
        headers = "\n".join(f"{k}: {v}" for k, v in response.headers if k in ("Location", "Content-Disposition"))
        found[address] = headers + "\n" + stable(response.get_data().decode("utf-8", "replace"))
        waiting.extend(_links(address, found[address], response.headers.get("Location")))
    return dict(sorted(found.items()))


def stable(page: str) -> str:
    """Return a page without what changes from request to request."""
    return TOKEN.sub(r"\1", page)


def _links(address: str, page: str, location: str | None) -> list[str]:
    wanted = [unescape(link) for link in LINK.findall(page)] + ([location] if location else [])
    inside = [urlsplit(urljoin(address, link)) for link in wanted]
    return [
        part.path + (f"?{part.query}" if part.query else "")
        for part in inside
        if not part.netloc.replace("localhost", "")
        and part.scheme in ("", "http")
        and not part.path.startswith("/static/")
    ]
