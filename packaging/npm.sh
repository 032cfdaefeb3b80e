#!/usr/bin/env bash
# Two packages for npm in target/packaging/dist: `ssel`, a launcher, and `@ssel/OS-CPU`, the program for this machine, which
# the launcher has as an optional dependency: npm installs the one that fits. Needs npm.
. "$(dirname "${BASH_SOURCE[0]}")/common.sh"

ssel=$(binary)
case $(machine) in
  x86_64) cpu=x64 ;;
  aarch64 | arm64) cpu=arm64 ;;
  *) cpu=$(machine) ;;
esac
os=$(uname -s | tr '[:upper:]' '[:lower:]')
rm -rf "$WORK/npm"
mkdir -p "$WORK/npm"
cp -r packaging/npm/ssel packaging/npm/platform "$WORK/npm/"

install -D -m 755 "$ssel" "$WORK/npm/platform/bin/ssel"
strip "$WORK/npm/platform/bin/ssel" 2>/dev/null || true
cp LICENSE-MIT LICENSE-APACHE "$WORK/npm/platform/"
cp LICENSE-MIT LICENSE-APACHE README.md "$WORK/npm/ssel/"
sed -i.template "s/@VERSION@/$VERSION/g; s/@OS@/$os/g; s/@CPU@/$cpu/g" "$WORK"/npm/*/package.json
rm "$WORK"/npm/*/package.json.template

for package in platform ssel; do
  (cd "$WORK/npm/$package" && npm pack --silent --pack-destination "$DIST")
done | sed "s,^,$DIST/,"
