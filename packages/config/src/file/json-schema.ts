import { z } from 'zod';

import type { FieldShape } from '../field.ts';
import { placesOf, type Sections } from '../sections.ts';
import { describeSettings, type SettingDescription, type SettingFields } from '../settings.ts';

type Schema = Readonly<Record<string, unknown>>;

interface Branch {
  readonly settings: Map<string, Schema>;
  readonly branches: Map<string, Branch>;
}

/** What editors complete and check a file of settings by: JSON Schema, draft 7, which all of them know. */
export function jsonSchemaOf(sections: Sections): Schema {
  const root = emptyBranch();
  const places = placesOf(sections);
  for (const [section, fields] of Object.entries(sections)) {
    const branch = section.split('.').reduce(into, root);
    for (const setting of describeSettings(fields satisfies SettingFields)) {
      branch.settings.set(places.get(setting.name)?.key ?? setting.name, schemaOf(setting));
    }
  }
  const { properties, ...rest } = schemaOfBranch(root);
  return {
    $schema: 'http://json-schema.org/draft-07/schema#',
    title: 'Settings of outcry',
    ...rest,
    properties: { $schema: { type: 'string' }, ...properties },
  };
}

function emptyBranch(): Branch {
  return { settings: new Map(), branches: new Map() };
}

function into({ branches }: Branch, name: string): Branch {
  const branch = branches.get(name) ?? emptyBranch();
  branches.set(name, branch);
  return branch;
}

function schemaOfBranch({ settings, branches }: Branch): Schema & { readonly properties: Schema } {
  const inner = [...branches].map(([name, branch]) => [name, schemaOfBranch(branch)] as const);
  const properties = Object.fromEntries([...settings, ...inner]);
  // A section of which everything is commented out is nothing.
  return { type: ['object', 'null'], additionalProperties: false, properties };
}

function schemaOf({ name, meaning, shape, ...setting }: SettingDescription): Schema {
  const fallback =
    setting.default === undefined || setting.default === '' ? {} : { default: defaultOf(shape, setting.default) };
  return { description: `${meaning}\n\n${name}: ${setting.accepts}`, ...fallback, ...schemaOfShape(shape) };
}

function defaultOf(shape: FieldShape, text: string): unknown {
  return shape.kind === 'text' || shape.kind === 'choice' ? text : JSON.parse(text);
}

function schemaOfShape(shape: FieldShape): Schema {
  switch (shape.kind) {
    case 'integer':
      return { type: 'integer', minimum: shape.min, maximum: shape.max };
    case 'number':
      return { type: 'number', exclusiveMinimum: 0 };
    case 'boolean':
      return { type: 'boolean' };
    case 'choice':
      return { enum: [...shape.values, ...shape.values.filter((value) => /^\d+$/.test(value)).map(Number)] };
    case 'text':
      return schemaOfText(shape);
    case 'structure': {
      const { $schema: _, ...schema } = z.toJSONSchema(shape.schema, {
        io: 'input',
        target: 'draft-7',
        unrepresentable: 'any',
      });
      return schema;
    }
  }
}

/** Numbers may stand where texts do: `speed: 2`. A schema's patterns have no flags. */
function schemaOfText({ pattern, isList }: Extract<FieldShape, { kind: 'text' }>): Schema {
  const one = pattern.flags === '' ? { pattern: pattern.source } : {};
  return isList
    ? { type: ['string', 'number', 'array'], ...one, items: { type: ['string', 'number'] }, minItems: 1 }
    : { type: ['string', 'number'], ...one };
}
