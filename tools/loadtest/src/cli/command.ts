import { Argument, Command, Option } from 'commander';

import { EncodingMix } from '../plan/plan.ts';
import { SCENARIO_SUMMARIES, SCENARIOS } from '../plan/scenario.ts';
import { collectUrls, parseCount, parseDuration, parseList, parseRate, parseShare } from './option-values.ts';

const SECOND_MS = 1000;
const MAX_COUNT = 1_000_000;
const MAX_WORKERS = 64;
const MAX_SIZE_BYTES = 1_000_000;

export const ALL_SCENARIOS = 'all';

const seconds = parseDuration(SECOND_MS);
const milliseconds = parseDuration(1);
const some = parseCount(1, MAX_COUNT);
const anyNumber = parseCount(0, Number.MAX_SAFE_INTEGER);

const SCENARIO_LINES = Object.entries(SCENARIO_SUMMARIES).map(([name, summary]) => `  ${name.padEnd(9)} ${summary}`);

const DETAILS = `
Scenarios, one or several in turn, or all:
${SCENARIO_LINES.join('\n')}

Examples:
  One gateway on this machine, half a minute of fan-out:
    $ outcry-loadtest --url ws://localhost:1337/ws

  Three replicas, every scenario, a report to look at:
    $ outcry-loadtest all -u ws://gw-1:1337/ws -u ws://gw-2:1337/ws -u ws://gw-3:1337/ws --html report.html

  In a pipeline: fail where the 99th percentile is above 50 ms, figures as JSON:
    $ outcry-loadtest chat -u wss://staging.example.com/ws --token-file tokens.txt --max-p99 50 --json result.json

  A rate that rises until something gives:
    $ outcry-loadtest fan-out -u ws://localhost:1337/ws -c 1000 --rate 10..500 --duration 2m

  While you roll out a new version, connections may be lost. All come back, and nothing is lost:
    $ outcry-loadtest fan-out -u ws://lb/ws --token-file tokens.txt -d 5m --max-errors 2000 --max-silence 10s

Exit codes:
  0    every check held
  1    one did not; the summary names it, and what it allows
  2    could not begin: wrong options, nobody listens, the token was refused …
  130  interrupted with Ctrl-C, and every check held until then
Ctrl-C ends the load and still reports; a second one ends at once.`;

/** The command line: options, their help, and nothing of what they do. */
export function createCommand(): Command {
  const command = new Command('outcry-loadtest')
    .description(
      'Loads one or several outcry gateways, checks that every message arrives once, in order and unchanged, and reports.',
    )
    .addArgument(
      new Argument('[scenario...]', 'what to run')
        .choices([...SCENARIOS, ALL_SCENARIOS])
        .default(['fan-out'], 'fan-out'),
    )
    .helpOption('-h, --help', 'show this')
    .addHelpText('after', DETAILS)
    .showHelpAfterError('(outcry-loadtest --help shows all options and examples)')
    .configureHelp({ helpWidth: 110 });
  addTargetOptions(command);
  addLoadOptions(command);
  addScenarioOptions(command);
  addCheckOptions(command);
  addOutputOptions(command);
  return command;
}

function addTargetOptions(command: Command): void {
  command
    .optionsGroup('Targets:')
    .option('-u, --url <url>', 'a WebSocket endpoint of a gateway or balancer; repeat it for several', collectUrls)
    .option('--token <token>', 'a token for every connection')
    .option('--token-file <file>', 'many tokens, one on each line, dealt out in turn')
    .option('--insecure', 'accept certificates that nobody vouches for');
}

