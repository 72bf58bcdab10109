"""Whether every link inside the built site leads somewhere, and nothing is loaded from outside: `make docs` asks."""

from __future__ import annotations

import sys
from html.parser import HTMLParser
from pathlib import Path
from urllib.parse import unquote, urlsplit

LOADED = {"script": "src", "img": "src", "link": "href", "iframe": "src", "source": "src", "object": "data"}
HARMLESS = {"canonical", "search", "index", "next", "prev", "genindex", "author"}


class _Page(HTMLParser):
    """The anchors, links and loaded files of one page."""

    def __init__(self) -> None:
        super().__init__()
        self.anchors: set[str] = {"", "top"}
        self.links: list[str] = []
        self.loaded: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        """Note what the tag names and where it leads."""
        found = {key: value or "" for key, value in attrs}
        self.anchors |= {found[key] for key in ("id", "name") if key in found}
        if tag == "a" and "href" in found:
            self.links.append(found["href"])
        if tag in LOADED and LOADED[tag] in found and not set(found.get("rel", "").split()) & HARMLESS:
            self.loaded.append(found[LOADED[tag]])


def _read(path: Path) -> _Page:
    page = _Page()
    page.feed(path.read_text(encoding="utf-8"))
    return page


def faults(site: Path) -> list[str]:
    """One line for each link that leads nowhere, and for each file that would be loaded from elsewhere."""
    pages = {path: _read(path) for path in sorted(site.rglob("*.html")) if path.name != "webpack-macros.html"}
    found = []
    for path, page in pages.items():
        name = path.relative_to(site)
        found += [f"{name}: loads {address}" for address in page.loaded if urlsplit(address).netloc]
        for link in [*page.links, *page.loaded]:
            parts = urlsplit(link)
            if parts.scheme or parts.netloc:
                continue
            target = (path.parent / unquote(parts.path)).resolve() if parts.path else path.resolve()
            if not target.exists() or target.is_dir():
                found.append(f"{name}: {link} leads nowhere")
            elif target.suffix == ".html" and target in pages and unquote(parts.fragment) not in pages[target].anchors:
                found.append(f"{name}: {link} has no such place")
    return found


def main() -> int:
    """Print the faults; 0 where there are none."""
    site = Path(sys.argv[1]).resolve()
    found = faults(site)
    sys.stdout.write("".join(f"{line}\n" for line in found) or "all links lead somewhere\n")
    return bool(found)


if __name__ == "__main__":
    sys.exit(main())
