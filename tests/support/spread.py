"""Which worker runs which test."""

from xdist.scheduler import LoadScopeScheduling

# What their tests share takes seconds to start: a browser, a whole desk.
TOGETHER = ("_browser.py", "test_journeys.py", "test_every_page.py", "test_gallery.py", "test_keep.py")


class Spread(LoadScopeScheduling):  # type: ignore[misc]  # the plugin has no types
    """Sends a file whose tests share a browser to one worker, largest first, and every other test by itself."""

    def _split_scope(self, nodeid: str) -> str:
        file = nodeid.partition("::")[0]
        return file if file.endswith(TOGETHER) else nodeid
