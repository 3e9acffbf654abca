/** What people say on the pictures: groups, long lines, links, other scripts, names of every kind. */
export const TALK: readonly { readonly from: string; readonly text: string }[] = [
  { from: 'bob', text: 'morning. who has size below 61.8?' },
  { from: 'desk', text: 'two lots at the touch, then nothing for three ticks' },
  { from: 'desk', text: 'the sheet is at https://example.org/sheets/2026-11-26?desk=btc#top (read only)' },
  { from: 'cy', text: 'I see it. thin on the bid, they are waiting for the print' },
  { from: 'cy', text: 'then let them wait. I am at the offer until somebody shouts' },
  { from: 'ann', text: 'hold on, that is not my book. mine has 12.5 at the third level' },
  { from: 'bob', text: 'multi-line, as people do:\n  1. hedge\n  2. wait for the print\n  3. lunch' },
  {
    from: 'desk',
    text: 'averyveryverylongwordwithoutanyplacetobreakitthatgoesonandonandonuntilitreallyhastobebrokensomewhereelseitwouldoverflow',
  },
  { from: 'דנה לוי', text: 'שלום לכולם. the offer at 61,838 is mine (all of it)' },
  { from: 'Аня', text: 'вижу. беру половину' },
  { from: 'Maximiliane von und zu der sehr langen Zeile, die kein Ende nimmt', text: 'ich auch' },
  { from: 'ann', text: 'seen' },
];
