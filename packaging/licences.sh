#!/usr/bin/env bash
# The page with the licences of all dependencies: target/packaging/licences.html. Needs cargo-about.
. "$(dirname "${BASH_SOURCE[0]}")/common.sh"

cargo about generate --locked --output-file "$WORK/licences.html" packaging/about.hbs
echo "$WORK/licences.html"
