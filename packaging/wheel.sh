#!/usr/bin/env bash
# A wheel for pip, pipx and uvx in target/packaging/dist. It needs the glibc of the machine that builds it, or a newer one; its
# tag says which (such as manylinux_2_35). zig's compiler, which could link with an older glibc, does not build LuaJIT: the
# unwinder of libgcc is missing. Needs python3; maturin comes from PyPI.
. "$(dirname "${BASH_SOURCE[0]}")/common.sh"

python_with 'maturin>=1.9,<2'
PATH=$WORK/venv/bin:$PATH maturin build --profile "$PROFILE" --locked --out "$DIST" >&2
ls -t "$DIST"/ssel-"$VERSION"-py3-none-*.whl | head -1
