#!/usr/bin/env bash
# Compares `ssel wrk` with wrk, against one nginx on loopback: the server on one core, the client on another, the two clients
# in turn, medians. Linux, at least two cores.
#
# Needs wrk, nginx and taskset: `apt-get install wrk nginx-light` on Debian. Without them, it prints a message and ends.
#
#   benches/wrk.sh                     builds ssel and measures
#   SECONDS_EACH=5 ROUNDS=7 benches/wrk.sh
#   SSEL=path/of/ssel benches/wrk.sh   measures that one
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."

seconds=${SECONDS_EACH:-3}
rounds=${ROUNDS:-5}

nginx=$(PATH=$PATH:/usr/sbin command -v nginx || true)
for tool in wrk taskset; do
  if ! command -v "$tool" >/dev/null; then echo "benches/wrk.sh: skipped, there is no $tool"; exit 0; fi
done
if [ -z "$nginx" ]; then echo "benches/wrk.sh: skipped, there is no nginx"; exit 0; fi
if [ "$(nproc)" -lt 2 ]; then echo "benches/wrk.sh: skipped, there is one core only"; exit 0; fi

if [ -z "${SSEL:-}" ]; then
  cargo build --release
  SSEL=${CARGO_TARGET_DIR:-target}/release/ssel
fi

folder=$(mktemp -d)
port=${PORT:-$((20000 + RANDOM % 10000))}
cat >"$folder/nginx.conf" <<CONF
daemon off;
worker_processes 1;
pid $folder/pid;
error_log $folder/error.log;
events { worker_connections 4096; }
http {
  access_log off;
  keepalive_requests 1000000000;
  client_body_temp_path $folder/a;
  proxy_temp_path $folder/b;
  fastcgi_temp_path $folder/c;
  uwsgi_temp_path $folder/d;
  scgi_temp_path $folder/e;
  server {
    listen 127.0.0.1:$port backlog=4096 reuseport;
    location / { default_type text/plain; return 200 "$(printf 'x%.0s' {1..200})"; }
  }
}
CONF
taskset -c 0 "$nginx" -p "$folder" -c "$folder/nginx.conf" 2>"$folder/stderr" &
server=$!
trap 'kill $server 2>/dev/null; wait $server 2>/dev/null; rm -rf "$folder"' EXIT
for _ in $(seq 100); do
  if (exec 3<>"/dev/tcp/127.0.0.1/$port") 2>/dev/null; then break; fi
  sleep 0.1
done
if ! kill -0 $server 2>/dev/null; then echo "benches/wrk.sh: nginx does not start:"; cat "$folder/stderr"; exit 1; fi

cat >"$folder/request.lua" <<'LUA'
local n = 0
function request()
  n = n + 1
  wrk.headers["X-Number"] = n
  return wrk.format(nil, "/" .. n)
end
LUA
cat >"$folder/response.lua" <<'LUA'
local bytes, other = 0, 0
function response(status, headers, body)
  bytes = bytes + #body
  if headers["Content-Type"] ~= "text/plain" then other = other + 1 end
end
LUA
cat >"$folder/both.lua" <<LUA
dofile("$folder/request.lua")
dofile("$folder/response.lua")
LUA

# Requests per second, and CPU seconds of the client per million requests.
measure() {
  local output="$folder/output" times="$folder/times"
  TIMEFORMAT='%U %S'
  { time taskset -c 1 "$@" -t1 -d"$seconds" "http://127.0.0.1:$port/" >"$output"; } 2>"$times"
  awk -v cpu="$(awk 'END { print $1 + $2 }' "$times")" '
    / requests in / { requests = $1 }
    /^Requests\/sec/ { rate = $2 }
    END { printf "%.0f %.2f\n", rate, cpu / requests * 1e6 }' "$output"
}

median() { sort -n | awk '{ v[NR] = $1 } END { print v[int((NR + 1) / 2)] }'; }

printf '%-10s %5s | %10s %10s %6s | %9s %9s   (CPU: client, µs per request)\n' \
  script conns wrk/s ssel/s ratio 'wrk CPU' 'ssel CPU'
for script in none request response both; do
  for connections in 1 64 256; do
    flags=(-c"$connections")
    if [ "$script" != none ]; then flags+=(-s "$folder/$script.lua"); fi
    : >"$folder/wrk"; : >"$folder/ssel"
    for _ in $(seq "$rounds"); do
      measure wrk "${flags[@]}" >>"$folder/wrk"
      measure "$SSEL" wrk "${flags[@]}" >>"$folder/ssel"
    done
    theirs=$(cut -d' ' -f1 "$folder/wrk" | median)
    ours=$(cut -d' ' -f1 "$folder/ssel" | median)
    printf '%-10s %5s | %10s %10s %6s | %9s %9s\n' "$script" "$connections" "$theirs" "$ours" \
      "$(awk "BEGIN { printf \"%.2f\", $ours / $theirs }")" \
      "$(cut -d' ' -f2 "$folder/wrk" | median)" "$(cut -d' ' -f2 "$folder/ssel" | median)"
  done
done
