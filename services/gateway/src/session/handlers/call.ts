import { forbidden } from '../room-rights.ts';

/** Without a server of the operator's there is nobody to answer. @throws RequestError `forbidden` */
export function handleCall(): never {
  throw forbidden('nobody answers calls here');
}
