import { randomUUID } from 'node:crypto';

import { type ControlBus, type NodeRoster, OutcryError } from '@outcry/broker';

import { encodeControlNotice } from './control-notice.ts';
import { decodeNodeReport } from './node-report.ts';
import { type AnswerAbout, decodeAnswer, type OwnAnswers, type Question } from './question.ts';

/** Answers are there after a turn of the loop and a trip to Redis; whoever takes longer is busy with something else. */
const DEADLINE_MS = 1500;
/** After so long first, then after twice that, and so on. */
const FIRST_LOOK_MS = 8;
/** How old an answer may be that was given to somebody else. */
const SHARED_MS = 1000;
const MAX_PAUSE_MS = 64;

export interface AskParts {
  readonly control: Pick<ControlBus, 'tell'>;
  readonly nodes: Pick<NodeRoster, 'list'>;
  /** What this gateway knows, should the others not be asked. */
  readonly own: OwnAnswers;
  /**
   * Who asks the same again and again is content with what others who do so were told within a second: however many gateways ask for
   * those who look, each question is answered once.
   */
  readonly shares?: boolean;
}

export interface Answers<A> {
  /** By the names of the gateways. */
  readonly told: readonly { readonly node: string; readonly answer: A }[];
  /** Gateways that have said nothing in time: busy, of an earlier version, or asked too much at once. */
  readonly silent: readonly string[];
  /** Why nobody but this gateway could be asked, where that is so: whoever looks then wants to know what it knows. */
  readonly alone?: string;
}

/**
 * Asks all gateways, and waits for what they answer: they say it with what they report to the cluster anyway. Where they cannot be
 * reached, this one answers for itself.
 *
 * @throws OutcryError `closed`
 */
export async function askNodes<Q extends Question>(
  about: Q,
  parts: AskParts,
): Promise<Answers<AnswerAbout<Q['what']>>> {
  try {
    return await askAll(about, parts);
  } catch (err) {
    if (!(err instanceof OutcryError) || err.code !== 'unavailable') throw err;
    const { node } = parts.own;
    const answer = (await parts.own.answer(about)) as AnswerAbout<Q['what']> | undefined;
    return { told: answer === undefined ? [] : [{ node, answer }], silent: [], alone: err.message };
  }
}

async function askAll<Q extends Question>(
  about: Q,
  { control, nodes, shares = false }: AskParts,
): Promise<Answers<AnswerAbout<Q['what']>>> {
  const ask = shares ? sharedNameOf(about) : randomUUID();
  await control.tell(encodeControlNotice({ kind: 'tell', ask, about, ...(shares ? { isShared: true } : {}) }));
  const endsAt = performance.now() + DEADLINE_MS;
  for (let pauseMs = FIRST_LOOK_MS; ; pauseMs = Math.min(2 * pauseMs, MAX_PAUSE_MS)) {
    await pause(pauseMs);
    const answers = collect(await nodes.list(), ask, about.what as Q['what']);
    if (answers.silent.length === 0 || performance.now() >= endsAt) return answers;
  }
}

function collect<W extends Question['what']>(
  entries: readonly { readonly report: string }[],
  ask: string,
  what: W,
): Answers<AnswerAbout<W>> {
  const told: { node: string; answer: AnswerAbout<W> }[] = [];
  const silent: string[] = [];
  for (const { report } of entries) {
    const node = decodeNodeReport(report)?.node;
    if (node === undefined) continue;
    const given = decodeAnswer(report, ask);
    if (given?.what === what) told.push({ node, answer: given as AnswerAbout<W> });
    else silent.push(node);
  }
  told.sort((a, b) => a.node.localeCompare(b.node));
  return { told, silent: silent.sort() };
}

/** The same for all who ask this in this second, by clocks that need not agree: where they do not, there are two. */
function sharedNameOf(about: Question): string {
  return `${String(Math.floor(Date.now() / SHARED_MS))} ${JSON.stringify(about)}`;
}

function pause(ms: number): Promise<void> {
  return new Promise((resolve) => {
    setTimeout(resolve, ms);
  });
}
