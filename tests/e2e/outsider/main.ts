import { visit } from './program.js';

console.log(await visit(process.argv[2] ?? ''));
// Node's own WebSocket closes by itself, but nobody waits for that here.
process.exit();
