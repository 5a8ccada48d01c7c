#!/usr/bin/env bash
# Packs, and uses the packages as a new user would, in an empty directory outside the repository: installs the tool and the template, makes an
# application, runs it as two workers and talks to it with official clients; compiles what references one package alone; compiles, checks or runs all code of
# the documents (eng/samples.awk).
#   eng/try-packages.sh                what each change has to pass
#   eng/try-packages.sh --full         also every choice of the template, and with the front that other systems than Linux use
#   eng/try-packages.sh --no-build     packs what is built already (Release)
# The clients need Node.js and ORLEANSADAPTER_NODE=1 (test.sh sets it). Nothing is installed outside of that directory, which is gone afterwards.
set -euo pipefail

root=$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd -P)
export DOTNET_CLI_TELEMETRY_OPTOUT=1 DOTNET_NOLOGO=1 DOTNET_CLI_UI_LANGUAGE=en
export OrleansAdapter__WarmUp__Enabled=false
full=0
pack=(--configuration Release --verbosity quiet -nodeReuse:false)
for option in "$@"; do
  case $option in
    --full) full=1 ;;
    --no-build) pack+=(--no-build) ;;
    -h | --help) sed -n '2,/^set/{/^# /s/^# //p}' "$0"; exit 0 ;;
    *) echo "try-packages.sh: unknown option '$option'; there are --full and --no-build" >&2; exit 64 ;;
  esac
done

place=$(mktemp -d "${TMPDIR:-/tmp}/oa-XXXXXX")
export TMPDIR=$place/tmp
mkdir "$TMPDIR"
primary=
collector=
source "$root/eng/compiler.sh"
end() {
  end_compiler
  stop_primary
  stop_collector
  rm -rf "$place"
}
trap end EXIT
trap 'exit 130' INT TERM HUP

step() { echo "packages: $*"; }
fail() { echo "packages: $*" >&2; exit 1; }
# Says nothing unless the command fails.
quietly() { "$@" >"$place/output" 2>&1 || { cat "$place/output" >&2; fail "failed: $*"; }; }
build() { quietly dotnet build "$1" --verbosity quiet -nodeReuse:false -consoleLoggerParameters:NoSummary -p:TreatWarningsAsErrors=true; }

pack_all() {
  version=$(sed -n 's|.*<VersionPrefix>\(.*\)</VersionPrefix>.*|\1|p' "$root/Directory.Build.props")-try.$(date +%s)
  step "packing $version"
  (cd "$root" && quietly dotnet pack eng/packages.slnf "${pack[@]}" -p:PackageVersion="$version" -p:PackageOutputPath="$place/feed/")
  local id
  for id in OrleansAdapter OrleansAdapter.{Adapter,Grains,Grains.Abstractions,OpenTelemetry,PostgreSQL,Redis,Tool,Templates}; do
    [[ -f $place/feed/$id.$version.nupkg ]] || fail "dotnet pack made no $id"
    [[ $id == *.Templates || -f $place/feed/$id.$version.snupkg ]] || fail "dotnet pack made no symbols of $id"
  done
  # A folder of packages of its own, so that nothing of a try stays on the machine; what is there already need not be downloaded again.
  local cache
  cache=${NUGET_PACKAGES:-$HOME/.nuget/packages}
  mkdir -p "$cache"
  export NUGET_PACKAGES=$place/packages
  cat >"$place/NuGet.config" <<END
<configuration>
  <packageSources><add key="try" value="$place/feed" /></packageSources>
  <fallbackPackageFolders><add key="machine" value="$cache" /></fallbackPackageFolders>
</configuration>
END
}

install_all() {
  step "installing the tool and the template"
  quietly dotnet tool install OrleansAdapter.Tool --version "$version" --tool-path "$place/tools"
  quietly dotnet new install "OrleansAdapter.Templates@$version" --debug:custom-hive "$place/hive"
  # Who brings other people's files says whose they are.
  local file name
  while read -r file; do
    name=${file##*/}
    case $name in OrleansAdapter.* | Silo.dll) continue ;; esac
    grep -qwF "$name" "$root/Silo/THIRD-PARTY-NOTICES.txt" || fail "the tool brings $name, and Silo/THIRD-PARTY-NOTICES.txt does not name it"
  done < <(find "$place/tools/.store" -name '*.dll')
}

make() { quietly dotnet new orleansadapter --output "$1" --clients "$2" --skipRestore --debug:custom-hive "$place/hive"; }

