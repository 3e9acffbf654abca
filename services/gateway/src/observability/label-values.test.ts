import { describe, expect, expectTypeOf, it } from 'vitest';

import { API_COMMANDS } from '../api/api-commands.ts';
import { API_ERRORS } from '../api/api-error.ts';
import { OTHER_PATHS } from '../api/count-request.ts';
import type { ControlNotice } from '../cluster/control-notice.ts';
import { Served } from '../connections/served-session.ts';
import { ACCOUNT_ERRORS } from '../identity/accounts/account-error.ts';
import { TokenRefusal } from '../identity/authenticator.ts';
import type { StoredLimit } from '../limits/stored-limits.ts';
import { OperatorRefusal } from '../operators/operator.ts';
import type { SocketLimit } from '../transport/socket-count.ts';
import type { Refusal } from '../transport/transport.ts';
import { LABEL_VALUES } from './label-values.ts';
import { GatewayMetrics } from './metrics.ts';

describe('the values of labels', () => {
  it('are those that the other parts count by', () => {
    expect(LABEL_VALUES.tokenRefusals).toEqual(Object.values(TokenRefusal));
    expect([...LABEL_VALUES.accountRefusals].sort()).toEqual(Object.keys(ACCOUNT_ERRORS).sort());
    expect([...LABEL_VALUES.apiTokenRefusals, 'name-taken', 'revoked'].sort()).toEqual(
      Object.values(OperatorRefusal).sort(),
    );
    expect(LABEL_VALUES.apiCommands).toHaveLength(new Set(LABEL_VALUES.apiCommands).size);
    expect([...LABEL_VALUES.apiCommands].sort()).toEqual(
      [...Object.keys(API_COMMANDS), ...Object.values(OTHER_PATHS), 'unknown'].sort(),
    );
    expect([...LABEL_VALUES.apiRefusals].sort()).toEqual(Object.keys(API_ERRORS).sort());
    expect(LABEL_VALUES.serverCommandOutcomes).toEqual([...Object.values(Served), 'overflow']);
    expectTypeOf<(typeof LABEL_VALUES.serverCommands)[number]>().toEqualTypeOf<ControlNotice['kind']>();
    expectTypeOf<(typeof LABEL_VALUES.storedLimits)[number]>().toEqualTypeOf<StoredLimit>();
    expectTypeOf<(typeof LABEL_VALUES.socketLimits)[number]>().toEqualTypeOf<SocketLimit>();
    expectTypeOf<(typeof LABEL_VALUES.refusedUpgrades)[number]>().toEqualTypeOf<`${Refusal['status']}`>();
  });

  it('are there with 0 before anything has happened, so that the first time is a rise', async () => {
    const text = await new GatewayMetrics().registry.metrics();
    for (const series of [
      'closes_total{code="4202"}',
      'closes_total{code="other"}',
      'token_refusals_total{reason="signature"}',
      'rooms_released_total{outcome="reset"}',
      'sockets_refused_total{limit="sockets"}',
      'rate_limited_total{what="calls"}',
      'server_commands_total{command="refresh",outcome="overflow"}',
      'api_requests_total{command="publish"}',
      'api_refusals_total{code="answerTooLarge"}',
      'connections{encoding="json"}',
    ]) {
      expect(text).toContain(`\noutcry_gateway_${series} 0\n`);
    }
  });
});
