#!/usr/bin/env bash
# Lays out what an installation has, as below /usr, in target/packaging/stage: program, man pages, completions, editor
# definitions, documentation and licences. The tarball, the deb and the rpm are made of it.
. "$(dirname "${BASH_SOURCE[0]}")/common.sh"

stage=$WORK/stage
ssel=$(binary)
rm -rf "$stage"
install -D -m 755 "$ssel" "$stage/bin/ssel"
# A program that was built with another profile still has its symbols.
strip "$stage/bin/ssel" 2>/dev/null || true

"$ssel" man --dir "$stage/share/man/man1"
gzip -9n "$stage"/share/man/man1/*.1

completion() { install -d "$(dirname "$stage/share/$2")" && "$ssel" completions "$1" > "$stage/share/$2"; }
completion bash bash-completion/completions/ssel
completion zsh zsh/site-functions/_ssel
completion fish fish/vendor_completions.d/ssel.fish

install -d "$stage/share/ssel/lua" "$stage/share/doc/ssel"
install -m 644 docs/lua/meta/*.lua "$stage/share/ssel/lua/"
install -m 644 README.md CHANGELOG.md LICENSE-MIT LICENSE-APACHE "$stage/share/doc/ssel/"
if [ -f "$WORK/licences.html" ]; then
  install -m 644 "$WORK/licences.html" "$stage/share/doc/ssel/licences-of-dependencies.html"
fi

find "$stage" -exec touch -hd "@$SOURCE_DATE_EPOCH" {} +
echo "$stage"