# A project that references a package, or several.
project() {
  local folder=$1 sdk=$2 package
  shift 2
  mkdir -p "$folder"
  {
    echo "<Project Sdk=\"$sdk\">"
    echo "  <PropertyGroup>"
    echo "    <TargetFramework>net10.0</TargetFramework><Nullable>enable</Nullable><ImplicitUsings>enable</ImplicitUsings>"
    echo "  </PropertyGroup>"
    echo "  <ItemGroup>"
    for package in "$@"; do echo "    <PackageReference Include=\"${package%@*}\" Version=\"${package#*@}\" />"; done
    echo "  </ItemGroup>"
    echo "</Project>"
  } >"$folder/${folder##*/}.csproj"
}

orleans=$(sed -n 's|.*<OrleansVersion>\(.*\)</OrleansVersion>.*|\1|p' "$root/Directory.Packages.props")

# What is built together, in one go: projects that have one package alone, the samples of the documents, the template's other choices.
write_others() {
  project "$place/others/only-adapter" Microsoft.NET.Sdk "OrleansAdapter.Adapter@$version"
  echo 'using OrleansAdapter.SocketIO; public static class Uses { public static string Of(SocketIOSocket socket) => socket.Id.ToString(); }' \
    >"$place/others/only-adapter/Uses.cs"
  project "$place/others/only-abstractions" Microsoft.NET.Sdk "OrleansAdapter.Grains.Abstractions@$version"
  echo 'using OrleansAdapter; public static class Uses { public static Task Of(IRoomGrain room) => room.EmitAsync("said", "hello"); }' \
    >"$place/others/only-abstractions/Uses.cs"

  samples=$(cd "$root" && git ls-files -z "*.md" | xargs -0 awk -v OUT="$place/others/samples" -f eng/samples.awk) ||
    fail "the samples of the documents cannot be read"
  ((samples > 0)) || fail "the documents have no samples"
  local folder
  for folder in "$place"/others/samples/*/; do
    folder=${folder%/}
    case ${folder##*/} in
      application-*)
        local packages=()
        if [[ -e $folder/packages ]]; then read -ra packages <"$folder/packages"; fi
        project "$folder" Microsoft.NET.Sdk.Web "OrleansAdapter@$version" ${packages[@]+"${packages[@]}"} ;;
      fragments)
        project "$folder" Microsoft.NET.Sdk.Web "OrleansAdapter@$version" "OrleansAdapter.OpenTelemetry@$version"
        echo 'return;' >"$folder/Program.cs" ;;
      grain-client) project "$folder" Microsoft.NET.Sdk "OrleansAdapter.Grains.Abstractions@$version" "Microsoft.Orleans.Client@$orleans" ;;
    esac
  done
  if ((full)); then
    make "$place/others/for-signalr" signalr
    make "$place/others/for-socketio" socketio
  fi
  {
    echo "<Solution>"
    find "$place/others" -name '*.csproj' | sed 's|.*|  <Project Path="&" />|'
    echo "</Solution>"
  } >"$place/others/others.slnx"
}

