#!/usr/bin/env bash
# Builds packages, installs each in a clean folder, and runs `ssel --version` and a two-second test there.
#
#   packaging/test.sh                    every form
#   packaging/test.sh tarball deb npm    these: tarball, static, deb, rpm, wheel, npm, action
#
# SSEL_BINARY=target/debug/ssel packages that program instead of building one (not for static and wheel). PROFILE=dev builds
# quickly.
. "$(dirname "${BASH_SOURCE[0]}")/common.sh"

clean=$(mktemp -d)
trap 'rm -rf "$clean"' EXIT
script="function default() sse.open(target.url('/.sse?n=3'), function() end) end"

# The program must work with nothing of ours around it: an empty environment, its own folder.
works() {
  local folder=$1
  shift
  (
    cd "$folder"
    echo "$script" > script.lua
    version=$(env -i PATH="$PATH" HOME="$folder" "$@" --version)
    [ "$version" = "ssel $VERSION" ] || { echo "ssel --version says: $version"; exit 1; }
    env -i PATH="$PATH" HOME="$folder" "$@" run script.lua -q -d 2s > summary.txt
    grep -q '^ *sse_event\.*: *[1-9]' summary.txt || { cat summary.txt; exit 1; }
  )
  echo "ok: $* works"
}

test_tarball() {
  tar -xzf "$(packaging/tarball.sh)" -C "$clean"
  works "$clean" "$clean/ssel-$VERSION-linux-$(machine)/bin/ssel"
}

# In an empty root there is no library, no hosts file and no resolver.
test_static() {
  tar -xzf "$(packaging/tarball.sh --static)" -C "$clean"
  works "$clean" "$clean/ssel-$VERSION-linux-$(machine)-static/bin/ssel"
  packaging/empty-root.sh "$clean/ssel-$VERSION-linux-$(machine)-static/bin/ssel"
}

test_deb() {
  local package root=$clean/deb
  package=$(packaging/deb.sh)
  dpkg-deb --extract "$package" "$root"
  works "$clean" "$root/usr/bin/ssel"
  if [ "$(id -u)" = 0 ] && ! dpkg -s ssel >/dev/null 2>&1; then
    dpkg --install "$package" >/dev/null
    works "$clean" /usr/bin/ssel
    [ -n "$(man --where ssel-run 2>/dev/null)" ] || ! command -v man >/dev/null
    dpkg --purge ssel >/dev/null
    [ ! -e /usr/bin/ssel ]
  fi
}

test_rpm() {
  local package root=$clean/rpm
  package=$(packaging/rpm.sh)
  rpm --query --package --list "$package" | grep -qx /usr/share/man/man1/ssel-run.1.gz
  mkdir "$root"
  # --nodeps: the libraries of this machine were not installed by rpm.
  rpm --install --nodeps --dbpath "$root/db" --root "$root" "$package"
  works "$clean" "$root/usr/bin/ssel"
}

test_wheel() {
  local wheel
  wheel=$(packaging/wheel.sh)
  [[ $(uname -s) != Linux || $wheel == *manylinux_2_17* ]] || { echo "$wheel needs more than glibc 2.17"; exit 1; }
  python3 -m venv "$clean/venv"
  "$clean/venv/bin/pip" install --quiet --disable-pip-version-check --no-index "$wheel"
  works "$clean" "$clean/venv/bin/ssel"
}

test_npm() {
  local packages
  mapfile -t packages < <(packaging/npm.sh)
  mkdir "$clean/npm"
  echo '{ "private": true }' > "$clean/npm/package.json"
  # The launcher's optional dependency is in no registry yet: its tarball is installed beside it.
  (cd "$clean/npm" && npm install --silent --no-audit --no-fund --omit=optional "${packages[@]}")
  works "$clean/npm" "$clean/npm/node_modules/.bin/ssel"
}

# The run of the GitHub Action, with the variables that GitHub sets.
test_action() {
  local folder=$clean/action root=$PWD code
  mkdir -p "$folder/bin"
  cp "$(binary)" "$folder/bin/ssel"
  echo "options = { thresholds = { sse_event = { 'count>1000' } } } $script" > "$folder/script.lua"
  (cd "$folder" && PATH=$folder/bin:$PATH RUNNER_TEMP=$folder GITHUB_OUTPUT=$folder/output GITHUB_STEP_SUMMARY=$folder/summary.md \
    ARGS="run script.lua -q -i 1 --tag 'name=two words'" bash "$root/packaging/action.sh" >/dev/null 2>&1)
  code=$(sed -n 's/^exit-code=//p' "$folder/output")
  [ "$code" = 99 ]
  grep -q '`sse_event` `count>1000`' "$folder/summary.md"
  [ -s "$folder/ssel-result/run.ssel" ] && [ -s "$folder/ssel-result/report.html" ]
  echo "ok: the action runs, writes its summary and passes the exit code $code on"
}

if [ $# = 0 ]; then set -- tarball static deb rpm wheel npm action; fi
for form; do
  echo "== $form"
  "test_$form"
done
