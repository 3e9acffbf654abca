import { argv, exit, stdout } from 'node:process';
import { fileURLToPath } from 'node:url';

import { checkImports } from './check-imports.ts';
import { formatFindings } from './format-findings.ts';
import { HOUSE, PENDING } from './map.ts';

/** Another repository than this one can be named, for tests. */
const [, , directory = fileURLToPath(new URL('../../../', import.meta.url))] = argv;
const findings = await checkImports({ directory, house: HOUSE, pending: PENDING });
stdout.write(formatFindings(findings, PENDING));
exit(findings.problems.length > 0 ? 1 : 0);
