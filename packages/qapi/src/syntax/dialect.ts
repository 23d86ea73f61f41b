/** Which rules a schema is read by: today's (reference 10), or those of 2012 beside them (reference 11). */
export type Dialect = 'modern' | '2012';
