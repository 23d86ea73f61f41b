const DIGITS = 17;
/** As many digits as `toExponential` gives; a tie shows in fewer. */
const ALL_DIGITS = 100;

/** A number as C's `printf` writes it with `%.17g`: the form of doubles on the wire (qemu-ga §3.1). */
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
    return `${sign}${point(digits, 1)}e${exponent < 0 ? '-' : '+'}${size}`;
  }
  return exponent < 0
    ? `${sign}0.${'0'.repeat(-exponent - 1)}${digits}`
    : `${sign}${point(digits.padEnd(exponent + 1, '0'), exponent + 1)}`;
}

/** Digits with a decimal point after the first `whole` of them, if there are more. */
function point(digits: string, whole: number): string {
  return digits.length > whole ? `${digits.slice(0, whole)}.${digits.slice(whole)}` : digits;
}

/** In exponential form, 17 digits, halves to even: C rounds so, `toExponential` rounds them up. */
function rounded(value: number): string {
  const up = value.toExponential(DIGITS - 1);
  const exact = value.toExponential(ALL_DIGITS);
  const down = exact.slice(0, DIGITS + 1);
  const tie = /^50*e/.test(exact.slice(DIGITS + 1));
  const even = Number(down.at(-1)) % 2 === 0;
  return tie && even ? `${down}${exact.slice(exact.indexOf('e'))}` : up;
}
