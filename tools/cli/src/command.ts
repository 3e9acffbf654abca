import { Command, Option } from 'commander';

import { deleteAccount, type OperatorContext, resetPassword } from './commands/account.ts';
import { book } from './commands/book.ts';
import { resendEvents } from './commands/events.ts';
import { join } from './commands/join.ts';
import { members } from './commands/members.ts';
import { ping } from './commands/ping.ts';
import { publish } from './commands/publish.ts';
import { status, type StatusContext } from './commands/status.ts';
import { tail } from './commands/tail.ts';
import { top, TOP_SORTS, type TopContext, type TopOptions } from './commands/top.ts';
import { apiUrl } from './config/env.ts';
import type { ServerApiOptions } from './connection/server-api.ts';
import type { ConnectionOptions } from './connection/session.ts';
import type { Context } from './context.ts';
import { EXIT_CODE_LINES } from './exit-code.ts';
import { isInternal, parseAddress, parseApiUrl, parsePosition, parseUrl, parseWhole } from './option-values.ts';
import type { InputForm } from './payload.ts';

export type GlobalOptions = ConnectionOptions & { readonly json: boolean };
/** What commands of the operator are about; the key is in the environment alone, because others see command lines. */
export type OperatorOptions = Pick<GlobalOptions, 'json'> & Pick<ServerApiOptions, 'api' | 'timeout'>;
/** Runs what a command does, with a client and somewhere to write. */
export type Run = (options: GlobalOptions, act: (context: Context) => Promise<void>) => Promise<void>;
/** The same with the server API. */
export type RunAsOperator = (
  options: OperatorOptions,
  act: (context: OperatorContext & TopContext) => Promise<void>,
) => Promise<void>;

const DEFAULT_API = 'http://localhost:8081';
const MAX_COUNT = 1_000_000;
/** No gateway names more of a kind by one figure. */
const MAX_ROWS = 10;
const DAY_MS = 86_400_000;
const MAX_TIMEOUT_MS = 240_000;
const some = parseWhole(1, MAX_COUNT);
const EXAMPLES = `
Examples:
  $ outcry join lobby --token ann              talk; Ctrl-D leaves
  $ outcry publish lobby "good morning"
  $ outcry publish @bob "psst"                 a direct message
  $ outcry publish quotes '{"bid":1}' --input json
  $ outcry tail lobby --since V7c-2LxT:43 --json | jq .data
  $ outcry book BTCUSDT --depth 10
  $ outcry ping --count 100
  $ OUTCRY_API_KEY=… outcry account reset ann
  $ OUTCRY_API_KEY=… outcry events resend
  $ outcry status --url http://gw-1:8081 --url http://gw-2:8081
  $ OUTCRY_API_KEY=… outcry top --api http://gw-1:8081 --sort bytes`;

/** The command line: what there is, its help, and nothing of what it does. */
export function createCommand(run: Run, runAsOperator: RunAsOperator): Command {
  const addresses: string[] = [];
  const readAddress = (text: string): string => {
    const address = parseAddress(text);
    addresses.push(address);
    return address;
  };
  const command = new Command('outcry')
    .description('Talks to an outcry cluster: rooms, books and latency.')
    .addOption(
      new Option('-u, --url <url>', 'the gateway: host:port, or its whole ws:// or wss:// URL')
        .argParser(readAddress)
        .default('ws://localhost:1337/ws')
        .env('OUTCRY_URL'),
    )
    .addOption(new Option('-t, --token <token>', 'who you are; without one, a guest').env('OUTCRY_TOKEN'))
    .addOption(new Option('--encoding <name>', 'on the wire').choices(['msgpack', 'json']).default('msgpack'))
    .option('--timeout <ms>', 'for the connection, and for each answer', parseWhole(1, MAX_TIMEOUT_MS), 10_000)
    .option('--json', 'results as JSON, one value a line', false)
    .addHelpText('after', EXAMPLES)
    .addHelpText('afterAll', EXIT_CODE_LINES)
    .showHelpAfterError('(outcry --help shows all commands and examples)')
    .configureHelp({ helpWidth: 110, showGlobalOptions: true });
  const act = (action: (context: Context) => Promise<void>): Promise<void> => {
    const options = command.opts<GlobalOptions>();
    if (isInternal(options.url)) refuseAddress(command, options.url);
    return run(options, action);
  };
  addRoomCommands(command, act);
  addBookCommands(command, act);
  addAccountCommands(command, runAsOperator);
  addEventCommands(command, runAsOperator);
  addStatusCommand(command, { addresses, run: runAsOperator });
  addTopCommand(command, runAsOperator);
  return command;
}

/** Of an internal port, where a client wants to go. */
function refuseAddress(command: Command, address: string): never {
  try {
    parseUrl(address);
  } catch (error) {
    const why = error instanceof Error ? error.message : String(error);
    command.error(`error: option '-u, --url <url>' argument '${address}' is invalid. ${why}`);
  }
  throw new Error(`${address} is no internal port`);
}

type Act = (action: (context: Context) => Promise<void>) => Promise<void>;

const INPUT_FORMS: readonly InputForm[] = ['text', 'json'];

function inputOption(): Option {
  return new Option('--input <form>', 'what a message is read as').choices(INPUT_FORMS).default('text');
}

