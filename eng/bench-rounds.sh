#!/usr/bin/env bash
# Has a change made anything slower? Measures two checkouts in turns on this machine, and prints for each load the median of each with its spread.
#   eng/bench-rounds.sh OLD NEW [LOADS [ROUNDS [WARM [SECONDS]]]]
# OLD and NEW are folders with checkouts; the rest is that of `bench loads` (room-1000,room-100,rooms,steady or all): all, 5 rounds, 5 s, 10 s.
# A median of the new one outside of what the old one had in its own rounds is marked with "!". It needs a machine that does nothing else.
set -euo pipefail

usage() { sed -n '2,/^set/{/^# /s/^# //p}' "$0" >&2; exit 64; }
(($# >= 2 && $# <= 6)) || usage
old=$(cd "$1" && pwd -P) new=$(cd "$2" && pwd -P)
loads=${3-all} rounds=${4-5} warm=${5-5} seconds=${6-10}
export DOTNET_CLI_TELEMETRY_OPTOUT=1 DOTNET_NOLOGO=1
scratch=$(mktemp -d)
trap 'rm -rf "$scratch"' EXIT

for checkout in "$old" "$new"; do
  (cd "$checkout" && dotnet build eng/bench.slnf --configuration Release --verbosity quiet -nodeReuse:false) >&2
done

# Of the tables that bench prints: a line "WHO<tab>LOAD<tab>COLUMN<tab>VALUE" for each figure of ours. Columns end where their names end.
figures() {
  awk -v who="$1" '
    { gsub(/µ/, "u"); gsub(/×/, "x"); gsub(/✓/, "+"); gsub(/✗/, "-"); gsub(/–/, "-"); gsub(/≤/, "<") }
    /^[^ ]/ { load = $0; sub(/ \(to reach.*/, "", load) }
    /^  server / {
      columns = 0
      for (at = 1; match(substr($0, at), /[^ ]+( [^ ]+)*/); at = end + 1) {
        end = at + RSTART + RLENGTH - 2
        name[++columns] = substr($0, at + RSTART - 1, RLENGTH); last[columns] = end
      }
    }
    /^  OrleansAdapter / {
      for (i = 2; i <= columns; i++) {
        value = substr($0, last[i - 1] + 1, last[i] - last[i - 1]); gsub(/[^0-9.]/, "", value)
        if (value != "" && name[i] ~ /^(deliveries\/s|CPU us\/delivery|p50 ms|p99|MB)$/) print who "\t" load "\t" name[i] "\t" value
      }
    }'
}

for ((round = 1; round <= rounds; round++)); do
  # Who is first has the machine as the other left it: they take turns.
  order=(old new)
  if ((round % 2 == 0)); then order=(new old); fi
  for who in "${order[@]}"; do
    echo "round $round of $rounds: $who" >&2
    (cd "${!who}" && dotnet bench/bin/Release/net10.0/bench.dll loads "$loads" ours "$warm" "$seconds" 1) | figures "$who" >>"$scratch/figures"
  done
done

[[ -s $scratch/figures ]] || { echo "bench-rounds.sh: there are no figures; are these loads: $loads?" >&2; exit 1; }
sort -t $'\t' -k 2,3 -k 1,1 -k 4,4n "$scratch/figures" | awk -F '\t' '
  { key = $2 "\t" $3; if (!(key in seen)) { seen[key] = 1; keys[++count] = key } value[key, $1, ++n[key, $1]] = $4 }
  function median(key, who,  k) { k = n[key, who]; return k % 2 ? value[key, who, (k + 1) / 2] : (value[key, who, k / 2] + value[key, who, k / 2 + 1]) / 2 }
  function spread(key, who) { return value[key, who, 1] " to " value[key, who, n[key, who]] }
  END {
    for (i = 1; i <= count; i++) {
      key = keys[i]; split(key, part, "\t")
      if (part[1] != load) { load = part[1]; printf "\n%s\n  %-16s %10s  %-24s %10s  %-24s %s\n", load, "", "old", "from to", "new", "from to", "new/old" }
      was = median(key, "old"); is = median(key, "new")
      outside = is < value[key, "old", 1] || is > value[key, "old", n[key, "old"]] ? " !" : ""
      printf "  %-16s %10s  %-24s %10s  %-24s %7.2f%s\n", part[2], was, spread(key, "old"), is, spread(key, "new"), was ? is / was : 0, outside
    }
  }'
