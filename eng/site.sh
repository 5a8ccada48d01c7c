#!/usr/bin/env bash
# Builds the site of the documents below artifacts/site: docs/*.md, and the public API from its comments, with a search. Fails at any warning of DocFX: a link
# or an anchor that leads nowhere, a name in a comment that does not exist.
#   eng/site.sh               builds the libraries before
#   eng/site.sh --no-build    takes those that are built in Release
#   eng/site.sh --serve       shows it at http://localhost:8080 when it is built
set -euo pipefail
root=$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd -P)
cd "$root/eng/site"
export DOTNET_CLI_TELEMETRY_OPTOUT=1 DOTNET_NOLOGO=1 DOTNET_CLI_UI_LANGUAGE=en
build=1 serve=0
for option in "$@"; do
  case $option in
    --no-build) build=0 ;;
    --serve) serve=1 ;;
    -h | --help) sed -n '2,/^set/{/^# /s/^# //p}' "$root/eng/site.sh"; exit 0 ;;
    *) echo "site.sh: unknown option '$option'; see --help" >&2; exit 64 ;;
  esac
done

for document in "$root"/docs/*.md; do
  if ! grep -qF "/docs/${document##*/}" docs/toc.yml; then
    echo "site.sh: docs/${document##*/} is in no menu; add it to eng/site/docs/toc.yml" >&2
    exit 1
  fi
done

# The silo's folder has all libraries, with what they reference.
if ((build)); then dotnet build "$root/Silo" -c Release -v quiet -nologo -nodeReuse:false; fi
dotnet tool restore >/dev/null
rm -rf "$root/artifacts/site" "$root/artifacts/site-api"
log=$(mktemp)
trap 'rm -f "$log"' EXIT
if ! dotnet docfx docfx.json --warningsAsErrors >"$log" 2>&1; then
  grep -E 'warning|error' "$log" >&2 || cat "$log" >&2
  echo "site.sh: the site has warnings" >&2
  exit 1
fi
# DocFX looks at the links of pages, and not at the places within pages that a menu leads to.
while IFS='#' read -r page place; do
  grep -qF "id=\"$place\"" "$root/artifacts/site/docs/$page" || { echo "site.sh: the menu leads to $page#$place, and there is no such place" >&2; exit 1; }
done < <(grep -o '"href":"[^"#]*#[^"]*"' "$root/artifacts/site/docs/toc.json" | cut -d'"' -f4)
pages=$(find "$root/artifacts/site" -name '*.html' | wc -l)
[[ -s $root/artifacts/site/index.json && -e $root/artifacts/site/api/OrleansAdapter.SocketIO.SocketIOServer.html ]] ||
  { echo "site.sh: the site lacks its search, or the API" >&2; exit 1; }
echo "site.sh: $pages pages in artifacts/site"
if ((serve)); then exec dotnet docfx serve "$root/artifacts/site"; fi
