/** The key is the last one that may manage keys: create another one first. */
export class LastAdminKeyError extends Error {
  override readonly name = 'LastAdminKeyError';
}
