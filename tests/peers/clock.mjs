// node clock.mjs PORT SECONDS: a way to the redis-server on PORT that says a TIME so much later. Prints its own port, and ends when stdin does.
import { connect, createServer } from 'node:net';

const [port, seconds] = process.argv.slice(2).map(Number);
const time = /\*2\r\n\$10\r\n(\d{10})\r\n/g;

createServer(client => {
  const redis = connect(port, '127.0.0.1');
  client.pipe(redis);
  redis.on('data', bytes => {
    const answer = bytes.toString('latin1');
    client.write(answer.replace(time, (all, told) => all.replace(told, String(Number(told) + seconds))), 'latin1');
  });
  for (const end of [client, redis]) end.on('error', () => {}).on('close', () => { client.destroy(); redis.destroy(); });
}).listen(0, '127.0.0.1', function () { console.log(this.address().port); });
process.stdin.on('end', () => process.exit()).resume();
