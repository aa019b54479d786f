import type { FrameBody } from '@tidewatch/contracts';

/** Where the frames of one subscription come from. What is not taken stays and is merged with what follows: that is conflation. */
export interface FrameSource {
  /** The body of frame 0. What it shows is no longer pending. */
  snapshot(): FrameBody;
  hasPending(): boolean;
  /** The body of the next frame; at most some hundred kilobytes, the rest stays pending. */
  take(): FrameBody;
  /** When ingestion took the oldest reading that is pending, milliseconds since the epoch; 0 when not known. */
  readonly pendingSinceMs: number;
  close(): void;
}

/** Thrown by the making of a source when the state has no room for one more. */
export class NoRoomError extends Error {
  override readonly name = 'NoRoomError';
}
