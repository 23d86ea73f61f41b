import type { Settings } from '../../src/services.js';

/** Settings of which a test names what it is about. */
export function testSettings(named: Partial<Settings> = {}): Settings {
  return { statedir: '/nowhere', freezeTimeout: 0, helperTimeout: 60, version: '0', ...named };
}
