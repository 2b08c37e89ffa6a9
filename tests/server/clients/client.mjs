// node client.mjs ADDRESS KEY QUEUE: what a script of an application's own would do by way of either page, in JavaScript. Prints one line of JSON.
const [address, key, queue] = process.argv.slice(2);
const call = async (method, path, body) => {
  const response = await fetch(address + path, { method, headers: { 'X-Admin-Key': key, ...(body && { 'Content-Type': 'application/json' }) }, body: body && JSON.stringify(body) });
  if (!response.ok) throw new Error(`${response.status}: ${await response.text()}`);
  return response.json();
};

const { counts } = await call('GET', `/api/admin/jobs?queue=${queue}&status=all&limit=1`);
const { jobs } = await call('GET', `/api/admin/jobs?queue=${queue}&status=failed`);
const detail = await call('GET', `/api/admin/jobs/${jobs[0].id}?queue=${queue}`);
const { success } = await call('POST', `/api/admin/jobs/${jobs[0].id}/retry?queue=${queue}`);
const { data: queues } = await call('GET', '/api/queues');
const { data: added } = await call('POST', `/api/queues/${queue}/jobs`, { name: 'from-js', data: { n: 1 }, opts: { delay: 5000 } });
const { data: retried } = await call('POST', `/api/queues/${queue}/retry`, { state: 'failed' });
console.log(JSON.stringify({ failed: counts.failed, reason: detail.failedReason, success, queues: queues.map(q => q.name), added: added.state, retried: retried.retried }));
