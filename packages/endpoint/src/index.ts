export { type Close, describeClose, retryOf } from './close.ts';
export { explainClose, explainSilence, type OptionNames } from './explain-close.ts';
export { parseEndpoint } from './parse-endpoint.ts';
export { watchClose } from './watch-close.ts';
