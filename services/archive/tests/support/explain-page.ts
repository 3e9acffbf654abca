import type pg from 'pg';

export interface ExplainedPage {
  readonly rows: readonly { readonly number: string; readonly frame: Buffer | null }[];
  /** The indexes that were looked into, one after the other. */
  readonly scans: readonly string[];
  /** As the server says it. */
  readonly plans: readonly string[];
}

const EXPLAINING = `
LOAD 'auto_explain';
SET auto_explain.log_min_duration = 0;
SET auto_explain.log_nested_statements = on;
SET auto_explain.log_analyze = on;
SET client_min_messages = log;
`;

/** Asks for a page as gateways do, and has the server say by which plans it read what its function reads. */
export async function explainPage(owner: pg.Client, values: readonly unknown[]): Promise<ExplainedPage> {
  const plans: string[] = [];
  const keep = ({ message = '' }: { readonly message?: string | undefined }): void => {
    if (message.includes('outcry.messages m')) plans.push(message);
  };
  await owner.query(EXPLAINING);
  owner.on('notice', keep);
  const { rows } = await owner.query<ExplainedPage['rows'][number]>(
    'SELECT number, frame FROM outcry.archive_page($1, $2, $3, $4, $5, $6)',
    [...values],
  );
  owner.off('notice', keep);
  await owner.query('SET auto_explain.log_min_duration = -1');
  const scans = plans.flatMap((plan) => scansIn(plan));
  return { rows, scans, plans };
}

/** Of every scan of a table, by which index it was: `Seq Scan` and the like stand for themselves. */
function scansIn(plan: string): readonly string[] {
  const lines = plan.split('\n').filter((line) => / Scan\b/.test(line) && !line.includes('(never executed)'));
  return lines.map((line) => / Scan(?: Backward)? using (\S+)/.exec(line)?.[1] ?? line.trim());
}
