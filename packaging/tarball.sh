#!/usr/bin/env bash
# A tarball to unpack anywhere: target/packaging/dist/ssel-VERSION-linux-MACHINE.tar.gz.
#
#   packaging/tarball.sh            linked with the machine's C library
#   packaging/tarball.sh --static   needs no library at all, runs in an empty root
. "$(dirname "${BASH_SOURCE[0]}")/common.sh"

name=ssel-$VERSION-linux-$(machine)
if [ "${1:-}" = --static ]; then
  name+=-static
  if [ -z "${SSEL_BINARY:-}" ]; then
    host=$(machine)-unknown-linux-gnu
    # Random numbers come from the system call: an empty root has no /dev/urandom.
    SSEL_BINARY=$(RUSTFLAGS='-C target-feature=+crt-static --cfg getrandom_backend="linux_getrandom"' binary --target "$host")
    export SSEL_BINARY
  fi
fi
packaging/stage.sh >/dev/null
tar --create --gzip --sort=name --owner=0 --group=0 --numeric-owner --mtime="@$SOURCE_DATE_EPOCH" \
  --transform="s,^stage,$name," --directory="$WORK" --file="$DIST/$name.tar.gz" stage
echo "$DIST/$name.tar.gz"
