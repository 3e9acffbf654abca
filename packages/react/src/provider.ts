import type { Client, ConnectOptions } from '@outcry/client';
import {
  createContext,
  createElement,
  type ReactElement,
  type ReactNode,
  useContext,
  useEffect,
  useState,
} from 'react';

import { Session } from './session.ts';

/** Where the components below find the cluster: an address, or a client that the program has already, and closes itself. */
export type OutcryProviderProps =
  | {
      /** Of a gateway's `/ws`. Another one is another session. */
      readonly url: string | URL;
      /** As for `connect`, taken when a connection begins. A `token` that is a function is asked as it is given by the latest render. */
      readonly options?: ConnectOptions | undefined;
      readonly client?: undefined;
      readonly children?: ReactNode;
    }
  | { readonly client: Client; readonly url?: undefined; readonly options?: undefined; readonly children?: ReactNode };

const SessionContext = createContext<Session | undefined>(undefined);

/**
 * Gives all components below it one session. It is opened when the first of them is mounted, never while rendering (so not on a
 * server), and closed when the provider is gone.
 */
export function OutcryProvider(props: OutcryProviderProps): ReactElement {
  const { client, url, options, children } = props;
  const address = client ?? String(url);
  const [held, hold] = useState(() => ({ address, session: toSession(props) }));
  let { session } = held;
  if (held.address !== address) {
    session = toSession(props);
    hold({ address, session });
  }
  useEffect(() => {
    session.options = options ?? {};
  }, [session, options]);
  useEffect(() => session.use(() => undefined), [session]);
  return createElement(SessionContext.Provider, { value: session }, children);
}

/** The session of the provider above. */
export function useSession(hook: string): Session {
  const session = useContext(SessionContext);
  if (session === undefined) throw new Error(`${hook}: expected an <OutcryProvider> above this component`);
  return session;
}

function toSession({ client, url, options }: OutcryProviderProps): Session {
  if (client !== undefined) return new Session({ client });
  if (typeof url !== 'string' && !(url instanceof URL)) {
    throw new TypeError('<OutcryProvider>: expected a url or a client');
  }
  return new Session({ url }, options);
}
