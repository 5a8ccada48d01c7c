#!/usr/bin/env bash
# Builds everything once, checks formatting, tries the packages and runs every test.
#   ./test.sh                 what each change has to pass
#   ./test.sh --full          the same with more seeds and longer runs (ORLEANSADAPTER_FULL=1 for the tests)
#   ./test.sh --no-install    installs nothing: neither the JavaScript clients (npm, below tests/) nor a browser (apt-get); what is missing is skipped
# The last line is "N passed, N failed, N skipped"; the exit code is 0 only if tests ran and nothing failed.
set -euo pipefail

root=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd -P)
cd "$root"
export DOTNET_CLI_TELEMETRY_OPTOUT=1 DOTNET_NOLOGO=1 DOTNET_CLI_UI_LANGUAGE=en

time_limit=17m
install=1
full=()
unset ORLEANSADAPTER_FULL ORLEANSADAPTER_NODE
for option in "$@"; do
  case $option in
    --full) export ORLEANSADAPTER_FULL=1; full=(--full); time_limit=40m ;;
    --no-install) install=0 ;;
    -h | --help) sed -n '2,/^set/{/^# /s/^# //p}' "$0"; exit 0 ;;
    *) echo "test.sh: unknown option '$option'; there are --full and --no-install" >&2; exit 64 ;;
  esac
done

# The JavaScript clients that some suites use. Those suites skip themselves unless ORLEANSADAPTER_NODE is 1.
prepare_node() {
  local reason
  if ! command -v node >/dev/null; then
    reason="Node.js is not installed"
  elif ! node -e 'process.exit(parseInt(process.versions.node) >= 20 ? 0 : 1)'; then
    reason="Node.js is $(node --version), and 20 or later is needed"
  elif ! command -v npm >/dev/null; then
    reason="npm is not installed"
  elif ((install)); then
    echo "Installing the official JavaScript clients in tests/EndToEnd/clients/node_modules (npm ci; --no-install leaves it)."
    (cd tests/EndToEnd/clients && npm ci --loglevel=error)
    export ORLEANSADAPTER_NODE=1
    return
  elif [[ -d tests/EndToEnd/clients/node_modules ]]; then
    export ORLEANSADAPTER_NODE=1
    return
  else
    reason="their clients are not installed, and --no-install leaves that"
  fi
  echo "****"
  echo "**** THE JAVASCRIPT SUITES ARE SKIPPED: $reason."
  echo "****"
}

# A browser for the page of a worker; its test skips itself without one. Installed only where that is one command that asks nothing.
prepare_browser() {
  if [[ -x /usr/bin/chromium || -z ${ORLEANSADAPTER_NODE-} ]]; then return; fi
  if ((!install)); then
    echo "**** THE BROWSER TEST IS SKIPPED: there is no /usr/bin/chromium, and --no-install leaves that."
    return
  fi
  if ((EUID == 0)) && command -v apt-get >/dev/null && command -v timeout >/dev/null; then
    echo "Installing Chromium on this machine for the browser test (apt-get install chromium; --no-install leaves it)."
    if timeout 180 sh -c 'apt-get update && apt-get install --yes --no-install-recommends chromium' </dev/null >"$scratch/apt-get" 2>&1; then
      return
    fi
  fi
  echo "**** THE BROWSER TEST IS SKIPPED: there is no /usr/bin/chromium, and it could not be installed."
}

# Lines end by column 160, in code and in documents: names those that do not, and fails. Characters count, not bytes, hence the locale.
check_lines() {
  local code=0
  LC_ALL=C.UTF-8 git grep -nE '^.{161,}' -- \
    '*.cs' '*.md' '*.sh' '*.mjs' '*.js' '*.css' '*.html' '*.props' '*.targets' '*.csproj' >"$scratch/lines" || code=$?
  sed -E 's/^([^:]+:[0-9]+):.*/\1: the line goes beyond column 160/' "$scratch/lines"
  ((code == 1))
}

scratch=$(mktemp -d)
trap 'rm -rf "$scratch"' EXIT

prepare_node
prepare_browser &
browser=$!
dotnet restore OrleansAdapter.sln --locked-mode --verbosity quiet -nodeReuse:false
dotnet build OrleansAdapter.sln --no-restore --configuration Release --verbosity quiet -nodeReuse:false
badly_formatted=0
dotnet format OrleansAdapter.sln --no-restore --verify-no-changes || badly_formatted=1
too_long=0
check_lines || too_long=1
wait "$browser"
bad_packages=0
eng/try-packages.sh --no-build ${full[@]+"${full[@]}"} || bad_packages=1

# One test program at a time: the end-to-end suites start processes of their own and want the machine to themselves. They run in a
# process group of their own ('set -m'), so that what hangs is ended as a whole, at the time limit or when this script is stopped.
log=$scratch/log
mkfifo "$scratch/pipe"
tee "$log" <"$scratch/pipe" &
printer=$!
limit=()
if command -v timeout >/dev/null; then limit=(timeout --kill-after=30s "$time_limit"); fi
set -m
${limit[@]+"${limit[@]}"} dotnet test --solution OrleansAdapter.sln --configuration Release --no-build --max-parallel-test-modules 1 \
  </dev/null >"$scratch/pipe" 2>&1 &
tests=$!
set +m
trap 'kill -TERM -- "-$tests" 2>/dev/null' INT TERM HUP
code=0
wait "$tests" || code=$?
if kill -0 "$tests" 2>/dev/null; then wait "$tests" || true; fi   # a signal ends the first wait early
wait "$printer" || true

count() { sed -n "/^Test run summary/,\$ s/^ *$1: \([0-9][0-9]*\)\$/\1/p" "$log" | tail -n 1; }
passed=$(count succeeded) failed=$(count failed) skipped=$(count skipped) broken=$(count error)
passed=${passed:-0} failed=${failed:-0} skipped=${skipped:-0} broken=${broken:-0}

# A test program that crashed, or in which no test ran, has no failed test to show for it: it counts as one.
if ((broken > 0)); then
  echo "$broken test program(s) crashed or ran no test; each counts as a failure."
  failed=$((failed + broken))
fi
if ((code == 124 || code > 128)) && ! grep -q '^Test run summary' "$log"; then
  echo "The tests were stopped before their end (exit code $code; the limit is $time_limit); that counts as a failure."
  failed=$((failed + 1))
elif ((passed + failed == 0)); then
  echo "No test ran."
  failed=1
fi
if ((code != 0 && failed == 0)); then
  echo "dotnet test ended with exit code $code though no test failed; that counts as a failure."
  failed=1
fi
if ((failed > 0 && code == 0)); then
  code=1
fi
if ((bad_packages)); then
  echo "The packages do not do what the documents say (see above: packages); that counts as a failure."
  failed=$((failed + 1))
  if ((code == 0)); then code=1; fi
fi
if ((too_long)); then
  echo "Lines go beyond column 160 (see above): break them."
  if ((code == 0)); then code=1; fi
fi
if ((badly_formatted)); then
  echo "The sources are not formatted (see above): run 'dotnet format', then look at what is left."
  if ((code == 0)); then code=1; fi
fi
echo "$passed passed, $failed failed, $skipped skipped"
exit "$code"
