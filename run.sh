#!/usr/bin/env bash
# Builds the main job and runs it in the foreground: a primary, the directory, and web workers.
#   ./run.sh [--workers N] [--port P] …
# And, while that runs, from another terminal:
#   ./run.sh status [--port P]    how its processes are
#   ./run.sh reload [--port P]    puts others in the place of its workers, one after the other
#   ./run.sh database init --connection-file F      makes the tables of a cluster of several machines in PostgreSQL (docs/CLUSTER.md)
# The options are the program's own (Silo/, --help). Ctrl+C or SIGTERM takes everything down.
set -euo pipefail

root=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd -P)
silo=$root/Silo/bin/Release/net10.0/Silo.dll
export DOTNET_CLI_TELEMETRY_OPTOUT=1 DOTNET_NOLOGO=1

case ${1-} in
  status | reload)
    if [[ ! -f $silo ]]; then
      echo "run.sh: nothing has been built here, so nothing of it runs" >&2
      exit 1
    fi
    exec dotnet "$silo" "$@"
    ;;
esac

# What the build says goes to stderr: stdout belongs to the program. No build process is left behind that would keep either open.
(
  cd "$root"
  if [[ -f $silo ]]; then
    echo "run.sh: building what has changed …"
  else
    echo "run.sh: building for the first time, packages included: this takes a minute or two …"
  fi
  # To a person it names each project that is done.
  verbosity=quiet
  if [[ -t 2 ]]; then verbosity=minimal; fi
  dotnet build eng/run.slnf --configuration Release --verbosity "$verbosity" -nodeReuse:false
  echo "run.sh: built"
) >&2

if [[ ${1-} == database ]]; then exec dotnet "$silo" "$@"; fi
# Who tries it out wants it now; where a worker's first seconds count, it warms up before it takes connections (docs/OPERATIONS.md).
export OrleansAdapter__WarmUp__Enabled=${OrleansAdapter__WarmUp__Enabled:-false}
export ORLEANSADAPTER_WEBWORKER=${ORLEANSADAPTER_WEBWORKER:-$root/WebWorker/bin/Release/net10.0/WebWorker.dll}
exec dotnet "$silo" primary "$@"
