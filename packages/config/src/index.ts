export { boolean, choice, factor, integer, optionalText, text } from './field.ts';
export { formatEffective, formatHelp, formatMarkdownTable, redactUrl } from './print.ts';
export {
  ConfigError,
  describeSettings,
  type Environment,
  readSettings,
  type SettingDescription,
  type SettingFields,
  type SettingValues,
} from './settings.ts';
