#!/usr/bin/env bash
# A wheel for pip, pipx and uvx in target/packaging/dist. On Linux it needs glibc 2.17 (2012) or newer: zig's compiler links with
# that version. Needs python3; maturin and zig come from PyPI.
. "$(dirname "${BASH_SOURCE[0]}")/common.sh"

python_with 'maturin>=1.9,<2' ziglang
PATH=$WORK/venv/bin:$PATH
flags=()
if [ "$(uname -s)" = Linux ]; then
  flags=(--zig --compatibility manylinux2014 --target "$(machine)-unknown-linux-gnu")
  # LuaJIT registers the code that it compiles with the unwinder in libgcc's way, which zig's own unwinder does not know. So
  # libgcc_s is linked, as in any other build; --allow-shlib-undefined, since this machine's may want a newer glibc.
  libgcc=$(realpath "$(cc -print-file-name=libgcc_s.so.1)")
  export TARGET_XLIBS="-ldl $libgcc -Wl,--allow-shlib-undefined"
  export RUSTFLAGS="${RUSTFLAGS:-} -Clink-arg=$libgcc -Clink-arg=-Wl,--allow-shlib-undefined"
fi
maturin build "${flags[@]}" --profile "$PROFILE" --locked --out "$DIST" >&2
ls -t "$DIST"/ssel-"$VERSION"-py3-none-*.whl | head -1
