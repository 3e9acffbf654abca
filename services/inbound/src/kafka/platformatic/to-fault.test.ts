import { OutcryError } from '@outcry/broker';
import { AuthenticationError, MultipleErrors, NetworkError, ProtocolError, UserError } from '@platformatic/kafka';
import { describe, expect, it } from 'vitest';

import { toFault } from './to-fault.ts';

describe('toFault', () => {
  it.each([
    ['unavailable', 'Kafka: read', new Error('read\n    at somewhere')],
    ['unavailable', 'Kafka: a text', 'a text'],
    [
      'unavailable',
      'Kafka: Cannot connect. refused',
      new MultipleErrors('Cannot connect.', [new NetworkError('Connection failed.', { cause: new Error('refused') })]),
    ],
    [
      'badConfig',
      'Kafka: Cannot connect. SASL authentication failed.',
      new MultipleErrors('Cannot connect.', [
        new NetworkError('Connection failed.', { cause: new AuthenticationError('SASL authentication failed.') }),
      ]),
    ],
    ['badConfig', 'Kafka: Unknown topic orders.', new UserError('Unknown topic orders.')],
    ['badConfig', 'Kafka: ', new ProtocolError('TOPIC_AUTHORIZATION_FAILED')],
    ['fenced', 'Kafka: ', new ProtocolError('ILLEGAL_GENERATION')],
    ['fenced', 'Kafka: ', new ProtocolError('UNKNOWN_MEMBER_ID')],
    ['fenced', 'Kafka: ', new ProtocolError('REBALANCE_IN_PROGRESS')],
    ['unavailable', 'Kafka: ', new ProtocolError('COORDINATOR_NOT_AVAILABLE')],
  ])('is %s, in one line that begins with %j', (code, message, err) => {
    const fault = toFault(err);
    expect([fault.code, fault.cause]).toEqual([code, err]);
    expect(fault.message.slice(0, message.length)).toBe(message);
    expect(fault.message).not.toContain('\n');
  });

  it('leaves a fault as it is', () => {
    const fault = new OutcryError('fenced', 'known');
    expect(toFault(fault)).toBe(fault);
  });
});
