import {
  CLIENT_SCHEMA,
  type FieldKind,
  type FieldSpec,
  type FrameSchema,
  parseFieldSpec,
  SERVER_SCHEMA,
} from '../../schema.ts';

export interface FrameField {
  readonly name: string;
  readonly kind: FieldKind;
  readonly isOptional: boolean;
}

export interface FrameLayout {
  readonly type: string;
  readonly tag: number;
  readonly fields: readonly FrameField[];
}

/** A schema table made ready for look-ups by type and by tag. */
export interface FrameTable {
  readonly byType: ReadonlyMap<string, FrameLayout>;
  readonly byTag: ReadonlyMap<number, FrameLayout>;
}

export const CLIENT_FRAMES = tableOf(CLIENT_SCHEMA);
export const SERVER_FRAMES = tableOf(SERVER_SCHEMA);

function tableOf(schema: Readonly<Record<string, FrameSchema>>): FrameTable {
  const layouts = Object.entries(schema).map(([type, { tag, fields }]): FrameLayout => ({
    type,
    tag,
    fields: Object.entries(fields).map(([name, spec]: [string, FieldSpec]) => ({ name, ...parseFieldSpec(spec) })),
  }));
  return {
    byType: new Map(layouts.map((layout) => [layout.type, layout])),
    byTag: new Map(layouts.map((layout) => [layout.tag, layout])),
  };
}
