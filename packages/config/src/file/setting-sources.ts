import { fieldsOf, type Sections } from '../sections.ts';
import { ConfigError, type ConfigProblem, describeSettings, type Environment, readSettings } from '../settings.ts';
import { type ConfigFile, foundIn, readConfigFile } from './config-file.ts';

/** The variable that names the file; `--config` comes before it. */
export const CONFIG_FILE_VARIABLE = 'OUTCRY_CONFIG_FILE';

export interface SettingSourcesOptions {
  readonly environment: Environment;
  readonly sections: Sections;
  /** Services that may have a section in the same file. */
  readonly otherServices?: readonly string[];
  /** Those of them that some of the settings are taken from. */
  readonly follows?: readonly string[] | undefined;
  /** Undefined: the one that the environment names, if it does. */
  readonly path?: string | undefined;
}

/** All that is given: the environment over a file. What neither has is left to the defaults. */
export class SettingSources {
  /** What services load: without the name of the file. */
  readonly environment: Environment;
  readonly #given: Environment;
  readonly #file: ConfigFile | undefined;
  readonly #secrets: ReadonlySet<string>;

  /** @throws ConfigError with every problem of the file, and those of variables by themselves, at once */
  constructor({ environment, sections, otherServices = [], follows, path }: SettingSourcesOptions) {
    const { [CONFIG_FILE_VARIABLE]: named = '', ...given } = environment;
    const file = path ?? named;
    this.#given = given;
    this.#file = file === '' ? undefined : readConfigFile(file, { sections, otherServices, follows });
    if (this.#file !== undefined && this.#file.problems.length > 0) {
      throw new ConfigError([...this.#file.problems, ...problemsOfVariables(sections, given)]);
    }
    const fromFile = [...(this.#file?.values ?? [])].map(([name, { text }]) => [name, text] as const);
    const set = Object.entries(given).filter(([, value]) => value !== undefined && value !== '');
    this.environment = { ...Object.fromEntries(fromFile), ...Object.fromEntries(set) };
    const settings = describeSettings(fieldsOf(sections));
    this.#secrets = new Set(settings.filter(({ isSecret }) => isSecret).map(({ name }) => name));
  }

  /** Where the value of a setting comes from, in words. */
  originOf(name: string): string {
    const value = this.#file?.values.get(name);
    const place = value === undefined ? undefined : this.#file?.document.place(value.node);
    if (!this.#isFromEnvironment(name)) return place ?? 'default';
    return place === undefined ? 'environment' : `environment, over ${place}`;
  }

  /** The same problems, with file, line and column where the file is what they are about. */
  locate(error: ConfigError): ConfigError {
    return new ConfigError(error.details.map((detail) => this.#locateProblem(detail)));
  }

  #isFromEnvironment(name: string): boolean {
    return (this.#given[name] ?? '') !== '';
  }

  #locateProblem(detail: ConfigProblem | string): ConfigProblem | string {
    if (typeof detail === 'string' || this.#file === undefined) return detail;
    const { name, path, message } = detail;
    const { document, values } = this.#file;
    // A problem between settings may name one that is set nowhere: then the first that the file has is where to look.
    const culprits = [name, ...(message.match(/OUTCRY_\w+/g) ?? [])];
    const culprit = culprits.find((each) => values.has(each) && !this.#isFromEnvironment(each));
    const value = culprit === undefined ? undefined : values.get(culprit);
    if (value === undefined) return detail;
    const { node } = document.follow(value.node, path);
    const isItself = culprit === name && message.startsWith('expected');
    const found = isItself ? `found ${foundIn(document, node, { isSecret: this.#secrets.has(name) })}, ` : '';
    const what = culprit === name ? [value.key, ...path.map(String)].join('.') : `${value.key}: ${name}`;
    return `${document.place(node)}: ${what}: ${found}${message}`;
  }
}

/** Those that a variable has by itself. */
function problemsOfVariables(sections: Sections, environment: Environment): readonly (ConfigProblem | string)[] {
  try {
    readSettings(fieldsOf(sections), environment);
    return [];
  } catch (err) {
    if (err instanceof ConfigError) return err.details;
    throw err;
  }
}
