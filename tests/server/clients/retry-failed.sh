#!/usr/bin/env bash
# retry-failed.sh ADDRESS KEY QUEUE: every failed job again, one request each, as the first page's script does it with curl and jq. Prints what is active before, and the answers.
failed=$(curl -s -X GET "$1/api/admin/jobs?queue=$3&status=failed" -H "X-Admin-Key: $2")
echo $failed | jq '.counts.active'
echo $failed | jq -r '.jobs[].id' | while read id; do
  curl -s -X POST "$1/api/admin/jobs/$id/retry?queue=$3" -H "X-Admin-Key: $2" | jq -r '.message'
done
