import { paintAuthor } from './author.ts';
import { byId, setText } from './dom.ts';

/** Who one is, in the top bar, and the way out. */
export function showVisitor(name: string, onLeave: () => void): void {
  const avatar = byId('visitor-avatar', HTMLElement);
  setText(avatar, name.slice(0, 1).toUpperCase());
  paintAuthor(avatar, name);
  setText(byId('visitor-name', HTMLElement), name);
  byId('leave', HTMLButtonElement).addEventListener('click', onLeave);
}
