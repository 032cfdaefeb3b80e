#!/usr/bin/env bash
# A package for Debian and Ubuntu: target/packaging/dist/ssel_VERSION_ARCH.deb. Needs dpkg-deb and dpkg-shlibdeps.
. "$(dirname "${BASH_SOURCE[0]}")/common.sh"

packaging/stage.sh >/dev/null
root=$WORK/deb
arch=$(dpkg --print-architecture)
rm -rf "$root"
mkdir -p "$root/DEBIAN" "$root/usr"
cp -a "$WORK/stage/." "$root/usr/"
# Debian keeps the licence under this name.
cp LICENSE-MIT "$root/usr/share/doc/ssel/copyright"

# The libraries that the program needs, with the versions that it needs, as Debian's own tool finds them.
mkdir -p "$WORK/shlibs/debian"
echo "Source: ssel" > "$WORK/shlibs/debian/control"
depends=$(cd "$WORK/shlibs" && dpkg-shlibdeps -O "$root/usr/bin/ssel" 2>/dev/null | sed -n 's/^shlibs:Depends=//p')

cat > "$root/DEBIAN/control" <<CONTROL
Package: ssel
Version: $VERSION
Architecture: $arch
Maintainer: The ssel contributors <ssel@localhost>
Section: web
Priority: optional
Depends: ${depends:-libc6}
Recommends: ca-certificates
Installed-Size: $(du -sk "$root/usr" | cut -f1)
Description: $SUMMARY
 ssel opens streams of Server-Sent Events and replies of language models,
 measures when each event arrives, and judges the figures by thresholds.
CONTROL
dpkg-deb --root-owner-group --build "$root" "$DIST/ssel_${VERSION}_$arch.deb" >&2
echo "$DIST/ssel_${VERSION}_$arch.deb"
