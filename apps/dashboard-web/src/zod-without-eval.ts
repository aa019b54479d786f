import { z } from 'zod';

// The content security policy forbids code from strings, with which zod would otherwise compile its schemas.
// A module of its own, imported before all others: schemas look at this setting when they are made.
z.config({ jitless: true });