function addRoomCommands(command: Command, act: Act): void {
  command
    .command('join <room>')
    .description('show a room, and say each line that you type')
    .addOption(inputOption())
    .action((name: string, options: { input: InputForm }) => act((context) => join(context, { name, ...options })));
  command
    .command('publish <room> <message>')
    .description('publish one message to a room, or to @user')
    .addOption(inputOption())
    .option('--key <key>', 'the same key within five minutes is the same message')
    .action((name: string, message: string, options: { input: InputForm; key?: string }) =>
      act((context) => publish(context, { name, message, ...options })),
    );
  command
    .command('tail <room>')
    .description("show a room's messages as they come")
    .option('--since <epoch:seq>', 'everything behind this position', parsePosition)
    .option('--history <n>', 'so many of the newest first', parseWhole(0, MAX_COUNT))
    .option('-n, --count <n>', 'end after so many', some)
    .action((name: string, options: { count?: number }) => act((context) => tail(context, { name, ...options })));
  command
    .command('members <room>')
    .description('say who is in a room')
    .action((name: string) => act((context) => members(context, name)));
}

function addBookCommands(command: Command, act: Act): void {
  command
    .command('book <symbol>')
    .description('show an order book as a live ladder')
    .option('--depth <levels>', 'levels a side: 1, 10, 25, 50, 100; 0 for all', parseWhole(0, 100), 10)
    .option('--interval <ms>', '100, 250, 1000, 2000; 0 for every change', parseWhole(0, 2000), 250)
    .option('-n, --count <n>', 'end after so many changes', some)
    .action((symbol: string, options: { depth: number; interval: number; count?: number }) =>
      act((context) => book(context, { symbol, ...options })),
    );
  command
    .command('ping')
    .description('measure the way to the gateway and back')
    .option('-n, --count <n>', 'how often', some, 10)
    .option('--interval <ms>', 'between two', parseWhole(0, DAY_MS), 100)
    .action((options: { count: number; interval: number }) => act((context) => ping(context, options)));
}

function addAccountCommands(command: Command, run: RunAsOperator): void {
  const account = command
    .command('account')
    .description("accounts, for the cluster's operator: over the server API, with a key in OUTCRY_API_KEY")
    .addOption(apiOption());
  const act = (action: (context: OperatorContext) => Promise<void>): Promise<void> =>
    run(account.optsWithGlobals<OperatorOptions>(), action);
  account
    .command('delete <user>')
    .description('take the password and the tokens of an account away; nobody else gets its name')
    .action((user: string) => act((context) => deleteAccount(context, user)));
  account
    .command('reset <user>')
    .description('give an account another password, shown here, and take its tokens away; a deleted one is back')
    .option('--password-stdin', 'the password is the first line of what comes in', false)
    .action((user: string, { passwordStdin: isFromInput }: { passwordStdin: boolean }) =>
      act((context) => resetPassword(context, user, { isFromInput })),
    );
}

function addEventCommands(command: Command, run: RunAsOperator): void {
  const events = command
    .command('events')
    .description(
      "what your server is told, for the cluster's operator: over the server API, with a key in OUTCRY_API_KEY",
    )
    .addOption(apiOption());
  events
    .command('resend')
    .description('have the dead letters told again, behind what is to be told already')
    .action(() => run(events.optsWithGlobals<OperatorOptions>(), resendEvents));
}

/** Where the server API is. */
function apiOption(): Option {
  return new Option('--api <url>', 'the internal port of any gateway')
    .argParser(parseApiUrl)
    .default(DEFAULT_API)
    .env('OUTCRY_API_URL');
}

interface StatusParts {
  /** All that `--url` has named. */
  readonly addresses: readonly string[];
  readonly run: RunAsOperator;
}

function addStatusCommand(command: Command, { addresses, run }: StatusParts): void {
  command
    .command('status')
    .description(
      'show how services are, and why; --url names the internal port of each (http://host:8081), as often as needed',
    )
    .option(
      '--roster',
      'gateways that are not named, too, as the cluster knows them; takes a key in OUTCRY_API_KEY',
      false,
    )
    .action(({ roster: hasRoster }: { roster: boolean }) => {
      const { json, timeout } = command.opts<GlobalOptions>();
      const isNamed = command.getOptionValueSource('url') === 'cli';
      const urls = isNamed ? addresses : [apiUrl ?? DEFAULT_API];
      const outside = urls.find((url) => !isInternal(url));
      if (outside !== undefined)
        command.error(`error: ${outside} is where clients go. Expected the internal port: http://host:8081`);
      const [api = DEFAULT_API] = urls;
      return run({ json, timeout, api }, (context: StatusContext) =>
        status(context, { urls, hasRoster, timeoutMs: timeout }),
      );
    });
}

function addTopCommand(command: Command, run: RunAsOperator): void {
  const shown = command
    .command('top')
    .description('show the rooms, connections and requests that cost the most, with a key in OUTCRY_API_KEY')
    .addOption(apiOption())
    .addOption(new Option('--sort <figure>', 'what comes first').choices(TOP_SORTS).default('time'))
    .option('--rows <n>', 'lines of each table', parseWhole(1, MAX_ROWS), MAX_ROWS)
    .action((options: TopOptions) => run(shown.optsWithGlobals<OperatorOptions>(), (context) => top(context, options)));
}
