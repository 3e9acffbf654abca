import { MAX_TRACED_SECONDS } from '@outcry/tracing';
import { z } from 'zod';

import { encodeControlNotice } from '../../cluster/control-notice.ts';
import { Access } from '../access.ts';
import { defineCommand } from '../api-command.ts';
import { ApiError } from '../api-error.ts';
import { room } from '../fields.ts';

export const trace = defineCommand({
  summary: 'Has the messages of a room traced for a while, though whoever sends them has not asked for it.',
  access: Access.Act,
  params: z.strictObject({
    room,
    seconds: z.number().min(1).max(MAX_TRACED_SECONDS).default(MAX_TRACED_SECONDS),
  }),
  result: z.object({ nodes: z.int().nonnegative().meta({ description: 'Gateways that were told.' }) }),
  async run({ control, tracedRooms }, { room: name, seconds }) {
    if (tracedRooms === undefined) {
      throw new ApiError('noTraces', 'nobody is told of traces here: OUTCRY_TRACE_URL is not set');
    }
    // Here at once: whoever says something behind the answer finds it traced.
    if (!tracedRooms.trace(name, seconds)) {
      throw new ApiError('tooManyTraced', 'as many rooms are traced as may be at once; try again in a minute');
    }
    return { nodes: await control.tell(encodeControlNotice({ kind: 'trace', room: name, seconds })) };
  },
});
