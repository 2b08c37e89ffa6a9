"""python3 client.py ADDRESS KEY QUEUE: what a script of an application's own would do by way of either page, in Python. Prints one line of JSON."""
import json
import sys
import urllib.request

address, key, queue = sys.argv[1:]


def call(method, path, body=None):
    request = urllib.request.Request(address + path, method=method, headers={"X-Admin-Key": key, "Content-Type": "application/json"},
                                     data=None if body is None else json.dumps(body).encode())
    with urllib.request.urlopen(request, timeout=60) as answer:
        return json.load(answer)


counts = call("GET", f"/api/admin/jobs?queue={queue}&status=all&limit=1")["counts"]
jobs = call("GET", f"/api/admin/jobs?queue={queue}&status=failed")["jobs"]
detail = call("GET", f"/api/admin/jobs/{jobs[0]['id']}?queue={queue}")
success = call("POST", f"/api/admin/jobs/{jobs[0]['id']}/retry?queue={queue}")["success"]
queues = call("GET", "/api/queues")["data"]
added = call("POST", f"/api/queues/{queue}/jobs", {"name": "from-py", "data": {"n": 1}, "opts": {"delay": 5000}})["data"]
retried = call("POST", f"/api/queues/{queue}/retry", {"state": "failed"})["data"]
print(json.dumps({"failed": counts["failed"], "reason": detail["failedReason"], "success": success, "queues": [q["name"] for q in queues],
                  "added": added["state"], "retried": retried["retried"]}, separators=(",", ":")))
