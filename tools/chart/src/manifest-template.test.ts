import { describe, expect, it } from 'vitest';

import {
  after,
  append,
  before,
  block,
  hole,
  readObjects,
  step,
  toTemplate,
  unless,
  wrap,
} from './manifest-template.ts';

const TEXT = `# What it is.
apiVersion: v1
kind: Thing
metadata:
  name: one
  labels: { a.b/c: d } # Of it.
spec:
  # How many.
  replicas: 3
  env:
    - { name: X, value: '1' }
    # The second.
    - name: Y
      value: '2'
  resources:
    # So much.
    limits: { memory: 1Gi }
---
apiVersion: v1
kind: Thing
metadata:
  name: two
`;

const edit = (...edits: Parameters<typeof toTemplate>[1][string]['edits'][number][]): string =>
  toTemplate(TEXT, { 'Thing/one': { edits }, 'Thing/two': { edits: [] } });

describe('a template of manifests', () => {
  it('is the text itself without edits', () => {
    expect(edit()).toBe(TEXT);
  });

  it('has a hole in the place of a value, and every word around it', () => {
    const changed = edit(hole('spec.replicas', '{{ .n }}'), hole('spec.env.name=Y.value', '{{ .y }}'));
    expect(changed).toBe(TEXT.replace('replicas: 3', 'replicas: {{ .n }}').replace("value: '2'", 'value: {{ .y }}'));
    expect(edit(hole('metadata.labels', '\n    x: y'))).toContain('  labels:\n    x: y # Of it.\n');
  });

  it('has an object in the place of a block, behind its comments', () => {
    expect(edit(block('spec.resources', '.r'))).toContain(
      '  resources:\n    # So much.\n    {{- toYaml (.r) | nindent 4 }}\n---\n',
    );
  });

  it('has lines in front of a key and behind it, as far to the right as it is', () => {
    expect(edit(before('spec.replicas', 'a: 1\nb:\n  c: 2'))).toContain(
      '  # How many.\n  a: 1\n  b:\n    c: 2\n  replicas: 3\n',
    );
    expect(edit(after('spec.env', 'a: 1'))).toContain("      value: '2'\n  a: 1\n  resources:");
    expect(edit(after('spec.env.0', '- a'))).toContain("'1' }\n    - a\n    # The second.");
  });

  it('has more items at the end of a list', () => {
    expect(edit(append('spec.env', '.more'))).toContain(
      "      value: '2'\n    {{- with .more }}\n    {{- toYaml . | nindent 4 }}\n    {{- end }}\n  resources:",
    );
  });

  it('has conditions around keys, items and objects', () => {
    expect(edit(wrap('spec.env.name=Y', '.y'))).toContain(
      "    {{- if .y }}\n    - name: Y\n      value: '2'\n    {{- end }}\n  resources:",
    );
    expect(edit(unless('spec.replicas', '.n', 'a: 1'))).toContain(
      '  {{- if .n }}\n  a: 1\n  {{- else }}\n  replicas: 3\n  {{- end }}\n  env:',
    );
    const whole = toTemplate(TEXT, { 'Thing/one': { when: '.a', edits: [] }, 'Thing/two': { when: '.b', edits: [] } });
    expect(whole).toMatch(/^# What it is\.\n\{\{- if \.a \}\}\napiVersion: v1\n/);
    expect(whole).toMatch(/1Gi \}\n\{\{- end \}\}\n---\n\{\{- if \.b \}\}\napiVersion[^]*name: two\n\{\{- end \}\}\n$/);
  });

  it('goes by names that have dots', () => {
    expect(readObjects(TEXT)[0]?.valueAt(`metadata.labels.${step('a.b/c')}`)).toBe('d');
  });

  it('refuses a place that is not there, one that is changed twice, and an object of which nothing is said', () => {
    expect(() => edit(hole('spec.no', 'x'))).toThrow('Thing/one has no spec.no');
    expect(() => edit(hole('spec.replicas', 'x'), hole('spec.replicas', 'y'))).toThrow('two changes of one place');
    expect(() => edit(hole('spec.env', 'x'))).toThrow('takes lines');
    expect(() => edit(block('metadata.labels', 'x'))).toThrow('is no block');
    expect(() => toTemplate(TEXT, { 'Thing/one': { edits: [] } })).toThrow('nothing is said of Thing/two');
  });
});
