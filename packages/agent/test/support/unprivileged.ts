/** Runs as a user without rights, so that the permissions of files mean something to root's tests too. */
export async function unprivileged(run: () => Promise<void> | void): Promise<void> {
  const root = process.geteuid?.() === 0;
  if (root) process.seteuid?.(65534);
  try {
    await run();
  } finally {
    if (root) process.seteuid?.(0);
  }
}
