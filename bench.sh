#!/usr/bin/env bash
# Measures this system beside what people would pick instead (Socket.IO in a cluster of Node.js, by itself and with Redis, and SignalR with Redis) and the
# least that any server could do, all in one run on this machine.
#   ./bench.sh           everything: about 50 minutes
#   ./bench.sh --quick   two loads of messages one by one, and those that the design has budgets for, once: about 6 minutes
# Tables go to standard output; artifacts/bench/ gets results.json and tables.md. The exit code is 1 where a delivery was lost, doubled, out of order or
# changed. It needs Linux, Node.js 20 and redis-server (apt-get install redis-server; without it
# those with Redis are left out, and it says so), and a machine that does nothing else. docs/BENCHMARKS.md says what the figures mean.
set -euo pipefail

root=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd -P)
cd "$root"
export DOTNET_CLI_TELEMETRY_OPTOUT=1 DOTNET_NOLOGO=1

case ${1-} in
  '' | --quick) ;;
  *) sed -n '2,/^set/{/^# /s/^# //p}' "$0"; exit 64 ;;
esac

dotnet build eng/bench.slnf --configuration Release --verbosity quiet -nodeReuse:false
# As it is published.
dotnet msbuild eng/precompile -restore -target:Precompile -verbosity:quiet -nodeReuse:false
exec dotnet bench/bin/Release/net10.0/bench.dll compare ${1+"$1"} artifacts/bench
