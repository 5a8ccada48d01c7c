#!/usr/bin/env bash
# Builds everything once, checks formatting, builds the documents' site, tries the packages, fuzzes what reads others' bytes and runs every test.
#   ./test.sh                 what each change has to pass
#   ./test.sh --full          the same with more seeds and longer runs (ORLEANSADAPTER_FULL=1 for the tests)
#   ./test.sh --full PART ... only these parts of it: packages, fuzz, simulation (Grains.Tests), suites (Adapter.Tests, SocketIO.Tests), processes (EndToEnd),
#                             machines (what of EndToEnd needs several: their deaths and cuts, the database away; as root, with iproute2)
#   ./test.sh --no-install    installs nothing: no JavaScript clients (npm, below tests/; with --full below samples/ as well), no browser, nginx, PostgreSQL or
#                             Redis (apt-get, as root; with --full iproute2, strace and Python as well); what is missing is skipped
# The last line is "N passed, N failed, N skipped"; the exit code is 0 only if tests ran and nothing failed.
set -euo pipefail

root=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd -P)
cd "$root"
export DOTNET_CLI_TELEMETRY_OPTOUT=1 DOTNET_NOLOGO=1 DOTNET_CLI_UI_LANGUAGE=en
# Programs that live for seconds pay for profiles that they never use: a third of the simulation's processor time.
export DOTNET_TieredPGO=0

time_limit=10m
fuzz_seconds=60
install=1
full=()
parts=()
unset ORLEANSADAPTER_FULL ORLEANSADAPTER_NODE
for option in "$@"; do
  case $option in
    --full) export ORLEANSADAPTER_FULL=1; full=(--full); time_limit=3h; fuzz_seconds=600 ;;
    --no-install) install=0 ;;
    packages | fuzz | simulation | suites | processes | machines) parts+=("$option") ;;
    -h | --help) sed -n '2,/^set/{/^# /s/^# //p}' "$0"; exit 0 ;;
    *) echo "test.sh: unknown option '$option'; see --help" >&2; exit 64 ;;
  esac
