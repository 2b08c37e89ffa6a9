#!/usr/bin/env bash
# demo/server.sh PROGRAM : the demo without PowerShell. The server starts the application with a Redis of its own, and curl does the main job through it.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."
program=$1 log=$(mktemp) key=demo-key
command -v curl >/dev/null || { echo "curl is missing"; exit 1; }

ADMIN_API_KEY=$key dotnet "$program" --demo --urls http://127.0.0.1:0 >"$log" 2>&1 &
server=$!
trap 'kill $server 2>/dev/null || true; wait $server 2>/dev/null || true; rm -f "$log"' EXIT
until grep -q 'Redis answers' "$log"; do
  kill -0 $server 2>/dev/null || { cat "$log"; exit 1; }
  sleep 0.2
done
grep '^A BullMQ application' "$log" || true
url=$(sed -nE 's/.* at (http:[^ ,]+).*/\1/p' "$log" | head -n 1)

# A step is printed as it would be typed, and then run.
step() { printf '\n# %s\n$ curl -H "X-Admin-Key: %s" %s\n' "$1" "$key" "${*:2}"; curl -sS --fail-with-body -H "X-Admin-Key: $key" "${@:2}" | cut -c -"${COLUMNS:-400}"; echo; }

step 'The queues that the application uses.' "$url/api/queues"
step 'The newest failures of one queue.' "$url/api/admin/jobs?queue=file-process&status=failed&limit=2"
id=$(curl -sS -H "X-Admin-Key: $key" "$url/api/queues/file-process/jobs?state=failed&end=1" | sed -nE 's/.*"id":"([^"]+)","priority".*/\1/p')
step 'What was down is up again: retry one of them.' -X POST "$url/api/admin/jobs/$id/retry?queue=file-process"
printf '\n# And all others of the queue, while its events are watched.\n$ curl -N %s\n' "$url/api/queues/file-process/events"
timeout 6 curl -sSN -H "X-Admin-Key: $key" "$url/api/queues/file-process/events" | grep -m 12 -E '^data: \{"type":"job:(active|completed|failed)' | cut -c -160 &
watch=$!
sleep 0.5
step 'Retry all that failed.' -X POST "$url/api/queues/file-process/retry" -H 'Content-Type: application/json' -d '{"state":"failed"}'
wait $watch || true
step 'And the outcome.' "$url/api/queues/file-process"
