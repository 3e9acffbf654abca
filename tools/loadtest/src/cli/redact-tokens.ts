const SECRET = '…';

/** Arguments as they may be shown and stored: without what lets people in. */
export function redactTokens(args: readonly string[]): readonly string[] {
  return args.map((arg, i) => {
    if (args[i - 1] === '--token') return SECRET;
    return arg.startsWith('--token=') ? `--token=${SECRET}` : arg;
  });
}
