#!/usr/bin/env bash
# Writes down the public API of the libraries: what is new goes to PublicAPI.Unshipped.txt beside its project, and what has gone is taken out of it (or, where
# a released version had it, is marked there as removed). The difference shows what a change does to those who use the packages.
#   eng/public-api.sh              after a change of public members (the build says RS0016 or RS0017)
#   eng/public-api.sh --release    when a version is released: all of it goes to PublicAPI.Shipped.txt
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."
export LC_ALL=C DOTNET_CLI_UI_LANGUAGE=en DOTNET_CLI_TELEMETRY_OPTOUT=1 DOTNET_NOLOGO=1
libraries=(Grains.Abstractions Grains Adapter Instrumentation OrleansAdapter)
drivers=(OrleansAdapter.PostgreSQL OrleansAdapter.Redis)      # these know the others, and none of those knows them

# Sorted, below the line that says that nullability counts.
write() {
  { echo '#nullable enable'; sed '/^#nullable enable$/d; /^$/d' | sort -u; } >"$1.new"
  mv "$1.new" "$1"
}

case ${1-} in
  '')
    log=$(mktemp)
    trap 'rm -f "$log"' EXIT
    options=(-t:Rebuild -c Release -nodeReuse:false -v:minimal -p:WarningsNotAsErrors=RS0016%3BRS0017)
    {
      dotnet build OrleansAdapter "${options[@]}" &&
        dotnet build Instrumentation "${options[@]}" -p:BuildProjectReferences=false &&
        for driver in "${drivers[@]}"; do dotnet build "$driver" "${options[@]}" -p:BuildProjectReferences=false || exit 1; done
    } >"$log" 2>&1 || { grep -E ': error ' "$log" | sort -u | head -20 >&2; exit 1; }
    for library in "${libraries[@]}" "${drivers[@]}"; do
      of() {
        { grep -F "[$PWD/$library/$library.csproj" "$log" | grep -E "warning $1: " || true; } |
          sed -E "s/^.*warning $1: Symbol '(.*)' is (not )?part of the declared .*$/\1/" | sort -u
      }
      of RS0016 >"$log.new"
      of RS0017 >"$log.gone"
      shipped=$library/PublicAPI.Shipped.txt unshipped=$library/PublicAPI.Unshipped.txt
      {
        grep -vxFf "$log.gone" "$unshipped" || true
        cat "$log.new"
        { grep -xFf "$log.gone" "$shipped" || true; } | sed 's/^/*REMOVED*/'
      } | write "$unshipped"
      echo "$library: $(wc -l <"$log.new") new, $(wc -l <"$log.gone") gone"
      rm -f "$log.new" "$log.gone"
    done ;;
  --release)
    for library in "${libraries[@]}" "${drivers[@]}"; do
      shipped=$library/PublicAPI.Shipped.txt unshipped=$library/PublicAPI.Unshipped.txt
      sed -n 's/^\*REMOVED\*//p' "$unshipped" >"$unshipped.gone"
      { grep -vxFf "$unshipped.gone" "$shipped" || true; grep -v '^\*REMOVED\*' "$unshipped"; } | write "$shipped"
      rm -f "$unshipped.gone"
      : | write "$unshipped"
    done ;;
  -h | --help) sed -n '2,/^set/{/^# /s/^# //p}' "$0" ;;
  *) echo "public-api.sh: unknown option '$1'; there is --release" >&2; exit 64 ;;
esac
