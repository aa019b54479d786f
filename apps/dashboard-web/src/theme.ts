import { createTheme } from '@mantine/core';

const SYSTEM_FONT = "system-ui, -apple-system, 'Segoe UI', Roboto, 'Helvetica Neue', Arial, sans-serif";

/** Fonts of the system: nothing is fetched from elsewhere. */
export const theme = createTheme({
  primaryColor: 'tide',
  // White text on it has a contrast of at least 4.5.
  primaryShade: { light: 8, dark: 7 },
  colors: {
    tide: [
      '#e3fafc',
      '#c5f1f6',
      '#99e3ec',
      '#66d1df',
      '#3bbdce',
      '#22a5b8',
      '#1690a4',
      '#0f7d90',
      '#0b6a7b',
      '#08515f',
    ],
  },
  fontFamily: SYSTEM_FONT,
  headings: { fontFamily: SYSTEM_FONT, fontWeight: '650' },
  fontFamilyMonospace: "ui-monospace, SFMono-Regular, Menlo, Consolas, 'Liberation Mono', monospace",
  defaultRadius: 'md',
  cursorType: 'pointer',
  respectReducedMotion: true,
});
