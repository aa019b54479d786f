import { LIVE_PATH, type FrameBody, type Subscription } from '@tidewatch/contracts';
import { useQueryClient } from '@tanstack/react-query';
import { createContext, use, useEffect, useEffectEvent, useState, useSyncExternalStore } from 'react';
import { io } from 'socket.io-client';
import { recheckSession } from '../session/session';
import { LiveConnection, type LiveStatus } from './live-connection';

export const LiveContext = createContext<LiveConnection | undefined>(undefined);

const RECHECK_EVERY_MS = 5_000;

/** The connection, open for as long as the component is there. */
export function useOpenConnection(): LiveConnection {
  const client = useQueryClient();
  const [connection] = useState(() => createConnection(() => void recheckSession(client)));
  useEffect(() => {
    connection.open();
    return () => connection.close();
  }, [connection]);
  return connection;
}

function createConnection(recheck: () => void): LiveConnection {
  let checkedAt = -Infinity;
  const socket = io({
    path: LIVE_PATH,
    transports: ['websocket'],
    autoConnect: false,
    reconnectionDelay: 250,
    reconnectionDelayMax: 3_000,
    timeout: 5_000,
  });
  return new LiveConnection(socket, () => {
    if (Date.now() - checkedAt < RECHECK_EVERY_MS) return;
    checkedAt = Date.now();
    recheck();
  });
}

export function useLiveStatus(): LiveStatus {
  const connection = use(LiveContext);
  return useSyncExternalStore(
    (listener) => connection?.onStatus(listener) ?? (() => undefined),
    () => connection?.status ?? 'connecting',
  );
}

/**
 * Subscribes for as long as the component is there; anew when `key` changes, which names the subscription. Returns why the server does not take it, until it does.
 */
export function useSubscription(
  key: string,
  subscription: Subscription,
  onFrame: (body: FrameBody, isSnapshot: boolean) => void,
): string | undefined {
  const connection = use(LiveContext);
  const [refusal, setRefusal] = useState<string>();
  const listener = useEffectEvent((body: FrameBody, isSnapshot: boolean) => {
    setRefusal(undefined);
    onFrame(body, isSnapshot);
  });
  const wanted = useEffectEvent(() => subscription);
  useEffect(
    () => connection?.subscribe(wanted(), (body, isSnapshot) => listener(body, isSnapshot), setRefusal),
    [connection, key],
  );
  return refusal;
}
