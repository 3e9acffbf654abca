import { askDoors } from './visit/doors.ts';
import { guestNameProblem, roomProblem } from './visit/names.ts';
import { Page } from './page.ts';
import { askVisitor } from './views/welcome/welcome.ts';
import { type Expectation, expectedVisit, rememberIdentity, type Visit } from './visit/visit.ts';

/** Whoever is known from the address or an earlier visit comes in without being asked. */
function knownVisit({ name, room, admission }: Expectation): Visit | undefined {
  if (roomProblem(room) !== undefined) return undefined;
  if (admission !== undefined) return { identity: { kind: 'account', admission }, room };
  return guestNameProblem(name) === undefined ? { identity: { kind: 'name', name }, room } : undefined;
}

const doors = await askDoors();
const expectation = expectedVisit();
const known = knownVisit(expectation);
const isAdmitted = known?.identity.kind === 'account' || doors.strangers === 'trusted';
const visit = known !== undefined && isAdmitted ? known : await askVisitor(expectation, doors);
rememberIdentity(visit.identity);
new Page(visit).open();
