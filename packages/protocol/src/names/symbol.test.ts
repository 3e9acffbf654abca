import { describe, expect, test } from 'vitest';

import { isSymbol } from '../index.ts';

describe('a symbol', () => {
  test.each([
    ['Binance spot', 'BTCUSDT'],
    ['Binance spot, a coin with a Chinese name', '币安人生USDT'],
    ['Binance coin-margined futures', 'BTCUSD_PERP'],
    ['Binance dated futures', 'BTCUSDT_210326'],
    ['Bitfinex', 'tBTCUSD'],
    ['Bitfinex derivatives', 'tBTCF0:USTF0'],
    ['Bitstamp', 'btcusd'],
    ['Bybit options', 'BTC-27DEC24-100000-C'],
    ['Coinbase', 'BTC-USD'],
    ['Deribit', 'BTC_USDC-PERPETUAL'],
    ['Deribit options below one', 'XRP_USDC-30JUN23-0d625-C'],
    ['Hyperliquid perpetuals', 'kPEPE'],
    ['Hyperliquid spot', '@107'],
    ['Hyperliquid, of a builder', 'xyz:TSLA'],
    ['Kraken', 'BTC/USD'],
    ['Kraken futures', 'PI_XBTUSD'],
    ['OKX', 'BTC-USDT-SWAP'],
    ['shares', 'BRK.B'],
    ['shares in India', 'M&M'],
    ['several venues in one', 'BTC/USDT:USDT-240927-40000-C'],
    ['one character', '0'],
    ['the longest', 'S'.repeat(128)],
    ['the longest in another script', `${'币'.repeat(42)}aa`],
  ])('may be that of %s: %s', (_venue, name) => {
    expect(isSymbol(name)).toBe(true);
  });

  test.each([
    ['nothing', ''],
    ['a path', '/A'],
    ['a way up', '../A'],
    ['an option', '-A'],
    ['a space', 'A B'],
    ['a list', 'A,B'],
    ['an entry of a list of renamed books', 'A=B'],
    ['a pattern', 'A*'],
    ['a hash tag of Redis', 'A{B}'],
    ['a tag', '<b>'],
    ['a quotation', 'A"'],
    ['a backslash', 'A\\'],
    ['a percent sign', 'A%2F'],
    ['a line feed', 'A\n'],
    ['NUL', 'A\u0000'],
    ['129 characters', 'S'.repeat(129)],
    ['43 characters of three bytes each', '币'.repeat(43)],
    ['what is not in NFC', 'E\u0301TH'],
    ['a letter that cannot be seen', 'A\u3164'],
    ['a joiner', 'A\u200dB'],
    ['half a surrogate pair', 'A\ud83d'],
  ])('may not be %s: %j', (_case, name) => {
    expect(isSymbol(name)).toBe(false);
  });
});
