// What the demo's application works on: four queues, and a night in which a model, a store and a renderer were down.
import { setTimeout as sleep } from 'node:timers/promises';

const of = (count, make) => Array.from({ length: count }, (_, n) => make(n));
const every = (n, step) => n % step === step - 1;

/** Jobs are added in these batches; `fails` says how the outage shows, `broken` what no retry mends. */
export const night = {
  chat: [
    ...of(60, n => ({
      name: ['reply', 'summarize', 'title'][n % 3],
      data: { conversation: 4100 + n, model: n % 2 ? 'large' : 'small', fails: every(n, 3) ? `Request ${7200 + n * 13} failed with status code 503` : every(n, 10) ? `Rate limit reached for model large: try again in ${20 + n}s` : undefined },
    })),
  ],
  'file-process': [
    ...of(120, n => ({
      name: ['thumbnail', 'extract-text'][n % 2],
      data: {
        file: `uploads/${900 + n}.pdf`,
        fails: every(n, 5) ? `connect ETIMEDOUT 10.0.3.${10 + n % 3}:9000` : undefined,
        broken: every(n, 17) ? `ENOENT: no such file or directory, open '/data/uploads/${900 + n}.pdf'` : undefined,
      },
      opts: { attempts: 3, backoff: { type: 'fixed', delay: 100 } },
    })),
  ],
  'paper-generation': [
    ...of(6, n => ({ name: 'render', data: { paper: 310 + n, fails: `LaTeX Error: File 'figure-${n + 1}.png' not found` } })),
    ...of(14, n => ({ name: 'render', data: { paper: 320 + n, slow: true }, opts: { priority: 1 + n % 4 } })),
    ...of(5, n => ({ name: 'publish', data: { paper: 300 + n }, opts: { delay: (n + 1) * 600_000 } })),
  ],
  'deep-research': of(8, n => ({ name: 'digest', data: { topic: ['protein folding', 'battery chemistry'][n % 2], week: n + 1 } })),
};

/** Reports wait for their sources; the last two have one that timed out. */
export const reports = of(5, n => ({
  name: 'report',
  queueName: 'deep-research',
  data: { question: ['Which enzymes break down PET?', 'How do glaciers calve?', 'Why do solid-state cells fade?'][n % 3], slow: n < 2 },
  children: of(3, c => ({
    name: 'search',
    queueName: 'deep-research',
    data: { source: ['arxiv', 'pubmed', 'crossref'][c], fails: n > 2 && c === 1 ? `Timed out after ${120 + n}000 ms waiting for pubmed` : undefined },
  })),
}));

/** How many jobs at once each queue's worker takes. */
export const concurrency = { chat: 4, 'file-process': 8, 'paper-generation': 1, 'deep-research': 4 };

/** What the workers do; `outage` tells whether the night is still on. */
export async function work(job, outage) {
  const { fails, broken, slow } = job.data;
  await job.log(`started ${job.name}`);
  if (broken) throw new Error(broken);
  if (fails && outage) throw new Error(fails);
  const steps = slow ? 20 : 4;
  for (let step = 1; step <= steps; step++) {
    await sleep(slow ? 1000 : outage ? 5 : 100);
    await job.updateProgress(Math.round(100 * step / steps));
  }
  await job.log(`finished ${job.name}`);
  return { ok: true, pages: 1 + job.timestamp % 9 };
}
