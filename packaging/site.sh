#!/usr/bin/env bash
# The documentation as a site: target/packaging/site/book/index.html. The pages are those of docs/ and the README; the order is
# that of docs/SUMMARY.md. Every link of the finished site is checked. Needs mdbook and python3.
. "$(dirname "${BASH_SOURCE[0]}")/common.sh"

site=$WORK/site
rm -rf "$site"
mkdir -p "$site/src"
# The pages keep their places, so that the links between them, and to scripts and examples, lead to the same files.
cp -r --parents README.md CONTRIBUTING.md CHANGELOG.md LICENSE-MIT LICENSE-APACHE action.yml docs scripts examples \
  packaging/README.md "$site/src/"
sed 's,](\.\./,](,; t; s,](\([a-z]\),](docs/\1,' docs/SUMMARY.md > "$site/src/SUMMARY.md"
rm "$site/src/docs/SUMMARY.md"
cat > "$site/book.toml" <<BOOK
[book]
title = "ssel"
description = "$SUMMARY"
language = "en"

[build]
# It would rename README.md to index.md, and leave the links to it behind.
use-default-preprocessors = false

[output.html]
smart-punctuation = false
BOOK
mdbook build "$site" >&2

python3 - "$site/book" <<'PYTHON'
import html.parser, os, sys
from urllib.parse import unquote, urlsplit


class Page(html.parser.HTMLParser):
    def __init__(self):
        super().__init__()
        self.ids, self.links = set(), []

    def handle_starttag(self, tag, attributes):
        for name, value in attributes:
            if name == "id":
                self.ids.add(value)
            elif name == "href" and tag == "a":
                self.links.append(value)


root = sys.argv[1]
pages = {}
for folder, _, files in os.walk(root):
    for name in files:
        if name.endswith(".html"):
            path = os.path.join(folder, name)
            page = pages[path] = Page()
            page.feed(open(path, encoding="utf-8").read())

broken = 0
for path, page in pages.items():
    # Of the page with everything, for printing, mdBook rewrites the links itself.
    if os.path.basename(path) in ("print.html", "404.html"):
        continue
    for link in page.links:
        url = urlsplit(link)
        if url.scheme or url.netloc:
            continue
        to = os.path.normpath(os.path.join(os.path.dirname(path), unquote(url.path))) if url.path else path
        wrong = None
        if not os.path.exists(to):
            wrong = "no such page"
        elif url.fragment and to in pages and unquote(url.fragment) not in pages[to].ids:
            wrong = "no such heading"
        if wrong:
            broken += 1
            print(f"{os.path.relpath(path, root)}: {link}: {wrong}", file=sys.stderr)
print(f"{len(pages)} pages, {broken} broken links", file=sys.stderr)
sys.exit(broken > 0)
PYTHON
echo "$site/book/index.html"
