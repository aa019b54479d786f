const SECRET =
  /(^|_)(PASSWORD|PASSWD|SECRET|TOKEN|API_?KEY|PRIVATE_?KEY|SESSION_KEY|BOOTSTRAP_(INGEST_)?KEY)$/i;

/** Whether a variable of this name holds a secret itself, not the name of a file with it. */
export const isSecretName = (name: string): boolean => SECRET.test(name);

/** Whether a text holds a password in a URL, other than one filled in from elsewhere. */
export const hasUrlPassword = (text: string): boolean =>
  /\b[a-z][a-z0-9+.-]*:\/\/[^\s:/@'"`]*:[^\s/@'"`${<]+@/i.test(text);
