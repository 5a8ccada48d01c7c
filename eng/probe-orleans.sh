#!/usr/bin/env bash
# Finds out whether the Orleans packages can be restored here, says so in one line, and records the answer in
# artifacts/orleans.props, which Directory.Build.props imports. The file is rewritten only when the answer changes,
# so that a probe does not make a build start over. Called by run.sh and test.sh; safe to call at any time.
set -euo pipefail

root=$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd -P)
props=$root/artifacts/orleans.props
export DOTNET_CLI_TELEMETRY_OPTOUT=1 DOTNET_NOLOGO=1 DOTNET_CLI_UI_LANGUAGE=en

fail() { echo "probe-orleans: $*" >&2; exit 1; }

command -v dotnet >/dev/null || fail "the .NET 10 SDK is needed: there is no 'dotnet' on the PATH"
version=$(sed -n 's:.*<OrleansVersion>\(.*\)</OrleansVersion>.*:\1:p' "$root/Directory.Packages.props")
[[ -n $version ]] || fail "Directory.Packages.props names no OrleansVersion"

record() { # true|false
  local new
  new="<Project>
  <!-- Written by eng/probe-orleans.sh. -->
  <PropertyGroup>
    <OrleansEngine Condition=\"'\$(OrleansEngine)' == ''\">$1</OrleansEngine>
  </PropertyGroup>
</Project>"
  if [[ ! -f $props || $(<"$props") != "$new" ]]; then
    printf '%s\n' "$new" >"$props.$$"
    mv -f "$props.$$" "$props"
  fi
}

mkdir -p "$root/artifacts"
scratch=$(mktemp -d "$root/artifacts/orleans-probe.XXXXXX")
trap 'rm -rf "$scratch"' EXIT

# From the repository's root, so that global.json and every NuGet configuration a build would see are seen here as well.
cd "$root"
if answer=$(dotnet restore eng/OrleansProbe.proj --force --verbosity minimal -p:OrleansVersion="$version" -p:ProbeDirectory="$scratch" 2>&1); then
  record true
  echo "Orleans $version: packages found, engine Orleans is on"
elif [[ $answer == *NU1301* ]]; then
  # Not the same as absent: an earlier answer stands, and without one nobody may take this for a "no".
  if [[ -f $props && $(<"$props") == *">true</OrleansEngine>"* ]]; then
    echo "WARNING: the package source cannot be reached (NU1301): engine Orleans stays on, as at the last probe" >&2
  else
    record false
    echo "WARNING: the package source cannot be reached (NU1301), so whether it has Orleans $version is unknown: going on with the Local engine" >&2
  fi
elif [[ $answer =~ NU110[0-3] ]]; then
  record false
  echo "Orleans packages are not in the package source (${BASH_REMATCH[0]}): going on with the Local engine"
else
  printf '%s\n' "$answer" >&2
  fail "the restore failed, and not for want of the packages or of a source"
fi
