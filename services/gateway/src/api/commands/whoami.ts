import { z } from 'zod';

import { Access } from '../access.ts';
import { defineCommand } from '../api-command.ts';

export const whoami = defineCommand({
  summary: 'Whose key or token this is, by the name in the log, and whether it may change anything.',
  access: Access.Look,
  params: z.strictObject({}),
  result: z.object({
    key: z.string().meta({
      description:
        'The name of the key; where it has none, `sha256:` and the first eight digits of its hash. Of somebody who has signed in, `oidc:` and their name.',
    }),
    mayAct: z.boolean().meta({
      description: 'False for keys of `OUTCRY_API_READ_KEYS`, and for roles of `OUTCRY_CONSOLE_OIDC_READ_ROLES` alone.',
    }),
  }),
  run: (_, __, { name, mayAct }) => Promise.resolve({ key: name, mayAct }),
});
