import type { OperatorContext } from './account.ts';

/** Has the dead letters among the events told again. */
export async function resendEvents({ api, output }: OperatorContext): Promise<void> {
  const { resent } = await api.call('resendEvents', {});
  output.write(resent === 0 ? 'there are no dead letters' : `${String(resent)} dead letters are told again`, {
    resent,
  });
}
