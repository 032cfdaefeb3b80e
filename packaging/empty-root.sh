#!/usr/bin/env bash
# Runs a static program in a root that holds nothing else, as in an image `FROM scratch`, and checks that names are looked up.
# Needs root.
#
#   packaging/empty-root.sh PROGRAM
. "$(dirname "${BASH_SOURCE[0]}")/common.sh"

root=$(mktemp -d)
trap 'rm -rf "$root"' EXIT
cp "$1" "$root/ssel"

loads() {
  local url=$1
  echo "options = { thresholds = { checks = { 'rate==1' } } }
function default() check(http.get('$url'), { ok = function(r) return r.status == 200 end }) end" \
    > "$root/script.lua"
  chroot "$root" /ssel run /script.lua -q -i 1 >/dev/null
}

"$1" serve --addr 127.0.0.1:0 > "$root/server" &
server=$!
trap 'kill $server; rm -rf "$root"' EXIT
until grep -q listening "$root/server"; do
  kill -0 "$server"
  sleep 0.05
done
port=$(sed -n 's,.*http://127.0.0.1:\([0-9]*\).*,\1,p' "$root/server")

loads "http://127.0.0.1:$port/"
loads "http://localhost:$port/"
echo "ok: an empty root has localhost"
mkdir "$root/etc"
echo "127.0.0.1 server.test" > "$root/etc/hosts"
loads "http://server.test:$port/"
echo "ok: an empty root has the names of /etc/hosts"
