import { FailureKind, HookFailure } from '@outcry/webhook';
import { expect, it } from 'vitest';

import { RecentQuestions } from './recent-questions.ts';

it('says nothing of times before anything was asked', () => {
  expect(new RecentQuestions().figures).toEqual({ asked: 0, failed: 0 });
});

it('tells how long the last ones took, how many failed, and how', () => {
  const recent = new RecentQuestions();
  for (let ms = 1; ms <= 100; ms += 1) {
    recent.noteTime(ms);
    recent.noteEnd(ms === 50 ? new HookFailure(FailureKind.Deadline, 'no answer in time') : undefined);
  }
  // Of one that was not sent, there is no time.
  recent.noteEnd(new HookFailure(FailureKind.Open, 'the breaker is open'));
  expect(recent.figures).toMatchObject({ asked: 101, failed: 2, medianMs: 50, p95Ms: 95, slowestMs: 100 });
  // And it does not say why.
  expect(recent.lastFailure).toMatchObject({ kind: 'deadline', message: 'no answer in time' });
  expect(recent.figures.lastAt).toBeGreaterThanOrEqual(recent.lastFailure?.at ?? Infinity);
});

it('forgets what was before the last 128', () => {
  const recent = new RecentQuestions();
  recent.noteTime(5000);
  recent.noteEnd(new HookFailure(FailureKind.Unreachable, 'nobody is there'));
  for (let i = 0; i < 128; i += 1) {
    recent.noteTime(2);
    recent.noteEnd();
  }
  expect(recent.figures).toMatchObject({ asked: 128, failed: 0, medianMs: 2, slowestMs: 2 });
  expect(recent.lastFailure).toMatchObject({ kind: 'unreachable' });
});
