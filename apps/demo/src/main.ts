import { Session } from './session.ts';
import { openWebSocket } from './socket.ts';
import { ChatView } from './views/chat.ts';
import { byId } from './views/dom.ts';
import { LadderView } from './views/ladder.ts';
import { PeopleView } from './views/people.ts';
import { StatusView } from './views/status.ts';
import { setUpTabs } from './views/tabs.ts';
import { showVisitor } from './views/visitor.ts';
import { askVisitor } from './views/welcome.ts';
import { expectedVisit, forgetName, isComplete, rememberVisit, type Visit } from './visit.ts';

/** Where the page's own host takes sessions. */
function gatewayUrl(): string {
  const url = new URL('/ws', location.href);
  url.protocol = url.protocol === 'https:' ? 'wss:' : 'ws:';
  return url.href;
}

/** Wires a session to what shows it. Nothing is called back before `connect`. */
function enter({ name, room }: Visit): void {
  const session = new Session({
    url: gatewayUrl(),
    user: name,
    room,
    openSocket: openWebSocket,
    onStatus: (status) => {
      statusView.show(status);
      chat.showStatus(status);
      ladder.showStatus(status);
    },
    onRoomChange: () => {
      chat.render();
      people.render();
    },
    onBookChange: () => {
      ladder.render();
    },
    onInstruments: (instruments) => {
      ladder.offer(instruments);
    },
  });
  const connectNow = (): void => {
    session.connection.connect();
  };
  const statusView = new StatusView({ onRetry: connectNow });
  const chat = new ChatView(session.room);
  const people = new PeopleView(session.room);
  const ladder = new LadderView(session.watch);
  setUpTabs((panel) => {
    if (panel === 'chat') chat.focusWithKeyboard();
  });
  // The network is back: no reason to sit the backoff out.
  addEventListener('online', connectNow);
  byId('floor', HTMLElement).hidden = false;
  connectNow();
  chat.focusWithKeyboard();
}

function leave(): void {
  forgetName();
  location.assign(location.pathname);
}

const expected = expectedVisit();
const visit = isComplete(expected) ? expected : await askVisitor(expected);
rememberVisit(visit);
showVisitor(visit.name, leave);
enter(visit);
