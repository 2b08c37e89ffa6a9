// node --experimental-eventsource events.mjs ADDRESS QUEUE: listens as the second page's client does, to a server that wants no key. Adds a job when it is connected;
// prints what is said of it, as a line of JSON, once it has failed.
const [address, queue] = process.argv.slice(2);
const events = new EventSource(`${address}/api/events`);
const seen = [];
const note = type => events.addEventListener(type, e => {
  const event = JSON.parse(e.data);
  if (event.queueName === queue) seen.push(`${type} ${event.data?.reason ?? ''}`.trim());
  if (type === 'job:failed') { console.log(JSON.stringify({ seen, id: Boolean(e.lastEventId), job: event.jobId })); events.close(); }
});
events.addEventListener('connected', () => fetch(`${address}/api/queues/${queue}/jobs`, {
  method: 'POST', headers: { 'Content-Type': 'application/json' }, body: '{"name":"send-email","data":{"do":"fail","reason":"no luck"},"opts":{"jobId":"mine"}}',
}), { once: true });
for (const type of ['job:waiting', 'job:active', 'job:failed']) note(type);
