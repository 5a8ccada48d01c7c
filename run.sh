#!/usr/bin/env bash
# Builds the main job and runs it in the foreground: a primary, the directory, and web workers.
#   ./run.sh [--workers N] [--port P] [--engine local|orleans]
# The options are the program's own (Silo/). Ctrl+C or SIGTERM takes everything down.
set -euo pipefail

root=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd -P)
export DOTNET_CLI_TELEMETRY_OPTOUT=1 DOTNET_NOLOGO=1

# What the build says goes to stderr: stdout belongs to the program. No build process is left behind that would keep either open.
(
  cd "$root"
  eng/probe-orleans.sh
  dotnet build eng/run.slnf --configuration Release --verbosity quiet -nodeReuse:false
) >&2

export ORLEANSADAPTER_WEBWORKER=${ORLEANSADAPTER_WEBWORKER:-$root/WebWorker/bin/Release/net10.0/WebWorker.dll}
exec dotnet "$root/Silo/bin/Release/net10.0/Silo.dll" primary "$@"
