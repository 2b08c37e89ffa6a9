#!/usr/bin/env bash
# ./build.sh [build|demo|test|analyze|bench|package]: gets what the build needs, then hands over to build.ps1.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")"
export DOTNET_CLI_TELEMETRY_OPTOUT=1 DOTNET_NOLOGO=1 POWERSHELL_TELEMETRY_OPTOUT=1 POWERSHELL_UPDATECHECK=Off
export HOME=${HOME:-$(mktemp -d)}
# The newest 2.x that the client compiles against; it does without RESPite, which some feeds lack.
readonly fallback_redis_client=2.13.17
# The newest that runs on .NET 10.
readonly powershell_tool=7.6.9

say() { echo "build.sh: $*" >&2; }
stop() { say "$*"; exit 1; }
has() { command -v "$1" >/dev/null 2>&1; }

verb=${1:-build}
case "$verb" in
  build | demo | test | analyze | bench | package) ;;
  *) echo "usage: ./build.sh [build|demo|test|analyze|bench|package]" >&2; exit 2 ;;
esac

need_sdk() {
  has dotnet || stop "the .NET SDK is missing: install version 8 or later, https://dotnet.microsoft.com/download"
  local newest
  newest=$(dotnet --list-sdks | sed 's/\..*//' | sort -n | tail -n 1)
  [ "${newest:-0}" -ge 8 ] || stop "the .NET SDK is too old: install version 8 or later, https://dotnet.microsoft.com/download"
}

need_node() {
  has node && has npm || stop "Node.js with npm is missing: install version 18 or later, https://nodejs.org"
  [ "$(node -p 'process.versions.node.split(".")[0]')" -ge 18 ] || stop "Node.js is too old: install version 18 or later, https://nodejs.org"
}

as_root() { if [ "$(id -u)" = 0 ]; then "$@"; else sudo -n "$@"; fi; }

install_redis() {
  if has brew; then brew install redis
  elif [ "$(id -u)" != 0 ] && ! sudo -n true 2>/dev/null; then return 1
  elif has apt-get; then as_root apt-get -qq update && as_root env DEBIAN_FRONTEND=noninteractive apt-get -qq install -y redis-server
  elif has dnf; then as_root dnf -q -y install redis
  else return 1
  fi
}

want_redis() {
  has redis-server && return
  say "redis-server is missing: installing it"
  install_redis </dev/null >&2 || true
  has redis-server || say "redis-server is missing and can't be installed from here: install Redis 6.2 or later (sudo apt-get install redis-server)"
}

bullmq_packages() {
  [ tests/peers/node_modules/.package-lock.json -nt tests/peers/package-lock.json ] && return
  say "installing BullMQ's packages (npm ci in tests/peers)"
  (cd tests/peers && npm ci --loglevel=error --no-audit --no-fund >&2 && touch node_modules/.package-lock.json) || stop "npm ci in tests/peers failed"
}

nuget_packages() {
  local log
  log=$(dotnet restore JobAdmin.sln -v q 2>&1) && return
  export StackExchangeRedisVersion=$fallback_redis_client
  dotnet restore JobAdmin.sln -v q >/dev/null 2>&1 || stop "the NuGet packages can't be restored: $(grep -m 1 'error' <<<"$log")"
  say "StackExchange.Redis and its dependencies can't be restored: building with $fallback_redis_client instead"
}

# PowerShell as a .NET tool, where the machine has none: on the path of this run alone, for the tests start it too.
want_powershell() {
  has pwsh && return
  local tools=$PWD/output/tools
  [ -x "$tools/pwsh" ] || dotnet tool install PowerShell --version "$powershell_tool" --tool-path "$tools" >/dev/null 2>&1 || return 0
  "$tools/pwsh" -NoProfile -Command exit >/dev/null 2>&1 || return 0
  say "there is no pwsh: using $powershell_tool from the .NET tool of that name"
  export PATH=$tools:$PATH
}

build() { dotnet msbuild -restore -verbosity:quiet -nologo -property:Configuration=Release "$1"; }

# The number behind a word of xunit's summary, 0 when the word is not there.
count() { sed -nE "s/.*$1: ([0-9]+).*/\1/p" <<<"$2" | grep . || echo 0; }

client_tests() {
  local passed=0 failed=0 skipped=0 project summary f s
  for project in tests/*/*.csproj; do
    build "$project"
    summary=$(dotnet "$(dirname "$project")/bin/Release/net8.0/$(basename "$project" .csproj).dll" -noColor </dev/null | tee /dev/stderr | grep 'Total: ' | tail -n 1) || true
    [ -n "$summary" ] || summary='Total: 1, Failed: 1'
    f=$(($(count Failed "$summary") + $(count Errors "$summary"))) s=$(count Skipped "$summary")
    passed=$((passed + $(count Total "$summary") - f - s)) failed=$((failed + f)) skipped=$((skipped + s))
  done
  say "NOT RUN: the Pester suites of tests/cmdlets and the import of the module, since there is no pwsh: https://aka.ms/powershell"
  echo "$passed passed, $failed failed, $skipped skipped"
  [ "$failed" = 0 ] && [ "$passed" -gt 0 ]
}

without_powershell() {
  build tools/stage.proj
  case "$verb" in
    build) say "built; there is no pwsh to import it into: https://aka.ms/powershell" ;;
    test) client_tests ;;
    demo) build src/JobAdmin.Server/JobAdmin.Server.csproj
      demo/server.sh src/JobAdmin.Server/bin/Release/net8.0/JobAdmin.Server.dll
      say "REDUCED: this was the server, by way of curl; with pwsh the module would now work on the application: https://aka.ms/powershell" ;;
    *) stop "$verb needs PowerShell 7.4 or later: https://aka.ms/powershell" ;;
  esac
}

need_sdk
need_node
case "$verb" in demo | test | bench) want_redis ;; esac
bullmq_packages
nuget_packages
want_powershell
if ! has pwsh; then
  without_powershell
  exit
fi
exec pwsh -NoProfile -File build.ps1 -Task "$verb"
