import { z } from 'zod';

/** What one gateway asks of all of them, over the control bus. */
const controlNotice = z.discriminatedUnion('kind', [
  z.object({
    kind: z.literal('disconnect'),
    user: z.string().optional(),
    connection: z.string().optional(),
    /** Whether clients are told to come back. */
    mayReturn: z.boolean(),
  }),
]);

export type ControlNotice = z.output<typeof controlNotice>;

export function encodeControlNotice(notice: ControlNotice): string {
  return JSON.stringify(notice);
}

/** Undefined where it is none of this version. */
export function decodeControlNotice(text: string): ControlNotice | undefined {
  try {
    return controlNotice.safeParse(JSON.parse(text)).data;
  } catch {
    return undefined;
  }
}
