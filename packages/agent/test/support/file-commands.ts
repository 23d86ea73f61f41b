import { Base64Data } from '@guestwire/protocol';
import type { GuestFileSeek, GuestFileWhence } from '@guestwire/protocol/contract';
import type { Int64 } from '@guestwire/schema';
import { type FileModule, fileModule } from '../../src/commands/file.js';
import type { Logger } from '../../src/log/logger.js';
import { silentLogger } from '../../src/log/logger.js';
import type { ActivePolicy } from '../../src/policy/policy.js';
import { context } from './command-context.js';

/** The file commands as a host uses them, with text in place of base64. */
export class FileCommands implements AsyncDisposable {
  readonly module: FileModule;

  constructor({ log = silentLogger, policy }: { log?: Logger; policy?: ActivePolicy } = {}) {
    let last = 999;
    this.module = fileModule({
      log,
      ...(policy && { policy }),
      handles: {
        async next() {
          last += 1;
          return last;
        },
      },
    });
  }

  async open(path: string, mode?: string): Promise<Int64> {
    const args = mode === undefined ? { path } : { path, mode };
    return this.module.handlers['guest-file-open'](args, context);
  }

  async close(handle: Int64): Promise<void> {
    await this.module.handlers['guest-file-close']({ handle }, context);
  }

  async read(handle: Int64, count?: Int64): Promise<{ text: string; eof: boolean }> {
    const { bytes, eof } = await this.readBytes(handle, count);
    return { text: bytes.toString('latin1'), eof };
  }

  async readBytes(handle: Int64, count?: Int64): Promise<{ bytes: Buffer; eof: boolean }> {
    const args = count === undefined ? { handle } : { handle, count };
    const result = await this.module.handlers['guest-file-read'](args, context);
    const bytes = result['buf-b64'].decode();
    if (bytes.length !== result.count)
      throw new Error(`count is ${result.count}, but ${bytes.length} bytes came`);
    return { bytes, eof: result.eof };
  }

  async write(handle: Int64, data: string | Buffer, count?: Int64): Promise<Int64> {
    const bytes = typeof data === 'string' ? Buffer.from(data, 'latin1') : data;
    return this.writeBase64(handle, bytes.toString('base64'), count);
  }

  async writeBase64(handle: Int64, text: string, count?: Int64): Promise<Int64> {
    const args = { handle, 'buf-b64': Base64Data.fromText(text) };
    const all = count === undefined ? args : { ...args, count };
    return (await this.module.handlers['guest-file-write'](all, context)).count;
  }

  async seek(handle: Int64, offset: Int64, whence: GuestFileWhence): Promise<Int64> {
    const result: GuestFileSeek = await this.module.handlers['guest-file-seek'](
      { handle, offset, whence },
      context,
    );
    return result.position;
  }

  async flush(handle: Int64): Promise<void> {
    await this.module.handlers['guest-file-flush']({ handle }, context);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.module[Symbol.asyncDispose]();
  }
}
