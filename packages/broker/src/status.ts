/** `down` from the moment that live delivery can no longer be vouched for until it is whole again. */
export type BrokerStatus = 'up' | 'down';
