const DIGITS = 17;
/** The most digits of `toExponential`; a tie has fewer. */
const ALL_DIGITS = 100;

/** Formats a number like `%.17g` of C's `printf`, the form of doubles on the wire (qemu-ga §3.1). */
export function doubleText(value: number): string {
  if (Number.isNaN(value)) return 'nan';
  if (!Number.isFinite(value)) return value < 0 ? '-inf' : 'inf';
  if (value === 0) return Object.is(value, -0) ? '-0' : '0';
  const [mantissa = '', exponentText = ''] = rounded(Math.abs(value)).split('e');
  const sign = value < 0 ? '-' : '';
  const exponent = Number(exponentText);
  const digits = mantissa.replace('.', '').replace(/0+$/, '');
  if (exponent < -4 || exponent >= DIGITS) {
    const size = String(Math.abs(exponent)).padStart(2, '0');
    return `${sign}${withPoint(digits, 1)}e${exponent < 0 ? '-' : '+'}${size}`;
  }
  return exponent < 0
    ? `${sign}0.${'0'.repeat(-exponent - 1)}${digits}`
    : `${sign}${withPoint(digits.padEnd(exponent + 1, '0'), exponent + 1)}`;
}

/** Puts a decimal point after the first `whole` digits, if there are more. */
function withPoint(digits: string, whole: number): string {
  return digits.length > whole ? `${digits.slice(0, whole)}.${digits.slice(whole)}` : digits;
}

/** Formats 17 digits in exponential form. C rounds ties to even, `toExponential` rounds them up. */
function rounded(value: number): string {
  const exact = value.toExponential(ALL_DIGITS);
  const down = exact.slice(0, DIGITS + 1);
  const tie = /^50*e/.test(exact.slice(DIGITS + 1));
  const even = Number(down.at(-1)) % 2 === 0;
  return tie && even ? `${down}${exact.slice(exact.indexOf('e'))}` : value.toExponential(DIGITS - 1);
}