# The scripts in the documents: their syntax, and those that are marked so are run, each in an empty directory.
check_scripts() {
  local script folder
  for script in "$place"/others/samples/{sh,run}/*.sh; do quietly bash -n "$script"; done
  for script in "$place"/others/samples/run/*.sh; do
    if grep -q '^openssl ' "$script" && ! command -v openssl >/dev/null; then
      echo "**** A SCRIPT OF THE DOCUMENTS IS NOT RUN (${script##*/}): openssl is not installed."
      continue
    fi
    folder=$(mktemp -d "$TMPDIR/run-XXXXXX")
    (cd "$folder" && quietly bash -euo pipefail "$script")
  done
  if command -v node >/dev/null; then
    for script in "$place"/others/samples/js/*.mjs; do quietly node --check "$script"; done
  else
    echo "**** THE DOCUMENTS' JAVASCRIPT IS NOT CHECKED: Node.js is not installed."
  fi
}

# Three ports in a row that are free: the front's, and each worker's own. From a range in which nobody else takes any: above that of the tests (FreePorts), and
# below what Linux gives to who asks for any port or connects somewhere.
free_port() {
  local port
  for port in $(shuf -i 30000-32765 -n 50); do
    if ! (echo >"/dev/tcp/127.0.0.1/$port" || echo >"/dev/tcp/127.0.0.1/$((port + 1))" || echo >"/dev/tcp/127.0.0.1/$((port + 2))") 2>/dev/null; then
      echo "$port"
      return
    fi
  done
  fail "there are no three free ports in a row"
}

# Runs the application of a folder under the tool as two workers, and has clients talk to both.
run() {
  local folder=$1 port
  shift
  port=$(free_port)
  : >"$place/log"
  (cd "$folder" && unset ORLEANSADAPTER_WEBWORKER &&
    exec "$place/tools/orleansadapter" primary --workers 2 --port "$port" --worker-ports "$@") >"$place/log" 2>&1 &
  primary=$!
  # 'tail' follows until the tool ends, or a minute is over.
  grep -m 1 -q '^ready' < <(exec timeout 60 tail --pid="$primary" -n +1 -f "$place/log") ||
    { cat "$place/log" >&2; fail "$folder did not become ready under the tool"; }
  if [[ ${ORLEANSADAPTER_NODE-} == 1 ]]; then
    timeout 60 node "$root/tests/EndToEnd/clients/two-workers.mjs" "http://127.0.0.1:$((port + 1))" "http://127.0.0.1:$((port + 2))" ||
      { cat "$place/log" >&2; fail "the clients of $folder did not hear each other"; }
    talk_as_readme_says "$port"
  else
    echo "**** NO CLIENT TALKED TO $folder: ORLEANSADAPTER_NODE is not 1."
  fi
  check_exported
  "$place/tools/orleansadapter" status --port "$port" >/dev/null || fail "orleansadapter status failed"
  stop_primary
}

# The clients of README.md as they stand there, but for the port: both people hear both messages.
talk_as_readme_says() {
  local port=$1 talker
  ln -sfn "$root/tests/EndToEnd/clients/node_modules" "$place/node_modules"
  awk '/^```js$/ { inside = 1; next } /^```/ && inside { exit } inside' "$root/README.md" | sed "s|localhost:3000|127.0.0.1:$port|" >"$place/talk.mjs"
  : >"$place/heard"
  timeout 30 node "$place/talk.mjs" >"$place/heard" 2>&1 &
  talker=$!
  head -n 4 < <(tail --pid="$talker" -n +1 -f "$place/heard" | grep --line-buffered ' hears: ') | LC_ALL=C sort >"$place/heard-sorted"
  kill "$talker" 2>/dev/null || true
  wait "$talker" || true
  printf '%s\n' {"Ada, by SignalR","Ben, by Socket.IO"}", hears: hello from "{SignalR,Socket.IO} | diff - "$place/heard-sorted" >&2 ||
    fail "the clients of README.md did not hear each other"
}

# A collector of OpenTelemetry's data, which all processes are told of as every program is.
start_collector() {
  [[ ${ORLEANSADAPTER_NODE-} == 1 ]] || return 0
  : >"$place/exported"
  node "$root/tests/EndToEnd/clients/collector.mjs" worker-1 worker-2 >"$place/exported" 2>&1 &
  collector=$!
  local port
  port=$(exported 'port [0-9]+') || { cat "$place/exported" >&2; fail "the collector did not start"; }
  export OTEL_EXPORTER_OTLP_ENDPOINT=http://127.0.0.1:${port#port } OTEL_EXPORTER_OTLP_PROTOCOL=http/protobuf
  export OTEL_BSP_SCHEDULE_DELAY=200 OTEL_METRIC_EXPORT_INTERVAL=500
}

# Waits for a line of the collector.
exported() { grep -E -m 1 "^$1\$" < <(exec timeout 20 tail --pid="$collector" -n +1 -f "$place/exported"); }

# What both workers have exported, while clients talked to them.
check_exported() {
  [[ -n $collector ]] || return 0
  local signal worker
  for signal in traces metrics; do
    for worker in worker-1 worker-2; do
      exported "/v1/$signal $worker" >/dev/null || { cat "$place/log" >&2; fail "$worker of the template exported no $signal"; }
    done
  done
}

stop_collector() {
  if [[ -n $collector ]]; then
    kill "$collector" 2>/dev/null || true
    wait "$collector" || true
    collector=
    unset OTEL_EXPORTER_OTLP_ENDPOINT OTEL_EXPORTER_OTLP_PROTOCOL OTEL_BSP_SCHEDULE_DELAY OTEL_METRIC_EXPORT_INTERVAL
  fi
}

stop_primary() {
  local code=0
  if [[ -n $primary ]]; then
    kill -TERM "$primary" 2>/dev/null || true
    wait "$primary" || code=$?
    primary=
    ((code == 0 || code == 143)) || { cat "$place/log" >&2; echo "packages: the tool ended with exit code $code" >&2; }
  fi
}

pack_all
cd "$place"
install_all
step "making an application from the template, and building it"
make app both
build app
step "running it as two workers, with Socket.IO and SignalR clients on both, and a collector of metrics and traces"
start_collector
run "$place/app"
stop_collector
if ((full)); then
  step "the same with the front for systems other than Linux"
  run "$place/app" --front proxy
fi
write_others
step "compiling and checking $samples samples of the documents, and projects that have one package alone"
check_scripts
build others/others.slnx
end_compiler
main=$(find "$place/others/samples" -maxdepth 1 -name 'application-README_md-*' | sort -V | head -n 1)
[[ -n $main ]] || fail "README.md has no sample that is an application"
step "running the sample of README.md as two workers"
run "$main"
step "all of it works"
