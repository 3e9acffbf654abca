/** Whether what is shared can be stored now, and why not. */
export type StorageStatus =
  | { readonly state: 'writable' }
  | {
      /** `full`: only what has a bound of its own is stored, no messages. `readOnly`: nothing is. */
      readonly state: 'full' | 'readOnly';
      /** In words, without names and addresses. */
      readonly reason: string;
    };

export const WRITABLE: StorageStatus = { state: 'writable' };
