import { get } from 'node:http';
import { argv, exit } from 'node:process';

// The image's health check: exits 0 when the URL given as the only argument answers 200, else 1.
// Node itself, because the image has no curl; the container runtime bounds the time it may take.
get(argv[2], (response) => {
  exit(response.statusCode === 200 ? 0 : 1);
}).on('error', () => {
  exit(1);
});
