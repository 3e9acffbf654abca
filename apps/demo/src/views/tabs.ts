import { byId } from './dom.ts';

/** On a small screen one panel is shown at a time; on a larger one the style sheet shows them all. */
export function setUpTabs(onShow: (panel: string) => void): void {
  const floor = byId('floor', HTMLElement);
  const tabs = [...floor.querySelectorAll<HTMLButtonElement>('.tab')];
  for (const tab of tabs) {
    tab.addEventListener('click', () => {
      const panel = tab.dataset['panel'] ?? '';
      floor.dataset['tab'] = panel;
      for (const other of tabs) other.ariaPressed = String(other === tab);
      onShow(panel);
    });
  }
}
