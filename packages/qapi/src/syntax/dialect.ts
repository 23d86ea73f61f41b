/** Which rules a schema is read by: today's (qemu-ga §10), or those of 2012 beside them (qemu-ga §11). */
export type Dialect = 'modern' | '2012';
