import process from 'node:process';
import { inventoryAgent } from './inventory-agent.js';

const [path] = process.argv.slice(2);
if (path === undefined) {
  console.error('usage: npm start -- SOCKET');
  process.exit(2);
}
const agent = await inventoryAgent(path);
await agent.start();
console.log(`listening on ${path}`);
for (const signal of ['SIGINT', 'SIGTERM'] as const) process.once(signal, () => void agent.stop());
