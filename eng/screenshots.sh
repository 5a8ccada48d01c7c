#!/usr/bin/env bash
# Makes the screenshots of the documents (docs/images) from the demonstration as it runs: Socket.IO's admin UI with clients of both kinds, the metrics of all
# processes, Orleans' dashboard; and a trace in Aspire's. To be run when what they show has changed; needs Node.js, npm and Chromium (Debian: nodejs npm
# chromium), and the ports that the documents name.
#   eng/screenshots.sh             writes docs/images
#   eng/screenshots.sh FOLDER      writes them there
set -euo pipefail
root=$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd -P)
most=150000
case ${1-} in
  -h | --help) sed -n '2,/^set/{/^# /s/^# //p}' "$0"; exit 0 ;;
esac
to=${1:-$root/docs/images}
mkdir -p "$to"
browser=$(command -v chromium) || { echo "screenshots.sh: there is no chromium (Debian: apt-get install chromium)" >&2; exit 1; }
[[ -d $root/tests/EndToEnd/clients/node_modules ]] || (cd "$root/tests/EndToEnd/clients" && npm ci --loglevel=error >&2)

place=$(mktemp -d "${TMPDIR:-/tmp}/oa-XXXXXX")
run=
end() {
  if [[ -n $run ]]; then kill -TERM "$run" 2>/dev/null || true; wait "$run" || true; fi
  rm -rf "$place"
}
trap end EXIT
trap 'exit 130' INT TERM HUP

# The usual ports, which are in the pictures.
"$root/run.sh" --workers 2 --worker-ports --observe --dashboard >"$place/log" 2>&1 &
run=$!
grep -m 1 -q '^ready' < <(exec timeout 300 tail --pid="$run" -n +1 -f "$place/log") ||
  { cat "$place/log" >&2; echo "screenshots.sh: the demonstration did not become ready" >&2; exit 1; }
said() { sed -nE "s|^$1|\\1|p" "$place/log" | head -n 1; }
password=$(said 'admin  .*, password (\S+)$')
page=$(said 'admin  (\S+)  .*')
metrics=$(said 'metrics  (\S+)$')
dashboard=$(said 'dashboard  (\S+)$')
timeout 180 node "$root/tests/EndToEnd/clients/screenshots.mjs" "$browser" "$place" "$page" "$password" "$metrics" "$dashboard"
kill -TERM "$run"
wait "$run" || true
run=

# The same under Aspire.
dotnet build "$root/samples/AppHost" --configuration Release --verbosity quiet -nodeReuse:false >&2
(
  cd "$root/samples/AppHost"
  export ASPNETCORE_URLS=http://127.0.0.1:15100 ASPIRE_DASHBOARD_OTLP_ENDPOINT_URL=http://127.0.0.1:19100
  export ASPIRE_RESOURCE_SERVICE_ENDPOINT_URL=http://127.0.0.1:20100
  export ASPIRE_ALLOW_UNSECURED_TRANSPORT=true DOTNET_DASHBOARD_UNSECURED_ALLOW_ANONYMOUS=true
  exec dotnet bin/Release/net10.0/AppHost.dll
) >"$place/log" 2>&1 &
run=$!
timeout 180 node "$root/tests/EndToEnd/clients/screenshots-aspire.mjs" "$browser" "$place" http://127.0.0.1:3000 http://127.0.0.1:15100 ||
  { tail -n 20 "$place/log" >&2; exit 1; }
for picture in "$place"/*.png; do
  size=$(stat -c %s "$picture")
  ((size < most)) || { echo "screenshots.sh: ${picture##*/} has $size bytes, and is to have less than $most" >&2; exit 1; }
  mv "$picture" "$to/"
  echo "screenshots.sh: $to/${picture##*/}, $size bytes"
done
