import { GlobalWindow } from 'happy-dom';

const window = new GlobalWindow({ url: 'http://localhost/' });

// As much of a browser as React asks for, and no more: sockets and timers stay those of Node.
Object.assign(globalThis, { window, document: window.document, HTMLIFrameElement: window.HTMLIFrameElement });
