"""python3 client.py ADDRESS KEY QUEUE: the calls of the pages' Python client, as it makes them, with the same library. Prints one line of JSON."""
import json
import sys

import requests

address, key, queue = sys.argv[1:]


class Client:
    def __init__(self, base, key):
        self.base = base
        self.headers = {"X-Admin-Key": key}

    def ask(self, method, path, **params):
        response = method(f"{self.base}/api/admin/jobs{path}", headers=self.headers, params=params, timeout=60)
        response.raise_for_status()
        return response.json()

    def list(self, queue="deep-research", status="all", limit=50):
        return self.ask(requests.get, "", queue=queue, status=status, limit=limit)

    def get(self, job, queue="deep-research"):
        return self.ask(requests.get, f"/{job}", queue=queue)

    def retry(self, job, queue="deep-research"):
        return self.ask(requests.post, f"/{job}/retry", queue=queue)


def status(work):
    try:
        work()
    except requests.HTTPError as error:
        return f"{error.response.status_code} {error.response.reason}"
    return "no error"


def call(method, path, body=None):
    response = requests.request(method, address + path, headers={"X-Admin-Key": key}, json=body, timeout=60)
    response.raise_for_status()
    return response.json()


client = Client(address, key)
counts = client.list(queue, "all", 1)["counts"]
jobs = client.list(queue, "failed")["jobs"]
done = client.list(queue, "completed")["jobs"][0]
errors = [client.get(jobs[0]["id"]).get("failedReason"), status(lambda: client.retry(done["id"]))[4:], status(lambda: client.get("nope", queue))[4:],
          status(lambda: client.list("no-such-queue"))[4:], status(lambda: Client(address, "wrong").list(queue))[4:]]
answer = client.retry(jobs[0]["id"])
queues = call("GET", "/api/queues")["data"]
added = call("POST", f"/api/queues/{queue}/jobs", {"name": "send-email", "data": {"to": "a@example.org"}, "opts": {"priority": 1, "delay": 5000}})["data"]
edited = call("PATCH", f"/api/queues/{queue}/jobs/{added['id']}", {"data": {"to": "b@example.org"}, "opts": {"priority": 2}})["data"]
retried = call("POST", f"/api/queues/{queue}/retry", {"state": "failed"})["data"]
cleaned = call("POST", f"/api/queues/{queue}/clean", {"state": "completed", "grace": 0})["data"]
meta = call("GET", f"/api/queues/{queue}/jobs")["meta"]
print(json.dumps({"failed": counts["failed"], "listed": len(jobs), "errors": errors, "success": answer["success"], "same": answer["jobId"] == jobs[0]["id"],
                  "said": answer["message"], "queues": [q["name"] for q in queues], "added": added["state"], "to": edited["data"]["to"],
                  "retried": retried["retried"], "removed": cleaned["removed"], "meta": [meta["total"], meta["start"], meta["end"]]}, separators=(",", ":")))
