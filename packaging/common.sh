# What the scripts of this folder share. Source it; it changes into the root of the project.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."

VERSION=$(sed -n 's/^version = "\(.*\)"$/\1/p' Cargo.toml | head -1)
SUMMARY=$(sed -n 's/^description = "\(.*\)"$/\1/p' Cargo.toml | head -1)
# Where packages are made, and where the finished ones go.
WORK=$PWD/target/packaging
DIST=$WORK/dist
# Two builds of the same source give the same files.
export SOURCE_DATE_EPOCH=${SOURCE_DATE_EPOCH:-$(git log -1 --format=%ct 2>/dev/null || date +%s)}
mkdir -p "$WORK" "$DIST"

# Cargo's profile; `dev` builds quickly, for trying a script.
PROFILE=${PROFILE:-dist}

# The program: SSEL_BINARY where it is set, else it is built, with these flags of cargo.
binary() {
  if [ -n "${SSEL_BINARY:-}" ]; then
    realpath "$SSEL_BINARY"
    return
  fi
  cargo build --profile "$PROFILE" --locked --bin ssel --message-format=json-render-diagnostics "$@" \
    | sed -n 's/.*"executable":"\([^"]*\)".*/\1/p' | tail -1
}

# SQLite without what ssel has no use for: full-text search, R-trees, extensions that are loaded.
without=(ENABLE_FTS3 ENABLE_FTS3_PARENTHESIS ENABLE_FTS5 ENABLE_RTREE ENABLE_STAT4 ENABLE_DBSTAT_VTAB ENABLE_LOAD_EXTENSION SOUNDEX)
export LIBSQLITE3_FLAGS="${without[*]/#/-USQLITE_} -DSQLITE_OMIT_LOAD_EXTENSION -DSQLITE_OMIT_DEPRECATED -DSQLITE_OMIT_SHARED_CACHE"

# The machine's name in packages: x86_64 or aarch64.
machine() { uname -m; }

# A Python environment of our own with these packages.
python_with() {
  [ -x "$WORK/venv/bin/python" ] || python3 -m venv "$WORK/venv"
  "$WORK/venv/bin/pip" install --quiet --disable-pip-version-check "$@"
}
