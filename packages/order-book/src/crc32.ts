/** The remainder of each byte, for the polynomial of IEEE 802.3, lowest bit first. */
const TABLE = Uint32Array.from({ length: 256 }, (_, byte) => {
  let remainder = byte;
  for (let bit = 0; bit < 8; bit++) remainder = (remainder >>> 1) ^ (remainder & 1 ? 0xedb88320 : 0);
  return remainder;
});

/** CRC-32 (ISO 3309, as in gzip) of an ASCII text, unsigned. Browsers have none of their own. */
export function crc32(text: string): number {
  let remainder = 0xffffffff;
  for (let i = 0; i < text.length; i++) {
    remainder = (remainder >>> 8) ^ (TABLE[(remainder ^ text.charCodeAt(i)) & 0xff] ?? 0);
  }
  return (remainder ^ 0xffffffff) >>> 0;
}
