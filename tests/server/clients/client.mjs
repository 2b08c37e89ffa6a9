// node client.mjs ADDRESS KEY QUEUE: the calls of the pages' JavaScript clients, as those make them: the parameters in the path as they are, the key's header alone,
// no body for a retry. Prints one line of JSON.
const [address, key, queue] = process.argv.slice(2);

class Client {
  constructor(base, key) { Object.assign(this, { base, key }); }
  async ask(url, init) {
    const response = await fetch(url, { ...init, headers: { 'X-Admin-Key': this.key } });
    if (!response.ok) throw new Error(response.statusText);
    return response.json();
  }
  list(queue, status = 'all', limit = 50) { return this.ask(`${this.base}/api/admin/jobs?queue=${queue}&status=${status}&limit=${limit}`); }
  get(id, queue = 'deep-research') { return this.ask(`${this.base}/api/admin/jobs/${id}?queue=${queue}`); }
  retry(id, queue = 'deep-research') { return this.ask(`${this.base}/api/admin/jobs/${id}/retry?queue=${queue}`, { method: 'POST' }); }
  async stats(queue) { return (await this.list(queue, 'all', 1)).counts; }
  async finished(id, queue) {
    for (;;) {
      const job = await this.get(id, queue);
      if (job.state === 'completed') return job;
      if (job.state === 'failed') throw new Error(job.failedReason);
      await new Promise(resolve => setTimeout(resolve, 100));
    }
  }
}

const message = work => work.then(() => 'no error', error => error.message);
const client = new Client(address, key);
const counts = await client.stats(queue);
const { jobs } = await client.list(queue, 'failed');
const done = (await client.list(queue, 'completed')).jobs[0];
const errors = [
  await message(client.finished(jobs[0].id, queue)),
  await message(client.retry(done.id)),
  await message(client.get('nope', queue)),
  await message(client.list('no-such-queue')),
  await message(new Client(address, 'wrong').stats(queue)),
];
const { success, jobId, message: said } = await client.retry(jobs[0].id);
await client.finished(done.id, queue);

// What the second page tells its readers to send.
const call = async (method, path, body) => {
  const response = await fetch(address + path, { method, headers: { 'X-Admin-Key': key, ...(body && { 'Content-Type': 'application/json' }) }, body: body && JSON.stringify(body) });
  if (!response.ok) throw new Error(`${response.status}: ${await response.text()}`);
  return response.json();
};
const { data: queues } = await call('GET', '/api/queues');
const { data: added } = await call('POST', `/api/queues/${queue}/jobs`, { name: 'send-email', data: { to: 'a@example.org' }, opts: { priority: 1, delay: 5000 } });
const { data: edited } = await call('PATCH', `/api/queues/${queue}/jobs/${added.id}`, { data: { to: 'b@example.org' }, opts: { priority: 2 } });
const { data: retried } = await call('POST', `/api/queues/${queue}/retry`, { state: 'failed' });
const { data: cleaned } = await call('POST', `/api/queues/${queue}/clean`, { state: 'completed', grace: 0 });
const { meta } = await call('GET', `/api/queues/${queue}/jobs`);
console.log(JSON.stringify({
  failed: counts.failed, listed: jobs.length, errors, success, same: jobId === jobs[0].id, said, queues: queues.map(q => q.name), added: added.state, to: edited.data.to,
  retried: retried.retried, removed: cleaned.removed, meta: [meta.total, meta.start, meta.end],
}));
