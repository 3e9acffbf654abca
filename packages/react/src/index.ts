export {
  type MembersView,
  type RoomView,
  useBook,
  useMembers,
  useOutcry,
  useRoom,
  type UseRoomOptions,
} from './hooks.ts';
export { OutcryProvider, type OutcryProviderProps } from './provider.ts';
export type { SessionState } from './session.ts';
export type { BookView } from './shared-book.ts';