done
if ((${#parts[@]} && !${#full[@]})); then
  echo "test.sh: parts run alone with --full only" >&2
  exit 64
fi
# Whether a part is to run: all are, unless some were named.
has() { ((!${#parts[@]})) || [[ " ${parts[*]} " == *" $1 "* ]]; }

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
    if ((${#full[@]})); then
      (cd samples/ported/from-node/before && npm ci --loglevel=error)
      (cd tests/EndToEnd/clients/artillery && npm ci --ignore-scripts --loglevel=error)
    fi
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

# A program that some tests need, and skip themselves without. It is installed only where that is one command that asks nothing; no server is started.
#   provide FILE PACKAGE SECONDS WHAT       (FILE may be a pattern)
provide() {
  local file=$1 package=$2 seconds=$3 what=$4 reason="--no-install leaves that"
  if compgen -G "$file" >/dev/null; then return; fi
  if ((install)); then
    reason="it could not be installed"
    if ((EUID == 0)) && command -v apt-get >/dev/null && command -v timeout >/dev/null; then
      echo "Installing $package on this machine for $what (apt-get install $package; --no-install leaves it)."
      if [[ ! -e $scratch/apt-update ]]; then timeout 120 apt-get update </dev/null >"$scratch/apt-update" 2>&1 || true; fi
      if RUNLEVEL=1 timeout "$seconds" apt-get install --yes --no-install-recommends "$package" </dev/null >"$scratch/apt-$package" 2>&1; then return; fi
    fi
  fi
  echo "**** SKIPPED: $what. There is no $file, and $reason."
}

prepare_programs() {
  if [[ -n ${ORLEANSADAPTER_NODE-} ]]; then provide /usr/bin/chromium chromium 180 "the tests in a browser"; fi
  provide /usr/sbin/nginx nginx-light 120 "the test behind nginx"
  provide '/usr/lib/postgresql/*/bin/initdb' postgresql 180 "the tests of several machines that find each other in PostgreSQL"
  provide /usr/bin/redis-server redis-server 120 "the tests of several machines that find each other in Redis"
  if ((${#full[@]})); then
    provide /usr/sbin/tc iproute2 120 "the tests of machines on a network that is cut"
    provide /usr/bin/strace strace 120 "the test of the unit's system calls"
    provide /usr/bin/python3 python3-minimal 120 "the test of the unit's system calls"
    provide /usr/lib/python3/dist-packages/socketio python3-socketio 120 "the tests with clients in Python"
    provide /usr/lib/python3/dist-packages/aiohttp python3-aiohttp 120 "the tests with clients in Python"
    provide /usr/lib/python3/dist-packages/requests python3-requests 120 "the tests with clients in Python"
    provide /usr/lib/python3/dist-packages/websocket python3-websocket 120 "the tests with clients in Python"
    provide /usr/bin/promtool prometheus 180 "the check of the alerts"
  fi
}

# Lines end by column 160, in code and in documents: names those that do not, and fails. Characters count, not bytes, hence the locale.
check_lines() {
  local code=0
  LC_ALL=C.UTF-8 git grep -nE '^.{161,}' -- \
    '*.cs' '*.md' '*.sh' '*.mjs' '*.js' '*.css' '*.html' '*.props' '*.targets' '*.csproj' >"$scratch/lines" || code=$?
  sed -E -i 's/^([^:]+:[0-9]+):.*/\1: the line goes beyond column 160/' "$scratch/lines"
  ((code == 1))
}

# How long each step took, for the end of the output.
times=
took() { times+="$1 $((SECONDS - ${since:-0})) s, "; since=$SECONDS; }

source eng/compiler.sh
scratch=$(mktemp -d "${TMPDIR:-/tmp}/oa-test-XXXXXX")
trap 'end_compiler; rm -rf "$scratch"' EXIT

# What builds and programs that are killed leave in the directory for temporary files goes with the rest. Some tests run programs as another user.
export TMPDIR=$scratch/tmp
mkdir -m 1777 "$TMPDIR"
chmod 711 "$scratch"

prepare_node
prepare_programs &
programs_ready=$!
dotnet restore OrleansAdapter.sln --locked-mode --verbosity quiet -nodeReuse:false
dotnet build OrleansAdapter.sln --no-restore --configuration Release --verbosity quiet -nodeReuse:false
end_compiler
dotnet msbuild eng/precompile -restore -target:Precompile -verbosity:quiet -nodeReuse:false ||
  echo "**** Orleans was not compiled ahead of time (see above): the tests take longer, and do the same."
wait "$programs_ready"
took build

# The build has checked style (EnforceCodeStyleInBuild); white space is left, and, which takes two minutes of a processor and so runs with --full, the order
# of usings.
check_format() {
  if ((${#full[@]})); then
    dotnet format OrleansAdapter.sln --no-restore --verify-no-changes
  else
    dotnet format whitespace . --folder --verify-no-changes
  fi
}

# Runs test programs, and the trial of the packages, one after another. Each has a process group of its own ('set -m'), so that what hangs is ended as a
# whole: at the time limit (the exit code is 124 then), or when this script is stopped. What a program says goes to a log, its exit code to a file beside it.
run_programs() {
  local name code child= command began limit=()
  if command -v timeout >/dev/null; then limit=(timeout --kill-after=30s "$time_limit"); fi
  set -m
  trap '[[ -z $child ]] || kill -TERM -- "-$child" 2>/dev/null; exit 143' TERM
  for name in "$@"; do
    code=0
    command=(dotnet "tests/$name/bin/Release/net10.0/$name.dll" --no-progress ${filter[@]+"${filter[@]}"})
    if [[ $name == packages ]]; then command=(eng/try-packages.sh --no-build ${full[@]+"${full[@]}"}); fi
    ${limit[@]+"${limit[@]}"} "${command[@]}" </dev/null >"$scratch/$name.log" 2>&1 &
    child=$! began=$SECONDS
    wait "$child" || code=$?
    child=
    echo "$name took $((SECONDS - began)) s."
    echo "$code" >"$scratch/$name.code"
    # Less what it skipped: the reasons are said at the end.
    awk '!/^ / { skipped = /^skipped / } !skipped' "$scratch/$name.log"
  done
}

# What was skipped and why: each reason once, with the class of the tests and how many there are.
say_skipped() {
  awk '
    !/^ / { skipped = /^skipped /; sub(/\(.*/, ""); sub(/\.[^.]*$/, ""); sub(/.*[. ]/, ""); class = $0 }
    /^ / && skipped { sub(/^ */, ""); key = class SUBSEP $0; if (!count[key]++) { keys[++last] = key }; all++ }
    END {
      if (all) { print "**** SKIPPED: " all " tests" }
      for (i = 1; i <= last; i++) { split(keys[i], part, SUBSEP); print "****   " part[1] " (" count[keys[i]] "): " part[2] }
    }' "$@"
}

# The tests that failed once more, each with the beginning of its message: some show only the end of this output.
say_failed() {
  awk '
    !/^ / { left = 0 }
    /^failed / && !count++ { print "Failed, once more:" }
    /^failed / { if (count <= 20) { left = 16 } else { more++ } }
    left > 0 { print; if (--left == 0) { print "  ..." } }
    END { if (more) { print "... and " more " more failed." } }' "$@"
}

# Two things at a time, for there are two processors at least. The end-to-end suites, which start processes of their own, come last: what they promise about
# times is tested at their end, when all else is done.
one=() other=() programs=() filter=()
if has simulation; then one=(Grains.Tests); fi
if has packages; then other=(packages); fi
if has suites; then one+=(SocketIO.Tests Adapter.Tests); fi
if has processes; then
  other+=(EndToEnd)
elif has machines; then
  other+=(EndToEnd) filter=(--filter-trait part=machines)
fi
for name in ${one[@]+"${one[@]}"} ${other[@]+"${other[@]}"}; do
  if [[ $name != packages ]]; then programs+=("$name"); fi
done
jobs=() format= site= fuzz=
trap 'kill -TERM $format $site $fuzz ${jobs[@]+"${jobs[@]}"} 2>/dev/null; wait; exit 143' INT TERM HUP
run_programs ${one[@]+"${one[@]}"} & jobs+=($!)
run_programs ${other[@]+"${other[@]}"} & jobs+=($!)
check_format >"$scratch/format" 2>&1 & format=$!
if has packages; then eng/site.sh --no-build >"$scratch/site" 2>&1 & site=$!; fi
# Fuzzing takes what processor time is left.
if has fuzz; then
  nice -n 19 timeout "$((2 * fuzz_seconds + 300))" dotnet fuzz/bin/Release/net10.0/fuzz.dll --seconds "$fuzz_seconds" >"$scratch/fuzz" 2>&1 & fuzz=$!
fi
badly_formatted=0 bad_site=0 bad_packages=0 bad_fuzz=0 too_long=0
check_lines || too_long=1
wait "$format" || { badly_formatted=1; cat "$scratch/format"; }
if [[ -n $site ]]; then
  wait "$site" || bad_site=1
  cat "$scratch/site"
fi
wait "${jobs[@]}" || true
if has packages && [[ $(cat "$scratch/packages.code" 2>/dev/null) != 0 ]]; then bad_packages=1; fi
took tests
if [[ -n $fuzz ]]; then
  wait "$fuzz" || bad_fuzz=1
  cat "$scratch/fuzz"
fi

count() { sed -n "/^Test run summary/,\$ s/^ *$2: \([0-9][0-9]*\)\$/\1/p" "$scratch/$1.log" | tail -n 1; }
end_of() { if [[ -e $1 ]]; then tail -n 15 "$1" | sed 's/^/  /'; fi; }

logs=()
for name in ${programs[@]+"${programs[@]}"}; do
  if [[ -e $scratch/$name.log ]]; then logs+=("$scratch/$name.log"); fi
done
if ((${#logs[@]})); then say_skipped "${logs[@]}"; fi
code=0 passed=0 failed=0 skipped=0
for name in ${programs[@]+"${programs[@]}"}; do
  ended=$(cat "$scratch/$name.code" 2>/dev/null || echo 137)
  succeeded=$(count "$name" succeeded) broken=$(count "$name" failed) left=$(count "$name" skipped)
  passed=$((passed + ${succeeded:-0})) failed=$((failed + ${broken:-0})) skipped=$((skipped + ${left:-0}))
  # A program that crashed, was stopped, or in which no test ran, has no failed test to show for it: it counts as one.
  if ((${succeeded:-0} + ${broken:-0} == 0)); then
    echo "$name: no test ran to its end (exit code $ended; 124 is the time limit, $time_limit); that counts as a failure. The end of what it said:"
    end_of "$scratch/$name.log"
    failed=$((failed + 1))
  elif ((ended != 0 && ${broken:-0} == 0)); then
    echo "$name ended with exit code $ended though no test failed (124 is the time limit, $time_limit); that counts as a failure. The end of what it said:"
    end_of "$scratch/$name.log"
    failed=$((failed + 1))
  fi
done
if ((${#programs[@]} > 0 && passed + failed == 0)); then
  echo "No test ran."
  failed=1
fi
if ((bad_packages)); then
  echo "The packages do not do what the documents say; that counts as a failure. The end of what eng/try-packages.sh said:"
  end_of "$scratch/packages.log"
  failed=$((failed + 1))
fi
if ((bad_site)); then
  echo "The documents' site cannot be built without warnings; that counts as a failure. The end of what eng/site.sh said:"
  end_of "$scratch/site"
  failed=$((failed + 1))
fi
if ((bad_fuzz)); then
  echo "Fuzzing found an input that does harm, or did not work; that counts as a failure. The end of what it said:"
  end_of "$scratch/fuzz"
  failed=$((failed + 1))
fi
if ((failed > 0)); then code=1; fi
if ((too_long)); then
  echo "Lines go beyond column 160; break them:"
  end_of "$scratch/lines"
  code=1
fi
if ((badly_formatted)); then
  echo "The sources are not formatted: run 'dotnet format', then look at what is left:"
  end_of "$scratch/format"
  code=1
fi
if ((${#logs[@]})); then say_failed "${logs[@]}"; fi
echo "${times}in all $SECONDS s"
echo "$passed passed, $failed failed, $skipped skipped"
exit "$code"
