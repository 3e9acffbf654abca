import { z } from 'zod';

import { Access } from '../access.ts';
import { defineCommand } from '../api-command.ts';

export const whoami = defineCommand({
  summary: 'Which key this is, by its name in the log, and whether it may change anything.',
  access: Access.Look,
  params: z.strictObject({}),
  result: z.object({
    key: z.string().meta({ description: 'Where it has no name, `sha256:` and the first eight digits of its hash.' }),
    mayAct: z.boolean().meta({ description: 'False for keys of `OUTCRY_API_READ_KEYS`.' }),
  }),
  run: (_, __, { name, mayAct }) => Promise.resolve({ key: name, mayAct }),
});
