#!/usr/bin/env bash
# A wheel for pip, pipx and uvx in target/packaging/dist. Built with zig's C compiler, it runs where glibc is 2.17 or newer.
# Needs python3; maturin and zig come from PyPI.
. "$(dirname "${BASH_SOURCE[0]}")/common.sh"

python_with 'maturin>=1.9,<2' ziglang
# maturin finds zig as a module of the Python on the PATH.
PATH=$WORK/venv/bin:$PATH maturin build --profile "$PROFILE" --locked --zig \
  --compatibility manylinux2014 --out "$DIST" >&2
ls -t "$DIST"/ssel-"$VERSION"-py3-none-*.whl | head -1
