export { boolean, choice, factor, type FieldShape, integer, optionalStructure, optionalText, text } from './field.ts';
export { jsonSchemaOf } from './file/json-schema.ts';
export { CONFIG_FILE_VARIABLE, SettingSources, type SettingSourcesOptions } from './file/setting-sources.ts';
export { formatEffective, formatHelp, formatMarkdownTable, redactUrl } from './print.ts';
export { fieldsOf, formatPlace, type Place, placesOf, type Sections, withFields } from './sections.ts';
export {
  ConfigError,
  type ConfigProblem,
  describeSettings,
  type Environment,
  readSettings,
  type SettingDescription,
  type SettingFields,
  type SettingValues,
} from './settings.ts';
