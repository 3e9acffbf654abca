import type { ClientStatus } from '@outcry/client';
import { byId } from '@outcry/page';

import { isolated } from './text/bidi.ts';
import { Keepsake } from './browser/keepsake.ts';
import { Session } from './session.ts';
import { AnnouncementView } from './views/frame/announcement.ts';
import { ChatView } from './views/chat/chat.ts';
import { FramePacer } from './views/frame/frame-pacer.ts';
import { LadderView } from './views/book/ladder.ts';
import { LoginAgainView } from './views/frame/login-again.ts';
import { PeopleView } from './views/people/people.ts';
import { RailView } from './views/people/rail.ts';
import { StatusView } from './views/frame/status.ts';
import { Tabs } from './views/frame/tabs.ts';
import { VisitorView } from './views/frame/visitor.ts';
import {
  forgetAdmission,
  forgetVisit,
  rememberedRooms,
  rememberIdentity,
  rememberRooms,
  showInAddress,
  type Visit,
} from './visit/visit.ts';

const MEMBERS_EVERY_MS = 5_000;
const LATENCY_EVERY_MS = 5_000;

/** Where the page's own host takes sessions. */
function gatewayUrl(): string {
  const url = new URL('/ws', location.href);
  url.protocol = url.protocol === 'https:' ? 'wss:' : 'ws:';
  return url.href;
}

/** A session and what shows it, drawn at once or ten times a second, however much happens. */
export class Page {
  readonly #session: Session;
  readonly #announcement: AnnouncementView;
  readonly #loginAgain: LoginAgainView;
  readonly #chat: ChatView;
  readonly #people: PeopleView;
  readonly #rail: RailView;
  readonly #ladder: LadderView;
  readonly #status: StatusView;
  readonly #visitor: VisitorView;
  readonly #pacer = new FramePacer(() => {
    this.#draw();
  });
  #drawnStatus: ClientStatus | undefined;

  constructor({ identity, room }: Visit) {
    const draw = (): void => {
      this.#pacer.soon();
    };
    const session: Session = new Session({
      url: gatewayUrl(),
      identity,
      room,
      keepsake: new Keepsake(() => localStorage),
      onAdmission: (admission) => {
        rememberIdentity({ kind: 'account', admission });
      },
      onStatus: draw,
      onChange: draw,
      onPlace: (rooms, current) => {
        rememberRooms(rooms);
        if (current.kind === 'room') showInAddress(current.name);
        this.#chat.turn();
        this.#pacer.now();
      },
      onBookChange: () => {
        this.#ladder.render();
      },
      onInstruments: (instruments) => {
        this.#ladder.offer(instruments);
      },
    });
    this.#session = session;
    const tabs = new Tabs((panel) => {
      if (panel === 'chat') this.#chat.focusWithKeyboard();
    });
    const goTo = (act: () => void): void => {
      act();
      tabs.show('chat');
      this.#pacer.now();
    };
    this.#announcement = new AnnouncementView(session);
    this.#loginAgain = new LoginAgainView(session);
    this.#chat = new ChatView(session, () => {
      this.#pacer.now();
    });
    this.#people = new PeopleView(session, goTo);
    this.#rail = new RailView(session, goTo);
    this.#ladder = new LadderView(session);
    this.#status = new StatusView(session, comeAgain);
    this.#visitor = new VisitorView(leave);
  }

  open(): void {
    byId('floor', HTMLElement).hidden = false;
    this.#session.joinRooms(rememberedRooms());
    this.#chat.focusWithKeyboard();
    document.addEventListener('visibilitychange', () => {
      this.#pacer.now();
    });
    setInterval(() => {
      if (document.visibilityState === 'visible') this.#session.currentRoom?.refreshMembers();
    }, MEMBERS_EVERY_MS);
    setInterval(() => {
      this.#status.measure();
    }, LATENCY_EVERY_MS);
  }

  #draw(): void {
    if (document.visibilityState === 'visible') this.#session.markRead();
    const { unread, user, current } = this.#session;
    document.title = `${unread > 0 ? `(${String(unread)}) ` : ''}${isolated(current.title)} · outcry`;
    this.#visitor.show(user);
    this.#status.render();
    this.#announcement.render();
    this.#loginAgain.render();
    this.#chat.render();
    this.#people.render();
    this.#rail.render();
    this.#drawLadder();
  }

  /** The book draws itself; what else shows there is the state of the connection. */
  #drawLadder(): void {
    const { status } = this.#session.client;
    if (status === this.#drawnStatus) return;
    this.#drawnStatus = status;
    this.#ladder.render();
  }
}

function leave(): void {
  forgetVisit();
  location.assign(location.pathname);
}

/** A session that has ended for good begins again with the page; a token that was refused is not tried twice. */
function comeAgain(): void {
  forgetAdmission();
  location.reload();
}