function addLoadOptions(command: Command): void {
  command
    .optionsGroup('Load:')
    .option('-c, --connections <n>', 'connections over all targets (default: by scenario)', some)
    .option(
      '-r, --rate <n|a..b>',
      'messages per second over all publishers; a..b rises (default: by scenario)',
      parseRate,
    )
    .addOption(
      new Option('-d, --duration <time>', 'how long the load lasts').argParser(seconds).default(30 * SECOND_MS, '30s'),
    )
    .addOption(
      new Option('--ramp <time>', 'time to open all connections in').argParser(seconds).default(2 * SECOND_MS, '2s'),
    )
    .addOption(
      new Option('--settle <time>', 'at the end: silence after which what is missing counts as lost')
        .argParser(seconds)
        .default(5 * SECOND_MS, '5s'),
    )
    .option('--size <bytes>', 'payload of a message (default: by scenario)', parseCount(0, MAX_SIZE_BYTES))
    .addOption(new Option('--encoding <name>', 'wire encoding').choices(Object.values(EncodingMix)).default('mixed'))
    .option('--workers <n>', 'threads (default: by processors and connections)', parseCount(1, MAX_WORKERS));
}

function addScenarioOptions(command: Command): void {
  command
    .optionsGroup('Scenarios:')
    .option('--rooms <n>', 'rooms that the connections share (default: by scenario)', some)
    .option('--publishers <n>', 'connections that publish (default: by scenario and rate)', some)
    .option('--symbols <a,b,…>', 'feed: books to watch (default: all that there are)', parseList)
    .option('--depth <n>', 'feed: levels a side', anyNumber, 25)
    .addOption(
      new Option('--interval <time>', 'feed: time between frames; 0 is every frame')
        .argParser(milliseconds)
        .default(100, '100ms'),
    )
    .option('--books <n>', 'feed: books on each connection', parseCount(1, 100), 1)
    .addOption(
      new Option('--stay <time>', 'churn: how long a member stays on average')
        .argParser(seconds)
        .default(3 * SECOND_MS, '3s'),
    )
    .addOption(
      new Option('--away <time>', 'churn: how long it is away at most').argParser(seconds).default(SECOND_MS, '1s'),
    )
    .addOption(new Option('--slow-share <share>', 'slow: how many are slow').argParser(parseShare).default(0.1, '10%'))
    .addOption(
      new Option('--slow-pause <time>', 'slow: how long they read nothing at a stretch')
        .argParser(seconds)
        .default(15 * SECOND_MS, '15s'),
    );
}

function addCheckOptions(command: Command): void {
  command
    .optionsGroup('Checks (that nothing is lost, repeated, inverted or altered is always one):')
    .option('--max-absent <n>', 'clients not connected or not joined at the end', anyNumber, 0)
    .addOption(
      new Option('--max-unsent <share>', 'of the messages due: not sent by the end')
        .argParser(parseShare)
        .default(0, '0%'),
    )
    .addOption(
      new Option('--max-unacknowledged <share>', 'of the messages sent: without an acknowledgement at the end')
        .argParser(parseShare)
        .default(0, '0%'),
    )
    .addOption(
      new Option('--max-silence <time>', 'without a message or book frame, past what the plan leaves between two')
        .argParser(seconds)
        .default(5 * SECOND_MS, '5s'),
    )
    .addOption(
      new Option('--max-stale <time>', 'a room or book called stale; 0 is never').argParser(seconds).default(0, '0'),
    )
    .option('--max-errors <n>', 'connections refused or lost, requests refused', anyNumber, 0)
    .option('--max-gaps <n>', 'resets, and resumes that could not be had', anyNumber, 0)
    .option('--max-p50 <ms>', 'delivery, median', milliseconds)
    .option('--max-p99 <ms>', 'delivery, 99th percentile', milliseconds)
    .option('--max-p999 <ms>', 'delivery, 99.9th percentile', milliseconds)
    .option('--max-ack-p99 <ms>', 'publish to acknowledgement', milliseconds)
    .option('--max-connect-p99 <ms>', 'connecting, up to the welcome', milliseconds)
    .option('--min-throughput <n>', 'deliveries per second', anyNumber);
}

function addOutputOptions(command: Command): void {
  command
    .optionsGroup('Output:')
    .option('--html <file>', 'a report with charts, in one file')
    .option('--json <file>', 'all figures, for machines; - is standard output')
    .option('-q, --quiet', 'no progress and no summary');
}
