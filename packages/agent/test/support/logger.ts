import type { Logger } from '../../src/log/logger.js';

/** A log in memory, which keeps what a log file would have: nothing while it is suspended. */
export interface CollectingLogger extends Logger {
  /** Level and text of each line. */
  readonly lines: string[];
}

export function collectingLogger(): CollectingLogger {
  const lines: string[] = [];
  let suspended = false;
  const level = (name: string) => (text: string) => {
    if (!suspended) lines.push(`${name}: ${text}`);
  };
  return {
    lines,
    debug: level('debug'),
    info: level('info'),
    warning: level('warning'),
    error: level('error'),
    critical: level('critical'),
    syslog: level('syslog'),
    suspend() {
      suspended = true;
    },
    resume() {
      suspended = false;
    },
  };
}
