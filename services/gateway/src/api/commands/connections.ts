import { z } from 'zod';

import { encodeControlNotice } from '../../cluster/control-notice.ts';
import { defineCommand } from '../api-command.ts';
import { exactlyOneOf, text, user } from '../fields.ts';

export const disconnect = defineCommand({
  summary: 'Closes the connections of a user, or one connection, on whichever gateway they are.',
  params: z
    .strictObject({
      user: user.optional(),
      connection: text({ minLength: 1, maxLength: 255 }).optional().meta({ description: 'As `welcome` named it.' }),
      mayReturn: z
        .boolean()
        .default(false)
        .meta({ description: 'Closes with `reconnect`, after which clients come back, instead of `disconnected`.' }),
    })
    .refine((params) => (params.user === undefined) !== (params.connection === undefined), {
      message: 'expected either user or connection',
    })
    .meta(exactlyOneOf('user', 'connection')),
  result: z.object({
    nodes: z
      .int()
      .nonnegative()
      .meta({ description: 'Gateways that were told: as many as there are, where all is well.' }),
  }),
  async run({ control }, params) {
    return { nodes: await control.tell(encodeControlNotice({ kind: 'disconnect', ...params })) };
  },
});
